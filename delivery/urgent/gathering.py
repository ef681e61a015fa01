"""Gathering: what programs handed over loose is put into waiting windows, where every sender finds it.

One transaction takes the hand-overs, counts them in their dispatches and gives each message its window; who dies before
the commit leaves everything as it was. Any number of processes may gather at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction

from delivery.claim import MAX_WINDOW
from delivery.errors import LedgerError
from delivery.failpoints import fail_point
from delivery.sql import sending as sql
from delivery.sql import streams as sql_streams
from smsconsole.queue import enqueue

log = logging.getLogger(__name__)

# One transaction must not keep dispatches and batches from their senders for long.
MOST_HANDOVERS = 500
MOST_MESSAGES = 2_000
LOCK_MILLISECONDS = 200
# An urgent process takes what it finds within milliseconds.
FORGOTTEN_SECONDS = 3.0
BROKEN_SECONDS = 60.0
_LOCK_NOT_AVAILABLE = "55P03"


class _Broken(LedgerError):
    """The rows of a dispatch contradict each other."""

    def __init__(self, dispatch_id: int, words: str) -> None:
        super().__init__(words)
        self.dispatch_id = dispatch_id


# Dispatches that are left alone, and until when.
_broken: dict[int, float] = {}


class Gathered(NamedTuple):
    """How many hand-overs were taken, the gateways that their messages wait for, and whether more is left."""

    n_handovers: int = 0
    gateway_ids: frozenset[int] = frozenset()
    is_more: bool = False


class _Handover(NamedTuple):
    id: int
    dispatch_id: int
    gateways: tuple[int, ...]
    first_id: int
    last_id: int

    @property
    def n(self) -> int:
        return self.last_id - self.first_id + 1


def gather() -> Gathered:
    """Put what is loose into windows, up to a few thousand messages; what somebody else has in hand is left to them.

    A dispatch that somebody holds for longer than a moment is passed over: its messages stay loose. So is one whose
    rows contradict each other, for a minute; that is logged and nobody else waits for it.
    """
    try:
        return _gather(sql_streams.LOCK_STREAMS)
    except _Broken as error:
        log.exception("gathering leaves dispatch=%s alone", error.dispatch_id)
        _broken[error.dispatch_id] = time.monotonic() + BROKEN_SECONDS
        return Gathered(is_more=True)
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != _LOCK_NOT_AVAILABLE:
            raise
    log.warning("gathering passes over dispatches that somebody holds")
    return _gather(sql_streams.LOCK_FREE_STREAMS)


def gather_forgotten() -> int:
    """Gather what nobody has gathered for seconds, and ring for the workers: as if no urgent process were there.

    Returns how many hand-overs it took.
    """
    n = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql_streams.HAS_OLD_HANDOVERS, {"seconds": FORGOTTEN_SECONDS})
            if not cursor.fetchone()[0]:
                return n
        gathered = gather()
        if not gathered.n_handovers:
            return n
        n += gathered.n_handovers
        for gateway_id in sorted(gathered.gateway_ids):
            enqueue("delivery.jobs.drain", gateway_id)


def _gather(lock_streams: str) -> Gathered:
    with transaction.atomic(), connection.cursor() as cursor:
        now = time.monotonic()
        broken = [dispatch_id for dispatch_id, until in _broken.items() if until > now]
        cursor.execute(sql_streams.READ_HANDOVERS, {"limit": MOST_HANDOVERS, "broken": broken})
        found = [_Handover(pk, dispatch, tuple(ways), *ids) for pk, dispatch, ways, *ids in cursor.fetchall()]
        if not found:
            return Gathered()
        cursor.execute(sql_streams.LIMIT_WAITING, {"milliseconds": f"{LOCK_MILLISECONDS}ms"})
        cursor.execute(lock_streams, {"ids": sorted({handover.dispatch_id for handover in found})})
        locked = {row[0] for row in cursor.fetchall()}
        mine = _as_many_as_fit([handover for handover in found if handover.dispatch_id in locked])
        if not mine:
            return Gathered()
        cursor.execute(sql_streams.TAKE_HANDOVERS, {"ids": [handover.id for handover in mine]})
        _count(cursor, mine)
        leaving = [handover for handover in mine if handover.gateways]
        leaving.sort(key=lambda handover: (handover.dispatch_id, handover.gateways, handover.id))
        for (dispatch_id, ways), run in groupby(leaving, key=lambda h: (h.dispatch_id, h.gateways)):
            ids = [i for handover in run for i in range(handover.first_id, handover.last_id + 1)]
            _enter(cursor, dispatch_id, ways, ids)
        fail_point("before-gathered")
    fail_point("after-gathered")
    return Gathered(
        len(mine),
        frozenset(handover.gateways[0] for handover in leaving),
        len(mine) < len([h for h in found if h.dispatch_id in locked]) or len(found) == MOST_HANDOVERS,
    )


def _as_many_as_fit(handovers: Sequence[_Handover]) -> list[_Handover]:
    """The leading ones up to so many messages; at least one."""
    total = 0
    for index, handover in enumerate(handovers):
        total += handover.n
        if total > MOST_MESSAGES and index:
            return list(handovers[:index])
    return list(handovers)


def _count(cursor: Any, handovers: Iterable[_Handover]) -> None:
    rows: dict[int, list[int]] = {}
    for handover in handovers:
        row = rows.setdefault(handover.dispatch_id, [0, 0, handover.first_id, handover.last_id])
        row[0] += handover.n
        row[1] += handover.n if handover.gateways else 0
        row[2] = min(row[2], handover.first_id)
        row[3] = max(row[3], handover.last_id)
    counts, opens, firsts, lasts = map(list, zip(*rows.values(), strict=True))
    cursor.execute(
        sql_streams.COUNT_GATHERED,
        {"ids": list(rows), "counts": counts, "opens": opens, "firsts": firsts, "lasts": lasts},
    )


def _enter(cursor: Any, dispatch_id: int, ways: tuple[int, ...], ids: list[int]) -> None:
    """Give these loose messages windows in the dispatch's batch of these ways."""
    gateway_id, *fallbacks = ways
    values = {
        "dispatch": dispatch_id,
        "gateway": gateway_id,
        "fallbacks": fallbacks,
        "n": len(ids),
        "wait": 0,
    }
    cursor.execute(sql_streams.ENTER_BATCH, values)
    row = cursor.fetchone()
    if row is None:
        cursor.execute(sql.OPEN_MOVED_BATCH, values)
        row = cursor.fetchone()
    values["batch"] = row[0]
    cursor.execute(sql_streams.FIND_ROOM, {"batch": row[0], "most": MAX_WINDOW})
    room = cursor.fetchone()
    while ids:
        window_id, n_members = room or (None, 0)
        members, ids = ids[: MAX_WINDOW - n_members], ids[MAX_WINDOW - n_members :]
        values |= {"window": window_id, "first": min(members), "last": max(members), "n": len(members)}
        if window_id is None:
            cursor.execute(sql.OPEN_RETRY, values)
            values["window"] = cursor.fetchone()[0]
        else:
            cursor.execute(sql_streams.ENTER_WINDOW, values)
        cursor.execute(sql_streams.ENTER_MEMBERS, {**values, "ids": members})
        if cursor.rowcount != len(members):
            words = f"{cursor.rowcount} of {len(members)} loose messages were still loose"
            raise _Broken(dispatch_id, words)
        room = None
