"""Says to the database on whose behalf a request changes something."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from pghistory.middleware import HistoryMiddleware

from smsconsole.lib.addresses import client_address


class ActorMiddleware(HistoryMiddleware):
    """Person, address and request id of every request that may change something; the id answers as a header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)  # type: ignore[no-untyped-call]

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "user": request.user.pk,
            "address": client_address(request.META, n_proxies=settings.TRUSTED_PROXY_COUNT),
            "request_id": request.META["smsconsole.request_id"],
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["smsconsole.request_id"] = request_id = str(uuid.uuid4())
        response: HttpResponse = super().__call__(request)  # type: ignore[no-untyped-call]
        response["X-Request-ID"] = request_id
        return response
