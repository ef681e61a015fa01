from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsconsole.lib.working_hours import parse_working_hours

USUAL = parse_working_hours("Mon-Fri 09:00-21:00, Sat-Sun 09:00-18:00")
OFFICE = parse_working_hours("Mon-Fri 09:00-12:00, Mon-Fri 13:00-18:00")
ALWAYS = parse_working_hours("Mon-Sun 00:00-24:00")
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
# Clock changes at 02:00, at midnight, of half an hour, and a day that never was.
ZONES = [
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]

moments = st.integers(0, 10_000_000).map(
    lambda minutes: datetime(2011, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
calendars = st.sampled_from([USUAL, OFFICE, ALWAYS, parse_working_hours("Sun 00:00-03:30, Wed 23:00-24:00")])
promises = st.integers(0, 40 * 60).map(lambda minutes: minutes / 60)


def at(words: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        # Friday the 20th of November 2026
        ("2026-11-20 10:00", 2, "2026-11-20 12:00"),
        ("2026-11-20 20:00", 2, "2026-11-21 10:00"),
        ("2026-11-20 23:30", 2, "2026-11-21 11:00"),
        ("2026-11-20 03:00", 4, "2026-11-20 13:00"),
        ("2026-11-21 17:30", 4, "2026-11-22 12:30"),
        ("2026-11-20 19:00", 2, "2026-11-20 21:00"),
        ("2026-11-20 10:00", 0, "2026-11-20 10:00"),
    ],
)
def test_a_promise_is_kept_in_working_hours(start: str, hours: float, due: str) -> None:
    assert USUAL.due(at(start), hours, SHANGHAI) == at(due)


def test_breaks_and_free_days_do_not_count() -> None:
    assert OFFICE.due(at("2026-11-20 11:30"), 1, SHANGHAI) == at("2026-11-20 13:30")
    assert OFFICE.due(at("2026-11-20 17:00"), 2, SHANGHAI) == at("2026-11-23 10:00")


def test_the_night_of_a_clock_change_is_as_long_as_it_was() -> None:
    # The 29th of March 2026 lacks the hour from two to three, the 25th of October has it twice.
    assert ALWAYS.due(at("2026-03-29 01:00", BERLIN), 2, BERLIN) == at("2026-03-29 04:00", BERLIN)
    assert ALWAYS.due(at("2026-10-25 01:00", BERLIN), 3, BERLIN) == at("2026-10-25 03:00", BERLIN)


@given(moments, promises, zones, calendars)
def test_exactly_the_promised_hours_lie_before_the_moment_it_is_due(start, hours, zone, calendar) -> None:  # type: ignore[no-untyped-def]
    due = calendar.due(start, hours, zone)
    assert abs(calendar.between(start, due, zone) - timedelta(hours=hours)) < timedelta(milliseconds=1)
    assert due - start >= timedelta(hours=hours) - timedelta(milliseconds=1)


@given(moments, moments, moments, zones, calendars)
def test_working_time_adds_up(one, two, three, zone, calendar) -> None:  # type: ignore[no-untyped-def]
    first, middle, last = sorted(
        [one, one + (two - one) % timedelta(days=40), one + (three - one) % timedelta(days=40)]
    )
    whole = calendar.between(first, last, zone)
    assert calendar.between(first, middle, zone) + calendar.between(middle, last, zone) == whole
    assert timedelta() <= whole <= last - first


@given(moments, promises, promises, zones, calendars)
def test_who_promises_more_is_due_later(start, one, other, zone, calendar) -> None:  # type: ignore[no-untyped-def]
    sooner, later = sorted([one, other])
    assert calendar.due(start, sooner, zone) <= calendar.due(start, later, zone)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("", "is not like"),
        ("daily", "is not like"),
        ("Mon-Fri 9-18", "is not like"),
        ("Mon-Fry 09:00-18:00", "is not a day"),
        ("Mon 18:00-09:00", "ends before it begins"),
        ("Mon 09:00-24:30", "not a time of day"),
        ("Mon 09:60-10:00", "not a time of day"),
        ("Mon-Fri 09:00-18:00, Fri 17:00-20:00", "overlap"),
    ],
)
def test_what_cannot_be_read_is_named(words: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_working_hours(words)


def test_a_span_of_days_may_go_over_the_end_of_the_week() -> None:
    assert [bool(shifts) for shifts in parse_working_hours("Sat-Mon 10:00-11:00").days] == [
        True,
        *[False] * 4,
        True,
        True,
    ]
