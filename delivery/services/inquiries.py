"""Uncertain messages: the carrier is asked what became of them, and what it says settles them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from delivery.advisory import alone
from delivery.changes import StatusChanges
from delivery.gateways import DRIVERS, is_driven_by_workers
from delivery.gateways.base import (
    Exchange,
    GatewayDriver,
    QueriesMessages,
    QueryAnswer,
    QueryOutcome,
    ReceiptState,
    SubmittedMessage,
)
from delivery.gateways.errors import GatewayError
from delivery.lines.exchanges import keep
from delivery.lines.opening import open_gateway
from delivery.lines.profiles import profile_of
from delivery.models import Gateway
from delivery.services.receipts import STATUS_OF_STATE
from delivery.sql import inquiries as sql
from delivery.statuses import RARE_STATUSES, MessageStatus, Reason
from smsconsole.queue import enqueue, stop_requested

log = logging.getLogger(__name__)

# Asked about at once, and how long one turn goes on.
STEP: Final = 50
SLICE_SECONDS: Final = 15.0
# Asked again after one minute, two, four … at most an hour.
FIRST_PAUSE_SECONDS: Final = 60
LONGEST_PAUSE_SECONDS: Final = 3600


def ring_inquiries() -> int:
    """Ring for every gateway driven by workers whose carrier can be asked about messages that are due; how many.

    A session asks by itself (`ask_carrier` with its own driver): the line is in its hands.
    """
    kinds = [kind for kind in DRIVERS if _can_ask(kind) and is_driven_by_workers(kind)]
    if not kinds:
        return 0
    askable = list(Gateway.objects.filter(kind__in=kinds, is_enabled=True).values_list("pk", flat=True))
    if not askable:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(sql.GATEWAYS_DUE, _due_values(askable))
        due = [row[0] for row in cursor.fetchall()]
    for gateway_id in due:
        enqueue("delivery.jobs.ask_carrier", gateway_id)
    return len(due)


def ask_carrier(gateway: Gateway, *, driver: GatewayDriver | None = None) -> int:
    """Ask about the gateway's uncertain messages that are due; returns how many answers came.

    Uncertain for `INQUIRY_AFTER_SECONDS`, then again with growing pauses until the time for receipts is over. One asks
    at a time per gateway, a second one does nothing. Asking changes nothing at the carrier, and an answer that comes
    twice, or after a receipt, changes nothing here.
    """
    if not _can_ask(gateway.kind):
        return 0
    with alone("delivery.ask", gateway.pk) as is_alone:
        if not is_alone:
            return 0
        own_driver = driver is None
        try:
            driver = driver or open_gateway(gateway)
            return _ask(gateway, driver)
        except GatewayError as error:
            log.warning("gateway=%s cannot be asked error=%s", gateway.pk, type(error).__name__)
            keep(gateway.pk, Exchange("query", "", str(error), is_fault=True))
            return 0
        finally:
            if own_driver and driver is not None:
                driver.close()


def _ask(gateway: Gateway, driver: GatewayDriver) -> int:
    until = time.monotonic() + SLICE_SECONDS
    n = 0
    while isinstance(driver, QueriesMessages) and time.monotonic() < until and not stop_requested.is_set():
        due = take_due(gateway.pk)
        if not due:
            break
        answers: list[QueryAnswer] = []
        try:
            answers.extend(driver.query(due))
        finally:
            # What it said before it fell silent counts.
            record_answers(gateway.pk, answers)
        n += len(answers)
    return n


def take_due(gateway_id: int) -> list[SubmittedMessage]:
    """Messages to be asked about now. Their next time is set with it, so a second asker gets others."""
    values = _due_values([gateway_id]) | {
        "gateway": gateway_id,
        "limit": STEP,
        "first": FIRST_PAUSE_SECONDS,
        "longest": LONGEST_PAUSE_SECONDS,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.TAKE_DUE, values)
        return [
            SubmittedMessage._make([*of_message, tuple(part_ids or ())])
            for *of_message, part_ids in cursor.fetchall()
        ]


def _due_values(gateway_ids: Sequence[int]) -> dict[str, Any]:
    return {
        "gateways": list(gateway_ids),
        "after": settings.INQUIRY_AFTER_SECONDS,
        "deadline": settings.RECEIPT_DEADLINE_SECONDS,
    }


class _Settled(NamedTuple):
    answer: QueryAnswer
    status: MessageStatus
    reason: Reason


def record_answers(gateway_id: int, answers: Sequence[QueryAnswer]) -> int:
    """What the carrier said about messages becomes their status while they are uncertain; how many are settled.

    Final: as it says. Taken: sent, and its receipt may still come. Missing and unknown change nothing: the project's
    policy or a person decides. Every answer is kept.
    """
    if not answers:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.LOCK_UNCERTAIN, {"ids": sorted(answer.message_id for answer in answers)})
        attempts = dict(cursor.fetchall())
        settled = list(_settled(gateway_id, (a for a in answers if attempts.get(a.message_id) == a.attempt)))
        _write(cursor, gateway_id, settled)
        _keep(cursor, answers)
    return len(settled)


def _settled(gateway_id: int, answers: Iterable[QueryAnswer]) -> Iterator[_Settled]:
    for answer in answers:
        if answer.outcome == QueryOutcome.TAKEN:
            yield _Settled(answer, MessageStatus.SUBMITTED, Reason.NONE)
        elif answer.outcome == QueryOutcome.FINAL and answer.state is not None:
            is_delivered = answer.state == ReceiptState.DELIVERED
            reason = (
                Reason.NONE
                if is_delivered
                else (profile_of(gateway_id).reason_of(answer.code) or Reason.UNKNOWN_CODE)
            )
            yield _Settled(answer, STATUS_OF_STATE[answer.state], reason)


def _write(cursor: Any, gateway_id: int, settled: Sequence[_Settled]) -> None:
    if not settled:
        return
    ordered = sorted(settled, key=lambda one: one.answer.message_id)
    cursor.execute(
        sql.SETTLE_ANSWERED,
        {
            "ids": [one.answer.message_id for one in ordered],
            "statuses": [int(one.status) for one in ordered],
            "reasons": [int(one.reason) for one in ordered],
            "codes": [one.answer.code or None for one in ordered],
            "rares": [int(one.status) if one.status in RARE_STATUSES else None for one in ordered],
            "times": [one.answer.reported_at for one in ordered],
        },
    )
    changes = StatusChanges()
    for message_id, dispatch_id, country, n_segments, status in cursor.fetchall():
        changes.add(
            message_id=message_id,
            dispatch_id=dispatch_id,
            gateway_id=gateway_id,
            country=country,
            n_segments=n_segments,
            before=MessageStatus.UNCERTAIN,
            after=status,
        )
    changes.write(cursor, kind="messages.settled_by_query")
    profile = profile_of(gateway_id)
    parts = [
        (profile.answered(part_id)[:80], one.answer.message_id, seq, one.answer.attempt)
        for one in ordered
        for seq, part_id in enumerate(one.answer.gateway_message_ids, start=1)
    ]
    if parts:
        part_ids, ids, seqs, attempts = map(list, zip(*parts, strict=True))
        values = {"gateway": gateway_id, "part_ids": part_ids, "ids": ids, "seqs": seqs, "attempts": attempts}
        cursor.execute(sql.APPEND_NEW_PARTS, values)


def _keep(cursor: Any, answers: Sequence[QueryAnswer]) -> None:
    cursor.execute(
        sql.KEEP_ANSWERS,
        {
            "ids": [answer.message_id for answer in answers],
            "attempts": [answer.attempt for answer in answers],
            "outcomes": [str(answer.outcome) for answer in answers],
            "states": [str(answer.state or answer.outcome) for answer in answers],
            "codes": [answer.code for answer in answers],
            "part_ids": [" ".join(answer.gateway_message_ids) for answer in answers],
        },
    )


def _can_ask(kind: str) -> bool:
    return issubclass(DRIVERS.get(kind, object), QueriesMessages)
