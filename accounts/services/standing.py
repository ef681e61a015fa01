"""What the installation's owner grants without a request: the organization of a single company, the demo's."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import IdentityVerification, Organization, ServiceActivation, User
from accounts.services.events import tell
from accounts.statuses import ActivationStatus, EntityKind, VerificationOrigin, VerificationStatus
from smsconsole.lib.types import Region


def vouch_for(*, organization: Organization, by: User) -> None:
    """Make a new organization a verified enterprise, active in both regions, on the owner's word.

    For those who run the console for themselves: nobody else would review their papers. Changes nothing for an
    organization that has a verification already.
    """
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        if IdentityVerification.objects.filter(organization=organization).exists():
            return
        now = timezone.now()
        IdentityVerification.objects.create(
            organization=organization,
            kind=EntityKind.ENTERPRISE,
            legal_name=organization.name,
            status=VerificationStatus.APPROVED,
            origin=VerificationOrigin.OWNER,
            submitted_at=now,
            submitted_by=by,
            decided_at=now,
        )
        for region in Region:
            ServiceActivation.objects.create(
                organization=organization,
                region=region,
                status=ActivationStatus.GRANTED,
                origin=VerificationOrigin.OWNER,
                requested_at=now,
                requested_by=by,
                changed_at=now,
                changed_by=by,
            )
        tell("verification.approved", organization, by=by, origin=VerificationOrigin.OWNER.value)
        for region in Region:
            tell("activation.granted", organization, by=by, region=region.value)
