"""What happens to an account: its sessions, its second factor, its e-mail, being switched off."""

from __future__ import annotations

from importlib import import_module

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import lockout
from accounts.errors import AccountsError
from accounts.models import Language, Membership, User
from accounts.services.events import tell, tell_of_person


def end_sessions(*, user: User, but: str | None = None) -> int:
    """Sign the person out everywhere, except in the session with the key `but`; how many were ended."""
    sessions = UserSession.objects.filter(user_id=user.pk).exclude(session_key=but or "")
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    n_ended = 0
    for key in list(sessions.values_list("session_key", flat=True)):
        store.delete(key)
        n_ended += 1
    sessions.delete()
    return n_ended


def end_session(*, user: User, pk: int) -> None:
    """Sign one session of this person out; another person's, or one that has ended, is left alone."""
    session = UserSession.objects.filter(user_id=user.pk, pk=pk).first()
    if session is not None:
        session.end()


def change_profile(*, user: User, name: str, language: Language | str) -> None:
    User.objects.filter(pk=user.pk).update(name=name, language=language)


def change_email(*, user: User, old: str, new: str) -> None:
    """Give the account the confirmed address. Raises `AccountsError` when the link is stale or the address taken."""
    try:
        with transaction.atomic():
            unchanged = User.objects.filter(pk=user.pk, email=old)
            if not unchanged.update(email=User.objects.normalize_email(new)):
                raise AccountsError(_("This link was used already, or the e-mail was changed meanwhile."))
            tell_of_person("person.email_changed", user, by=user)
    except IntegrityError as error:
        raise AccountsError(_("This e-mail cannot be used here. Choose another one.")) from error


def reset_two_factor(*, membership: Membership, by: User) -> None:
    """Take a member's second factor away, for somebody who lost phone and recovery codes; ends their sessions.

    Only for who belongs to this organization alone: an admin must not open the way into another organization.
    """
    user, organization = membership.user, membership.organization
    if user.pk == by.pk:
        raise AccountsError(_("Change your own second factor on your account page."))
    if user.is_staff or Membership.objects.filter(user=user).exclude(organization=organization).exists():
        raise AccountsError(
            _("%(name)s belongs to another organization too. Ask whoever runs this console.") % {"name": user}
        )
    with transaction.atomic():
        deleted, _per_model = Authenticator.objects.filter(user=user).delete()
        if deleted:
            tell("member.two_factor_reset", organization, by=by, member=membership)
    end_sessions(user=user)


def reset_two_factor_on_the_server(*, email: str) -> None:
    """The same by whoever runs the console, from a shell. Raises `AccountsError` for an unknown e-mail."""
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise AccountsError(_("Nobody signs in with %(email)s.") % {"email": email})
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        tell_of_person("person.two_factor_reset", user, by=user, on_the_server=True)
    end_sessions(user=user)


def unlock_member(*, membership: Membership, by: User) -> None:
    """Let somebody who failed too often try again now."""
    lockout.forget_failures(membership.user)
    tell("member.unlocked", membership.organization, by=by, member=membership)


def unlock_person(*, user: User, by: User) -> None:
    """The same by platform staff."""
    _require_staff(by)
    lockout.forget_failures(user)
    tell_of_person("person.unlocked", user, by=by)


def deactivate_person(*, user: User, by: User) -> None:
    """Switch an account off at once, everywhere. Platform staff only, and never oneself. Twice does nothing."""
    _require_staff(by)
    if user.pk == by.pk:
        raise AccountsError(_("You cannot switch off your own account."))
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            tell_of_person("person.deactivated", user, by=by)
    end_sessions(user=user)


def reactivate_person(*, user: User, by: User) -> None:
    """Undo `deactivate_person`; memberships and roles are as they were."""
    _require_staff(by)
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            tell_of_person("person.reactivated", user, by=by)


def _require_staff(by: User) -> None:
    if not by.is_staff:
        raise AccountsError(_("Only platform staff may do this."))
