"""Receipts: stored raw first, applied after, so that a carrier's report is never lost and never doubles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from delivery.changes import StatusChanges
from delivery.gateways.base import ReceiptEvent, ReceiptState
from delivery.limits.slots import take_settled_again
from delivery.lines.profiles import Profile, profile_of
from delivery.models import Dispatch
from delivery.services.codes import count_codes
from delivery.services.id_forms import find_by_other_form
from delivery.services.number_matching import match_by_number
from delivery.sql import receipts as sql
from delivery.statuses import RANK, RARE_STATUSES, MessageStatus, Reason
from smsconsole.lib.copying import copy_rows

STATUS_OF_STATE = {
    ReceiptState.DELIVERED: MessageStatus.DELIVERED,
    ReceiptState.UNDELIVERED: MessageStatus.UNDELIVERED,
    ReceiptState.EXPIRED: MessageStatus.EXPIRED,
    ReceiptState.REJECTED: MessageStatus.REJECTED,
}
# Of a receipt without any code.
_REASON_OF_STATE = {
    ReceiptState.UNDELIVERED: Reason.UNREACHABLE,
    ReceiptState.EXPIRED: Reason.VALIDITY_EXPIRED,
    ReceiptState.REJECTED: Reason.CARRIER_REJECTED,
}
# Statuses a receipt may find; a queued message's receipt came before the submit's answer and waits.
_SETTLED = frozenset(RANK) - {MessageStatus.QUEUED, MessageStatus.SUBMITTING}

BATCH_SIZE = 2_000
# An unmatched receipt is asked again after 1 s, 2 s, 4 s … at most every 10 minutes, for 72 hours.
MAX_RETRY_SECONDS = 600
# The longest that a carrier keeps trying, whatever validity it was asked for.
LONGEST_VALIDITY_SECONDS = 72 * 3600


def receipt_span_seconds() -> int:
    """A receipt speaks of no message that was submitted longer ago: carriers use their ids again after weeks."""
    return int(settings.RECEIPT_DEADLINE_SECONDS) + LONGEST_VALIDITY_SECONDS


def store_receipts(*, gateway_id: int, events: Sequence[ReceiptEvent]) -> None:
    """Store what a carrier reported and commit; only after this returns may it be acknowledged.

    Storing the same report twice is harmless: applying it again changes nothing. Ids are stored in the form in which
    the gateway's answers are, and as they were written where that differs.
    """
    profile = profile_of(gateway_id)
    with transaction.atomic(), connection.cursor() as cursor:
        copy_rows(
            cursor,
            "delivery_receipt",
            [
                "gateway_id",
                "gateway_message_id",
                "written_id",
                "reference",
                "msisdn",
                "state",
                "reason",
                "code",
                "reported_at",
            ],
            [
                (
                    gateway_id,
                    key[:80],
                    event.gateway_message_id[:80] if event.gateway_message_id != key else "",
                    event.reference[:80],
                    event.msisdn[:16],
                    int(STATUS_OF_STATE[event.state]),
                    int(_reason(event, profile)),
                    event.code,
                    event.reported_at.isoformat(),
                )
                for event in events
                for key in [profile.receipted(event.gateway_message_id)]
            ],
        )


def _reason(event: ReceiptEvent, profile: Profile) -> Reason:
    if event.state == ReceiptState.DELIVERED:
        return Reason.NONE
    if not event.code:
        return _REASON_OF_STATE[event.state]
    # "Delivered" of a message that was not is a carrier's contradiction: the state counts, the code is kept.
    return profile.reason_of(event.code) or Reason.UNKNOWN_CODE


class StoredReceipt(NamedTuple):
    """A receipt joined with the message it speaks of; `message_id` is None while none is known."""

    id: int
    gateway_id: int
    gateway_message_id: str
    reference: str
    state: int
    reason: int
    code: str
    reported_at: datetime
    received_at: datetime
    message_id: int | None
    part_attempt: int | None
    seq: int | None
    dispatch_id: int | None
    status: int | None
    attempt: int | None
    n_segments: int | None
    country: str | None
    msisdn: str
    written_id: str


class Update(NamedTuple):
    """The status that a message gets, and the receipt that says so."""

    receipt: StoredReceipt
    status: int


def apply_receipts() -> int:
    """Apply one batch of stored receipts, and then the unmatched ones that are due. Returns how many were read.

    One applier at a time (advisory lock); a second caller returns 0 at once. A message's status is the one of
    highest rank that its receipts name, so their order does not matter.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.TRY_APPLIER_LOCK)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(sql.ENSURE_CURSOR)
        cursor.execute(sql.READ_NEW, {"limit": BATCH_SIZE, "span": receipt_span_seconds()})
        rows = cursor.fetchall()
        fresh = [StoredReceipt(*row[1:]) for row in rows]
        if rows:
            _apply(cursor, fresh)
            _count_codes(cursor, fresh)
            cursor.execute(sql.MOVE_CURSOR, {"xid": rows[-1][0], "id": rows[-1][1]})
        n_due = _apply_unmatched(cursor)
    return len(rows) + n_due


def _count_codes(cursor: Any, receipts: Sequence[StoredReceipt]) -> None:
    """Codes that nobody knows, and those that staff mapped, one row each however many receipts bring them."""
    seen: Counter[tuple[int, str]] = Counter(
        (r.gateway_id, r.code) for r in receipts if r.state != MessageStatus.DELIVERED
    )
    found: Counter[tuple[str, str]] = Counter()
    for (gateway_id, code), n in seen.items():
        profile = profile_of(gateway_id)
        if code in profile.mapped or profile.reason_of(code) == Reason.UNKNOWN_CODE:
            found[profile.kind, code] += n
    count_codes(cursor, found)


def _apply_unmatched(cursor: Any) -> int:
    """Ask again for those that are due: by their id, by the id in another form, and at last by their number."""
    span = receipt_span_seconds()
    cursor.execute(sql.READ_DUE_UNMATCHED, {"limit": BATCH_SIZE, "span": span})
    due = [StoredReceipt(*row) for row in cursor.fetchall()]
    if not due:
        return 0
    waiting = _apply(cursor, due, store_unmatched=False)
    unknown = [receipt for receipt in waiting if receipt.message_id is None]
    found = find_by_other_form(cursor, unknown) | match_by_number(cursor, unknown, span_seconds=span)
    if found:
        cursor.execute(sql.READ_UNMATCHED, {"ids": sorted(found), "span": span})
        again = [StoredReceipt(*row) for row in cursor.fetchall()]
        waiting = [r for r in waiting if r.id not in found] + _apply(cursor, again, store_unmatched=False)
    still = {receipt.id for receipt in waiting}
    settled = ({receipt.id for receipt in due} | found) - still
    cursor.execute(sql.DROP_MATCHED, {"ids": sorted(settled)})
    cursor.execute(
        sql.POSTPONE_UNMATCHED,
        {"ids": sorted(still), "max": MAX_RETRY_SECONDS, "deadline": settings.RECEIPT_DEADLINE_SECONDS},
    )
    return len(settled)


def _apply(
    cursor: Any, receipts: Sequence[StoredReceipt], *, store_unmatched: bool = True
) -> list[StoredReceipt]:
    """Apply receipts to their messages; returns those that have to wait. Of earlier attempts they are evidence."""
    over = [r for r in receipts if r.attempt is not None and (r.part_attempt or 0) < r.attempt]
    if over:
        _keep_evidence(cursor, over)
    present = [r for r in receipts if r.attempt is None or (r.part_attempt or 0) >= r.attempt]
    waiting = [r for r in present if r.status is None or r.status not in _SETTLED]
    known = [r for r in present if r.status in _SETTLED and r.part_attempt == r.attempt]
    updates = _decide(_complete_long(cursor, known))
    if updates:
        applied = _write_updates(cursor, updates)
        # Changed under us between the read and the update: ask again.
        waiting += [update.receipt for update in updates.values() if update.receipt.message_id not in applied]
    if waiting and store_unmatched:
        cursor.execute(
            sql.KEEP_UNMATCHED, {"ids": [r.id for r in waiting], "since": min(r.received_at for r in waiting)}
        )
    return waiting


def _keep_evidence(cursor: Any, receipts: Sequence[StoredReceipt]) -> None:
    cursor.execute(
        sql.KEEP_EVIDENCE,
        {
            "ids": [r.message_id for r in receipts],
            "attempts": [r.part_attempt for r in receipts],
            "outcomes": [MessageStatus(r.state).name.lower() for r in receipts],
            "gateway_ids": [r.gateway_message_id for r in receipts],
            "codes": [r.code for r in receipts],
        },
    )


def _complete_long(cursor: Any, receipts: Sequence[StoredReceipt]) -> list[StoredReceipt]:
    """Leave out "delivered" of a long message until all its segments are; failures pass at once.

    A carrier that gave one id for all segments reports once. Of a message that was taken in part, or of which nobody
    knows, fewer ids do not mean fewer segments.
    """
    long_delivered = [
        r for r in receipts if (r.n_segments or 1) > 1 and r.state == MessageStatus.DELIVERED and r.seq
    ]
    if not long_delivered:
        return list(receipts)
    cursor.execute(
        sql.NOTE_DELIVERED_PARTS,
        {
            "ids": [r.message_id for r in long_delivered],
            "attempts": [r.attempt for r in long_delivered],
            "seqs": [r.seq for r in long_delivered],
        },
    )
    cursor.execute(sql.COUNT_DELIVERED_PARTS, {"ids": sorted({r.message_id or 0 for r in long_delivered})})
    counted = {(message_id, attempt): (n, n_ids) for message_id, attempt, n, n_ids in cursor.fetchall()}
    incomplete = {r.id for r in long_delivered if not _is_complete(r, *counted[r.message_id, r.attempt])}
    return [r for r in receipts if r.id not in incomplete]


def _is_complete(receipt: StoredReceipt, n_delivered: int, n_ids: int) -> bool:
    is_whole = receipt.status not in (MessageStatus.UNCERTAIN, MessageStatus.FAILED)
    n_segments = receipt.n_segments or 1
    return n_delivered >= (min(n_segments, n_ids) if is_whole else n_segments)


def _decide(receipts: Sequence[StoredReceipt]) -> dict[int, Update]:
    """The receipt of highest rank per message, if it is higher than where the message is."""
    updates: dict[int, Update] = {}
    for receipt in receipts:
        if receipt.message_id is None or receipt.status is None:
            continue
        rank = RANK[MessageStatus(receipt.state)]
        standing = updates.get(receipt.message_id)
        current = standing.status if standing else receipt.status
        if current in (MessageStatus.CANCELLED, MessageStatus.BLOCKED):
            continue
        if rank > RANK[MessageStatus(current)]:
            updates[receipt.message_id] = Update(receipt, receipt.state)
    return updates


def _write_updates(cursor: Any, updates: dict[int, Update]) -> set[int]:
    ordered = [updates[message_id] for message_id in sorted(updates)]
    cursor.execute(
        sql.UPDATE_MESSAGES,
        {
            "ids": [u.receipt.message_id for u in ordered],
            "befores": [u.receipt.status for u in ordered],
            "attempts": [u.receipt.attempt for u in ordered],
            "afters": [u.status for u in ordered],
            "reasons": [u.receipt.reason for u in ordered],
            "codes": [None if u.status == MessageStatus.DELIVERED else u.receipt.code for u in ordered],
            "rares": [u.status if u.status in RARE_STATUSES else None for u in ordered],
            "times": [u.receipt.reported_at for u in ordered],
        },
    )
    applied = {row[0] for row in cursor.fetchall()}
    changes = StatusChanges()
    for update in ordered:
        receipt = update.receipt
        if receipt.message_id in applied:
            changes.add(
                message_id=receipt.message_id or 0,
                dispatch_id=receipt.dispatch_id or 0,
                gateway_id=receipt.gateway_id,
                country=receipt.country or "",
                n_segments=receipt.n_segments or 1,
                before=receipt.status,
                after=update.status,
            )
    changes.write(cursor, kind="messages.receipted")
    _take_again(
        cursor,
        [u for u in ordered if u.receipt.status == MessageStatus.FAILED and u.receipt.message_id in applied],
    )
    return applied


def _take_again(cursor: Any, updates: Sequence[Update]) -> None:
    """Let messages count for the limits that a person had settled as failed and a carrier took after all."""
    if not updates:
        return
    projects = dict(
        Dispatch.objects.filter(pk__in={u.receipt.dispatch_id for u in updates}).values_list(
            "pk", "project_id"
        )
    )
    for project_id in sorted(set(projects.values())):
        ids = [
            u.receipt.message_id or 0
            for u in updates
            if projects.get(u.receipt.dispatch_id or 0) == project_id
        ]
        take_settled_again(cursor, project_id, ids)


def close_overdue() -> int:
    """Close messages without a final receipt after `RECEIPT_DEADLINE_SECONDS` as expired, reason *no receipt*.

    Works through one dispatch at a time in chunks; returns how many messages it closed.
    """
    n_closed = 0
    with connection.cursor() as cursor:
        cursor.execute(sql.OVERDUE_DISPATCHES, {"deadline": settings.RECEIPT_DEADLINE_SECONDS})
        overdue = [row[0] for row in cursor.fetchall()]
    for dispatch_id in overdue:
        first_id = 0
        while closed := _close_overdue_chunk(dispatch_id, first_id):
            n_closed += len(closed)
            first_id = max(closed) + 1
        Dispatch.objects.filter(pk=dispatch_id, closed_at=None).update(closed_at=Now())
    return n_closed


def _close_overdue_chunk(dispatch_id: int, first_id: int) -> list[int]:
    """Close some of those from this id on; their ids."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.CLOSE_OVERDUE, {"dispatch": dispatch_id, "from": first_id, "limit": 5_000})
        closed = cursor.fetchall()
        changes = StatusChanges()
        for message_id, gateway_id, country, n_segments, before in closed:
            changes.add(
                message_id=message_id,
                dispatch_id=dispatch_id,
                gateway_id=gateway_id,
                country=country,
                n_segments=n_segments,
                before=before,
                after=MessageStatus.EXPIRED,
            )
        changes.write(cursor, kind="messages.expired")
    return [row[0] for row in closed]
