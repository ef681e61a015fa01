"""When people work: how much of a span of time counts, and when a promise of some working hours is due.

Written as "Mon-Fri 09:00-21:00, Sat-Sun 09:00-18:00"; days that are not named are free. The hours are those of a
wall clock, so a zone turns them into moments; in the night of a clock change a span is as long as it really was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT_MINUTES: Final = 24 * 60
_PART: Final = re.compile(
    r"(?P<first>[A-Za-z]{3})(?:-(?P<last>[A-Za-z]{3}))?"
    r"\s+(?P<h1>\d{1,2}):(?P<m1>\d{2})-(?P<h2>\d{1,2}):(?P<m2>\d{2})"
)

# Minutes since midnight, from and until.
Shift = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The shifts of each weekday, Monday first, in order and apart from each other. There is at least one."""

    days: tuple[tuple[Shift, ...], ...]

    def due(self, start: datetime, hours: float, zone: ZoneInfo) -> datetime:
        """The moment by which so many working hours have passed since `start`; in UTC. No hours: `start` itself."""
        left = timedelta(hours=hours)
        if left <= timedelta():
            return start.astimezone(UTC)
        for begins, ends in self._shifts_from(start, zone):
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
        raise AssertionError("a week has at least one shift")

    def between(self, start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
        """How much of the time from `start` until `end` is working time; nothing when `end` is not later."""
        total = timedelta()
        end = end.astimezone(UTC)
        for begins, ends in self._shifts_from(start, zone):
            if begins >= end:
                break
            total += min(ends, end) - begins
        return total

    def _shifts_from(self, start: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """What is left of the present shift, then all later ones, in UTC and without end."""
        start = start.astimezone(UTC)
        # A day earlier: nothing of it is left, unless a clock was set back at midnight.
        day = start.astimezone(zone).date() - timedelta(days=1)
        while True:
            for begins, ends in self.days[day.weekday()]:
                # A clock change can also bend the end of a shift before its beginning.
                first, last = max(_moment(day, begins, zone), start), _moment(day, ends, zone)
                if last > first:
                    yield first, last
                    start = last
            day += timedelta(days=1)


def parse_working_hours(words: str) -> WorkingHours:
    """Read "Mon-Fri 09:00-12:00, Mon-Fri 13:00-18:00, Sat 10:00-14:00". Raises `ValueError`, saying what is wrong."""
    days: list[list[Shift]] = [[] for _ in _DAYS]
    for part in words.split(","):
        found = _PART.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"“{part.strip()}” is not like “Mon-Fri 09:00-18:00”")
        shift = (_minutes(found["h1"], found["m1"]), _minutes(found["h2"], found["m2"]))
        if shift[0] >= shift[1]:
            raise ValueError(
                f"“{part.strip()}” ends before it begins; write the hours after midnight as the next day"
            )
        for day in _days(found["first"], found["last"] or found["first"]):
            days[day].append(shift)
    for shifts in days:
        shifts.sort()
        if any(later[0] < earlier[1] for earlier, later in pairwise(shifts)):
            raise ValueError("two spans of the same day overlap")
    return WorkingHours(tuple(tuple(shifts) for shifts in days))


def _days(first: str, last: str) -> Iterator[int]:
    """Mon-Fri is five days; Sat-Mon goes over the end of the week."""
    try:
        begin, end = _DAYS.index(first.lower()), _DAYS.index(last.lower())
    except ValueError:
        raise ValueError(
            f"“{first}” or “{last}” is not a day; days are Mon, Tue, Wed, Thu, Fri, Sat, Sun"
        ) from None
    return ((begin + n) % 7 for n in range((end - begin) % 7 + 1))


def _minutes(hour: str, minute: str) -> int:
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > _MIDNIGHT_MINUTES:
        raise ValueError(f"{hour}:{minute} is not a time of day")
    return minutes


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    if minutes == _MIDNIGHT_MINUTES:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(*divmod(minutes, 60)), tzinfo=zone).astimezone(UTC)
