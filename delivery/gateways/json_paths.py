"""Where in a carrier's answer something stands: `messages[0].id`, `$.data.0.status`, `reply["message.id"]`."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

_STEP = re.compile(r'\.?(?:\["([^"\]]+)"\]|\[(\d{1,6})\]|([^.\[\]"]+))')

Steps = tuple[str | int, ...]


def steps_of(path: str) -> Steps:
    """The steps of a path, none for an empty one; raises ValueError with words for its author."""
    path = path.strip()
    rest = path[2:] if path.startswith("$.") else path.removeprefix("$")
    steps: list[str | int] = []
    position = 0
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None or (position == 0 and rest.startswith(".")):
            raise ValueError(_("“%(path)s” is not a path. Write it like messages[0].id.") % {"path": path})
        quoted, index, name = match.groups()
        steps.append(int(index) if index is not None else quoted or name.strip())
        position = match.end()
    return tuple(steps)


def value_at(data: Any, path: str) -> Any:
    """What stands there, None when nothing does. An empty path names the whole.

    A form has no depth, so a field whose name holds dots is found by its whole name.
    """
    if isinstance(data, dict) and path in data:
        return data[path]
    for step in steps_of(path):
        if isinstance(data, dict):
            data = data.get(str(step))
        elif isinstance(data, list) and str(step).isascii() and str(step).isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def text_at(data: Any, path: str) -> str:
    """The value there as one word: numbers as they are written, "" for nothing, lists and objects."""
    value = value_at(data, path) if path else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value).strip()
    return ""
