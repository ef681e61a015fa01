"""Where requests of programs leave the way of pages: before sessions, languages and people come into it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pghistory
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import get_resolver

from smsconsole.lib.addresses import client_address

Handler = Callable[[HttpRequest], HttpResponse]

_URLS = "api.program_urls"
_V5, _NATIVE = "/v5/", "/api/v1/"
# What may change what the audit keeps. Everything else, sending above all, writes nothing of that.
_V5_CHANGES = ("add_", "mod_", "del_")
_NATIVE_SENDS = frozenset({"/api/v1/messages", "/api/v1/batches"})
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_TRUSTED_SECONDS = 1.0
# When this thread's connection to the database last worked.
_worked = threading.local()


def answer_programs(get_response: Handler) -> Handler:
    """Answer what comes to the addresses of programs; pages cost no more than a look at their path."""
    resolver = get_resolver(_URLS)

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith((_V5, _NATIVE)):
            return get_response(request)
        try:
            match = resolver.resolve(path)
        except Http404:
            return get_response(request)
        request.resolver_match = match
        _trust_recent_connection()
        with _recorded(request):
            response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        _note_connection()
        if not response.streaming and not response.has_header("Content-Length"):
            # Pages get it further in; without it the answer would go out in chunks.
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


def _trust_recent_connection() -> None:
    """A connection that worked a moment ago need not be tried before it is used: programs ask without a pause."""
    if time.monotonic() - getattr(_worked, "at", 0.0) < _TRUSTED_SECONDS:
        connection.health_check_done = True  # type: ignore[attr-defined]


def _note_connection() -> None:
    if connection.connection is not None and not connection.errors_occurred:
        _worked.at = time.monotonic()


def _recorded(request: HttpRequest) -> AbstractContextManager[object]:
    """Where the audit may write, it hears from which address. Who it was says `api.access.actor_of`."""
    path = request.path_info
    if request.method not in _CHANGING or path in _NATIVE_SENDS:
        return nullcontext()
    if path.startswith(_V5) and not path.rpartition("/")[2].startswith(_V5_CHANGES):
        return nullcontext()
    address = client_address(request.META, n_proxies=settings.TRUSTED_PROXY_COUNT)
    return pghistory.context(user=None, address=address, request_id=str(uuid.uuid4()))
