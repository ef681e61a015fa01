"""The second factor: who needs one, who has one, who showed it in this session, and codes that work once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest

from accounts.access import memberships_of
from accounts.models import Role, User

# Whose mistakes weigh most: they approve texts, see keys, let people in.
ROLES_IN_NEED = frozenset({Role.ADMIN, Role.REVIEWER})

View = TypeVar("View", bound=Callable[..., Any])


def needs_two_factor(user: User | AnonymousUser) -> bool:
    """Platform staff, and admins and reviewers of an organization that has not switched it off."""
    if not settings.TWO_FACTOR_REQUIRED or not isinstance(user, User):
        return False
    return user.is_staff or any(
        membership.organization.requires_two_factor and not ROLES_IN_NEED.isdisjoint(membership.roles)
        for membership in memberships_of(user)
    )


def has_two_factor(user: User | AnonymousUser) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists())


def showed_two_factor(request: HttpRequest) -> bool:
    """Whether the person showed a code in this session. No query."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def before_two_factor(view: View) -> View:
    """Marks a view that somebody may reach who still has to set up or show the second factor."""
    view.before_two_factor = True  # type: ignore[attr-defined]
    return view


def counter_of(secret: str, code: str) -> int | None:
    """The time step whose code this is, among those that count now."""
    for counter in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter))):
            return int(counter)
    return None


def use_code(authenticator: Authenticator, code: str) -> bool:
    """Whether the code is right; it is used up then, together with all older ones.

    PostgreSQL keeps which step was used last, not the cache: a code stays single-use whatever Redis forgets.
    """
    with transaction.atomic():
        locked = Authenticator.objects.select_for_update().filter(pk=authenticator.pk).first()
        if locked is None:
            return False
        if locked.type == Authenticator.Type.RECOVERY_CODES:
            return bool(locked.wrap().validate_code(code))
        counter = counter_of(decrypt(locked.data["secret"]), code)
        if counter is None or counter <= locked.data.get("last_counter", -1):
            return False
        mark_used(locked, counter)
    return True


def mark_used(authenticator: Authenticator, counter: int) -> None:
    authenticator.data["last_counter"] = counter
    authenticator.save(update_fields=["data"])
