"""The claim: which messages of the leased batch leave now, decided and committed before any byte leaves.

    gate      the dispatch runs and the lease is ours; its row is shared with other claims
    hours     outside them nothing is claimed; a number's own night sets its message aside
    numbers   locked, their slots read, the rules asked in row order; who may not leave is blocked
    caps      the window ends where a cap is reached; with nothing left the dispatch is held. Of a program's stream
              what is over a cap is blocked: nobody waits a month for a code
    write     slots, blocked messages, the window, the line's clock, and last what counts for the caps

A claim that has to write to its dispatch (something is blocked, held or postponed) begins again with the row to
itself: two that share it and both want to write would wait for each other for ever.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from delivery.admission import Admission, Row, by_own_hours
from delivery.changes import StatusChanges
from delivery.errors import LedgerError
from delivery.failpoints import fail_point
from delivery.gateways.base import OutboundMessage
from delivery.limits.caps import CAP_RULE, CapTaken, count_claimed, reached_for_each, room, tell_reached
from delivery.limits.frequency import Block, Candidate, content_key, decide, has_number_rules
from delivery.limits.hours import next_opening
from delivery.limits.lease_rules import LeaseRules, load_rules
from delivery.limits.slots import ReadSlots, lock_numbers, read_listed, read_slots, write_slots
from delivery.lines.pace import Line, lock_line, take_line
from delivery.models import Gateway
from delivery.sql import limits as sql_limits
from delivery.sql import sending as sql
from delivery.statuses import HoldCause, MessageStatus
from delivery.windows import ClaimedWindow, Lease, Nothing
from smsconsole.outbox.services import append_event

MAX_WINDOW = 200
# A window never holds more than this share of a second of the gateway's rate, so that suspending is quick.
WINDOW_SECONDS = 0.5
# A batch whose last windows are in other hands has nothing to claim until they settle.
EXHAUSTED_PAUSE_SECONDS = 1.0


class MustBeAlone(Exception):
    """This claim has to write to its dispatch, whose row it only shares."""


def claim_window(gateway: Gateway, lease: Lease, *, most: int | None = None) -> ClaimedWindow | Nothing:
    """Claim the batch's next window: a due retry first, else the next range of fresh messages, `most` segments of it.

    Commits before it returns, so no byte leaves without a claim. `Nothing` when the dispatch does not run, the
    lease is lost, the line is busy, the hours are over, the batch is empty, or nothing of the window may leave.
    """
    fail_point("before-claim")
    rules = lease.rules or load_rules(lease.dispatch_id)
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                claimed = _Claim(cursor, gateway, lease, rules, most).make()
            break
        except MustBeAlone:
            rules.claims_alone = True
        except CapTaken:
            # Somebody else's claim got it, so this cannot go on for ever.
            continue
    fail_point("after-claim")
    return claimed


def window_size(rate: float | None) -> int:
    """How many segments a window may hold at this rate; without one, how many messages."""
    return max(1, min(MAX_WINDOW, int(rate * WINDOW_SECONDS))) if rate else MAX_WINDOW


def _within(rows: list[Row], n_segments: int) -> list[Row]:
    """The leading rows whose segments fit; at least one."""
    total = 0
    for index, row in enumerate(rows):
        total += row.n_segments
        if total > n_segments and index:
            return rows[:index]
    return rows


class _Claim:
    """One claim in one transaction."""

    def __init__(
        self, cursor: Any, gateway: Gateway, lease: Lease, rules: LeaseRules, most: int | None
    ) -> None:
        self._cursor = cursor
        self._most = most
        self._gateway = gateway
        self._lease = lease
        self._rules = rules
        self._keys = {"dispatch": lease.dispatch_id, "batch": lease.batch_id, "token": lease.token}
        # None: as fast as the gateway answers.
        self._line: Line | None = None
        self._fallbacks: tuple[int, ...] = ()

    def make(self) -> ClaimedWindow | Nothing:
        statement = sql.OPEN_GATE_ALONE if self._rules.claims_alone else sql.OPEN_GATE
        self._cursor.execute(statement, {**self._keys, "is_probe": self._lease.is_probe})
        gate = self._cursor.fetchone()
        if gate is None:
            return Nothing()
        next_id, last_id, retry_id, now, fallbacks, urgent_waits = gate
        self._fallbacks = tuple(fallbacks)
        if urgent_waits or self._postpone(now):
            return Nothing()
        if self._gateway.rate_per_second or self._lease.is_paced:
            self._line = lock_line(self._cursor, self._gateway, is_urgent=self._rules.is_urgent)
            if self._line.wait_seconds > 0:
                return Nothing(self._line.wait_seconds)
        if retry_id is not None:
            return self._claim_retry(retry_id, now)
        if next_id <= last_id:
            return self._claim_range(next_id, last_id, now)
        return self._until_next_retry()

    # --- The gate ----------------------------------------------------------------------------------------

    def _postpone(self, now: datetime) -> bool:
        """Whether the dispatch's hours are over; then it is not leased again before they begin."""
        rules = self._rules
        if rules.hours is None or not rules.hours_zone:
            return False
        opening = next_opening(rules.hours, [ZoneInfo(rules.hours_zone)], now)
        if opening is None or opening <= now:
            return False
        self._write_to_dispatch()
        self._cursor.execute(
            sql_limits.POSTPONE_DISPATCH, {"dispatch": self._lease.dispatch_id, "opening": opening}
        )
        return True

    def _write_to_dispatch(self) -> None:
        if not self._rules.claims_alone:
            raise MustBeAlone

    def _n_segments(self) -> int | None:
        """How many segments the window may hold; None: any number."""
        if self._lease.is_probe:
            return 1
        rate = self._line.own_rate if self._line is not None else None
        sizes = (window_size(rate) if rate else None, self._most)
        return min((size for size in sizes if size), default=None)

    def _until_next_retry(self) -> Nothing:
        self._cursor.execute(sql.NEXT_RETRY, {"batch": self._lease.batch_id})
        seconds = self._cursor.fetchone()[0]
        if seconds is None:
            return Nothing(pause_seconds=EXHAUSTED_PAUSE_SECONDS, unless_due=True)
        return Nothing(max(0.01, seconds), unless_due=True)

    # --- Ranges and retries ------------------------------------------------------------------------------

    def _claim_range(self, first_id: int, last_id: int, now: datetime) -> ClaimedWindow | Nothing:
        size = self._n_segments()
        last_id = min(last_id, first_id + min(size or MAX_WINDOW, MAX_WINDOW) - 1)
        self._cursor.execute(sql.READ_RANGE, {"first": first_id, "last": last_id})
        rows = [Row(*row) for row in self._cursor.fetchall()]
        if size is not None and rows:
            fitting = _within(rows, size)
            last_id = fitting[-1].id if len(fitting) < len(rows) else last_id
            rows = fitting
        admission = self._admit(rows, now)
        if admission.n_rows < len(rows):
            # Not one id further than what was dealt with; before the first row there is nothing to skip.
            last_id = rows[admission.n_rows - 1].id if admission.n_rows else first_id - 1
        self._put_away(admission)
        if not admission.passing:
            self._cursor.execute(sql.SKIP_RANGE, {"batch": self._lease.batch_id, "last": last_id})
            return self._finish(admission, None)
        values = {"first": first_id, "last": last_id, **self._window_values(admission)}
        self._cursor.execute(sql.CLAIM_RANGE, values)
        return self._finish(admission, self._cursor.fetchone()[0])

    def _claim_retry(self, window_id: int, now: datetime) -> ClaimedWindow | Nothing:
        self._cursor.execute(sql.READ_MEMBERS, {"window": window_id})
        members = [Row(*row) for row in self._cursor.fetchall()]
        size = self._n_segments()
        rows = members if size is None else _within(members, size)
        admission = self._admit(rows, now)
        if admission.n_rows < len(rows) and not admission.n_rows:
            return self._finish(admission, None)
        if admission.n_rows < len(members):
            # The window is claimed whole, so what is left for later needs one of its own.
            admission.aside.setdefault(now, []).extend(members[admission.n_rows :])
        self._put_away(admission)
        if not admission.passing:
            self._cursor.execute(sql.DROP_EMPTY_RETRY, {"window": window_id})
            return self._finish(admission, None)
        self._cursor.execute(sql.CLAIM_RETRY, {"window": window_id, **self._window_values(admission)})
        if self._cursor.fetchone() is None:
            raise LedgerError(f"window {window_id} is no longer waiting, though its batch is locked")
        return self._finish(admission, window_id)

    def _window_values(self, admission: Admission) -> dict[str, Any]:
        return {
            **self._keys,
            "gateway": self._gateway.pk,
            "n": len(admission.passing),
            "lease": settings.LEASE_SECONDS,
            "holds_slots": self._rules.takes_slots,
            "day": self._counted_on(admission),
        }

    # --- The rules ---------------------------------------------------------------------------------------

    def _admit(self, rows: list[Row], now: datetime) -> Admission:
        """Ask hours, number rules and caps for each row in order. Locks the numbers, writes nothing."""
        rules = self._rules
        awake, aside = by_own_hours(rules, rows, now)
        decisions: list[Block | None] = [None] * len(awake)
        read = ReadSlots(now, {}, {})
        if awake and has_number_rules(rules.limits):
            decisions, read = self._by_numbers(awake, now)
            now = read.now
        day = now.astimezone(rules.limits.zone).date()
        admission = Admission(len(rows), day, now, aside=aside, slots=read.slots, places=read.places)
        passing = [row for row, block in zip(awake, decisions, strict=True) if block is None]
        admission.blocked = [
            (r, block) for r, block in zip(awake, decisions, strict=True) if block is not None
        ]
        countries = [row.country for row in passing]
        if rules.is_stream:
            reached = reached_for_each(self._cursor, rules, day, countries)
            admission.block_reached(passing, reached, rules.limits.zone)
            return admission
        n_fitting, admission.reached = room(self._cursor, rules, day, countries)
        admission.passing = passing[:n_fitting]
        if admission.reached:
            self._cut(admission, rows, passing[n_fitting])
        return admission

    def _cut(self, admission: Admission, rows: list[Row], at: Row) -> None:
        """Leave this row and those behind it for a later claim, with what was decided about them."""
        admission.n_rows = rows.index(at)
        later = {row.id for row in rows[admission.n_rows :]}
        admission.blocked = [(row, block) for row, block in admission.blocked if row.id not in later]
        admission.aside = {
            opening: kept
            for opening, members in admission.aside.items()
            if (kept := [row for row in members if row.id not in later])
        }
        for number, held in admission.slots.items():
            admission.slots[number] = [slot for slot in held if slot.message_id not in later]

    def _by_numbers(self, rows: list[Row], now: datetime) -> tuple[list[Block | None], ReadSlots]:
        """The decision for each row, and the slots as they are after it with the time of it."""
        rules = self._rules
        numbers = list({row.msisdn for row in rows})
        read = ReadSlots(now, {}, {})
        if rules.takes_slots:
            lock_numbers(self._cursor, rules.project_id, numbers)
            read = read_slots(self._cursor, rules.project_id, numbers)
        listed = (
            read_listed(self._cursor, rules.project_id, numbers) if rules.limits.has_listed_numbers else {}
        )
        candidates = [Candidate(row.id, row.msisdn, row.country, content_key(row.text)) for row in rows]
        return decide(rules.limits, read.slots, listed, rules.consent_key, read.now, candidates), read

    # --- Writing -----------------------------------------------------------------------------------------

    def _put_away(self, admission: Admission) -> None:
        """Slots for what passes; what is blocked ends here; what sleeps waits in windows of its own."""
        if admission.blocked:
            self._write_to_dispatch()
        if self._rules.takes_slots and admission.passing:
            numbers = {row.msisdn for row in admission.passing}
            taken = {number: held for number, held in admission.slots.items() if number in numbers}
            limits, now = self._rules.limits, admission.now
            write_slots(self._cursor, self._rules.project_id, taken, admission.places, limits, now)
        if admission.blocked:
            self._block(admission)
        for opening, members in sorted(admission.aside.items()):
            ids = [row.id for row in members]
            values = {
                **self._keys,
                "gateway": self._gateway.pk,
                "first": min(ids),
                "last": max(ids),
                "n": len(ids),
                "opening": opening,
            }
            self._cursor.execute(sql_limits.SET_ASIDE, values)
            self._cursor.execute(sql.ENTER_RETRY, {"window": self._cursor.fetchone()[0], "ids": ids})

    def _block(self, admission: Admission) -> None:
        blocked = admission.blocked
        values = {
            "ids": [row.id for row, _ in blocked],
            "reasons": [int(block.reason) for _, block in blocked],
            "codes": [block.code for _, block in blocked],
            "now": admission.now,
        }
        self._cursor.execute(sql_limits.BLOCK_MESSAGES, values)
        if self._cursor.rowcount != len(blocked):
            raise LedgerError(f"{self._cursor.rowcount} of {len(blocked)} blocked messages were still queued")
        changes = StatusChanges()
        for row, _ in blocked:
            changes.add(
                message_id=row.id,
                dispatch_id=self._lease.dispatch_id,
                gateway_id=self._gateway.pk,
                country=row.country,
                n_segments=row.n_segments,
                before=MessageStatus.QUEUED,
                after=MessageStatus.BLOCKED,
            )
        changes.write(self._cursor, kind="messages.blocked")
        rules = self._rules
        hits = sorted(Counter(block.rule for _, block in blocked if block.rule != CAP_RULE).items())
        if not hits:
            return
        values = {"rules": [rule for rule, _ in hits], "counts": [n for _, n in hits]}
        self._cursor.execute(
            sql_limits.ADD_HITS, {**values, "project": rules.project_id, "now": admission.now}
        )
        for rule, n in hits:
            payload = {"project": rules.project_uuid, "rule": rule, "n": n}
            append_event(kind="limits.hit", subject=f"project:{rules.project_uuid}", payload=payload)

    def _finish(self, admission: Admission, window_id: int | None) -> ClaimedWindow | Nothing:
        """What many share comes last: the line's clock, the open counts, the caps."""
        passing = admission.passing
        if window_id is not None and self._line is not None:
            n_segments = sum(row.n_segments for row in passing)
            take_line(self._cursor, self._gateway, self._line, n_segments=n_segments)
        if admission.blocked:
            n_blocked = len(admission.blocked)
            self._cursor.execute(sql.CLOSE_IN_BATCH, {"batch": self._lease.batch_id, "n": n_blocked})
            self._cursor.execute(sql.CLOSE_IN_DISPATCH, {"dispatch": self._lease.dispatch_id, "n": n_blocked})
        if window_id is not None and not self._rules.is_system:
            count_claimed(self._cursor, self._rules, admission.day, [row.country for row in passing])
        for reached in sorted(admission.passed_over, key=lambda cap: (cap.limit.scope, cap.limit.period)):
            tell_reached(self._cursor, self._rules, reached, admission.day)
        if window_id is not None:
            return self._claimed(window_id, admission)
        if admission.reached is not None and admission.n_rows == 0:
            self._hold(admission)
            return Nothing()
        return Nothing(0.0)

    def _hold(self, admission: Admission) -> None:
        """Nothing is left of a cap: the dispatch waits for a person, or for a higher cap."""
        self._write_to_dispatch()
        reached = admission.reached
        if reached is None:
            return
        dispatch_id = self._lease.dispatch_id
        self._cursor.execute(sql_limits.HOLD_FOR_CAP, {"dispatch": dispatch_id})
        limit = reached.limit
        payload = {
            "cause": str(HoldCause.CAP),
            "scope": limit.scope,
            "period": str(limit.period),
            "value": limit.cap,
        }
        append_event(kind="dispatch.held", subject=f"dispatch:{dispatch_id}", payload=payload)
        tell_reached(self._cursor, self._rules, reached, admission.day)

    def _claimed(self, window_id: int, admission: Admission) -> ClaimedWindow:
        return ClaimedWindow(
            window_id,
            self._lease,
            self._gateway.pk,
            [OutboundMessage(*row[:6]) for row in admission.passing],
            [row.country for row in admission.passing],
            self._rules.project_id,
            self._rules.takes_slots,
            self._counted_on(admission),
            self._fallbacks,
        )

    def _counted_on(self, admission: Admission) -> date | None:
        """The day on which the window counts for the caps; what the console itself sends counts on none."""
        return None if self._rules.is_system else admission.day
