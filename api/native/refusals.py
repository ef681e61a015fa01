"""What services and libraries raise, as problems of the native API."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from accounts.errors import NotForIndividuals
from api.access import NoActor
from api.native.problems import FieldError, Problem, problem_response
from api.sending.answers import AnswerMismatch
from api.sending.orders import OrderRefused
from campaigns.errors import CampaignChanged, CampaignsError, NotReady
from projects.errors import ProjectDisabled, ProjectsError, SettingChanged
from templates_app.errors import RevisionChanged, TemplatesError

log = logging.getLogger(__name__)

# Instead of the library's own words, where ours are plainer.
_WORDS = {
    "missing": "This field is missing.",
    "extra_forbidden": "There is no such field.",
}


# Members of an order that have another name in a body.
_FIELD_OF_ORDER = {"recipients": "to"}


def _of_order(error: OrderRefused) -> Problem:
    field = _FIELD_OF_ORDER.get(error.field, error.field)
    errors = [FieldError(field, str(error.refusal), error.words)] if field else []
    return Problem(error.refusal, error.words, errors=errors)


def _of_readiness(error: NotReady) -> Problem:
    errors = [FieldError("", "missing", words) for words in error.problems]
    return Problem("not_ready", str(error), errors=errors)


def _of_campaign(error: CampaignsError) -> Problem:
    errors = [FieldError(error.field, "refused", str(error))] if error.field else []
    return Problem("campaign_refused", str(error), errors=errors)


def _of_input(error: ValidationError) -> Problem:
    errors = [
        FieldError(_field(one["loc"]), one["type"], _WORDS.get(one["type"]) or str(one["msg"]))
        for one in error.errors[:100]
    ]
    return Problem("invalid_input", errors=errors)


def _of_http(error: HttpError) -> Problem:
    """ninja wraps what the parser of bodies raises."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__
    if isinstance(error.__cause__, RequestDataTooBig):
        return Problem("body_too_large")
    return Problem("body_malformed")


def _of_fault(error: Exception) -> Problem:
    """The log gets where it happened and of what kind it is; its words may hold numbers and texts."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("request failed error=%s\n%s", type(error).__name__, where)
    return Problem("internal_error")


_PROBLEM_OF: dict[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda error: error,
    OrderRefused: _of_order,
    AnswerMismatch: lambda _error: Problem("idempotency_key_reused"),
    NoActor: lambda _error: Problem("nobody_behind_key"),
    NotForIndividuals: lambda error: Problem("enterprises_only", str(error)),
    ProjectDisabled: lambda error: Problem("project_disabled", str(error)),
    SettingChanged: lambda error: Problem("changed_meanwhile", str(error)),
    ProjectsError: lambda error: Problem("list_refused", str(error)),
    CampaignChanged: lambda error: Problem("changed_meanwhile", str(error)),
    NotReady: _of_readiness,
    CampaignsError: _of_campaign,
    RevisionChanged: lambda error: Problem("changed_meanwhile", str(error)),
    TemplatesError: lambda error: Problem("text_refused", str(error)),
    ValidationError: _of_input,
    HttpError: _of_http,
    Http404: lambda _error: Problem("not_found"),
    RequestDataTooBig: lambda _error: Problem("body_too_large"),
    MultiPartParserError: lambda _error: Problem("body_malformed"),
    SuspiciousOperation: lambda _error: Problem("body_malformed"),
    UnreadablePostError: lambda _error: Problem("body_malformed"),
    OperationalError: lambda _error: Problem("unavailable"),
    InterfaceError: lambda _error: Problem("unavailable"),
    Exception: _of_fault,
}


def handle_refusals(api: NinjaAPI) -> None:
    """Let the API answer each of these as a problem; nothing else ever leaves it."""
    for kind, problem_of in _PROBLEM_OF.items():
        api.add_exception_handler(kind, _handler(problem_of))


def _handler(problem_of: Callable[[Any], Problem]) -> Callable[[HttpRequest, Any], HttpResponse]:
    def handle(request: HttpRequest, error: Any) -> HttpResponse:
        request_id: str = request.request_id  # type: ignore[attr-defined]
        return problem_response(problem_of(error), request_id=request_id)

    return handle


def _field(location: tuple[Any, ...]) -> str:
    """`("body", "body", "messages", 0, "to")` is messages[0].to; a parameter of the path or query has only its name."""
    source, parts = location[0], list(location[1:])
    if source in ("body", "query", "path", "form", "file") and parts and parts[0] in ("body", "asked"):
        parts = parts[1:]
    field = ""
    for part in parts:
        field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else str(part)
    return field
