"""Invitations: how somebody new comes in."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import Membership, User
from accounts.tokens import invitation_tokens


def invitation_token(*, membership: Membership) -> str:
    """A token with which the invited person sets their first password; valid for three days.

    Only for accounts that never had a password and belong to this organization alone: whoever holds the link
    becomes that person, and an admin of one organization must not become a member of another.
    """
    user = membership.user
    if user.has_usable_password():
        raise AccountsError(_("%(name)s has a password already and signs in with it.") % {"name": user})
    if user.memberships.exclude(organization_id=membership.organization_id).exists():
        raise AccountsError(
            _("%(name)s was invited by another organization first and has to accept that invitation.")
            % {"name": user}
        )
    return invitation_tokens.make_token(user)


def accept_invitation(*, user: User, token: str, name: str, password: str) -> None:
    """Set the first password. The token works once: it is bound to there being none."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if not invitation_tokens.check_token(locked, token):
            raise AccountsError(_("This invitation was used or is too old. Ask your admin for a new link."))
        locked.set_password(password)
        locked.name = name
        locked.save(update_fields=["password", "name"])
