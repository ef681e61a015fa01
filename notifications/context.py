"""What the top bar of every page shows: how much is unread in the bell."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from notifications.queries import COUNTED_UNREAD, n_unread


def bell(request: HttpRequest) -> dict[str, Any]:
    """Lazy: neither a fragment without the top bar nor somebody who is not signed in costs a query."""
    return {"n_unread": SimpleLazyObject(lambda: shown_unread(request))}


def shown_unread(request: HttpRequest) -> str:
    """The number on the bell; empty when there is nothing."""
    if not isinstance(request.user, User):
        return ""
    n = n_unread(request.user)
    return f"{COUNTED_UNREAD - 1}+" if n >= COUNTED_UNREAD else str(n or "")
