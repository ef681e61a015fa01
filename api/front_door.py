"""Where requests of programs leave the way of pages: before sessions, languages and people come into it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pghistory
from django.conf import settings
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
        with _recorded(request):
            response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response

    return middleware


def _recorded(request: HttpRequest) -> AbstractContextManager[object]:
    """Where the audit may write, it hears from which address. Who it was says `api.access.actor_of`."""
    path = request.path_info
    if request.method not in _CHANGING or path in _NATIVE_SENDS:
        return nullcontext()
    if path.startswith(_V5) and not path.rpartition("/")[2].startswith(_V5_CHANGES):
        return nullcontext()
    address = client_address(request.META, n_proxies=settings.TRUSTED_PROXY_COUNT)
    return pghistory.context(user=None, address=address, request_id=str(uuid.uuid4()))
