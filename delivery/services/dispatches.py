"""Handing messages over to delivery, and holding, continuing or cancelling what was handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from delivery.changes import StatusChanges
from delivery.errors import DeliveryError, LedgerError
from delivery.models import Batch, Dispatch, Gateway
from delivery.queries import default_gateway
from delivery.routing import Router
from delivery.sql import sending as sql
from delivery.statuses import SYSTEM_TAG, URGENT_KIND, DispatchState, HoldCause, MessageStatus
from projects.models import Project
from smsconsole.lib.copying import copy_rows
from smsconsole.outbox.services import append_event
from smsconsole.queue import enqueue

# The gateways that messages may leave by, first choice in front, and the messages.
_Groups = Mapping[tuple[int, ...], Sequence["NewMessage"]]


class SendingHours(NamedTuple):
    """Messages leave from `opens` until `closes` by the clocks of `zone`; an empty zone is each number's own."""

    opens: time
    closes: time
    zone: str = ""


class NewMessage(NamedTuple):
    """A finished message: nothing about it is looked up later. `owner_row` is the owner's own number for it."""

    owner_row: int
    msisdn: str
    country: str
    sender: str
    text: str
    n_segments: int


def open_dispatch(
    *,
    owner: str,
    project: Project,
    gateway: Gateway | None = None,
    n_messages: int,
    state: DispatchState = DispatchState.RUNNING,
    consent_key: str = "",
    tags: Mapping[str, str] | None = None,
    hours: SendingHours | None = None,
) -> Dispatch:
    """Open a dispatch for `n_messages` and reserve their ids, so that repeating a chunk changes nothing.

    `owner` is the caller's own unique name for it; opening it twice raises `IntegrityError`. `gateway` is where those
    messages go for which no router says otherwise, the default one if it is left out. `consent_key` says for
    whom entries of number lists count, `tags` go to statistics, `hours` are when its messages may leave. In a
    project that was stopped it opens held, unless `tags` name it the console's own. Locks the project's row before
    anything else. Raises `DeliveryError` when there is no gateway.
    """
    gateway = gateway or default_gateway()
    if gateway is None:
        raise DeliveryError(_("No gateway is set up, or all are paused, so nothing can leave."))
    with transaction.atomic(), connection.cursor() as cursor:
        is_stopped = SYSTEM_TAG not in (tags or {}) and _is_stopped(cursor, project.pk)
        dispatch = Dispatch.objects.create(
            owner=owner,
            project=project,
            gateway=gateway,
            state=DispatchState.HELD if is_stopped else state,
            hold_cause=HoldCause.STOPPED if is_stopped else "",
            consent_key=consent_key,
            tags=dict(tags or {}),
            is_urgent=(tags or {}).get("kind") == URGENT_KIND,
            hours_from=hours.opens if hours else None,
            hours_until=hours.closes if hours else None,
            hours_zone=hours.zone if hours else "",
        )
        cursor.execute(sql.RESERVE_IDS, {"n": max(n_messages, 1)})
        dispatch.first_id = cursor.fetchone()[0]
        dispatch.n_reserved = n_messages
        dispatch.save(update_fields=["first_id", "n_reserved"])
    return dispatch


def _is_stopped(cursor: Any, project_id: int) -> bool:
    """Whether everything of the project was stopped; it can neither be stopped nor allowed before we are done."""
    cursor.execute(sql.SHARE_PROJECT, {"project": project_id})
    return cursor.fetchone()[0] is not None


def append_messages(
    *, dispatch: Dispatch, offset: int, rows: Sequence[NewMessage], router: Router | None = None
) -> None:
    """Append `rows` at `offset` of the dispatch's block of ids, in the caller's transaction.

    Messages that `router` sends the same ways become a batch of their own, with consecutive ids in the order of their
    rows; without a router all of them leave by the dispatch's gateway. A chunk already appended at this offset is left
    as it is. Rings for the gateways on commit. Raises `ValueError` when the chunk leaves the reserved block.
    """
    if not rows:
        return
    if dispatch.first_id is None or offset + len(rows) > dispatch.n_reserved:
        raise ValueError("the chunk leaves the dispatch's reserved block of ids")
    first_id = dispatch.first_id + offset
    groups = _by_ways(dispatch, rows, router)
    # From here on in the order of the ids.
    rows = [row for members in groups.values() for row in members]
    with transaction.atomic(), connection.cursor() as cursor:
        if not _append_batches(cursor, dispatch, first_id, groups):
            return
        copy_rows(
            cursor,
            "delivery_message",
            ["id", "dispatch_id", "status", "reason", "attempt", "may_be_double", "n_segments", "country"],
            [
                (first_id + i, dispatch.pk, 0, 0, 1, False, row.n_segments, row.country)
                for i, row in enumerate(rows)
            ],
        )
        copy_rows(
            cursor,
            "delivery_messagebody",
            ["message_id", "project_id", "owner_row", "msisdn", "sender", "text"],
            [
                (first_id + i, dispatch.project_id, row.owner_row, row.msisdn, row.sender, row.text)
                for i, row in enumerate(rows)
            ],
        )
        _write_appended(cursor, dispatch, first_id, groups)
        cursor.execute(sql.COUNT_APPENDED, {"dispatch": dispatch.pk, "n": len(rows)})
        for gateway_id in sorted({ways[0] for ways in groups}):
            enqueue("delivery.jobs.drain", gateway_id)


def _by_ways(dispatch: Dispatch, rows: Sequence[NewMessage], router: Router | None) -> _Groups:
    """The rows by the gateways that they may leave by, in the order in which these come up."""
    if router is None:
        return {(dispatch.gateway_id,): rows}
    groups: dict[tuple[int, ...], list[NewMessage]] = {}
    for row in rows:
        ways = router.route(row.msisdn, row.country) or (dispatch.gateway_id,)
        groups.setdefault(ways, []).append(row)
    return groups


def _append_batches(cursor: Any, dispatch: Dispatch, first_id: int, groups: _Groups) -> bool:
    """A batch for each group; False when the chunk is there already, whatever the routes said then."""
    chunk_id = first_id
    for (gateway_id, *fallbacks), members in groups.items():
        values = {
            "dispatch": dispatch.pk,
            "gateway": gateway_id,
            "fallbacks": fallbacks,
            "first": first_id,
            "last": first_id + len(members) - 1,
            "n": len(members),
        }
        cursor.execute(sql.APPEND_BATCH, values)
        if cursor.fetchone() is None:
            if first_id == chunk_id:
                return False
            raise LedgerError(f"the chunk at {chunk_id} overlaps another one at {first_id}")
        first_id += len(members)
    return True


def _write_appended(cursor: object, dispatch: Dispatch, first_id: int, groups: _Groups) -> None:
    changes = StatusChanges()
    for ways, members in groups.items():
        for message_id, row in enumerate(members, start=first_id):
            changes.add(
                message_id=message_id,
                dispatch_id=dispatch.pk,
                gateway_id=ways[0],
                country=row.country,
                n_segments=row.n_segments,
                before=None,
                after=MessageStatus.QUEUED,
            )
        first_id += len(members)
    changes.write(cursor, kind="messages.appended")


def finish_fanout(*, dispatch_id: int) -> None:
    """Say that nothing more will be appended; a dispatch with nothing open is thereby sent."""
    with transaction.atomic():
        Dispatch.objects.filter(pk=dispatch_id, fanout_done=False).update(fanout_done=True)
        mark_sent_if_done(dispatch_id=dispatch_id)


def mark_sent_if_done(*, dispatch_id: int) -> bool:
    """Set `sent_at` when fan-out is done and nothing is open; True when it was this call that set it."""
    return bool(
        Dispatch.objects.filter(pk=dispatch_id, fanout_done=True, n_open=0, sent_at=None).update(
            sent_at=Now()
        )
    )


def suspend_dispatch(*, dispatch_id: int) -> bool:
    """Let no further window be claimed. Suspending twice does nothing; False when it was not running.

    Windows already claimed still leave: at most half a second of the gateway's rate per worker.
    """
    return _move(dispatch_id, {DispatchState.RUNNING}, DispatchState.SUSPENDED)


def hold_dispatch(*, dispatch_id: int) -> bool:
    """As suspending, but by the console itself: a person must look before it goes on."""
    before = {DispatchState.RUNNING, DispatchState.SUSPENDED}
    return _move(dispatch_id, before, DispatchState.HELD, hold_cause=HoldCause.OWNER)


def resume_dispatch(*, dispatch_id: int) -> bool:
    """Let windows be claimed again; False when it was running already or is cancelled.

    Raises `DeliveryError` while everything of its project is stopped.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        refuse_stopped(cursor, dispatch_id)
        return _move(dispatch_id, {DispatchState.SUSPENDED, DispatchState.HELD}, DispatchState.RUNNING)


def refuse_stopped(cursor: Any, dispatch_id: int) -> None:
    """Raise `DeliveryError` when everything of the dispatch's project was stopped. Before the dispatch is locked."""
    project_id = Dispatch.objects.values_list("project_id", flat=True).get(pk=dispatch_id)
    if _is_stopped(cursor, project_id):
        raise DeliveryError(_("All sending of this project was stopped. An admin can allow it again."))


def stop_project(*, project_id: int) -> int:
    """Hold everything of the project that has not left; returns how many dispatches it held.

    Nothing of it is claimed once this has committed. The caller sets `Project.stopped_at` before, in the same
    transaction, so that what is opened or continued meanwhile meets one or the other. What a cap holds already is
    now held by this.
    """
    with transaction.atomic():
        n_held = _tell_moved(
            Dispatch.objects.filter(
                project_id=project_id,
                sent_at=None,
                state__in=[DispatchState.RUNNING, DispatchState.SUSPENDED],
            ).exclude(tags__has_key=SYSTEM_TAG),
            DispatchState.HELD,
            HoldCause.STOPPED,
        )
        held_by_cap = Dispatch.objects.filter(
            project_id=project_id, state=DispatchState.HELD, hold_cause=HoldCause.CAP
        )
        held_by_cap.update(hold_cause=HoldCause.STOPPED)
    return len(n_held)


def release_cap_holds(*, project_id: int) -> list[int]:
    """Let go on what a cap holds, because the cap was raised or its period is over; the dispatches' ids.

    Where a cap is still reached, the next claim holds again without another alarm. Does nothing in a project that
    was stopped.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if _is_stopped(cursor, project_id):
            return []
        released = _tell_moved(
            Dispatch.objects.filter(
                project_id=project_id, state=DispatchState.HELD, hold_cause=HoldCause.CAP
            ),
            DispatchState.RUNNING,
            "",
        )
        ring_for(cursor, released)
    return released


def release_stopped_streams(*, project_id: int) -> list[int]:
    """Let programs' streams go on that *Stop everything* held, because the project may send again; their ids.

    Nobody continues a stream by hand, and what comes next of its programs goes into it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if _is_stopped(cursor, project_id):
            return []
        released = _tell_moved(
            Dispatch.objects.filter(
                project_id=project_id,
                state=DispatchState.HELD,
                hold_cause=HoldCause.STOPPED,
                is_stream=True,
                sent_at=None,
            ),
            DispatchState.RUNNING,
            "",
        )
        ring_for(cursor, released)
    return released


def ring_for(cursor: Any, dispatch_ids: Sequence[int]) -> None:
    """Ring for every gateway that open messages of these dispatches leave by."""
    cursor.execute(sql.GATEWAYS_OF, {"dispatches": list(dispatch_ids)})
    for (gateway_id,) in cursor.fetchall():
        enqueue("delivery.jobs.drain", gateway_id)


def _tell_moved(dispatches: QuerySet[Dispatch], after: DispatchState, cause: str) -> list[int]:
    """Move these dispatches in one statement, and then say so of each."""
    # In the order of their ids, as everybody who locks several.
    ids = list(dispatches.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    Dispatch.objects.filter(pk__in=ids).update(state=after, hold_cause=cause)
    for dispatch_id in ids:
        append_event(kind=f"dispatch.{after}", subject=f"dispatch:{dispatch_id}", payload={"cause": cause})
    return ids


def cancel_dispatch(*, dispatch_id: int) -> bool:
    """Send nothing more, for good. What is queued becomes cancelled in the background, by `cancel_rest`."""
    before = {DispatchState.RUNNING, DispatchState.SUSPENDED, DispatchState.HELD}
    if not _move(dispatch_id, before, DispatchState.CANCELLED):
        return False
    enqueue("delivery.jobs.cancel_rest", dispatch_id)
    return True


def _move(
    dispatch_id: int, before: set[DispatchState], after: DispatchState, *, hold_cause: str = ""
) -> bool:
    with transaction.atomic():
        n_moved = Dispatch.objects.filter(pk=dispatch_id, state__in=before).update(
            state=after, hold_cause=hold_cause
        )
        if not n_moved:
            return False
        append_event(kind=f"dispatch.{after}", subject=f"dispatch:{dispatch_id}", payload={})
        if after == DispatchState.RUNNING:
            with connection.cursor() as cursor:
                ring_for(cursor, [dispatch_id])
    return True


def cancel_rest(*, dispatch_id: int) -> int:
    """Mark as cancelled every message of a cancelled dispatch that is queued and in no submitting window.

    One transaction per batch, so that it can be repeated and never holds much. Returns how many it marked.
    """
    batch_ids = list(
        Batch.objects.filter(dispatch_id=dispatch_id, n_open__gt=0)
        .order_by("id")
        .values_list("id", flat=True)
    )
    return sum(_cancel_batch(dispatch_id, batch_id) for batch_id in batch_ids)


def _cancel_batch(dispatch_id: int, batch_id: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        dispatch = Dispatch.objects.select_for_update(no_key=True).get(pk=dispatch_id)
        if dispatch.state != DispatchState.CANCELLED:
            return 0
        batch = Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
        cursor.execute(sql.CANCEL_QUEUED, {"batch": batch_id, "first": batch.next_id, "last": batch.last_id})
        cancelled = cursor.fetchall()
        cursor.execute(sql.CLOSE_CANCELLED_BATCH, {"batch": batch_id, "n": len(cancelled)})
        changes = StatusChanges()
        for message_id, country, n_segments, gateway_id in cancelled:
            changes.add(
                message_id=message_id,
                dispatch_id=dispatch_id,
                gateway_id=gateway_id or batch.gateway_id,
                country=country,
                n_segments=n_segments,
                before=MessageStatus.QUEUED,
                after=MessageStatus.CANCELLED,
            )
        changes.write(cursor, kind="messages.cancelled")
        cursor.execute(sql.CLOSE_IN_DISPATCH, {"dispatch": dispatch_id, "n": len(cancelled)})
    return len(cancelled)
