"""How far dispatches are: folded counters, windows in flight, rates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from delivery.models import SANDBOX_KIND, Dispatch, Gateway
from delivery.sql import counters as sql_counters
from delivery.statuses import TAKEN_STATUSES, DispatchState, MessageStatus


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a dispatch's messages are. `by_status` includes SUBMITTING, taken out of QUEUED."""

    state: DispatchState
    n_total: int
    by_status: dict[MessageStatus, int]
    n_segments_taken: int
    is_sent: bool
    fanout_done: bool
    rate_per_minute: int | None
    seconds_left: int | None
    stamp: str = field(default="", compare=False)

    @property
    def in_flight(self) -> int:
        """Messages with the gateway at this moment: they still leave after a suspension."""
        return self.by_status[MessageStatus.SUBMITTING]


def default_gateway() -> Gateway | None:
    """The gateway that messages leave by without a route: the one that was set up first. One statement.

    While that one is paused, the first other one that is not; a simulated one only where no real one is left.
    """
    gateways = list(Gateway.objects.exclude(kind=SANDBOX_KIND).defer("secret").order_by("id"))
    enabled = [gateway for gateway in gateways if gateway.is_enabled]
    if enabled and enabled[0] != gateways[0]:
        enabled.sort(key=lambda gateway: gateway.is_simulated)
    return enabled[0] if enabled else None


def dispatch_progress(dispatch_id: int) -> Progress:
    """How far a dispatch is. Four statements whose cost does not depend on the number of messages."""
    dispatch = Dispatch.objects.only("state", "n_total", "n_open", "sent_at", "fanout_done").get(
        pk=dispatch_id
    )
    by_status, segments = read_counts(dispatch_id)
    with connection.cursor() as cursor:
        cursor.execute(sql_counters.IN_FLIGHT, {"dispatch": dispatch_id})
        in_flight = sum(row[4] for row in cursor.fetchall())
        in_flight = min(in_flight, by_status[MessageStatus.QUEUED])
        by_status[MessageStatus.QUEUED] -= in_flight
        by_status[MessageStatus.SUBMITTING] = in_flight
        cursor.execute(sql_counters.READ_RATE, {"dispatch": dispatch_id})
        per_second = cursor.fetchone()[0]
    is_moving = dispatch.state == DispatchState.RUNNING and dispatch.sent_at is None
    rate = round(per_second * 60) if per_second and is_moving else None
    counted = [dispatch.state, sorted(by_status.items()), dispatch.sent_at, dispatch.fanout_done, rate]
    return Progress(
        state=DispatchState(dispatch.state),
        n_total=dispatch.n_total,
        by_status=by_status,
        n_segments_taken=sum(segments[status] for status in TAKEN_STATUSES),
        is_sent=dispatch.sent_at is not None,
        fanout_done=dispatch.fanout_done,
        rate_per_minute=rate,
        seconds_left=round(dispatch.n_open / per_second) if rate and per_second else None,
        stamp=hashlib.sha256(repr(counted).encode()).hexdigest()[:16],
    )


def read_counts(dispatch_id: int) -> tuple[dict[MessageStatus, int], dict[MessageStatus, int]]:
    """Messages and segments by status, folded and not yet folded together. One statement."""
    messages = dict.fromkeys(MessageStatus, 0)
    segments = dict.fromkeys(MessageStatus, 0)
    with connection.cursor() as cursor:
        cursor.execute(sql_counters.READ_COUNTS, {"dispatch": dispatch_id})
        for status, n, n_segments in cursor.fetchall():
            messages[MessageStatus(status)] = n
            segments[MessageStatus(status)] = n_segments
    return messages, segments


def read_many_counts(dispatch_ids: list[int]) -> dict[int, dict[MessageStatus, int]]:
    """Messages by status of several dispatches, for lists; SUBMITTING is within QUEUED. One statement."""
    counts: dict[int, dict[MessageStatus, int]] = {i: dict.fromkeys(MessageStatus, 0) for i in dispatch_ids}
    with connection.cursor() as cursor:
        cursor.execute(sql_counters.READ_MANY_COUNTS, {"ids": dispatch_ids})
        for dispatch_id, status, n in cursor.fetchall():
            counts[dispatch_id][MessageStatus(status)] = n
    return counts


def read_many_rates(dispatch_ids: list[int]) -> dict[int, float]:
    """Messages per second over the last minute, of those dispatches that have a rate. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql_counters.READ_MANY_RATES, {"ids": dispatch_ids})
        rows: list[Any] = cursor.fetchall()
    return {dispatch_id: rate for dispatch_id, rate in rows if rate}


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many messages of a dispatch ended for one reason, with one carrier code."""

    status: MessageStatus
    reason: int
    code: str
    n: int


def failures_by_reason(dispatch_id: int) -> list[ReasonCount]:
    """The rare statuses grouped by reason and code, most frequent first. One statement over the rare index."""
    with connection.cursor() as cursor:
        cursor.execute(sql_counters.FAILURES_BY_REASON, {"dispatch": dispatch_id})
        return [ReasonCount(MessageStatus(s), r, code or "", n) for s, r, code, n in cursor.fetchall()]
