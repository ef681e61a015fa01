"""Who calls: the bearer key, its scope and its rate. The first thing that happens to a request."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from accounts.lockout import address_of
from api.access import (
    Caller,
    KeyTrouble,
    address_allowed,
    api_key_by_token,
    note_use,
    token_trouble,
)
from api.native.problems import Problem
from api.rate import Rate, take
from projects.models import ApiKey
from projects.statuses import ApiScope

# Bodies without files.
BODY_MAX_BYTES = 1 << 20
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="SMS Console"'}
_CODES = {
    KeyTrouble.UNKNOWN: "key_unknown",
    KeyTrouble.RETIRED: "key_retired",
    KeyTrouble.EXPIRED: "key_expired",
}


class ApiRequest(HttpRequest):
    """A request that came through the gate; typing only, Django makes the objects."""

    auth: Caller
    key: ApiKey
    request_id: str
    rate: Rate | None


class ApiKeyBearer(HttpBearer):
    """The gate of one operation: a valid key, from an allowed address, with one of these scopes, not too often.

    Too large a body is refused before it is read.
    """

    def __init__(self, *scopes: ApiScope, body_max_bytes: int = BODY_MAX_BYTES) -> None:
        self.scopes = scopes
        self.body_max_bytes = body_max_bytes
        super().__init__()

    def __call__(self, request: HttpRequest) -> Caller:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Problem("key_missing", headers=_CHALLENGE)
        return self.authenticate(request, token.strip())

    def authenticate(self, request: Any, token: str) -> Caller:
        key = api_key_by_token(token)
        if key is None:
            raise Problem(_CODES[token_trouble(token)], headers=_CHALLENGE)
        address = address_of(request) or ""
        if not address_allowed(key, address):
            raise Problem("address_not_allowed")
        rate = request.rate = take(key)
        if rate.is_exceeded:
            raise Problem("rate_limited", headers={"Retry-After": str(rate.retry_after)})
        note_use(key, address)
        if not set(self.scopes) & set(key.scopes):
            names = " or ".join(f"“{scope}”" for scope in self.scopes)
            words = f"This needs the scope {names}, which the key does not have."
            raise Problem("scope_missing", words, members={"scopes": [str(scope) for scope in self.scopes]})
        if _length(request) > self.body_max_bytes:
            raise Problem("body_too_large")
        request.key = key
        return Caller(key.project, key, address)


def _length(request: HttpRequest) -> int:
    """As Django reads it: what is no number is no body."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
