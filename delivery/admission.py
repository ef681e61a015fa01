"""What passes between the rules and the writing of a claim: the rows of a window, and what was decided of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from delivery.limits.caps import ReachedCap
from delivery.limits.frequency import Block, Slot
from delivery.limits.hours import next_opening, zones_of_number
from delivery.limits.lease_rules import LeaseRules


class Row(NamedTuple):
    """A queued message as the claim reads it."""

    id: int
    attempt: int
    msisdn: str
    sender: str
    text: str
    n_segments: int
    country: str


@dataclass(slots=True)
class Admission:
    """What the rules say of the rows of a window: the first `n_rows` are dealt with, the rest stays where it is."""

    n_rows: int
    day: Any
    now: datetime
    passing: list[Row] = field(default_factory=list)
    blocked: list[tuple[Row, Block]] = field(default_factory=list)
    aside: dict[datetime, list[Row]] = field(default_factory=dict)
    slots: dict[str, Sequence[Slot]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    reached: ReachedCap | None = None
    # Of a program's stream, which no cap holds: what is over a cap is blocked, and each such cap told.
    passed_over: list[ReachedCap] = field(default_factory=list)

    def block_reached(
        self, rows: Sequence[Row], reached: Sequence[ReachedCap | None], zone: ZoneInfo
    ) -> None:
        """Let those of `rows` pass for which no cap is reached; block the others, and forget what they would hold."""
        self.passing = [row for row, cap in zip(rows, reached, strict=True) if cap is None]
        capped = [(row, cap) for row, cap in zip(rows, reached, strict=True) if cap is not None]
        if not capped:
            return
        self.blocked += [(row, cap.block(self.day, zone)) for row, cap in capped]
        self.passed_over = list({cap.limit: cap for _, cap in capped}.values())
        over = {row.id for row, _ in capped}
        for number, held in self.slots.items():
            self.slots[number] = [slot for slot in held if slot.message_id not in over]


def by_own_hours(
    rules: LeaseRules, rows: list[Row], now: datetime
) -> tuple[list[Row], dict[datetime, list[Row]]]:
    """The rows whose place is awake, and the others by when it will be."""
    hours = rules.hours
    if hours is None or rules.hours_zone:
        return rows, {}
    home = (rules.limits.zone,)
    openings: dict[tuple[ZoneInfo, ...], datetime | None] = {}
    awake: list[Row] = []
    aside: dict[datetime, list[Row]] = {}
    for row in rows:
        zones = zones_of_number(row.msisdn) or home
        if zones not in openings:
            # Zones that are never open together: the project's own clock has to do.
            openings[zones] = next_opening(hours, zones, now) or next_opening(hours, home, now)
        opening = openings[zones]
        if opening is None or opening <= now:
            awake.append(row)
        else:
            aside.setdefault(opening, []).append(row)
    return awake, aside
