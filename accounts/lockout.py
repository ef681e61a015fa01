"""Who failed too often is locked out for a while: five failures for one e-mail from one address.

django-axes counts in PostgreSQL; wrong codes of the second factor count like wrong passwords.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import User
from smsconsole.lib.addresses import client_address


def email_tried(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Whom somebody tries to be, whatever the case of the letters."""
    given = credentials or {}
    tried = given.get("email") or given.get("username") or request.POST.get("login", "")
    return str(tried).strip().lower()[:255]


def address_of(request: HttpRequest) -> str | None:
    return client_address(request.META, n_proxies=settings.TRUSTED_PROXY_COUNT) or None


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Mapping[str, Any]) -> HttpResponse:
    """The answer to whoever is locked out: when to try again."""
    until = _locked_until(email_tried(request, credentials), address_of(request))
    context = {"until": until, "has_mail": bool(settings.EMAIL_URL)}
    return render(request, "accounts/locked_out.html", context, status=429)


def _locked_until(email: str, address: str | None) -> datetime | None:
    latest = AccessAttempt.objects.filter(username=email, ip_address=address).aggregate(
        latest=Max("attempt_time")
    )["latest"]
    return latest + settings.AXES_COOLOFF_TIME if latest else None


def may_try(request: HttpRequest, user: User) -> bool:
    """Whether this person may try a code from this address; if not, the answer becomes the lock-out page."""
    if AxesProxyHandler.is_allowed(request, {"email": user.email}):
        return True
    request.axes_locked_out = True  # type: ignore[attr-defined]
    request.axes_credentials = {"email": user.email}  # type: ignore[attr-defined]
    return False


def count_wrong_code(request: HttpRequest, user: User) -> None:
    user_login_failed.send(sender=__name__, credentials={"email": user.email}, request=request)


def locked_emails(emails: list[str]) -> set[str]:
    """Those of these (lower-case) e-mails that are locked out from at least one address. One query."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    failing = (
        AccessAttempt.objects.filter(username__in=emails, attempt_time__gt=since)
        .values("username", "ip_address")
        .annotate(n_failures=Sum("failures_since_start"))
    )
    return {row["username"] for row in failing if row["n_failures"] >= settings.AXES_FAILURE_LIMIT}


def forget_failures(user: User) -> None:
    reset(username=user.email.lower())
