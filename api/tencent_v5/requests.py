"""The body of a v5 request, read member by member; what is not as it should be is code 1004 with its name. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, NamedTuple, NoReturn

from api.tencent_v5.errors import malformed

# PostgreSQL's bigint, in which every id and every second has room.
WHOLE_MAX: Final = 2**63 - 1
# The longest thing that somebody may call a number; what is one has 15 digits.
_NUMBER_MAX: Final = 40
# The year 9999 in seconds.
_UNIX_MAX: Final = 253_402_300_799


class Phone(NamedTuple):
    """A number in two parts, as the request has it."""

    nationcode: str
    mobile: str

    @property
    def number(self) -> str:
        return f"+{self.nationcode.removeprefix('+')}{self.mobile}"


class Fields:
    """The members of the body, each asked for by name with the type and size that it must have.

    Unknown members are left alone. Without a `default` a member must be there; `null` counts as not there.
    """

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.members = members

    def has(self, name: str) -> bool:
        return self.members.get(name) is not None

    def text(self, name: str, *, default: str | None = None, most: int = 10_000) -> str:
        value = self._value(name, default)
        if not isinstance(value, str):
            raise malformed(f"“{name}” must be a string.")
        if len(value) > most:
            raise malformed(f"“{name}” has {len(value)} characters; at most {most} are taken.")
        return value

    def digits_or_text(self, name: str, *, default: str | None = None) -> str:
        """A string, or the number that careless clients send in its place."""
        return as_text(self._value(name, default), name)

    def whole(self, name: str, *, default: int | None = None, least: int = 0, most: int = WHOLE_MAX) -> int:
        return as_whole(self._value(name, default), name, least=least, most=most)

    def choice(self, name: str, choices: tuple[int, ...], *, default: int | None = None) -> int:
        value = self.whole(name, default=default)
        if value not in choices:
            raise malformed(f"“{name}” must be one of {', '.join(map(str, choices))}.")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings; none when it is missing."""
        value = self._value(name, [])
        if not isinstance(value, list):
            raise malformed(f"“{name}” must be an array of strings.")
        return [as_text(item, f"{name}[{place}]", most=10_000) for place, item in enumerate(value)]

    def ids(self, name: str, *, most: int = 100) -> list[int]:
        """Ids as a list, or a single one; each once, in the order given."""
        value = self._value(name, None)
        found = value if isinstance(value, list) else [value]
        if not 0 < len(found) <= most:
            raise malformed(f"“{name}” must hold 1 to {most} ids; it holds {len(found)}.")
        return list(dict.fromkeys(as_whole(item, name) for item in found))

    def phone(self, name: str = "tel") -> Phone:
        return as_phone(self._value(name, None), name)

    def phones(self, name: str = "tel") -> list[Phone]:
        value = self._value(name, None)
        if not isinstance(value, list):
            raise malformed(f"“{name}” must be an array of objects with nationcode and mobile.")
        return [as_phone(item, f"{name}[{place}]") for place, item in enumerate(value)]

    def moment(self, name: str) -> datetime:
        """A Unix time in seconds."""
        return datetime.fromtimestamp(self.whole(name, most=_UNIX_MAX), UTC)

    def hour(self, name: str, zone: tzinfo) -> datetime:
        """`yyyymmddhh` as a number, on the clock of this zone."""
        value = self.whole(name, least=1970_01_01_00, most=9000_12_31_23)
        try:
            return datetime.strptime(str(value), "%Y%m%d%H").replace(tzinfo=zone)
        except ValueError:
            raise malformed(f"“{name}” must be an hour as yyyymmddhh, such as 2026010100.") from None

    def _value(self, name: str, default: object) -> Any:
        value = self.members.get(name)
        if value is not None:
            return value
        if default is None:
            raise malformed(f"“{name}” is missing.")
        return default


def as_whole(value: object, name: str, *, least: int = 0, most: int = WHOLE_MAX) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise malformed(f"“{name}” must be a whole number.")
    if not least <= value <= most:
        raise malformed(f"“{name}” must lie between {least} and {most}.")
    return value


def as_text(value: object, name: str, *, most: int = _NUMBER_MAX) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise malformed(f"“{name}” must be a string.")
    text = str(value)
    if len(text) > most:
        raise malformed(f"“{name}” has {len(text)} characters; at most {most} are taken.")
    return text


def as_phone(value: object, name: str) -> Phone:
    if not isinstance(value, Mapping):
        raise malformed(f"“{name}” must be an object with nationcode and mobile.")
    parts = []
    for part in ("nationcode", "mobile"):
        if value.get(part) is None:
            raise malformed(f"“{name}.{part}” is missing.")
        parts.append(as_text(value[part], f"{name}.{part}"))
    return Phone(*parts)


def read_json(raw: bytes) -> dict[str, Any]:
    """The object in a body: UTF-8, plain JSON, without what no database keeps and no phone shows."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise malformed("The body is not UTF-8.") from None
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise malformed("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise malformed("The body must be a JSON object.")
    # Both can only be written as escapes.
    if "\\u" in text and _has_unusable_text(value):
        raise malformed("The body holds U+0000 or half of a surrogate pair, which is no text.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _has_unusable_text(value: object) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in item):
                return True
        elif isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return False
