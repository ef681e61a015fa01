"""The documentation of the native API, for people who write programs: they need not be signed in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.native.api import openapi_document
from api.native.codes import ALL_CODES, CodeGroup
from api.native.examples import EXAMPLES, LANGUAGES


@login_not_required
@require_safe
def api_openapi(request: HttpRequest) -> HttpResponse:
    """The description that programs read."""
    return JsonResponse(openapi_document(), json_dumps_params={"ensure_ascii": False, "indent": 2})


@login_not_required
@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """How to begin, with the calls that are needed most, in three languages of programs."""
    context = {
        "current": "start",
        "console_url": settings.CONSOLE_URL,
        "examples": EXAMPLES,
        "languages": LANGUAGES,
    }
    return render(request, "api/docs.html", context)


@login_not_required
@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    """Every operation, to read and to try."""
    return render(request, "api/reference.html", {"current": "reference"})


@login_not_required
@require_safe
def api_errors(request: HttpRequest) -> HttpResponse:
    """All codes, by what they are about."""
    groups = [(group, [code for code in ALL_CODES.values() if code.group == group]) for group in CodeGroup]
    return render(request, "api/errors.html", {"current": "errors", "groups": groups})


@login_not_required
@require_safe
def api_error(request: HttpRequest, code: str) -> HttpResponse:
    """What a code means, and what to do about it: where the `type` of an answer leads."""
    found = ALL_CODES.get(code)
    if found is None:
        raise Http404
    siblings = [other for other in ALL_CODES.values() if other.group == found.group]
    return render(request, "api/error.html", {"current": "errors", "code": found, "siblings": siblings})
