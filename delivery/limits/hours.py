"""The hours in which messages may leave, on the wall clocks that count. No database here.

A wall clock may skip the opening time or show it twice: what counts is what it shows at a moment, so after a
skipped 02:30 it is open from 03:00 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from phonenumbers import PhoneNumber
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from smsconsole.lib.numbering_plans import calling_code_of

# Clocks are set back and forth on quarters of an hour, so the state of "open" changes there or at an opening time.
_STEP = timedelta(minutes=15)
_LOOK_AHEAD_DAYS = 3


class Hours(NamedTuple):
    """From `opens` until just before `closes`; past midnight when that is earlier. Equal times: always."""

    opens: time
    closes: time


def is_open(hours: Hours, zones: Sequence[ZoneInfo], now: datetime) -> bool:
    """Whether every one of these clocks shows a time within the hours."""
    return all(_shows(hours, now.astimezone(zone).time()) for zone in zones)


def next_opening(hours: Hours, zones: Sequence[ZoneInfo], now: datetime) -> datetime | None:
    """The first moment from `now` on at which all clocks are within the hours; `now` itself when they are.

    None when the zones lie so far apart that they never are.
    """
    if is_open(hours, zones, now):
        return now
    return next((moment for moment in _moments(hours, zones, now) if is_open(hours, zones, moment)), None)


def zones_of_number(msisdn: str) -> tuple[ZoneInfo, ...]:
    """Every zone in which the number's phone may be; empty when nothing is known about it."""
    calling_code = calling_code_of(msisdn[1:])
    if calling_code is None:
        return ()
    number = PhoneNumber(
        country_code=int(calling_code), national_number=int(msisdn[1 + len(calling_code) :] or 0)
    )
    return _zones(time_zones_for_number(number))


@cache
def _zones(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    return tuple(ZoneInfo(name) for name in names if name != UNKNOWN_TIMEZONE)


def _moments(hours: Hours, zones: Sequence[ZoneInfo], now: datetime) -> list[datetime]:
    """Every moment of the next days at which it may become open, in order."""
    start = now.astimezone(UTC)
    quarter = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
    n_steps = _LOOK_AHEAD_DAYS * 24 * 4
    moments = {quarter + _STEP * i for i in range(1, n_steps + 1)}
    for zone in zones:
        today = start.astimezone(zone).date()
        for days in range(_LOOK_AHEAD_DAYS + 1):
            local = datetime.combine(today + timedelta(days=days), hours.opens, tzinfo=zone)
            moments |= {local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)}
    return sorted(moment for moment in moments if moment > start)


def _shows(hours: Hours, shown: time) -> bool:
    if hours.opens == hours.closes:
        return True
    if hours.opens < hours.closes:
        return hours.opens <= shown < hours.closes
    return shown >= hours.opens or shown < hours.closes
