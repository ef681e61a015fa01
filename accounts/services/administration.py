"""What platform staff do about an organization as a whole: lock it, and unlock it again."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import Organization, User
from accounts.services.events import tell
from accounts.services.verification import refuse_own


def lock_organization(*, organization: Organization, reason: str, by: User) -> None:
    """Nothing of it is sent from now on; its members can still read everything. Twice does nothing."""
    _require_staff(by)
    if not reason.strip():
        raise AccountsError(_("Say why: the members of the organization read it."))
    with transaction.atomic():
        refuse_own(organization, by)
        if Organization.objects.filter(pk=organization.pk, locked_at=None).update(
            locked_at=timezone.now(), locked_by=by, locked_reason=reason.strip()
        ):
            tell("organization.locked", organization, by=by)


def unlock_organization(*, organization: Organization, by: User) -> None:
    """Sending is possible again; campaigns that were held meanwhile are continued by their people."""
    _require_staff(by)
    with transaction.atomic():
        refuse_own(organization, by)
        if Organization.objects.filter(pk=organization.pk, locked_at__isnull=False).update(
            locked_at=None, locked_by=None, locked_reason=""
        ):
            tell("organization.unlocked", organization, by=by)


def _require_staff(by: User) -> None:
    if not by.is_staff:
        raise AccountsError(_("Only platform staff may do this."))
