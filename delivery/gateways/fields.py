"""How a driver says what has to be set up: the form of a gateway is made from these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

Words = str | Promise


class SettingKind(StrEnum):
    """How a setting is typed and kept."""

    TEXT = "text"
    LINES = "lines"  # several lines of text
    SECRET = "secret"  # nosec B105 # noqa: S105 - kept encrypted, never shown again; an empty field keeps what is there
    NUMBER = "number"
    CHOICE = "choice"
    SWITCH = "switch"
    URL = "url"


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting of a gateway. `group` is the heading it stands under; `smallest` and `largest` bound a number."""

    name: str
    label: Words
    kind: SettingKind = SettingKind.TEXT
    help: Words = ""
    default: Any = ""
    is_required: bool = False
    choices: tuple[tuple[str, Words], ...] = ()
    smallest: float | None = None
    largest: float | None = None
    max_length: int = 200
    group: Words = ""
