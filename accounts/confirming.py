"""Before something dangerous a person proves again who they are: by password, or by a code.

The first line of such a view after the gate is `require_confirmation(request)`; who has not proved it within
`ACCOUNT_REAUTHENTICATION_TIMEOUT` seconds is led to the page that asks, and comes back to what they were doing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User


def require_confirmation(request: HttpRequest) -> datetime:
    """When the person proved who they are; raises what leads them to the page that asks."""
    at = confirmed_at(request)
    if at is None or not is_recent(at):
        raise ReauthenticationRequired
    return at


def confirmed_at(request: HttpRequest) -> datetime | None:
    """When the person last proved it in this session after signing in."""
    records = get_authentication_records(request, request.user)
    moments = [record["at"] for record in records if record.get("reauthenticated")]
    return datetime.fromtimestamp(moments[-1], tz=UTC) if moments else None


def is_recent(at: datetime) -> bool:
    age = timezone.now() - at
    return age < timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def let_in(request: HttpRequest, user: User) -> None:
    """Sign in somebody who has just set the password of a new account."""
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    record_authentication(request, user, method="password", email=user.email)


def note_code_shown(request: HttpRequest, user: User) -> None:
    """The session counts as confirmed by a code from now on."""
    record_authentication(request, user, method="mfa", type="totp", reauthenticated=True)
