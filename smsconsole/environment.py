"""The environment's variables, checked: a wrong one is named in a sentence, not in a traceback."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from smsconsole.lib.working_hours import WorkingHours, parse_working_hours

_KINDS = {
    int: "a whole number",
    bool: "true or false",
    float: "a number",
    parse_working_hours: "working hours like “Mon-Fri 09:00-18:00, Sat 10:00-14:00”",
}


class CheckedEnv(environ.Env):  # type: ignore[misc]  # it has no types
    """An `environ.Env` that says which variable cannot be read, and as what."""

    def get_value(self, var: str, cast: Any = None, **options: Any) -> Any:
        try:
            return super().get_value(var, cast=cast, **options)
        except ValueError as error:
            kind = _KINDS.get(cast, "such a value")
            raise ImproperlyConfigured(
                f"{var}={self.ENVIRON.get(var, '')!r} is not {kind}.\n"
                "The console reads its settings from the environment; docs/settings.md explains each.\n"
                f"Correct {var} or leave it out."
            ) from error

    def working_hours(self, var: str, *, default: str) -> WorkingHours:
        hours: WorkingHours = self.get_value(
            var, cast=parse_working_hours, default=parse_working_hours(default)
        )
        return hours
