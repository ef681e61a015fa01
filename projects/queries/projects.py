"""Reads for the pages about projects."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from accounts.access import memberships_of
from accounts.models import Organization, Role, User
from projects.models import AppKey, Project


@dataclass(frozen=True, slots=True)
class ProjectGroup:
    """An organization's projects as one of its members sees them."""

    organization: Organization
    projects: list[Project]
    is_admin: bool
    may_stop: bool = False


def projects_by_organization(user: User | AnonymousUser) -> list[ProjectGroup]:
    """The projects of this person's organizations, grouped; organizations without a project too. Two queries.

    Platform staff belong to none and get none: there may be thousands, and they have a list of their own.
    """
    if not isinstance(user, User):
        return []
    organizations = [membership.organization for membership in memberships_of(user)]
    admin_of = {m.organization_id for m in memberships_of(user) if m.has_role(Role.ADMIN)}
    # Who may stop all sending: admins and operators.
    stops = {m.organization_id for m in memberships_of(user) if m.has_role(Role.OPERATOR)} | admin_of
    in_them = Project.objects.filter(organization__in=organizations).order_by("organization_id", "name", "pk")
    projects_of = {key: list(group) for key, group in groupby(in_them, key=lambda p: p.organization_id)}
    return [
        ProjectGroup(
            organization,
            projects_of.get(organization.pk, []),
            is_admin=organization.pk in admin_of,
            may_stop=organization.pk in stops,
        )
        for organization in organizations
    ]


def app_keys(project: Project) -> QuerySet[AppKey]:
    """The project's keys, newest first, without their secrets. One query."""
    return AppKey.objects.filter(project=project).select_related("created_by").defer("secret")
