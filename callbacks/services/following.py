"""From the events of messages to callbacks and what waits to be fetched: each event once, with the position read to."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from callbacks import sql
from callbacks.models import Callback
from callbacks.told import TENCENT_STATUSES, TOLD_STATUSES, Item
from delivery.failpoints import fail_point
from delivery.models import Reply
from projects.statuses import CallbackFormat, CallbackKind
from smsconsole.lib.copying import copy_rows

log = logging.getLogger(__name__)

BATCH_SIZE = 1000


class Change(NamedTuple):
    """Messages with these ids got a status that is told. `number` is the event's place among those read."""

    number: int
    first_id: int
    last_id: int
    after: int


class ReadEvent(NamedTuple):
    """An event of messages of a dispatch, or of a reply, as far as somebody wants to be told of it."""

    id: int
    at: datetime
    project_id: int | None
    is_stream: bool
    payload: dict[str, Any]


class Told(NamedTuple):
    """A status or a reply that is to be told, when its event happened, and whose it is."""

    project_id: int
    is_stream: bool
    at: datetime
    item: Item


class Endpoint(NamedTuple):
    """An endpoint that is on."""

    id: int
    project_id: int
    kind: str
    format: str
    includes_campaigns: bool
    n_per_request: int

    def wants(self, told: Told) -> bool:
        if self.format == CallbackFormat.TENCENT and told.item.status not in TENCENT_STATUSES:
            return False
        return told.is_stream or self.includes_campaigns


@dataclass(slots=True)
class Wishes:
    """Who of these projects is called back, and which of them fetch."""

    endpoints: dict[int, list[Endpoint]] = field(default_factory=lambda: defaultdict(list))
    pulls: dict[int, tuple[bool, bool]] = field(default_factory=dict)

    def of(self, project_id: int, kind: CallbackKind) -> Iterator[Endpoint]:
        return (endpoint for endpoint in self.endpoints.get(project_id, ()) if endpoint.kind == kind)

    def pulls_status(self, project_id: int) -> bool:
        return self.pulls.get(project_id, (False, False))[0]

    def pulls_replies(self, project_id: int) -> bool:
        return self.pulls.get(project_id, (False, False))[1]


def follow_events() -> int:
    """Read the next events, write the callbacks and pull items that they mean; how many events were read.

    Whoever is cut off has told nothing: callbacks, pull items and the position are one commit. What no project wants
    is passed over; however many messages an event names, the number of statements stays the same.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.ENSURE_CURSOR)
        cursor.execute(sql.LOCK_CURSOR)
        position = cursor.fetchone()
        if position is None:
            return 0
        cursor.execute(sql.READ_EVENTS, {"xid": position[0], "last_id": position[1], "limit": BATCH_SIZE})
        rows = cursor.fetchall()
        if not rows:
            return 0
        events = [
            ReadEvent(event_id, at, project_id, bool(is_stream), json.loads(payload))
            for _xid, event_id, at, project_id, is_stream, payload in rows
            if payload is not None
        ]
        if events:
            _tell(cursor, events)
            fail_point("callbacks-written")
        cursor.execute(sql.MOVE_CURSOR, {"xid": rows[-1][0], "id": rows[-1][1]})
    return len(rows)


def _tell(cursor: Any, events: Sequence[ReadEvent]) -> None:
    statuses = statuses_of(cursor, [event for event in events if event.project_id is not None])
    replies = _replies_of([event for event in events if event.project_id is None])
    projects = {told.project_id for told in statuses} | {reply.project_id or 0 for reply in replies}
    if not projects:
        return
    wishes = _read_wishes(cursor, projects)
    write_callbacks(_status_callbacks(statuses, wishes))
    write_callbacks(
        reply_callback(endpoint.id, reply)
        for reply in replies
        for endpoint in wishes.of(reply.project_id or 0, CallbackKind.REPLY)
    )
    _write_pull_items(cursor, statuses, replies, wishes)


def statuses_of(cursor: Any, events: Sequence[ReadEvent]) -> list[Told]:
    """What the messages that these events name are now, where that is told, in the order of the events.

    A message that has moved on is left out: the event that moved it tells it. One statement.
    """
    changes = [change for number, event in enumerate(events) for change in _read_changes(number, event)]
    if not changes:
        return []
    numbers, firsts, lasts, afters = (list(column) for column in zip(*changes, strict=True))
    cursor.execute(sql.READ_CHANGED, {"numbers": numbers, "firsts": firsts, "lasts": lasts, "afters": afters})
    found = []
    for number, message_id, status, reason, code, final_at in cursor.fetchall():
        event = events[number]
        at = round((final_at or event.at).timestamp(), 3)
        item = Item(message_id, status, reason, code, at, event.id)
        found.append((number, Told(event.project_id or 0, event.is_stream, event.at, item)))
    return [told for _number, told in sorted(found, key=lambda pair: (pair[0], pair[1].item.message_id))]


def _read_changes(number: int, event: ReadEvent) -> list[Change]:
    """What is wrong with an event is logged and costs the others nothing."""
    try:
        return list(_told_changes(number, event))
    except (TypeError, ValueError, AttributeError) as error:
        log.error("event=%d cannot be told error=%s", event.id, type(error).__name__)
        return []


def _told_changes(number: int, event: ReadEvent) -> Iterator[Change]:
    for before, after, ranges in event.payload.get("changes", ()):
        # A new message that is blocked at once was refused in the answer to its request.
        if before is None or after not in TOLD_STATUSES:
            continue
        for first_id, last_id in ranges:
            yield Change(number, first_id, last_id, after)


def _replies_of(events: Sequence[ReadEvent]) -> list[Reply]:
    """The replies that these events name, in their order. One statement."""
    ids = [event.payload["reply"] for event in events if "reply" in event.payload]
    if not ids:
        return []
    found = Reply.objects.only("project_id", "received_at").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found and found[pk].project_id is not None]


def _read_wishes(cursor: Any, projects: Iterable[int]) -> Wishes:
    wishes = Wishes()
    values = {"projects": sorted(projects)}
    cursor.execute(sql.READ_ENDPOINTS, values)
    for row in cursor.fetchall():
        endpoint = Endpoint(*row)
        wishes.endpoints[endpoint.project_id].append(endpoint)
    cursor.execute(sql.READ_PULLS, values)
    wishes.pulls = {project_id: (status, replies) for project_id, status, replies in cursor.fetchall()}
    return wishes


def _status_callbacks(statuses: Sequence[Told], wishes: Wishes) -> Iterator[Callback]:
    wanted: dict[Endpoint, list[Told]] = defaultdict(list)
    for told in statuses:
        for endpoint in wishes.of(told.project_id, CallbackKind.STATUS):
            if endpoint.wants(told):
                wanted[endpoint].append(told)
    for endpoint, listed in wanted.items():
        yield from status_callbacks(endpoint.id, listed, n_per_request=endpoint.n_per_request)


def status_callbacks(
    endpoint_id: int, statuses: Sequence[Told], *, n_per_request: int, is_replay: bool = False
) -> Iterator[Callback]:
    """Requests of at most `n_per_request` receipts each, not saved yet."""
    for start in range(0, len(statuses), n_per_request):
        some = statuses[start : start + n_per_request]
        yield Callback(
            endpoint_id=endpoint_id,
            kind=CallbackKind.STATUS,
            items=[told.item.stored() for told in some],
            n_items=len(some),
            event_at=min(told.at for told in some),
            is_replay=is_replay,
        )


def reply_callback(endpoint_id: int, reply: Reply, *, is_replay: bool = False) -> Callback:
    """The request that tells of one reply, not saved yet."""
    return Callback(
        endpoint_id=endpoint_id,
        kind=CallbackKind.REPLY,
        items=[[reply.pk]],
        n_items=1,
        event_at=reply.received_at,
        is_replay=is_replay,
    )


def write_callbacks(callbacks: Iterable[Callback]) -> int:
    """Save them; they are due at once. How many."""
    return len(Callback.objects.bulk_create(callbacks, batch_size=500))


def _write_pull_items(
    cursor: Any, statuses: Sequence[Told], replies: Sequence[Reply], wishes: Wishes
) -> None:
    rows: list[tuple[object, ...]] = [
        (
            told.project_id,
            CallbackKind.STATUS.value,
            *(told.item.message_id, told.item.status, told.item.reason, told.item.code),
            datetime.fromtimestamp(told.item.at, UTC),
        )
        for told in statuses
        if wishes.pulls_status(told.project_id) and told.item.status in TENCENT_STATUSES
    ]
    rows += [
        (reply.project_id, CallbackKind.REPLY.value, reply.pk, 0, 0, "", reply.received_at)
        for reply in replies
        if wishes.pulls_replies(reply.project_id or 0)
    ]
    if rows:
        columns = ["project_id", "kind", "row", "status", "reason", "code", "event_at"]
        copy_rows(cursor, "callbacks_pullitem", columns, rows)
