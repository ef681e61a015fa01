"""Eight processes claim for the same numbers at once: never one over, never one wrongly blocked."""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import django_rq
import pytest
from django.utils import timezone

from delivery.ledger import check_dispatch, check_usage
from delivery.limits.frequency import Slot, content_key, day_of, microseconds, pack, unpack
from delivery.models import CapUsage, Dispatch, Gateway, Message, MessageBody, NumberSlots
from delivery.queries import read_counts
from delivery.statuses import TAKEN_STATUSES, HoldCause, MessageStatus, Reason
from projects.models import Cap, Project
from projects.statuses import FrequencyDimension
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.crowd import Submit, accept_all, all_outcomes, crowd
from tests.delivery.limiting import HandOver, limit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

MESSAGES = 10_000
NUMBERS = 500
PROCESSES = 8
TEXTS = 16
PER_DAY = 10
SAME_SECONDS = 30
WAIT_SECONDS = 120
# A submit begins after its decision, and its answer is written down before the next begins.
SLACK_SECONDS = 2.0


@pytest.fixture
def pairs() -> list[tuple[str, str]]:
    """The messages in an order in which a window has some numbers several times."""
    numbers = [f"+86138{i:08d}" for i in range(NUMBERS)]
    dice = random.Random(5)
    pairs = [(numbers[i % NUMBERS], f"Text {dice.randrange(TEXTS)}") for i in range(MESSAGES)]
    dice.shuffle(pairs)
    return pairs


@pytest.fixture
def limited(project: Project) -> Project:
    limit(project, FrequencyDimension.SAME_CONTENT, 1, seconds=SAME_SECONDS)
    limit(project, FrequencyDimension.PER_DAY, PER_DAY)
    return project


@pytest.fixture
def dispatches(limited: Project, hand_over: HandOver, pairs: list[tuple[str, str]]) -> list[Dispatch]:
    """Eight at once: a claim that blocks has its dispatch to itself, so one alone would hide their races."""
    share = MESSAGES // PROCESSES
    return [hand_over(pairs[start : start + share], batch=250) for start in range(0, MESSAGES, share)]


def statuses(*dispatches: Dispatch) -> dict[MessageStatus, int]:
    counts: Counter[MessageStatus] = Counter()
    for dispatch in dispatches:
        counts.update(read_counts(dispatch.pk)[0])
    return {status: n for status, n in counts.items() if n}


def assert_never_over(project: Project, *, zone: ZoneInfo, since: datetime | None = None) -> None:
    """By the slots, which `check_dispatch` holds against what a carrier took: no rule is passed anywhere."""
    for row in NumberSlots.objects.filter(project_id=project.pk):
        slots = [slot for slot in unpack(row.slots) if since is None or slot.at >= microseconds(since)]
        by_day: dict[object, int] = defaultdict(int)
        last: dict[int, int] = {}
        for slot in sorted(slots):
            by_day[datetime.fromtimestamp(slot.at / 1e6, UTC).astimezone(zone).date()] += 1
            gap = slot.at - last.get(slot.content, -(2**62))
            assert gap >= SAME_SECONDS * 1_000_000, f"{row.msisdn}: the same text after {gap / 1e6:.3f} s"
            last[slot.content] = slot.at
        assert all(n <= PER_DAY for n in by_day.values()), f"{row.msisdn}: {dict(by_day)}"


def assert_never_wrongly_blocked(dispatches: Sequence[Dispatch], submits: Sequence[Submit] = ()) -> None:
    """At the moment of each decision enough messages held a slot, or were about to lose it again."""
    ids = [dispatch.pk for dispatch in dispatches]
    bodies = {b.message_id: b for b in MessageBody.objects.filter(project_id=dispatches[0].project_id)}
    holding: dict[str, list[tuple[float, float, str, int]]] = defaultdict(list)
    for row in NumberSlots.objects.filter(project_id=dispatches[0].project_id):
        for slot in unpack(row.slots):
            text = bodies[slot.message_id].text
            holding[row.msisdn].append((slot.at / 1e6, float("inf"), text, slot.message_id))
    for submit in submits:
        if submit.outcome in ("refused", "throttled", "unsent"):
            body = bodies[submit.message_id]
            interval = (submit.began_at - SLACK_SECONDS, submit.settled_by + SLACK_SECONDS)
            holding[body.msisdn].append((*interval, body.text, submit.message_id))
    for message in Message.objects.filter(dispatch_id__in=ids, status=MessageStatus.BLOCKED):
        at, body = message.final_at.timestamp(), bodies[message.pk]
        held = [h for h in holding[body.msisdn] if h[0] <= at <= h[1] and h[3] != message.pk]
        if message.reason == Reason.SAME_CONTENT:
            alike = [h for h in held if h[2] == body.text and at - h[0] < SAME_SECONDS + SLACK_SECONDS]
            assert alike, f"message {message.pk} was blocked by nothing"
        else:
            assert message.reason == Reason.PER_DAY
            assert len(held) >= PER_DAY, f"message {message.pk} was blocked by {len(held)}"


def assert_all_decided(dispatches: Sequence[Dispatch]) -> None:
    assert sum(statuses(*dispatches).values()) == MESSAGES
    for dispatch in dispatches:
        assert check_dispatch(dispatch.pk) == []
    assert check_usage(dispatches[0].project_id) == []


def test_eight_processes_keep_both_limits_exactly(
    limited: Project, gateway: Gateway, dispatches: list[Dispatch], tmp_path: Path
) -> None:
    with crowd(gateway, tmp_path, answer=accept_all) as processes:
        processes.wait(*dispatches, seconds=WAIT_SECONDS)
    assert_all_decided(dispatches)
    assert_never_over(limited, zone=limited.zone)
    assert_never_wrongly_blocked(dispatches)
    counts = statuses(*dispatches)
    assert counts.keys() == {MessageStatus.SUBMITTED, MessageStatus.BLOCKED}
    # Ten different texts of sixteen and more are there for nearly every number.
    assert NUMBERS * PER_DAY * 0.9 < counts[MessageStatus.SUBMITTED] <= NUMBERS * PER_DAY
    assert sum(path.stat().st_size > 0 for path in tmp_path.glob("submits-*")) > 4


def test_they_keep_them_when_slots_are_given_back_all_the_time(
    limited: Project, gateway: Gateway, dispatches: list[Dispatch], tmp_path: Path
) -> None:
    with crowd(gateway, tmp_path, answer=all_outcomes) as processes:
        processes.wait(*dispatches, seconds=WAIT_SECONDS)
    assert_all_decided(dispatches)
    assert_never_over(limited, zone=limited.zone)
    assert_never_wrongly_blocked(dispatches, processes.submits())
    assert statuses(*dispatches)[MessageStatus.FAILED] > 100


def test_they_keep_them_through_kill_9_and_flushall(
    limited: Project,
    gateway: Gateway,
    dispatches: list[Dispatch],
    tmp_path: Path,
    settings: Any,
) -> None:
    settings.LEASE_SECONDS = 3
    n_kills = int(os.environ.get("FAULT_MOMENTS", "2"))
    dice = random.Random(9)
    killed: list[float] = []

    def strike() -> None:
        share = 1 - sum(Dispatch.objects.values_list("n_open", flat=True)) / MESSAGES
        if len(killed) < n_kills and share > (len(killed) + dice.random()) / (n_kills + 1):
            processes.kill_one()
            django_rq.get_connection("delivery").flushdb()
            killed.append(share)

    with crowd(gateway, tmp_path, answer=all_outcomes) as processes:
        processes.wait(*dispatches, seconds=WAIT_SECONDS, meanwhile=strike)
    assert len(killed) == n_kills
    assert_all_decided(dispatches)
    assert_never_over(limited, zone=limited.zone)
    assert_never_wrongly_blocked(dispatches, processes.submits())


def zones_around(now: datetime) -> tuple[str, str]:
    """A zone in which it has been today for two hours at least and at most three, and one where the day is older."""
    names = {offset: f"Etc/GMT{-offset:+d}" if offset else "UTC" for offset in range(-12, 15)}
    hour_in = {name: now.astimezone(ZoneInfo(name)).hour for name in names.values()}
    young = next(name for name, hour in hour_in.items() if hour == 2)
    old = next(name for name, hour in hour_in.items() if 5 <= hour <= 20)
    return young, old


def test_a_change_of_the_projects_zone_counts_the_day_of_the_new_one(
    limited: Project, gateway: Gateway, hand_over: HandOver, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Every number got its ten four hours ago: today in one zone, yesterday in the other."""
    now = timezone.now()
    young, old = zones_around(now)
    at = microseconds(now - timedelta(hours=4))
    slots = pack(Slot(at, content_key(str(i)), -i) for i in range(1, PER_DAY + 1))
    NumberSlots.objects.bulk_create(
        NumberSlots(project_id=limited.pk, msisdn=number, slots=slots, touched_at=now)
        for number in {number for number, _ in pairs}
    )
    Project.objects.update(time_zone=old)
    dispatch = hand_over(pairs, batch=250)
    changed_at: list[datetime] = []

    def change_half_way() -> None:
        if not changed_at and Dispatch.objects.get(pk=dispatch.pk).n_open < MESSAGES * 0.7:
            Project.objects.update(time_zone=young)
            changed_at.append(timezone.now())

    with crowd(gateway, tmp_path, answer=accept_all) as processes:
        processes.wait(dispatch, seconds=WAIT_SECONDS, meanwhile=change_half_way)
    assert changed_at
    assert sum(statuses(dispatch).values()) == MESSAGES
    assert check_dispatch(dispatch.pk) == []
    starts = day_of(now, ZoneInfo(young))[0]
    assert_never_over(limited, zone=ZoneInfo(young), since=starts)
    taken = Message.objects.filter(dispatch_id=dispatch.pk, status__in=TAKEN_STATUSES)
    # Nothing before the change, and after it as if the day had just begun.
    assert taken.order_by("submitted_at")[0].submitted_at > changed_at[0]
    assert taken.count() > NUMBERS
    late = Message.objects.filter(
        dispatch_id=dispatch.pk, reason=Reason.PER_DAY, final_at__gt=changed_at[0] + timedelta(seconds=4)
    )
    by_number: dict[str, int] = defaultdict(int)
    for row in NumberSlots.objects.all():
        by_number[row.msisdn] = sum(slot.message_id > 0 for slot in unpack(row.slots))
    numbers = MessageBody.objects.filter(message_id__in=late.values("pk")).values_list("msisdn", flat=True)
    assert all(by_number[number] == PER_DAY for number in numbers)


def test_eight_processes_keep_a_cap_exactly(
    project: Project, gateway: Gateway, hand_over: HandOver, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Never one over at any look, and when all are held just as many were taken as the cap allows."""
    cap = 3_333
    Cap.objects.create(project=project, scope="domestic", period="day", cap=cap)
    share = MESSAGES // PROCESSES
    dispatches = [hand_over(pairs[start : start + share], batch=250) for start in range(0, MESSAGES, share)]
    seen: list[int] = []

    def look() -> None:
        seen.extend(CapUsage.objects.filter(scope="domestic", period="day").values_list("n", flat=True))

    with crowd(gateway, tmp_path, answer=accept_all) as processes:
        processes.wait(*dispatches, seconds=WAIT_SECONDS, meanwhile=look)
    assert max(seen, default=0) <= cap
    assert statuses(*dispatches) == {MessageStatus.SUBMITTED: cap, MessageStatus.QUEUED: MESSAGES - cap}
    held = Dispatch.objects.filter(sent_at=None)
    assert set(held.values_list("hold_cause", flat=True)) == {HoldCause.CAP}
    assert check_usage(project.pk) == []
    assert OutboxEvent.objects.filter(kind="cap.reached").count() == 1
