"""Times as SMPP writes them (section 7.1.1), and as carriers write them into receipts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

_LONGEST: Final = 63 * 7 * 24 * 60  # minutes; section 5.2.16
_ABSOLUTE: Final = re.compile(r"(\d{12})(\d)(\d\d)([+-])")
_RELATIVE: Final = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)000R")


def relative_time(minutes: int) -> str:
    """A time from now on; empty for none, which leaves it to the carrier. At most 63 weeks."""
    if minutes <= 0:
        return ""
    days, minutes = divmod(min(minutes, _LONGEST), 24 * 60)
    years, days = divmod(days, 365)
    months, days = divmod(days, 30)
    return f"{years:02}{months:02}{days:02}{minutes // 60:02}{minutes % 60:02}00000R"


def read_time(value: str, *, now: datetime | None = None) -> datetime | None:
    """An SMPP time, aware; None for what is none. A relative one needs `now`."""
    if match := _ABSOLUTE.fullmatch(value):
        quarters = int(match[3]) * (1 if match[4] == "+" else -1)
        if abs(quarters) > 48:
            return None
        zone = timezone(timedelta(minutes=15 * quarters))
        moment = _moment("20" + match[1], zone)
        return moment and moment + timedelta(milliseconds=100 * int(match[2]))
    if now is not None and (match := _RELATIVE.fullmatch(value)):
        years, months, days, hours, minutes, seconds = map(int, match.groups())
        return now + timedelta(
            days=365 * years + 30 * months + days, hours=hours, minutes=minutes, seconds=seconds
        )
    return None


def read_receipt_date(value: str, *, zone: tzinfo = UTC) -> datetime | None:
    """A date of a receipt, aware, with or without century and seconds; None for what is none.

    Carriers write their own local time and do not say which: `zone`.
    """
    digits = value if value.isdecimal() else re.sub(r"\D", "", value)
    # Twelve digits are a year of two digits with seconds rather than one of four without: a year of four digits
    # would make the month 13 or more (2013 to 2099).
    if len(digits) in (10, 12) and (moment := _moment("20" + digits, zone)):
        return moment
    return _moment(digits, zone) if len(digits) in (8, 12, 14) else None


def _moment(digits: str, zone: tzinfo) -> datetime | None:
    """Year, month, day, and as much of the time as is given."""
    try:
        moment = datetime(
            int(digits[:4]),
            int(digits[4:6]),
            int(digits[6:8]),
            int(digits[8:10] or 0),
            int(digits[10:12] or 0),
            int(digits[12:14] or 0),
            tzinfo=zone,
        )
        moment.astimezone(UTC)  # the first and last days of the calendar have no UTC
    except (ValueError, OverflowError):
        return None
    return moment
