"""Tells requests of Tencent's API 3.0 from those of pages, which come to the same address."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from api.tencent_v3 import signing
from api.tencent_v3.entry import answer

Handler = Callable[[HttpRequest], HttpResponse]

# The second is for reverse proxies that give the API a name of its own.
PATHS = frozenset({"/", "/tencent/"})
_FORM = "application/x-www-form-urlencoded"


def answer_programs(get_response: Handler) -> Handler:
    """Programs are answered here, before sessions, languages and people come into it; pages go on as ever.

    No query, and for a page no more than a look at its path and three headers.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info in PATHS and is_for_programs(request):
            return answer(request)
        return get_response(request)

    return middleware


def is_for_programs(request: HttpRequest) -> bool:
    """By what the SDKs send: the header of the action, the signature, the parameter `Action`, or a form."""
    if request.path_info != "/" or "HTTP_X_TC_ACTION" in request.META:
        return True
    if request.META.get("HTTP_AUTHORIZATION", "").startswith(signing.ALGORITHM):
        return True
    # No page here takes a form, so one that comes holds the parameters of an action.
    if request.method == "POST" and request.content_type == _FORM:
        return True
    return "Action=" in request.META.get("QUERY_STRING", "") and "Action" in request.GET
