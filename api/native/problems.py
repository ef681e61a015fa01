"""How the native API says no: problem+json with a stable code, and the address of the page that explains it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from api.native.codes import code_named

CONTENT_TYPE = "application/problem+json"


class FieldError(NamedTuple):
    """What is wrong with one field of the request; `code` is short and stable, `detail` a sentence."""

    field: str
    code: str
    detail: str


class Problem(Exception):
    """An answer that says no. `detail` says more than the code's own words, `members` go into the body as they are."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        members: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code_named(code)
        self.detail = detail
        self.errors = errors
        self.members = members or {}
        self.headers = headers or {}


def page_of_code(code: str) -> str:
    """The absolute address of the page that explains a code."""
    return f"{settings.CONSOLE_URL}{reverse('api-error', args=[code])}"


def problem_response(problem: Problem, *, request_id: str) -> HttpResponse:
    """The answer, in English whatever the reader speaks: programs go by `code`."""
    code = problem.code
    body = {
        "type": page_of_code(code.code),
        "title": str(code.title),
        "status": code.status,
        "code": str(code.code),
        "detail": problem.detail or f"{code.why} {code.advice}",
        "errors": [error._asdict() for error in problem.errors],
        "request_id": request_id,
        **problem.members,
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=code.status,
        content_type=CONTENT_TYPE,
        headers=dict(problem.headers),
    )
