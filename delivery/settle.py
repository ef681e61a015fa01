"""The end of a window: what the gateway said becomes the messages' status, in one fenced transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from delivery.changes import StatusChanges
from delivery.errors import LedgerError
from delivery.failpoints import fail_point
from delivery.gateways.base import OutboundMessage, Outcome, SubmitResult
from delivery.limits.caps import Usage, give_usage_back
from delivery.limits.slots import give_slots_back
from delivery.lines.profiles import profile_of
from delivery.services.codes import translated
from delivery.sql import limits as sql_limits
from delivery.sql import sending as sql
from delivery.statuses import MOVABLE_REASONS, RARE_STATUSES, MessageStatus, Reason
from delivery.windows import ClaimedWindow
from smsconsole.queue import enqueue

log = logging.getLogger(__name__)

# The outcomes that end an attempt; throttled and unsent wait for another one.
STATUS_OF_OUTCOME = {
    Outcome.ACCEPTED: MessageStatus.SUBMITTED,
    Outcome.REFUSED: MessageStatus.FAILED,
    Outcome.UNCERTAIN: MessageStatus.UNCERTAIN,
}
# What a carrier took or may have taken: it counts for the limits.
TAKEN_OUTCOMES = frozenset({Outcome.ACCEPTED, Outcome.UNCERTAIN})
# A gateway that throttles without saying for how long.
THROTTLED_WAIT_SECONDS = 1.0


def settle_window(window: ClaimedWindow, results: Sequence[SubmitResult]) -> bool:
    """Write what became of a claimed window. False when the window was taken from us: kept as evidence.

    A message without a result is uncertain. Everything happens in one transaction, fenced by the claim's token.
    """
    by_id = {result.message_id: result for result in translated(window.gateway_id, results)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.CLOSE_WINDOW, {"window": window.id, "token": window.lease.token})
        if not cursor.rowcount:
            _keep_evidence(cursor, window, by_id)
            return False
        closed: list[tuple[OutboundMessage, str, SubmitResult]] = []
        again: list[tuple[OutboundMessage, SubmitResult]] = []
        moving: list[tuple[OutboundMessage, SubmitResult]] = []
        untaken: list[tuple[OutboundMessage, str]] = []
        fallback = _choose_fallback(cursor, window, by_id.values())
        for message, country in zip(window.messages, window.countries, strict=True):
            result = by_id.get(message.id) or SubmitResult(message.id, Outcome.UNCERTAIN)
            if fallback is not None and _may_move(result):
                moving.append((message, result))
            elif result.outcome in STATUS_OF_OUTCOME:
                closed.append((message, country, result))
            else:
                again.append((message, result))
            if result.outcome not in TAKEN_OUTCOMES:
                untaken.append((message, country))
        if untaken and window.holds_slots:
            # Before the numbers: a claim holds its dispatch while it waits for them.
            cursor.execute(sql_limits.LOCK_DISPATCH, {"dispatch": window.lease.dispatch_id})
            give_slots_back(
                cursor, window.project_id, [(message.msisdn, message.id) for message, _ in untaken]
            )
        _close(cursor, window, closed)
        if again:
            _open_retry(cursor, window, again)
        if moving and fallback is not None:
            _move_on(cursor, window, fallback, moving)
        if closed:
            cursor.execute(sql.CLOSE_IN_DISPATCH, {"dispatch": window.lease.dispatch_id, "n": len(closed)})
        if closed or moving:
            n_gone = len(closed) + len(moving)
            cursor.execute(sql.CLOSE_IN_BATCH, {"batch": window.lease.batch_id, "n": n_gone})
        _give_usage_back(cursor, window, [country for _, country in untaken])
    _log(window, by_id)
    return True


def _give_usage_back(cursor: Any, window: ClaimedWindow, countries: Sequence[str]) -> None:
    if window.counted_on is not None:
        day = window.counted_on
        give_usage_back(cursor, window.project_id, Usage.of((day, country) for country in countries))


def _close(
    cursor: Any, window: ClaimedWindow, closed: Sequence[tuple[OutboundMessage, str, SubmitResult]]
) -> None:
    if not closed:
        return
    statuses = [int(STATUS_OF_OUTCOME[result.outcome]) for _, _, result in closed]
    ids = [message.id for message, _, _ in closed]
    if all(status == MessageStatus.SUBMITTED for status in statuses):
        cursor.execute(sql.SETTLE_SUBMITTED, {"ids": ids, "window": window.id})
    else:
        values = _settle_values(ids, statuses, [result for _, _, result in closed])
        cursor.execute(sql.SETTLE_MESSAGES, {**values, "window": window.id})
    if cursor.rowcount != len(ids):
        raise LedgerError(f"window {window.id}: {cursor.rowcount} of {len(ids)} messages were still queued")
    _append_parts(cursor, window.gateway_id, [(message, result) for message, _, result in closed])
    changes = StatusChanges()
    for (message, country, _), status in zip(closed, statuses, strict=True):
        changes.add(
            message_id=message.id,
            dispatch_id=window.lease.dispatch_id,
            gateway_id=window.gateway_id,
            country=country,
            n_segments=message.n_segments,
            before=MessageStatus.QUEUED,
            after=status,
        )
    changes.write(cursor, kind="messages.settled")


def _settle_values(
    ids: Sequence[int], statuses: Sequence[int], results: Sequence[SubmitResult]
) -> dict[str, Any]:
    return {
        "ids": ids,
        "statuses": statuses,
        "reasons": [int(reason_of(result)) for result in results],
        "codes": [result.code or None for result in results],
        "rares": [status if status in RARE_STATUSES else None for status in statuses],
    }


def reason_of(result: SubmitResult) -> Reason:
    """The canonical reason that goes with a result."""
    if result.outcome == Outcome.ACCEPTED:
        return Reason.NONE
    if result.outcome == Outcome.UNCERTAIN:
        return Reason.NO_ANSWER
    return result.reason or Reason.GATEWAY_REFUSED


def _append_parts(
    cursor: Any, gateway_id: int, pairs: Sequence[tuple[OutboundMessage, SubmitResult]]
) -> None:
    profile = profile_of(gateway_id)
    parts = [
        (part_id, message.id, seq, message.attempt)
        for message, result in pairs
        for seq, part_id in enumerate(map(profile.answered, result.gateway_message_ids), start=1)
    ]
    if not parts:
        return
    gateway_ids, ids, seqs, attempts = map(list, zip(*parts, strict=True))
    cursor.execute(
        sql.APPEND_PARTS,
        {"gateway": gateway_id, "gateway_ids": gateway_ids, "ids": ids, "seqs": seqs, "attempts": attempts},
    )


def _open_retry(
    cursor: Any, window: ClaimedWindow, again: Sequence[tuple[OutboundMessage, SubmitResult]]
) -> None:
    """Let what was not taken wait in a window of its own, in front of the batch's fresh ranges."""
    ids = [message.id for message, _ in again]
    throttled = any(result.outcome == Outcome.THROTTLED for _, result in again)
    wait = max(result.retry_after_seconds for _, result in again)
    values = {
        "batch": window.lease.batch_id,
        "dispatch": window.lease.dispatch_id,
        "gateway": window.gateway_id,
        "first": min(ids),
        "last": max(ids),
        "n": len(ids),
        "wait": wait or (THROTTLED_WAIT_SECONDS if throttled else 0),
    }
    cursor.execute(sql.OPEN_RETRY, values)
    reason = Reason.THROTTLED if throttled else Reason.NONE
    cursor.execute(
        sql.MOVE_TO_RETRY,
        {
            "window": cursor.fetchone()[0],
            "gateway": window.gateway_id,
            "ids": ids,
            "reason": int(reason),
        },
    )
    if cursor.rowcount != len(ids):
        raise LedgerError(
            f"window {window.id}: {cursor.rowcount} of {len(ids)} unsent messages were still queued"
        )


def _may_move(result: SubmitResult) -> bool:
    """Whether the gateway refused it for a reason of its own: it has nothing of the message, another may take it."""
    return result.outcome == Outcome.REFUSED and result.reason in MOVABLE_REASONS


def _choose_fallback(cursor: Any, window: ClaimedWindow, results: Iterable[SubmitResult]) -> int | None:
    """The gateway that may take what this one refused: the first that is not switched off, rather one that works."""
    if not window.fallbacks or not any(map(_may_move, results)):
        return None
    cursor.execute(sql.CHOOSE_FALLBACK, {"fallbacks": list(window.fallbacks)})
    row = cursor.fetchone()
    return row[0] if row else None


def _move_on(
    cursor: Any,
    window: ClaimedWindow,
    gateway_id: int,
    moving: Sequence[tuple[OutboundMessage, SubmitResult]],
) -> None:
    """Let them wait in a batch of their own for the next gateway. They are as open as before, only elsewhere."""
    ids = [message.id for message, _ in moving]
    values = {
        "dispatch": window.lease.dispatch_id,
        "gateway": gateway_id,
        "fallbacks": [other for other in window.fallbacks if other != gateway_id],
        "first": min(ids),
        "last": max(ids),
        "n": len(ids),
        "wait": 0,
    }
    cursor.execute(sql.OPEN_MOVED_BATCH, values)
    cursor.execute(sql.OPEN_RETRY, {**values, "batch": cursor.fetchone()[0]})
    values = {
        "window": cursor.fetchone()[0],
        "refused_by": window.gateway_id,
        "ids": ids,
        "reasons": [int(result.reason) for _, result in moving],
        "codes": [result.code or None for _, result in moving],
    }
    cursor.execute(sql.MOVE_ON, values)
    if cursor.rowcount != len(ids):
        raise LedgerError(
            f"window {window.id}: {cursor.rowcount} of {len(ids)} refused messages were still queued"
        )
    fail_point("moved")
    enqueue("delivery.jobs.drain", gateway_id)


def _keep_evidence(cursor: Any, window: ClaimedWindow, by_id: dict[int, SubmitResult]) -> None:
    """Results that came after the sweep had called the window lost: they may settle uncertain messages."""
    pairs = [
        (m, c, by_id[m.id]) for m, c in zip(window.messages, window.countries, strict=True) if m.id in by_id
    ]
    log.warning("window=%s settled late results=%s", window.id, len(pairs))
    if not pairs:
        return
    cursor.execute(
        sql.APPEND_EVIDENCE,
        {
            "ids": [m.id for m, _, _ in pairs],
            "attempts": [m.attempt for m, _, _ in pairs],
            "outcomes": [str(r.outcome) for _, _, r in pairs],
            "gateway_ids": [" ".join(r.gateway_message_ids) for _, _, r in pairs],
            "codes": [r.code for _, _, r in pairs],
        },
    )
    telling = [(m, r) for m, _, r in pairs if r.outcome in (Outcome.ACCEPTED, Outcome.REFUSED)]
    if not telling:
        return
    statuses = [int(STATUS_OF_OUTCOME[r.outcome]) for _, r in telling]
    values = _settle_values([m.id for m, _ in telling], statuses, [r for _, r in telling])
    cursor.execute(sql.APPLY_EVIDENCE, {**values, "attempts": [m.attempt for m, _ in telling]})
    moved = {row[0]: row for row in cursor.fetchall()}
    _append_parts(cursor, window.gateway_id, [(m, r) for m, r in telling if m.id in moved])
    changes = StatusChanges()
    for message_id, country, n_segments, status in moved.values():
        changes.add(
            message_id=message_id,
            dispatch_id=window.lease.dispatch_id,
            gateway_id=window.gateway_id,
            country=country,
            n_segments=n_segments,
            before=MessageStatus.UNCERTAIN,
            after=status,
        )
    changes.write(cursor, kind="messages.settled_late")
    refused = [m for m, r in telling if r.outcome not in TAKEN_OUTCOMES and m.id in moved]
    if window.holds_slots:
        give_slots_back(cursor, window.project_id, [(m.msisdn, m.id) for m in refused])
    _give_usage_back(cursor, window, [moved[m.id][1] for m in refused])


def _log(window: ClaimedWindow, by_id: dict[int, SubmitResult]) -> None:
    if log.isEnabledFor(logging.DEBUG):
        n_accepted = sum(result.outcome == Outcome.ACCEPTED for result in by_id.values())
        log.debug("window=%s messages=%s accepted=%s", window.id, len(window.messages), n_accepted)
