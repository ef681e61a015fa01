"""What an organization may do: the one place that says so, for pages, services and commands.

Until it is verified, an organization is treated like an individual, and nothing of it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.enterprise import EnterpriseOnly
from accounts.errors import NotForIndividuals
from accounts.models import IdentityVerification, Organization, ServiceActivation
from accounts.statuses import ActivationStatus, EntityKind, VerificationStatus
from smsconsole.lib.types import Region

__all__ = ["EnterpriseOnly", "Standing", "entity_of", "require_enterprise", "standing_of"]


@dataclass(frozen=True, slots=True)
class Standing:
    """`entity` is None until a verification is approved. A locked organization has no active region."""

    entity: EntityKind | None
    active_regions: frozenset[Region]
    locked_at: datetime | None = None

    @property
    def is_individual(self) -> bool:
        return self.entity == EntityKind.INDIVIDUAL

    @property
    def is_enterprise(self) -> bool:
        return self.entity == EntityKind.ENTERPRISE

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None

    def allows(self, what: EnterpriseOnly) -> bool:
        """Whether an organization of this standing may do `what`; every one of these needs an enterprise."""
        return self.is_enterprise


def entity_of(organization_id: int) -> EntityKind | None:
    """What the organization is verified as, None before. One query."""
    approved = IdentityVerification.objects.filter(
        organization_id=organization_id, status=VerificationStatus.APPROVED
    )
    kind = approved.values_list("kind", flat=True).first()
    return EntityKind(kind) if kind else None


def standing_of(organization_id: int) -> Standing:
    """What holds at this moment. Three queries."""
    entity = entity_of(organization_id)
    locked_at = Organization.objects.filter(pk=organization_id).values_list("locked_at", flat=True).first()
    granted = ServiceActivation.objects.filter(
        organization_id=organization_id, status=ActivationStatus.GRANTED
    )
    regions = {Region(region) for region in granted.values_list("region", flat=True)}
    return Standing(
        entity=entity,
        active_regions=frozenset(
            region for region in regions if locked_at is None and may_activate(entity, region)
        ),
        locked_at=locked_at,
    )


def may_activate(entity: EntityKind | None, region: Region) -> bool:
    """Whether such an organization may send to the region at all: abroad needs an enterprise."""
    return entity is not None if region == Region.DOMESTIC else entity == EntityKind.ENTERPRISE


def require_enterprise(organization_id: int, what: EnterpriseOnly) -> None:
    """Pass for organizations verified as an enterprise; others raise `NotForIndividuals` in words. One query."""
    is_enterprise = IdentityVerification.objects.filter(
        Q(organization_id=organization_id, status=VerificationStatus.APPROVED, kind=EntityKind.ENTERPRISE)
    ).exists()
    if not is_enterprise:
        raise NotForIndividuals(
            _(
                "%(what)s: only organizations verified as an enterprise may do this. "
                "An admin can apply under “Verification and activation”."
            )
            % {"what": what.label}
        )
