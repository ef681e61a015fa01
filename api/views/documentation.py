"""The documentation of the native API, for people who write programs: they need not be signed in."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from api.native.api import openapi_document
from api.native.codes import ALL_CODES, CodeGroup
from api.native.examples import EXAMPLES, LANGUAGES
from api.native.problems import Problem, problem_response
from projects.statuses import ApiScope

# What `delivery.gateways` does with the messages of sandbox keys.
SANDBOX_NUMBERS = (
    ("…0001", _("It is delivered after a second.")),
    ("…0002", _("It is not delivered: the phone is switched off (unreachable).")),
    ("…0003", _("The gateway takes it, and nothing is heard of it.")),
    ("…0004", _("The gateway refuses it.")),
    ("…", _("All others are delivered.")),
)
_REQUEST_ID = "4f0d6bc1a2b94c7e8d5a6f70"


@login_not_required
@require_safe
def api_openapi(request: HttpRequest) -> HttpResponse:
    """The description that programs read. In English, whoever asks."""
    with translation.override("en"):
        document = openapi_document()
    return JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})


@login_not_required
@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """How to begin, with the calls that are needed most, in one of three languages of programs."""
    language = request.GET.get("language", "")
    language = language if language in LANGUAGES else "curl"
    context = {
        "current": "start",
        "base_url": f"{settings.CONSOLE_URL}",
        "language": language,
        "languages": LANGUAGES,
        "examples": [{**one._asdict(), "text": one.code(language)} for one in EXAMPLES],
        "sandbox": SANDBOX_NUMBERS,
        "scopes": ApiScope.choices,
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
    context = {
        "current": "errors",
        "code": found,
        "answer": _example_answer(found.code),
        "siblings": [other for other in ALL_CODES.values() if other.group == found.group],
    }
    return render(request, "api/error.html", context)


def _example_answer(code: str) -> str:
    """As a program gets it: in English."""
    with translation.override("en"):
        response = problem_response(Problem(code), request_id=_REQUEST_ID)
    return json.dumps(json.loads(response.content), indent=2, ensure_ascii=False)
