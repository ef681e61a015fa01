"""What every operation of the native API shares: its gate, its documented answers, and being done only once."""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel

from api.native.bodies import refuse_forbidden_query
from api.native.codes import code_named
from api.native.keys import BODY_MAX_BYTES, ApiKeyBearer, ApiRequest
from api.native.problems import CONTENT_TYPE, Problem, problem_response
from api.sending.answers import Replay, answered_once
from projects.statuses import ApiScope

View = TypeVar("View", bound=Callable[..., Any])

_KEY_FORM = re.compile(r"[!-~]{1,128}")
_EVERYWHERE = (
    *("key_missing", "key_unknown", "key_retired", "key_expired"),
    *(
        "address_not_allowed",
        "scope_missing",
        "rate_limited",
        "invalid_input",
        "internal_error",
        "unavailable",
    ),
)
_WITH_BODY = ("body_malformed", "body_too_large", "content_type_unsupported")
_ONCE = ("idempotency_key_malformed", "idempotency_key_reused")
_ONCE_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 128 visible ASCII characters, best a fresh UUID. The same request with the same key is "
    "carried out once within 72 hours; it gets the same answer again, with the header `Idempotent-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]{1,128}$"},
}


class Terms(NamedTuple):
    """What an operation is told about beside its path: `codes` are those that it alone can answer with.

    Of several scopes any one opens it.

    `once`: "here" keeps the answer around the whole operation, "within" leaves that to it (`replay_of`).
    """

    scope: ApiScope | tuple[ApiScope, ...]
    summary: str
    codes: Sequence[str] = ()
    status: int = 200
    once: str = ""
    body_max_bytes: int = BODY_MAX_BYTES

    @property
    def scopes(self) -> tuple[ApiScope, ...]:
        return self.scope if isinstance(self.scope, tuple) else (self.scope,)


def operation(
    router: Router, method: str, path: str, terms: Terms, *, gives: type[BaseModel] | None
) -> Callable[[View], View]:
    """Make a view the operation at this path. It returns an instance of `gives`, or an answer of its own."""

    def decorate(view: View) -> View:
        known = _query_names(view)

        @functools.wraps(view)
        def run(request: ApiRequest, **values: Any) -> HttpResponse:
            refuse_forbidden_query(request.GET, known)
            if terms.once == "here":
                return _once(request, terms, lambda: view(request, **values))
            return _answer(terms.status, view(request, **values))

        # Its words were written in the view's module; ninja would look for them in this one.
        run.__signature__ = inspect.signature(view, eval_str=True)  # type: ignore[attr-defined]
        router.add_api_operation(
            path,
            [method],
            run,
            auth=ApiKeyBearer(*terms.scopes, body_max_bytes=terms.body_max_bytes),
            response={terms.status: gives},
            operation_id=view.__name__,
            summary=terms.summary,
            description=_description(view, terms),
            openapi_extra=_documented(method, path, terms),
        )
        return view

    return decorate


def replay_of(request: ApiRequest) -> Replay | None:
    """How this request is recognized when it comes again; None when it came without an idempotency key.

    A sandbox key and a live one never share an answer.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY_FORM.fullmatch(key):
        raise Problem("idempotency_key_malformed")
    room = "idempotency-sandbox" if request.key.is_sandbox else "idempotency"
    return Replay(f"{room}:{key}", _body_hash(request))


def replayed(response: HttpResponse, was_stored: bool) -> HttpResponse:
    """Say in the answer that nothing was done now, if so."""
    if was_stored:
        response["Idempotent-Replayed"] = "true"
    return response


def json_response(status: int, text: str) -> HttpResponse:
    kind = CONTENT_TYPE if status >= 400 else "application/json"
    return HttpResponse(text, status=status, content_type=kind)


def _once(request: ApiRequest, terms: Terms, make: Callable[[], Any]) -> HttpResponse:
    """What is raised undoes what was done, and is not kept: the request may come again with its key."""
    replay = replay_of(request)
    if replay is None:
        with transaction.atomic():
            return _answer(terms.status, make())

    def kept() -> tuple[int, str]:
        response = _answer(terms.status, make())
        return response.status_code, response.content.decode()

    status, text, was_stored = answered_once(request.auth.project, replay, kept)
    return replayed(json_response(status, text), was_stored)


def _answer(status: int, made: Any) -> HttpResponse:
    if isinstance(made, HttpResponse):
        return made
    if made is None:
        return HttpResponse(status=status)
    return json_response(status, made.model_dump_json())


def refused(request: ApiRequest, problem: Problem) -> HttpResponse:
    """A problem as an answer that is kept, for what was written down although it was refused."""
    return problem_response(problem, request_id=request.request_id)


def _body_hash(request: HttpRequest) -> bytes:
    """Of method, path and body; of a form its fields and files, since its borders differ each time."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.digest()
    for name, values in sorted(request.POST.lists()):
        digest.update(repr((name, values)).encode())
    for name, file in sorted(request.FILES.items()):
        if not isinstance(file, UploadedFile):
            continue
        digest.update(repr((name, file.name, file.size)).encode())
        for piece in file.chunks(1 << 20):
            digest.update(piece)
        file.seek(0)
    return digest.digest()


def _query_names(view: Callable[..., Any]) -> frozenset[str]:
    """The parameters that the view's `asked` (a model) takes from the query string."""
    parameter = inspect.signature(view, eval_str=True).parameters.get("asked")
    if parameter is None:
        return frozenset()
    models = [
        part
        for part in _parts(parameter.annotation)
        if isinstance(part, type) and issubclass(part, BaseModel)
    ]
    return frozenset(models[0].model_fields)


def _parts(annotation: Any) -> Iterable[Any]:
    yield annotation
    yield from getattr(annotation, "__args__", ())


def _description(view: Callable[..., Any], terms: Terms) -> str:
    words = inspect.cleandoc(view.__doc__ or "")
    return f"{words}\n\nScope: {' or '.join(f'`{scope}`' for scope in terms.scopes)}."


def _documented(method: str, path: str, terms: Terms) -> dict[str, Any]:
    codes = [*_EVERYWHERE, *terms.codes]
    if method in ("POST", "PUT", "PATCH"):
        codes += _WITH_BODY
    if terms.once:
        codes += _ONCE
    if "{" in path:
        codes.append("not_found")
    of_status: dict[int, list[str]] = defaultdict(list)
    for name in sorted(set(map(str, codes))):
        of_status[code_named(name).status].append(name)
    problems = {
        status: {
            "description": "Codes: " + ", ".join(f"`{name}`" for name in names),
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, names in sorted(of_status.items())
    }
    documented: dict[str, Any] = {"responses": problems, "x-scopes": [str(scope) for scope in terms.scopes]}
    if terms.once:
        documented["parameters"] = [_ONCE_HEADER]
    return documented
