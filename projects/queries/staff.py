"""Reads for platform staff, over all organizations."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import IdentityVerification, Membership, Organization, ServiceActivation
from accounts.statuses import ActivationStatus, EntityKind, VerificationStatus
from projects.models import Project
from smsconsole.lib.types import Region

PAGE_ROWS: Final = 50


class StandingFilter(models.TextChoices):
    """What the list of organizations can be narrowed to."""

    ENTERPRISE = "enterprise", _("Enterprises")
    INDIVIDUAL = "individual", _("Individuals")
    UNVERIFIED = "unverified", _("Not verified")
    LOCKED = "locked", _("Locked")


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    organization: Organization
    entity: str
    regions: list[Region]
    n_members: int
    n_projects: int


def organization_rows(*, search: str, standing: str, before: int | None) -> list[OrganizationRow]:
    """Newest first, older than the id, one more than a page holds. Five queries, whatever there is.

    `search` finds a part of the name or legal name, or a member by their whole e-mail.
    """
    found = _narrowed(_searched(Organization.objects.all(), search), standing)
    if before:
        found = found.filter(pk__lt=before)
    organizations = list(found.order_by("-id")[: PAGE_ROWS + 1])
    keys = [organization.pk for organization in organizations]
    entities = dict(_approved().filter(organization__in=keys).values_list("organization_id", "kind"))
    members = _counted(Membership.objects.filter(organization__in=keys, user__is_active=True))
    projects = _counted(Project.objects.filter(organization__in=keys))
    active: dict[int, list[Region]] = defaultdict(list)
    granted = ServiceActivation.objects.filter(organization__in=keys, status=ActivationStatus.GRANTED)
    for key, region in granted.order_by("region").values_list("organization_id", "region"):
        active[key].append(Region(region))
    return [
        OrganizationRow(
            organization=organization,
            entity=entities.get(organization.pk, ""),
            regions=active[organization.pk],
            n_members=members.get(organization.pk, 0),
            n_projects=projects.get(organization.pk, 0),
        )
        for organization in organizations
    ]


def _searched(found: QuerySet[Organization], search: str) -> QuerySet[Organization]:
    if not search:
        return found
    # Each is looked up once, not per organization.
    legal = _approved().filter(legal_name__icontains=search).values("organization")
    member = Membership.objects.filter(user__email__iexact=search).values("organization")
    return found.filter(Q(name__icontains=search) | Q(pk__in=legal) | Q(pk__in=member))


def _narrowed(found: QuerySet[Organization], standing: str) -> QuerySet[Organization]:
    of_it = _approved().filter(organization=OuterRef("pk"))
    if standing in EntityKind.values:
        return found.filter(Exists(of_it.filter(kind=standing)))
    if standing == StandingFilter.UNVERIFIED:
        return found.filter(~Exists(of_it))
    if standing == StandingFilter.LOCKED:
        return found.filter(locked_at__isnull=False)
    return found


def _approved() -> QuerySet[IdentityVerification]:
    return IdentityVerification.objects.filter(status=VerificationStatus.APPROVED)


def _counted(rows: QuerySet[Membership] | QuerySet[Project]) -> dict[int, int]:
    return dict(rows.order_by().values_list("organization_id").annotate(n=Count("pk")))


def organization_projects(organization: Organization) -> list[Project]:
    """By name. One query."""
    return list(Project.objects.filter(organization=organization).order_by("name", "pk"))
