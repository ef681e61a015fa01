"""What an action may be asked: its parameters by name and type, read from JSON or from a form. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from api.tencent_v3.errors import OLD_VERSION, ApiError

_NUMBER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
# Of a list in a form: `PhoneNumberSet.0`, `MultiSmsInfoSet.0.TemplateParamSet.1`.
_DEPTH_MAX = 5
_NUMBER_MAX = 2**63 - 1


class Kind(Enum):
    TEXT = "String"
    NUMBER = "Integer"
    TEXTS = "Array of String"
    NUMBERS = "Array of Integer"
    OBJECTS = "Array of Object"
    # `yyyymmddhh`: a text in the newer version, a number in the older one; either is read.
    HOUR = "String yyyymmddhh"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter. `old` is how the older version spells it, where that differs; `inner` are those of an object."""

    name: str
    kind: Kind
    required: bool = True
    old: str = ""
    inner: tuple[Field, ...] = ()

    def spelled(self, version: str) -> str:
        return self.old if self.old and version == OLD_VERSION else self.name


def read_json(body: bytes) -> dict[str, Any]:
    """The object that a JSON request holds; an empty body is an empty one."""
    if not body.strip():
        return {}
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError("InvalidParameter", "The body is not JSON. Send one JSON object in UTF-8.") from None
    if not isinstance(found, dict):
        raise ApiError("InvalidParameter", "The body must be one JSON object.")
    return found


def read_form(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The same of a form, in which lists and objects are written with dots."""
    tree: dict[str, Any] = {}
    for name, value in parameters.items():
        path = name.split(".")
        branch = tree
        for part in path[:-1]:
            branch = branch.setdefault(part, {})
            if not isinstance(branch, dict):
                raise _invalid(name)
        if len(path) > _DEPTH_MAX or path[-1] in branch:
            raise _invalid(name)
        branch[path[-1]] = value
    return tree


def read_fields(
    fields: Sequence[Field], given: Mapping[str, Any], *, version: str, is_form: bool
) -> dict[str, Any]:
    """The values by their newer names; what is missing or null is left out. Raises `ApiError`."""
    known = {field.spelled(version): field for field in fields}
    for name in given:
        if name not in known:
            raise ApiError("UnknownParameter", f"The parameter `{shown(name)}` is not known here.")
    values = {}
    for name, field in known.items():
        value = given.get(name)
        if value is not None:
            values[field.name] = _read(field, value, name, version, is_form)
        elif field.required:
            raise ApiError("MissingParameter", f"The request is missing a required parameter `{name}`.")
    return values


def shown(text: object) -> str:
    """What a program sent, short and plain enough to be shown in an answer."""
    plain = str(text).encode("ascii", "replace").decode()
    return "".join(character if character.isprintable() else "?" for character in plain)[:60]


def _read(field: Field, value: Any, name: str, version: str, is_form: bool) -> Any:
    if field.kind in (Kind.TEXTS, Kind.NUMBERS, Kind.OBJECTS):
        items = _in_order(value, name) if is_form else value
        if not isinstance(items, list):
            raise _wrong_type(name, field.kind)
        return [_item(field, item, f"{name}.{n}", version, is_form) for n, item in enumerate(items)]
    if field.kind is Kind.HOUR:
        return _text(str(value) if type(value) is int else value, name)
    return _number(value, name, is_form) if field.kind is Kind.NUMBER else _text(value, name)


def _item(field: Field, item: Any, name: str, version: str, is_form: bool) -> Any:
    if field.kind is Kind.TEXTS:
        return _text(item, name)
    if field.kind is Kind.NUMBERS:
        return _number(item, name, is_form)
    if not isinstance(item, dict):
        raise _wrong_type(name, field.kind)
    return read_fields(field.inner, item, version=version, is_form=is_form)


def _in_order(value: Any, name: str) -> list[Any]:
    """`{"1": b, "0": a}` as `[a, b]`."""
    if not isinstance(value, dict) or not all(key.isascii() and key.isdecimal() for key in value):
        raise _wrong_type(name, Kind.TEXTS)
    return [value[key] for key in sorted(value, key=lambda key: (len(key), key))]


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise _wrong_type(name, Kind.TEXT)
    # Neither can be stored: half a surrogate pair is no character, and PostgreSQL keeps no NUL.
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ApiError("InvalidParameter", f"The parameter `{name}` holds what is no text.")
    return value


def _number(value: Any, name: str, is_form: bool) -> int:
    if is_form and isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if type(value) is not int:
        raise _wrong_type(name, Kind.NUMBER)
    if abs(value) > _NUMBER_MAX:
        raise ApiError("InvalidParameterValue", f"The parameter `{name}` is out of range.")
    return value


def _wrong_type(name: str, kind: Kind) -> ApiError:
    return ApiError(
        "InvalidParameter", f"The value type of parameter `{name}` is not valid: it must be {kind.value}."
    )


def _invalid(name: str) -> ApiError:
    return ApiError(
        "InvalidParameter", f"The parameter `{shown(name)}` is not written as a list or an object."
    )
