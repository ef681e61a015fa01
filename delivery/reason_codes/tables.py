"""Tables are written by reason, as a person checks them, and read by code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from delivery.statuses import Reason


def by_code(*tables: Mapping[Reason, Iterable[str]]) -> dict[str, Reason]:
    """The tables turned round. A code that stands under two reasons is a mistake in the data: `ValueError`."""
    found: dict[str, Reason] = {}
    for table in tables:
        for reason, codes in table.items():
            for code in codes:
                if found.setdefault(code, reason) != reason:
                    raise ValueError(f"{code} means {found[code].name} and {reason.name}")
    return found
