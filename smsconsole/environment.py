"""The environment's variables, checked: a wrong one is named in a sentence, not in a traceback."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from smsconsole.lib.allowed_hosts import AllowedHost, parse_allowed_hosts, parse_ports
from smsconsole.lib.working_hours import WorkingHours, parse_working_hours

_KINDS = {
    int: "a whole number",
    bool: "true or false",
    float: "a number",
    parse_allowed_hosts: "hosts like “crm.example.com, 10.0.0.0/8:8443”",
    parse_ports: "ports like “443, 8443”",
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

    def allowed_hosts(self, var: str) -> tuple[AllowedHost, ...]:
        hosts: tuple[AllowedHost, ...] = self.get_value(var, cast=parse_allowed_hosts, default=())
        return hosts

    def ports(self, var: str, *, default: str) -> frozenset[int]:
        ports: frozenset[int] = self.get_value(var, cast=parse_ports, default=parse_ports(default))
        return ports
