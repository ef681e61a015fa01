"""Programs' messages: handed over loose in the transaction of the request, sent within milliseconds.

reserve_message_ids   before the transaction: a few ids from this process's block
open_stream           the project's dispatch of today for messages of this kind
hand_over             in the transaction: messages, bodies, notes, what counts them, and the hand-over itself
gather                what has come is put into windows (`delivery.urgent`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection, transaction

from delivery.bells import URGENT_CHANNEL, ring
from delivery.changes import StatusChanges
from delivery.failpoints import fail_point
from delivery.id_blocks import IdBlock
from delivery.limits.frequency import Block
from delivery.models import Dispatch
from delivery.routing import Router
from delivery.services.dispatches import NewMessage, SendingHours
from delivery.services.streams import todays_stream
from delivery.sql import streams as sql
from delivery.statuses import MessageStatus
from projects.models import Project

_ids = IdBlock()


class LooseMessage(NamedTuple):
    """A finished message of a program. `block`: it is written as blocked, for this reason, and never leaves."""

    message: NewMessage
    context: str = ""
    extend: str = ""
    block: Block | None = None


def reserve_message_ids(n: int) -> range:
    """`n` consecutive ids that nobody else gets; call it outside of the request's transaction.

    They come from a block of this process that is a few seconds old at most, so ids follow the time of day.
    """
    return _ids.take(n)


def open_stream(
    *,
    project: Project,
    tags: Mapping[str, str],
    consent_key: str = "",
    hours: SendingHours | None = None,
) -> Dispatch:
    """The dispatch of today for the project's messages with these tags and this consent key; made when there is none.

    `tags` hold at least `kind` and `region`; `sandbox` keeps all of it inside the console. One statement once this
    process knows it. Call it outside of the request's transaction. Raises `DeliveryError` when no gateway is set up,
    and `ProjectStopped` while everything of the project is stopped.
    """
    return todays_stream(project=project, tags=tags, consent_key=consent_key, hours=hours)


def hand_over(
    *, stream: Dispatch, ids: range, messages: Sequence[LooseMessage], router: Router | None
) -> None:
    """Write `messages` with these ids into the caller's transaction, and wake who sends them when it commits.

    The first message gets the first id, and so on. Each leaves by the gateways that `router` names for it, without
    one or without an answer by the stream's own. Three statements, however many messages. Nothing of them is lost when
    the wake-up is. Raises `ValueError` when there are not as many ids as messages.
    """
    if len(ids) != len(messages):
        raise ValueError("each message needs one id")
    if not messages:
        return
    ways = [_ways(stream, loose, router) for loose in messages]
    # What fails here fails the caller's transaction, so it needs no savepoint of its own.
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(sql.HAND_OVER, _values(stream, ids, messages, ways))
        _write_changes(cursor, stream, ids, messages, ways)
    fail_point("handed-over")
    if any(loose.block is None for loose in messages):
        transaction.on_commit(_wake)


def _wake() -> None:
    fail_point("before-ring")
    ring(URGENT_CHANNEL)


def _ways(stream: Dispatch, loose: LooseMessage, router: Router | None) -> tuple[int, ...]:
    if router is None:
        return (stream.gateway_id,)
    return router.route(loose.message.msisdn, loose.message.country) or (stream.gateway_id,)


def _values(
    stream: Dispatch, ids: range, messages: Sequence[LooseMessage], ways: Sequence[tuple[int, ...]]
) -> dict[str, Any]:
    rows = [loose.message for loose in messages]
    noted = [(i, loose) for i, loose in zip(ids, messages, strict=True) if loose.context or loose.extend]
    return {
        "dispatch": stream.pk,
        "project": stream.project_id,
        "first": ids.start,
        "owner_rows": [row.owner_row for row in rows],
        "msisdns": [row.msisdn for row in rows],
        "countries": [row.country for row in rows],
        "senders": [_storable(row.sender) for row in rows],
        "texts": [_storable(row.text) for row in rows],
        "segments": [row.n_segments for row in rows],
        "reasons": [0 if loose.block is None else int(loose.block.reason) for loose in messages],
        "codes": [None if loose.block is None else loose.block.code for loose in messages],
        "noted": [message_id for message_id, _ in noted],
        "contexts": [_storable(loose.context) for _, loose in noted],
        "extends": [_storable(loose.extend) for _, loose in noted],
        **_handovers(ids, messages, ways),
    }


def _handovers(
    ids: range, messages: Sequence[LooseMessage], ways: Sequence[tuple[int, ...]]
) -> dict[str, list[Any]]:
    """Neighbours that go the same ways are handed over together; what is blocked goes no way and is only counted."""
    places = [() if loose.block else way for loose, way in zip(messages, ways, strict=True)]
    runs = [list(run) for _, run in groupby(range(len(places)), key=places.__getitem__)]
    return {
        "ways": [f"{{{','.join(map(str, places[run[0]]))}}}" for run in runs],
        "firsts": [ids[run[0]] for run in runs],
        "lasts": [ids[run[-1]] for run in runs],
    }


def _storable(text: str) -> str:
    """Without NUL, which PostgreSQL keeps in no text."""
    return text.replace("\0", "")


def _write_changes(
    cursor: Any,
    stream: Dispatch,
    ids: range,
    messages: Sequence[LooseMessage],
    ways: Sequence[tuple[int, ...]],
) -> None:
    changes = StatusChanges()
    steps = ((None, MessageStatus.QUEUED), (MessageStatus.QUEUED, MessageStatus.BLOCKED))
    for before, after in steps:
        for message_id, loose, (gateway_id, *_) in zip(ids, messages, ways, strict=True):
            if after == MessageStatus.BLOCKED and loose.block is None:
                continue
            changes.add(
                message_id=message_id,
                dispatch_id=stream.pk,
                gateway_id=gateway_id,
                country=loose.message.country,
                n_segments=loose.message.n_segments,
                before=before,
                after=after,
            )
    changes.write(cursor, kind="messages.appended")
