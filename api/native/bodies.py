"""Bodies and query strings, read strictly: what cannot be stored or sent is refused here, with the field named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from django.http import HttpRequest, QueryDict
from ninja.parser import Parser

from api.native.problems import FieldError, Problem

# What a JSON text can only hold escaped: NUL, and halves of surrogate pairs.
_SUSPICIOUS = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_FORBIDDEN_WORDS = "It holds a NUL character or half of a surrogate pair, which cannot be stored."


class StrictParser(Parser):
    """JSON in UTF-8 without repeated names, NaN, NUL and half characters."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise Problem("content_type_unsupported")
        return read_json(request.body)


def read_json(body: bytes) -> Any:
    """The value of a JSON text; raises `Problem`."""
    try:
        text = body.decode()
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Problem("body_malformed") from error
    if _SUSPICIOUS.search(text):
        errors = list(_forbidden_characters(value, ""))
        if errors:
            raise Problem("invalid_input", errors=errors)
    return value


def refuse_forbidden_query(query: QueryDict, known: Iterable[str]) -> None:
    """Only known names, each once, with characters that can be stored. Raises `Problem`."""
    names = set(known)
    errors = []
    for name, values in query.lists():
        if name not in names:
            errors.append(FieldError(_shown(name), "unknown", "There is no such parameter."))
        elif len(values) > 1:
            errors.append(FieldError(name, "repeated", "The parameter is given more than once."))
        elif _FORBIDDEN.search(values[0]):
            errors.append(FieldError(name, "characters", _FORBIDDEN_WORDS))
    if errors:
        raise Problem("invalid_input", errors=errors)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands in an object twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _forbidden_characters(value: Any, place: str) -> Iterable[FieldError]:
    if isinstance(value, str):
        if _FORBIDDEN.search(value):
            yield FieldError(place, "characters", _FORBIDDEN_WORDS)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if _FORBIDDEN.search(name):
                yield FieldError(place, "unknown", "It has a field whose name cannot be read.")
            else:
                yield from _forbidden_characters(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _forbidden_characters(inner, f"{place}[{index}]")


def _shown(name: str) -> str:
    return _FORBIDDEN.sub("?", name)[:60]
