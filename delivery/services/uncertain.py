"""Uncertain messages: handed to the gateway, never answered. A person settles them, or the policy that one chose."""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.changes import StatusChanges
from delivery.errors import DeliveryError
from delivery.limits.slots import give_back_settled
from delivery.models import Dispatch
from delivery.services.dispatches import refuse_stopped, ring_for
from delivery.sql import sending as sql
from delivery.statuses import DispatchState, MessageStatus, Reason
from smsconsole.outbox.services import append_event


class UncertainChoice(StrEnum):
    """What an operator decides about uncertain messages; leaving them is deciding nothing."""

    SENT = "sent"  # treat as sent: counted as taken, a receipt may still come
    FAILED = "failed"  # treat as not sent
    AGAIN = "again"  # send again, marked as possibly double


_AFTER = {
    UncertainChoice.SENT: MessageStatus.SUBMITTED,
    UncertainChoice.FAILED: MessageStatus.FAILED,
    UncertainChoice.AGAIN: MessageStatus.QUEUED,
}


def settle_uncertain(
    *, dispatch_id: int, choice: UncertainChoice, by: User | None, message_ids: list[int] | None = None
) -> int:
    """Settle the dispatch's uncertain messages (or only `message_ids`) as a person decided, or without `by` the policy.

    Returns how many were still uncertain and are settled now. Sending again reopens the dispatch, as a new
    attempt of each message with `may_be_double` set; a cancelled one, or one of a stopped project, raises
    `DeliveryError`.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if choice == UncertainChoice.AGAIN:
            refuse_stopped(cursor, dispatch_id)
        dispatch = Dispatch.objects.select_for_update(no_key=True).get(pk=dispatch_id)
        if choice == UncertainChoice.AGAIN and dispatch.state == DispatchState.CANCELLED:
            raise DeliveryError(
                _("It was cancelled, so nothing can be sent again. Copy it to send to these numbers.")
            )
        after = _AFTER[choice]
        cursor.execute(
            sql.SETTLE_UNCERTAIN,
            {
                "dispatch": dispatch_id,
                "first": dispatch.first_id,
                "last": (dispatch.first_id or 0) + dispatch.n_reserved - 1,
                "ids": message_ids,
                "status": int(after),
                "reason": int(Reason.SETTLED_BY_PERSON if by else Reason.SETTLED_BY_POLICY),
                "rare": int(after) if after == MessageStatus.FAILED else None,
                "again": choice == UncertainChoice.AGAIN,
            },
        )
        settled = cursor.fetchall()
        if choice == UncertainChoice.AGAIN:
            _queue_again(cursor, dispatch, {row[0]: row[3] or dispatch.gateway_id for row in settled})
        changes = StatusChanges()
        for message_id, country, n_segments, gateway_id in settled:
            changes.add(
                message_id=message_id,
                dispatch_id=dispatch_id,
                gateway_id=gateway_id or dispatch.gateway_id,
                country=country,
                n_segments=n_segments,
                before=MessageStatus.UNCERTAIN,
                after=after,
            )
        changes.write(cursor, kind=f"messages.settled_by_{'person' if by else 'policy'}")
        append_event(
            kind="uncertain.settled",
            subject=f"dispatch:{dispatch_id}",
            payload={"choice": choice, "n": len(settled), "by": str(by.uuid) if by else None},
        )
        if choice != UncertainChoice.SENT:
            # Sending again counts anew when it is claimed.
            give_back_settled(cursor, dispatch.project_id, [row[0] for row in settled])
    return len(settled)


def _queue_again(cursor: Any, dispatch: Dispatch, gateway_of: dict[int, int]) -> None:
    """Put the messages into waiting windows of their batches and reopen batches and dispatch.

    A stream's messages belong to no batch by their ids; they go again by the gateway that they were with.
    """
    cursor.execute(sql.BATCHES_OF, {"dispatch": dispatch.pk, "ids": list(gateway_of)})
    found: list[tuple[int, int, list[int]]] = cursor.fetchall()
    unowned = gateway_of.keys() - {message_id for _, _, ids in found for message_id in ids}
    by_gateway: dict[int, list[int]] = defaultdict(list)
    for message_id in sorted(unowned):
        by_gateway[gateway_of[message_id]].append(message_id)
    for gateway_id, ids in sorted(by_gateway.items()):
        found.append((_batch_of_gateway(cursor, dispatch, gateway_id), gateway_id, ids))
    for batch_id, gateway_id, ids in found:
        for start in range(0, len(ids), 200):
            members = ids[start : start + 200]
            values = {
                "batch": batch_id,
                "dispatch": dispatch.pk,
                "gateway": gateway_id,
                "first": min(members),
                "last": max(members),
                "n": len(members),
                "wait": 0,
            }
            cursor.execute(sql.OPEN_RETRY, values)
            cursor.execute(sql.ENTER_RETRY, {"window": cursor.fetchone()[0], "ids": members})
        cursor.execute(sql.REOPEN_BATCH, {"batch": batch_id, "n": len(ids)})
    cursor.execute(sql.REOPEN_DISPATCH, {"dispatch": dispatch.pk, "n": len(gateway_of)})
    ring_for(cursor, [dispatch.pk])


def _batch_of_gateway(cursor: Any, dispatch: Dispatch, gateway_id: int) -> int:
    """A batch of the dispatch, without a range, that leaves by this gateway; made when there is none."""
    values = {"dispatch": dispatch.pk, "gateway": gateway_id, "fallbacks": [], "n": 0}
    cursor.execute(sql.LOCK_LOOSE_BATCH, values)
    row = cursor.fetchone()
    if row is None:
        cursor.execute(sql.OPEN_MOVED_BATCH, values)
        row = cursor.fetchone()
    return int(row[0])
