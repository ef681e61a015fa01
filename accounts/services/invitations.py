"""Invitations: how somebody comes into an organization that exists.

The person invited accepts: somebody new by choosing a name and a password, somebody known by signing in first.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import Invitation, Membership, Organization, Role, User
from accounts.services.events import tell


class InvitationEnded(AccountsError):
    """The link was used, withdrawn, replaced by a newer one, or is too old."""


def invite(
    *,
    organization: Organization,
    email: str,
    name: str,
    roles: Collection[Role],
    may_reveal_numbers: bool,
    by: User,
) -> Invitation:
    """An invitation for this e-mail. Raises `AccountsError` for a member, or when one is open already."""
    if Membership.objects.filter(organization=organization, user__email__iexact=email).exists():
        raise AccountsError(_("%(email)s is a member already.") % {"email": email})
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                organization=organization,
                email=email,
                name=name,
                roles=sorted(roles),
                may_reveal_numbers=may_reveal_numbers,
                invited_by=by,
                expires_at=_expiry(),
            )
            tell("member.invited", organization, by=by, invitation=str(invitation.uuid), roles=sorted(roles))
    except IntegrityError as error:
        raise AccountsError(
            _("%(email)s is invited already. Send that invitation again, or withdraw it first.")
            % {"email": email}
        ) from error
    return invitation


def invitation_token(invitation: Invitation) -> str:
    """The secret part of the link; it changes with each renewal."""
    return salted_hmac(
        "accounts.invitation", f"{invitation.uuid}:{invitation.nonce}", algorithm="sha256"
    ).hexdigest()


def check_invitation(invitation: Invitation, token: str) -> None:
    """Raises `InvitationEnded` unless somebody may come in by this link now."""
    is_open = invitation.accepted_at is None and invitation.withdrawn_at is None
    is_right = hmac.compare_digest(invitation_token(invitation).encode(), token.encode())
    if not is_open or not is_right or invitation.has_expired:
        raise InvitationEnded(_("This invitation has ended. Ask who invited you for a new link."))


def renew_invitation(*, invitation: Invitation, by: User) -> Invitation:
    """A new link that works for the whole time again; the old one ends. Raises `AccountsError` when it is over."""
    with transaction.atomic():
        locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if locked.accepted_at or locked.withdrawn_at:
            raise AccountsError(_("This invitation was accepted or withdrawn meanwhile."))
        locked.nonce, locked.expires_at, locked.invited_by = uuid4(), _expiry(), by
        locked.save(update_fields=["nonce", "expires_at", "invited_by"])
        tell("member.invitation_renewed", locked.organization, by=by, invitation=str(locked.uuid))
    return locked


def withdraw_invitation(*, invitation: Invitation, by: User) -> None:
    """The link lets nobody in any more. Withdrawing twice, or an accepted one, does nothing."""
    with transaction.atomic():
        is_open = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
        if is_open.update(withdrawn_at=timezone.now()):
            tell(
                "member.invitation_withdrawn",
                invitation.organization,
                by=by,
                invitation=str(invitation.uuid),
            )


def accept_as_somebody_new(*, invitation: Invitation, token: str, name: str, password: str) -> User:
    """Make the account and the membership.

    Raises `InvitationEnded`, or `AccountsError` when somebody signs in with that e-mail already.
    """
    with transaction.atomic():
        locked = _locked(invitation, token)
        user = account_of(locked.email)
        if user is not None and user.has_usable_password():
            raise AccountsError(_("%(email)s has an account here. Sign in first.") % {"email": locked.email})
        if user is None:
            user = User.objects.create_user(locked.email, None)
        user.set_password(password)
        user.name = name
        user.save(update_fields=["password", "name"])
        _join(locked, user)
    return user


def accept_as_member(*, invitation: Invitation, token: str, user: User) -> None:
    """The person who is signed in joins. Raises `InvitationEnded`, or `AccountsError` for anybody else."""
    with transaction.atomic():
        locked = _locked(invitation, token)
        if user.email.lower() != locked.email.lower():
            raise AccountsError(_("This invitation is for %(email)s.") % {"email": locked.email})
        _join(locked, user)


def account_of(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def note_mailed(*, invitation: Invitation) -> datetime:
    now = timezone.now()
    Invitation.objects.filter(pk=invitation.pk).update(mailed_at=now)
    return now


def _locked(invitation: Invitation, token: str) -> Invitation:
    locked = Invitation.objects.select_for_update().select_related(None).get(pk=invitation.pk)
    check_invitation(locked, token)
    return locked


def _join(invitation: Invitation, user: User) -> None:
    """One membership, whatever became of the person meanwhile: who is a member already stays as they are."""
    membership, is_new = Membership.objects.get_or_create(
        organization_id=invitation.organization_id,
        user=user,
        defaults={
            "roles": invitation.roles,
            "may_reveal_numbers": invitation.may_reveal_numbers,
            "changed_by": invitation.invited_by,
        },
    )
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=timezone.now(), accepted_by=user)
    if is_new:
        tell(
            "member.added",
            invitation.organization,
            by=user,
            member=membership,
            roles=membership.roles,
            invitation=str(invitation.uuid),
        )


def _expiry() -> datetime:
    return timezone.now() + timedelta(days=settings.INVITATION_DAYS)
