"""Domestic and international SMS of an organization: applied for, granted, refused, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.errors import AccountsError, StandingChanged
from accounts.models import IdentityVerification, Organization, ServiceActivation, User
from accounts.services.events import tell
from accounts.services.verification import refuse_own
from accounts.standing import may_activate
from accounts.statuses import REGION_LABELS, ActivationStatus, EntityKind, VerificationStatus
from smsconsole.lib.types import Region

PURPOSE_MIN_CHARACTERS = 10


def request_activation(*, organization: Organization, region: Region, purpose: str, by: User) -> None:
    """Apply for a region. Asking for what is requested or active already changes nothing.

    Possible as soon as a verification is handed in; it is granted only after that one is approved.
    """
    if len(purpose.strip()) < PURPOSE_MIN_CHARACTERS:
        raise AccountsError(
            _("Say in at least %(min)d characters what you will send and to whom.")
            % {"min": PURPOSE_MIN_CHARACTERS}
        )
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        _refuse_too_early(organization, region)
        now = timezone.now()
        values = {
            "status": ActivationStatus.REQUESTED,
            "purpose": purpose.strip(),
            "requested_at": now,
            "requested_by": by,
            "changed_at": now,
            "changed_by": by,
            "comment": "",
        }
        again = ServiceActivation.objects.filter(
            organization=organization,
            region=region,
            status__in=[ActivationStatus.REFUSED, ActivationStatus.REVOKED],
        )
        if again.update(**values):
            is_new = True
        else:
            _activation, is_new = ServiceActivation.objects.get_or_create(
                organization=organization, region=region, defaults=values
            )
        if is_new:
            tell("activation.requested", organization, by=by, region=region.value)


def _refuse_too_early(organization: Organization, region: Region) -> None:
    known = IdentityVerification.objects.filter(
        organization=organization, status__in=[VerificationStatus.PENDING, VerificationStatus.APPROVED]
    )
    kinds = {EntityKind(kind) for kind in known.values_list("kind", flat=True)}
    if not kinds:
        raise AccountsError(_("Hand in the verification of your organization first."))
    if not any(may_activate(kind, region) for kind in kinds):
        raise AccountsError(
            _("International SMS needs verification as an enterprise. Hand in that request first.")
        )


def grant_activation(*, activation: ServiceActivation, seen_at: datetime | None, by: User) -> None:
    """Let the organization send to the region from now on."""
    with transaction.atomic():
        _lock_for_decision(activation, [ActivationStatus.REQUESTED], seen_at=seen_at, by=by)
        approved = IdentityVerification.objects.filter(
            organization=activation.organization, status=VerificationStatus.APPROVED
        ).first()
        entity = EntityKind(approved.kind) if approved else None
        if not may_activate(entity, Region(activation.region)):
            raise AccountsError(
                _(
                    "Approve the verification first: domestic SMS needs one, international SMS one as an enterprise."
                )
            )
        _decide(activation, ActivationStatus.GRANTED, "", by)
        tell("activation.granted", activation.organization, by=by, region=activation.region)


def refuse_activation(
    *, activation: ServiceActivation, comment: str, seen_at: datetime | None, by: User
) -> None:
    """Refuse a request, with words that say why."""
    _require_comment(comment)
    with transaction.atomic():
        _lock_for_decision(activation, [ActivationStatus.REQUESTED], seen_at=seen_at, by=by)
        _decide(activation, ActivationStatus.REFUSED, comment, by)
        tell("activation.refused", activation.organization, by=by, region=activation.region)


def revoke_activation(
    *, activation: ServiceActivation, comment: str, seen_at: datetime | None, by: User
) -> None:
    """Take the region back: nothing more is sent there, and running campaigns are held."""
    _require_comment(comment)
    with transaction.atomic():
        _lock_for_decision(activation, [ActivationStatus.GRANTED], seen_at=seen_at, by=by)
        _decide(activation, ActivationStatus.REVOKED, comment, by)
        tell("activation.revoked", activation.organization, by=by, region=activation.region)


def _lock_for_decision(
    activation: ServiceActivation, expected: Sequence[ActivationStatus], *, seen_at: datetime | None, by: User
) -> None:
    if not by.is_staff:
        raise AccountsError(_("Only platform staff decide about activations."))
    Organization.objects.select_for_update().get(pk=activation.organization_id)
    refuse_own(activation.organization, by)
    activation.refresh_from_db()
    if activation.status in expected and activation.changed_at == seen_at:
        return
    raise StandingChanged(
        _("%(region)s was changed by %(who)s at %(when)s UTC: %(state)s. Look at it again before you decide.")
        % {
            "region": REGION_LABELS[Region(activation.region)],
            "who": activation.changed_by or _("the console"),
            "when": date_format(activation.changed_at, "MOMENT_WITH_SECONDS"),
            "state": activation.get_status_display(),
        }
    )


def _decide(activation: ServiceActivation, status: ActivationStatus, comment: str, by: User) -> None:
    ServiceActivation.objects.filter(pk=activation.pk).update(
        status=status, comment=comment.strip(), changed_at=timezone.now(), changed_by=by
    )
    activation.refresh_from_db()


def _require_comment(comment: str) -> None:
    if not comment.strip():
        raise AccountsError(_("Say why, so that they know what to do about it."))
