"""Checks the invariants that delivery promises, row against row, and rebuilds the counters when asked.

The numbers are those of `docs/invariants.md`. A check reads one consistent snapshot, so it may run while
messages go out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from delivery.limits.caps import Usage
from delivery.limits.frequency import KEEP_SECONDS, MAX_SLOTS, unpack
from delivery.models import Dispatch
from delivery.sql import ledger as sql
from delivery.statuses import MessageStatus
from projects.models import Project
from projects.statuses import CapPeriod

# The scheduler sweeps every 10 s; after twice that a window should be gone.
SWEEP_GRACE_SECONDS = 20
# No status yet, in the replay of the events.
_NEW = 255
_SHOWN = 3

Finding = tuple[int, str]
_Span = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken invariant of one dispatch, in words."""

    invariant: int
    owner: str
    what: str


def check_dispatch(dispatch_id: int) -> list[Breach]:
    """Every broken invariant of a dispatch; an empty list when all hold.

    Reads each message once, about a second for 300 000. Call it outside a transaction: it takes a snapshot.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        dispatch = Dispatch.objects.get(pk=dispatch_id)
        span = _range(cursor, dispatch)
        return [
            Breach(invariant, dispatch.owner, what)
            for check in (_counters, _claims, _suspensions, _windows, _events, _slots)
            for invariant, what in check(cursor, dispatch, span)
        ]


def check_usage(project_id: int) -> list[Breach]:
    """Whether what counts for a project's caps, yesterday and today, is what its messages say (9)."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        project = Project.objects.get(pk=project_id)
        today = timezone.now().astimezone(project.zone).date()
        days = [today, today - timedelta(days=1)]
        cursor.execute(sql.DISPATCHES_OF_DAYS, {"project": project_id, "days": days})
        expected = Usage()
        for dispatch_id, first, last in cursor.fetchall():
            values = {"dispatch": dispatch_id, "first": first, "last": last, "days": days}
            cursor.execute(sql.USAGE_EXPECTED, values)
            for day, country, n in cursor.fetchall():
                expected.add(day, country, n)
        cursor.execute(sql.USAGE_COUNTED, {"project": project_id, "days": days})
        counted = {(day, scope): n for day, scope, n in cursor.fetchall()}
    wanted = {
        (day, scope): n for (period, day, scope), n in expected.counts.items() if period == CapPeriod.DAY
    }
    return [
        Breach(
            9, f"project:{project.uuid}", f"{scope} on {day}: {counted.get((day, scope), 0)} count, {n} left"
        )
        for day, scope in sorted(counted.keys() | wanted.keys())
        if (n := wanted.get((day, scope), 0)) != counted.get((day, scope), 0)
    ]


def rebuild_counters(dispatch_id: int) -> None:
    """Write the counters anew from the messages: folded ones, open counts of batches and of the dispatch."""
    with transaction.atomic(), connection.cursor() as cursor:
        dispatch = Dispatch.objects.select_for_update().get(pk=dispatch_id)
        values = _range(cursor, dispatch)
        for statement in (
            sql.DROP_DELTAS,
            sql.DROP_COUNTS,
            sql.RECOUNT,
            sql.RECOUNT_BATCHES,
            sql.RECOUNT_DISPATCH,
        ):
            cursor.execute(statement, values)


def _range(cursor: Any, dispatch: Dispatch) -> dict[str, Any]:
    """Between which ids the dispatch's messages lie, and how many of a stream's are still loose."""
    first = dispatch.first_id or 0
    last = first + dispatch.n_reserved - 1
    loose = loose_open = 0
    if dispatch.is_stream:
        cursor.execute(sql.LOOSE, {"dispatch": dispatch.pk})
        loose, loose_open, first_loose, last_loose = cursor.fetchone()
        if loose:
            first = first_loose if dispatch.first_id is None else min(first, first_loose)
            last = max(last, last_loose)
    return {
        "dispatch": dispatch.pk,
        "first": first,
        "last": last,
        "loose": loose,
        "loose_open": loose_open,
    }


def _counters(cursor: Any, dispatch: Dispatch, span: _Span) -> Iterator[Finding]:
    """2: the states add up to the total, and the counters to a recount. What is loose is in no total yet."""
    cursor.execute(sql.COUNT_STATES, span)
    counted = {(status): (n, n_segments) for status, n, n_segments in cursor.fetchall()}
    total = sum(n for n, _ in counted.values())
    if total != dispatch.n_total + span["loose"]:
        yield 2, f"{dispatch.n_total + span['loose']} messages were handed over, {total} are there"
    cursor.execute(sql.COUNT_COUNTERS, span)
    kept = {status: (n, n_segments) for status, n, n_segments in cursor.fetchall() if n or n_segments}
    for status in sorted(counted.keys() | kept.keys()):
        if counted.get(status, (0, 0)) != kept.get(status, (0, 0)):
            name = MessageStatus(status).name.lower()
            yield (
                2,
                f"{name}: counters say {kept.get(status, (0, 0))}, the messages {counted.get(status, (0, 0))}",
            )
    n_open = counted.get(MessageStatus.QUEUED, (0, 0))[0] - span["loose_open"]
    if dispatch.n_open != n_open:
        yield 2, f"the dispatch says {dispatch.n_open} open, the messages {n_open}"
    cursor.execute(sql.WRONG_BATCHES, span)
    for batch_id, said, n in cursor.fetchall():
        yield 2, f"batch {batch_id} says {said} open, its messages {n}"
    if dispatch.sent_at is not None and n_open:
        yield 2, f"it counts as sent with {n_open} messages open"


def _claims(cursor: Any, dispatch: Dispatch, span: _Span) -> Iterator[Finding]:
    """3: one submit per message and attempt, and none without a claim."""
    for statement, what in (
        (sql.DOUBLE_PARTS, "taken more than once in one attempt"),
        (sql.UNCLAIMED_OF_STREAM if dispatch.is_stream else sql.UNCLAIMED, "left without a claim"),
        (sql.PARTS_OF_UNSENT, "taken by the gateway but queued as if it were not"),
    ):
        cursor.execute(statement, span)
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            yield 3, f"{len(ids)} messages {what}: {_some(ids)}"


def _suspensions(cursor: Any, dispatch: Dispatch, span: _Span) -> Iterator[Finding]:
    """4: between a suspension's commit and the next continuation no window was claimed."""
    cursor.execute(
        sql.CLAIMED_WHILE_SUSPENDED, {"dispatch": dispatch.pk, "subject": f"dispatch:{dispatch.pk}"}
    )
    for window_id, late_seconds in cursor.fetchall():
        yield 4, f"window {window_id} was claimed {late_seconds:.3f} s after the suspension"


def _windows(cursor: Any, dispatch: Dispatch, span: _Span) -> Iterator[Finding]:
    """5: no window stays submitting longer than its lease and one sweep."""
    cursor.execute(
        sql.OVERDUE_WINDOWS,
        {"dispatch": dispatch.pk, "grace": SWEEP_GRACE_SECONDS, "lease": settings.LEASE_SECONDS},
    )
    for window_id, seconds in cursor.fetchall():
        yield 5, f"window {window_id} has been submitting for {seconds:.0f} s"


def _events(cursor: Any, dispatch: Dispatch, span: _Span) -> Iterator[Finding]:
    """6: the events, replayed, lead each message step by step to the status it has."""
    first, size = span["first"], span["last"] - span["first"] + 1
    if size < 1:
        return
    replayed = bytearray([_NEW]) * size
    broken: Counter[str] = Counter()
    cursor.execute(sql.EVENTS, {"subject": f"dispatch:{dispatch.pk}"})
    for (payload,) in cursor.fetchall():
        for before, after, ranges in json.loads(payload)["changes"]:
            expected = _NEW if before is None else before
            for start, end in ranges:
                low, high = start - first, end - first + 1
                n_wrong = (high - low) - replayed.count(expected, low, high)
                if n_wrong:
                    broken[f"{before} to {after}"] += n_wrong
                replayed[low:high] = bytes([after]) * (high - low)
    for step, n in broken.items():
        yield 6, f"{n} messages did not stand where an event says they went from ({step})"
    actual = bytearray([_NEW]) * size
    cursor.execute(sql.STATES, span)
    for message_id, status in cursor.fetchall():
        actual[message_id - first] = status
    unnamed = [first + i for i in range(size) if actual[i] != replayed[i]] if actual != replayed else []
    if unnamed:
        yield 6, f"{len(unnamed)} messages changed without an event: {_some(unnamed)}"


def _slots(cursor: Any, dispatch: Dispatch, span: _Span) -> Iterator[Finding]:
    """9: a number's slots are the messages to it that a carrier took or may have taken, each once."""
    values = {**span, "project": dispatch.project_id, "seconds": KEEP_SECONDS - 3_600}
    cursor.execute(sql.STATES, values)
    # Between a stream's messages lie others, to the same numbers perhaps.
    own = {row[0] for row in cursor.fetchall()} if dispatch.is_stream else None
    cursor.execute(sql.SLOTS_EXPECTED, values)
    number_of, needed = {}, set()
    for message_id, msisdn, is_needed in cursor.fetchall():
        number_of[message_id] = msisdn
        if is_needed:
            needed.add(message_id)
    held: Counter[int] = Counter()
    cursor.execute(sql.SLOTS_HELD, values)
    wrong: list[int] = []
    for msisdn, packed in cursor.fetchall():
        slots = unpack(packed)
        if len(slots) >= MAX_SLOTS:
            # The oldest of so many are forgotten on purpose.
            needed -= {message_id for message_id, number in number_of.items() if number == msisdn}
        for slot in slots:
            if values["first"] <= slot.message_id <= values["last"] and (
                own is None or slot.message_id in own
            ):
                held[slot.message_id] += 1
                if number_of.get(slot.message_id) != msisdn:
                    wrong.append(slot.message_id)
    if wrong:
        yield 9, f"{len(wrong)} messages hold a slot that no carrier took: {_some(sorted(wrong))}"
    twice = sorted(message_id for message_id, n in held.items() if n > 1)
    if twice:
        yield 9, f"{len(twice)} messages hold more than one slot: {_some(twice)}"
    missing = sorted(needed - held.keys())
    if missing:
        yield 9, f"{len(missing)} messages hold no slot: {_some(missing)}"


def _some(ids: list[int]) -> str:
    return ", ".join(map(str, ids[:_SHOWN])) + (" …" if len(ids) > _SHOWN else "")
