"""What to do when something died. Runs every 10 seconds in the scheduler, in process, without Redis."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

from django.db import connection, transaction

from delivery.changes import StatusChanges
from delivery.gateways import is_driven_by_workers
from delivery.services import cancel_rest
from delivery.sql import sending as sql
from delivery.sql import sweep as sql_sweep
from delivery.statuses import MessageStatus
from smsconsole.queue import enqueue

log = logging.getLogger(__name__)

WINDOWS_PER_STEP = 50
BATCHES_PER_STEP = 500


def sweep() -> None:
    """Expired windows become uncertain, lost leases free, open counts right; stranded batches move, drains are rung."""
    while lose_expired_windows():
        pass
    with connection.cursor() as cursor:
        cursor.execute(sql_sweep.FREE_LOST_LEASES)
        cursor.execute(sql_sweep.CANCELLED_WITH_REST)
        cancelled = [row[0] for row in cursor.fetchall()]
    for dispatch_id in cancelled:
        cancel_rest(dispatch_id=dispatch_id)
    recount_open()
    while move_stranded():
        pass
    ring_gateways()


def lose_expired_windows() -> int:
    """Call the messages of windows whose lease ran out uncertain; returns how many windows it closed.

    They keep their slots and count for the caps: a carrier may have taken them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql_sweep.LOSE_WINDOWS, {"limit": WINDOWS_PER_STEP})
        windows = cursor.fetchall()
        closed: dict[tuple[int, int], int] = {}
        changes = StatusChanges()
        for window_id, batch_id, dispatch_id, gateway_id, is_range, first_id, last_id, claimed_at in windows:
            values = {
                "window": window_id,
                "gateway": gateway_id,
                "first": first_id,
                "last": last_id,
                "claimed_at": claimed_at,
            }
            cursor.execute(sql_sweep.LOSE_RANGE if is_range else sql_sweep.LOSE_MEMBERS, values)
            members = cursor.fetchall()
            for message_id, country, n_segments in members:
                changes.add(
                    message_id=message_id,
                    dispatch_id=dispatch_id,
                    gateway_id=gateway_id,
                    country=country,
                    n_segments=n_segments,
                    before=MessageStatus.QUEUED,
                    after=MessageStatus.UNCERTAIN,
                )
            closed[dispatch_id, batch_id] = closed.get((dispatch_id, batch_id), 0) + len(members)
            log.warning("window=%s lost messages=%s", window_id, len(members))
        changes.write(cursor, kind="messages.lost")
        _close_counts(cursor, closed)
    return len(windows)


def _close_counts(cursor: Any, closed: dict[tuple[int, int], int]) -> None:
    """Dispatches before batches, as every claim locks them."""
    by_dispatch: dict[int, int] = {}
    for (dispatch_id, _), n in closed.items():
        by_dispatch[dispatch_id] = by_dispatch.get(dispatch_id, 0) + n
    for dispatch_id, n in sorted(by_dispatch.items()):
        cursor.execute(sql.CLOSE_IN_DISPATCH, {"dispatch": dispatch_id, "n": n})
    for (_, batch_id), n in sorted(closed.items()):
        cursor.execute(sql.CLOSE_IN_BATCH, {"batch": batch_id, "n": n})


def recount_open() -> None:
    """The second line: a dispatch's open count must be what its batches say, and sent when that is nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql_sweep.LOCK_UNSENT)
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            cursor.execute(sql_sweep.RECOUNT_OPEN, {"ids": ids})


def move_stranded() -> int:
    """Let batches whose gateway is down or switched off go on by a fall-back that works; how many it moved.

    Only what no gateway was given goes another way: nothing of them is being submitted.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql_sweep.MOVE_STRANDED, {"limit": BATCHES_PER_STEP})
        moved = cursor.fetchall()
    for (old, new), n in sorted(Counter((old, new) for _, old, new in moved).items()):
        log.warning("gateway=%s unusable batches=%s moved to=%s", old, n, new)
    return len(moved)


def ring_gateways() -> None:
    """Ring for every gateway of the workers that has something to send; a ring too many does nothing."""
    with connection.cursor() as cursor:
        cursor.execute(sql_sweep.GATEWAYS_WITH_WORK)
        for gateway_id, kind in cursor.fetchall():
            if is_driven_by_workers(kind):
                enqueue("delivery.jobs.drain", gateway_id)
