"""The number rules by themselves: no database, every moment chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.limits.frequency import (
    KEEP_SECONDS,
    MAX_SLOTS,
    Block,
    Candidate,
    Listing,
    PackedSlots,
    Slot,
    content_key,
    day_of,
    decide,
    has_number_rules,
    microseconds,
    newest,
    pack,
    still_needed,
    unpack,
)
from delivery.statuses import Reason
from projects.limits import FrequencyLimit, Limits
from projects.statuses import FrequencyDimension

D = FrequencyDimension
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ANN, BOB = "+8613800000001", "+8613800000002"


def limits(
    *frequency: FrequencyLimit,
    zone: str = "UTC",
    countries: frozenset[str] | None = None,
    listed: bool = False,
) -> Limits:
    return Limits(ZoneInfo(zone), frequency, (), countries, listed)


def same_content(n: int = 1, seconds: int = 30) -> FrequencyLimit:
    return FrequencyLimit(D.SAME_CONTENT, True, n, seconds)


def per_day(n: int) -> FrequencyLimit:
    return FrequencyLimit(D.PER_DAY, True, n)


def ask(
    rules: Limits,
    *messages: tuple[str, str],
    slots: dict[str, list[Slot]] | None = None,
    listed: dict[str, list[Listing]] | None = None,
    now: datetime = NOW,
    consent_key: str = "s:marketing",
) -> list[Block | None]:
    """Asks for (number, text) pairs in this order; ids from 1 on."""
    candidates = [
        Candidate(i, number, "CN", content_key(text)) for i, (number, text) in enumerate(messages, start=1)
    ]
    return decide(rules, {} if slots is None else slots, listed or {}, consent_key, now, candidates)


def held(number: str, *entries: tuple[float, str]) -> dict[str, list[Slot]]:
    """Slots so many seconds before now; their ids are far from those that ask."""
    return {
        number: [
            Slot(microseconds(NOW - timedelta(seconds=age)), content_key(text), 1_000 + i)
            for i, (age, text) in enumerate(entries)
        ]
    }


def codes(decisions: list[Block | None]) -> list[str]:
    return [block.code if block else "" for block in decisions]


def test_without_a_rule_everything_passes() -> None:
    assert ask(limits(), (ANN, "a"), (ANN, "a")) == [None, None]


def test_the_same_text_twice_in_one_window_is_blocked_once_in_row_order() -> None:
    decisions = ask(limits(same_content()), (ANN, "a"), (ANN, "b"), (ANN, "a"), (BOB, "a"))
    assert codes(decisions) == ["", "", f"same_content:1:30:{int(NOW.timestamp()) + 30}", ""]
    assert decisions[2].reason == Reason.SAME_CONTENT


def test_a_rule_of_seconds_ends_exactly_after_them() -> None:
    assert ask(limits(same_content()), (ANN, "a"), slots=held(ANN, (29.999, "a")))[0] is not None
    assert ask(limits(same_content()), (ANN, "a"), slots=held(ANN, (30, "a"))) == [None]


def test_the_moment_it_would_have_passed_is_when_the_oldest_that_counts_leaves() -> None:
    slots = held(ANN, (50, "a"), (20, "a"), (10, "a"))
    [block] = ask(limits(same_content(2, 60)), (ANN, "a"), slots=slots)
    assert block.passes_at == NOW + timedelta(seconds=40)
    slots[ANN] = [slot for slot in slots[ANN] if slot.at != microseconds(NOW - timedelta(seconds=20))]
    assert ask(limits(same_content(2, 60)), (ANN, "a"), slots=slots, now=block.passes_at) == [None]


def test_the_day_is_the_projects_own() -> None:
    """12:00 in London is 01:00 of the next day in Auckland: what was sent two hours ago was yesterday."""
    slots = held(ANN, (7_200, "a"))
    assert ask(limits(per_day(1), zone="Pacific/Auckland"), (ANN, "b"), slots=dict(slots)) == [None]
    [block] = ask(limits(per_day(1), zone="Europe/London"), (ANN, "b"), slots=dict(slots))
    assert block.code == f"per_day:1::{int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())}"


def test_a_change_of_the_zone_counts_the_same_slots_anew() -> None:
    slots: dict[str, list[Slot]] = {}
    assert codes(ask(limits(per_day(2), zone="UTC"), (ANN, "a"), (ANN, "b"), slots=slots)) == ["", ""]
    later = NOW + timedelta(hours=1)
    third = [Candidate(3, ANN, "CN", 3)]
    assert decide(limits(per_day(2), zone="UTC"), dict(slots), {}, "", later, third)[0] is not None
    # It is midnight at +12:00 when they leave: still the same day there; had they left a minute before, yesterday.
    assert decide(limits(per_day(2), zone="Etc/GMT-12"), dict(slots), {}, "", NOW, third)[0] is not None
    before_midnight = {ANN: [Slot(slot.at - 60_000_000, *slot[1:]) for slot in slots[ANN]]}
    assert decide(limits(per_day(2), zone="Etc/GMT-12"), before_midnight, {}, "", NOW, third) == [None]


def test_an_hour_slides() -> None:
    rule = FrequencyLimit(D.PER_HOUR, True, 2)
    [block] = ask(limits(rule), (ANN, "c"), slots=held(ANN, (3_000, "a"), (60, "b")))
    assert block.code == f"per_hour:2::{int(NOW.timestamp()) + 600}"
    assert ask(limits(rule), (ANN, "c"), slots=held(ANN, (3_600, "a"), (60, "b"))) == [None]


def test_the_same_text_in_a_day_counts_only_that_text() -> None:
    rule = FrequencyLimit(D.SAME_CONTENT_PER_DAY, True, 2)
    slots = held(ANN, (30_000, "a"), (20_000, "b"), (10_000, "a"))
    decisions = ask(limits(rule), (ANN, "b"), (ANN, "a"), slots=slots)
    assert [block and block.reason for block in decisions] == [None, Reason.SAME_CONTENT_PER_DAY]


def test_a_rule_that_is_off_does_not_block() -> None:
    off = FrequencyLimit(D.PER_DAY, False, 1)
    assert ask(limits(off), (ANN, "a"), (ANN, "a")) == [None, None]
    assert not has_number_rules(limits(off))


def test_the_limit_that_holds_longest_is_named() -> None:
    slots = held(ANN, (5, "a"), (6, "b"))
    [block] = ask(limits(same_content(), per_day(2)), (ANN, "a"), slots=slots)
    assert block.rule == "per_day"


def test_a_limit_of_none_at_all_never_passes() -> None:
    assert codes(ask(limits(per_day(0)), (ANN, "a"))) == ["per_day:0::"]


def test_a_message_does_not_stand_in_its_own_way_and_counts_once() -> None:
    slots = {ANN: [Slot(microseconds(NOW), content_key("a"), 1)]}
    assert ask(limits(same_content(), per_day(1)), (ANN, "a"), slots=slots) == [None]
    assert [slot.message_id for slot in slots[ANN]] == [1]


def test_a_blocked_message_holds_no_slot() -> None:
    slots: dict[str, list[Slot]] = {}
    ask(limits(same_content()), (ANN, "a"), (ANN, "a"), slots=slots)
    assert [slot.message_id for slot in slots[ANN]] == [1]


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (Listing("blacklist", "", None), "blacklist:::"),
        (Listing("unsubscribed", "s:marketing", None), "unsubscribed:::"),
        (Listing("unsubscribed", "s:notification", None), ""),
        (Listing("blacklist", "", NOW), ""),
        (Listing("blacklist", "", NOW + timedelta(seconds=1)), f"blacklist:::{int(NOW.timestamp()) + 1}"),
    ],
)
def test_a_listed_number_is_blocked_while_its_entry_holds(listing: Listing, expected: str) -> None:
    rules = limits(listed=True)
    assert has_number_rules(rules)
    assert codes(ask(rules, (ANN, "a"), (BOB, "a"), listed={ANN: [listing]})) == [expected, ""]


def test_the_whitelist_lifts_frequency_and_nothing_else() -> None:
    free = Listing("whitelist", "", None)
    rules = limits(same_content(), per_day(1), countries=frozenset({"DE"}))
    assert [b and b.rule for b in ask(rules, (ANN, "a"), listed={ANN: [free]})] == ["country"]
    rules = limits(same_content(), per_day(1))
    assert ask(rules, (ANN, "a"), (ANN, "a"), listed={ANN: [free]}) == [None, None]
    both = [free, Listing("blacklist", "", None)]
    assert codes(ask(rules, (ANN, "a"), listed={ANN: both})) == ["blacklist:::"]
    ended = Listing("whitelist", "", NOW)
    assert codes(ask(rules, (ANN, "a"), (ANN, "b"), listed={ANN: [ended]}))[1].startswith("per_day")


def test_unsubscribed_comes_before_blacklist_before_country_before_frequency() -> None:
    rules = limits(per_day(1), countries=frozenset({"DE"}))
    entries = [Listing("blacklist", "", None), Listing("unsubscribed", "", None)]
    slots = held(ANN, (1, "a"))
    assert codes(ask(rules, (ANN, "b"), listed={ANN: entries}, slots=slots)) == ["unsubscribed:::"]
    assert codes(ask(rules, (ANN, "b"), listed={ANN: entries[:1]}, slots=slots)) == ["blacklist:::"]
    assert codes(ask(rules, (ANN, "b"), slots=slots)) == ["country:::"]


def test_what_no_rule_can_see_any_more_is_forgotten() -> None:
    slots = held(ANN, (KEEP_SECONDS, "a"), (KEEP_SECONDS - 1, "b"))[ANN]
    assert [slot.content for slot in still_needed(slots, limits(per_day(1)), NOW)] == [content_key("b")]
    assert len(still_needed(slots, limits(same_content(1, 2 * KEEP_SECONDS)), NOW)) == 2
    many = [slots[1]._replace(message_id=i) for i in range(MAX_SLOTS + 1)]
    kept = still_needed(many, limits(per_day(1)), NOW)
    assert [slot.message_id for slot in kept] == list(range(1, MAX_SLOTS + 1))


slot_lists = st.lists(
    st.builds(
        Slot,
        st.integers(0, 2**62),
        st.integers(-(2**63), 2**63 - 1),
        st.integers(0, 2**62),
    )
)


@given(slot_lists)
def test_packed_slots_come_back(slots: list[Slot]) -> None:
    assert unpack(pack(slots)) == slots


zones = st.sampled_from(
    [
        "UTC",
        "Asia/Shanghai",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Beirut",
        "Africa/Cairo",
        "Pacific/Apia",
    ]
)
moments = st.integers(0, 25 * 365 * 86_400).map(
    lambda s: datetime(2005, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)


@given(moments, zones)
def test_a_moment_lies_in_its_own_day(now: datetime, zone: str) -> None:
    starts, ends = day_of(now, ZoneInfo(zone))
    assert starts <= now < ends
    assert starts.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date()
    assert (starts - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() != now.astimezone(
        ZoneInfo(zone)
    ).date()


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from([ANN, BOB]), st.sampled_from("abc")), max_size=60),
    st.integers(1, 3),
    st.integers(1, 6),
)
def test_never_one_over_and_never_one_wrongly_blocked(
    steps: list[tuple[int, str, str]], n_same: int, n_day: int
) -> None:
    """Against the rules as a person would check them, over all messages that passed."""
    rules = limits(same_content(n_same, 30), per_day(n_day), zone="Asia/Shanghai")
    zone = ZoneInfo("Asia/Shanghai")
    # Five to midnight in Shanghai.
    now = datetime(2026, 11, 21, 15, 55, tzinfo=UTC)
    slots: dict[str, list[Slot]] = {}
    passed: list[tuple[datetime, str, str]] = []
    for i, (pause, number, text) in enumerate(steps):
        now += timedelta(seconds=pause)
        [block] = decide(rules, slots, {}, "", now, [Candidate(i, number, "CN", content_key(text))])
        alike = [at for at, n, t in passed if (n, t) == (number, text) and now - at < timedelta(seconds=30)]
        day = now.astimezone(zone).date()
        today = [at for at, n, _ in passed if n == number and at.astimezone(zone).date() == day]
        may_leave = len(alike) < n_same and len(today) < n_day
        assert (block is None) == may_leave
        if block is None:
            passed.append((now, number, text))


@given(
    held=st.lists(
        st.tuples(st.integers(0, 3_700), st.integers(1, 3), st.integers(1, 40)),
        max_size=8,
        unique_by=lambda s: s[2],
    ),
    content=st.integers(1, 3),
    message_id=st.integers(1, 45),
    counts=st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)),
)
def test_packed_slots_decide_as_unpacked_ones(
    held: list[tuple[int, int, int]], content: int, message_id: int, counts: tuple[int, int, int]
) -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    slots = sorted(Slot(microseconds(now) - ago * 1_000_000, what, id_) for ago, what, id_ in held)
    d = FrequencyDimension
    limits = Limits(
        zone=ZoneInfo("Asia/Shanghai"),
        frequency=tuple(
            FrequencyLimit(dimension, True, n, 30)
            for dimension, n in zip((d.SAME_CONTENT, d.PER_HOUR, d.SAME_CONTENT_PER_DAY), counts, strict=True)
        ),
        caps=(),
        countries=None,
        has_listed_numbers=False,
    )
    candidates = [Candidate(message_id, "+8613800138000", "CN", content)] * 2
    plain: dict[str, Sequence[Slot]] = {"+8613800138000": list(slots)}
    packed: dict[str, Sequence[Slot]] = {n: PackedSlots(pack(each)) for n, each in plain.items()}
    assert decide(limits, plain, {}, "", now, candidates) == decide(limits, packed, {}, "", now, candidates)
    assert {n: list(each) for n, each in plain.items()} == {n: list(each) for n, each in packed.items()}
    since = microseconds(now) - 1_800 * 1_000_000
    for number, each in plain.items():
        assert list(newest(each, since)) == list(newest(packed[number], since))
        assert pack(each) == pack(packed[number])
        grown = packed[number]
        assert not isinstance(grown, PackedSlots) or grown.packed == pack(slots) + grown.added
