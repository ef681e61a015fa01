"""Opening hours on wall clocks that are set back and forth."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.timezone import TIMEZONE_DATA

from delivery.limits.hours import Hours, is_open, next_opening, zones_of_number

DAYTIME = Hours(time(8), time(22))
BERLIN = [ZoneInfo("Europe/Berlin")]
NAMES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Asia/Beirut",
]


def test_it_is_open_from_the_first_moment_and_closed_at_the_last() -> None:
    def at(hour: int, minute: int, second: int = 0) -> datetime:
        return datetime(2026, 11, 21, hour, minute, second, tzinfo=BERLIN[0])

    assert is_open(DAYTIME, BERLIN, at(8, 0))
    assert is_open(DAYTIME, BERLIN, at(21, 59, 59))
    assert not is_open(DAYTIME, BERLIN, at(22, 0))
    assert not is_open(DAYTIME, BERLIN, at(7, 59, 59))


def test_at_ten_in_the_evening_the_next_opening_is_tomorrow_at_eight() -> None:
    now = datetime(2026, 11, 21, 22, 0, tzinfo=BERLIN[0])
    assert next_opening(DAYTIME, BERLIN, now) == datetime(2026, 11, 22, 8, 0, tzinfo=BERLIN[0])


def test_an_opening_that_the_clock_skips_is_when_it_has_skipped_it() -> None:
    night = Hours(time(2, 30), time(5))
    now = datetime(2026, 3, 29, 1, 0, tzinfo=BERLIN[0])
    assert next_opening(night, BERLIN, now) == datetime(2026, 3, 29, 3, 0, tzinfo=BERLIN[0])


def test_hours_may_go_past_midnight() -> None:
    night = Hours(time(22), time(6))
    assert is_open(night, BERLIN, datetime(2026, 11, 21, 23, tzinfo=BERLIN[0]))
    assert is_open(night, BERLIN, datetime(2026, 11, 21, 5, 59, tzinfo=BERLIN[0]))
    assert not is_open(night, BERLIN, datetime(2026, 11, 21, 6, tzinfo=BERLIN[0]))


def test_several_zones_must_all_be_open() -> None:
    """Perth opens last of Australia, Sydney closes first."""
    zones = zones_of_number("+61412345678")
    assert len(zones) > 1
    now = datetime(2026, 6, 20, 22, 30, tzinfo=UTC)
    opening = next_opening(DAYTIME, zones, now)
    assert opening is not None
    assert min(opening.astimezone(zone).time() for zone in zones) == time(8)


def test_zones_too_far_apart_are_never_open_together() -> None:
    zones = [ZoneInfo("Pacific/Auckland"), ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Berlin")]
    assert next_opening(DAYTIME, zones, datetime(2026, 6, 20, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+8613800138000", "Asia/Shanghai"),
        ("+12125551234", "America/New_York"),
        ("+13105551234", "America/Los_Angeles"),
        ("+33612345678", "Europe/Paris"),
    ],
)
def test_a_number_has_the_zone_of_its_place(number: str, zone: str) -> None:
    assert [found.key for found in zones_of_number(number)] == [zone]


def test_a_number_of_nowhere_has_no_zone() -> None:
    assert zones_of_number("+882161234567") == ()
    assert zones_of_number("+999123") == ()


def test_every_zone_of_the_numbering_plans_is_known_here() -> None:
    for names in set(TIMEZONE_DATA.values()):
        for name in names:
            assert ZoneInfo(name)


moments = st.integers(0, 10 * 365 * 86_400).map(
    lambda s: datetime(2022, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(
    moments,
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
    st.builds(Hours, times, times),
)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    now: datetime, names: list[str], hours: Hours
) -> None:
    zones = [ZoneInfo(name) for name in names]
    opening = next_opening(hours, zones, now)
    until = now + timedelta(days=2) if opening is None else opening
    if opening is not None:
        assert opening >= now
        assert is_open(hours, zones, opening)
    moment = now
    while moment < until:
        assert not is_open(hours, zones, moment)
        moment += timedelta(minutes=7)
    if opening is not None and opening > now:
        assert not is_open(hours, zones, max(now, opening - timedelta(seconds=1)))
