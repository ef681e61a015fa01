"""Callbacks on their way: taken when due, settled by what came of the try, and the breaker of each endpoint."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from callbacks import sql
from callbacks.formats import body_of
from callbacks.models import Callback, CallbackAttempt, EndpointHealth
from callbacks.services.attempts import Verdict, attempt_of, headers_of, verdict_of
from callbacks.services.endpoints import switch_off_by_itself
from callbacks.statuses import CallbackFault, CallbackState
from callbacks.transport import DEADLINE_SECONDS, Exchange
from projects.models import CallbackEndpoint
from projects.services import tell_of_project
from projects.statuses import CallbackTrouble

# The wait before each try, from the one before; about three days in all.
SCHEDULE_SECONDS = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_ATTEMPTS = len(SCHEDULE_SECONDS)
# So much longer at most, so that what failed together does not come again together.
JITTER = 0.1
# Longer than any request lasts: what was taken and not settled by then was lost with its process.
LEASE_SECONDS = 2 * DEADLINE_SECONDS

# After so many failures in a row a single request tries, less and less often.
BREAKER_FAILURES = 10
BREAKER_SECONDS, BREAKER_MAX_SECONDS = 30.0, 600.0
TELL_AFTER = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)


class Errand(NamedTuple):
    """A callback that is to be sent now. `body` is None when nothing is left to tell."""

    callback: Callback
    headers: Mapping[str, str]
    body: str | None


class Result(NamedTuple):
    """What came of an errand; `exchange` is None where nothing was sent."""

    errand: Errand
    exchange: Exchange | None


def due_endpoints() -> list[tuple[int, int]]:
    """Endpoints that something is due for and whose breaker lets it pass, with their failures in a row."""
    with connection.cursor() as cursor:
        cursor.execute(sql.DUE_ENDPOINTS)
        return list(cursor.fetchall())


def take_due(limits: Mapping[int, int]) -> list[Errand]:
    """So many callbacks of each of these endpoints that are due, the oldest first. They count as tried."""
    if not limits:
        return []
    values: dict[str, Any] = {
        "endpoints": list(limits),
        "limits": list(limits.values()),
        "most": max(limits.values()),
        "lease": LEASE_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.TAKE_DUE, values)
        ids = [row[0] for row in cursor.fetchall()]
    taken = Callback.objects.select_related("endpoint__project").filter(pk__in=ids).order_by("pk")
    return [_errand(callback) for callback in taken]


def _errand(callback: Callback) -> Errand:
    body = body_of(callback)
    return Errand(callback, headers_of(callback, body) if body is not None else {}, body)


def settle_results(results: Sequence[Result], *, in_hand: Sequence[int] = ()) -> None:
    """Write what came of these tries, all in one transaction.

    `in_hand` are callbacks that are under way. One that was dropped meanwhile stays so, unless it got through.
    """
    if not results:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        endpoints = {result.errand.callback.endpoint_id for result in results}
        cursor.execute(sql.LOCK_ENDPOINTS, {"ids": sorted(endpoints)})
        present = CallbackEndpoint.objects.select_related("project").in_bulk(sorted(endpoints))
        healths = EndpointHealth.objects.in_bulk(sorted(endpoints))
        attempts = []
        for result in results:
            callback = result.errand.callback
            endpoint = present.get(callback.endpoint_id)
            if endpoint is None:
                continue
            health = healths.setdefault(endpoint.pk, EndpointHealth(endpoint=endpoint))
            attempts.append(_settle(result, endpoint, health, in_hand))
        CallbackAttempt.objects.bulk_create(attempts)


def _settle(
    result: Result, endpoint: CallbackEndpoint, health: EndpointHealth, in_hand: Sequence[int]
) -> CallbackAttempt:
    callback, exchange, now = result.errand.callback, result.exchange, timezone.now()
    if exchange is None:
        _end(callback, CallbackState.GIVEN_UP)
        return CallbackAttempt(callback=callback, milliseconds=0, fault=CallbackFault.EMPTY)
    verdict = verdict_of(exchange, callback.endpoint)
    if verdict is Verdict.TAKEN:
        Callback.objects.filter(pk=callback.pk).update(
            state=CallbackState.DELIVERED, delivered_at=now, next_try_at=None
        )
        _note_success(health, in_hand)
    elif verdict is Verdict.GONE:
        _end(callback, CallbackState.DROPPED)
        if endpoint.url == callback.endpoint.url:
            switch_off_by_itself(endpoint, CallbackTrouble.GONE)
    else:
        pause = _pause_seconds(callback.n_attempts, exchange.retry_after_seconds)
        if pause is None:
            _end(callback, CallbackState.GIVEN_UP)
        else:
            Callback.objects.filter(pk=callback.pk, state=CallbackState.WAITING).update(
                next_try_at=now + timedelta(seconds=pause)
            )
        # What an address did that is not called any more says nothing of the present one.
        if endpoint.url == callback.endpoint.url:
            is_busy = verdict is Verdict.BUSY
            _note_failure(endpoint, health, exchange.retry_after_seconds if is_busy else None, now)
    return attempt_of(callback, exchange, verdict)


def _end(callback: Callback, state: CallbackState) -> None:
    Callback.objects.filter(pk=callback.pk, state=CallbackState.WAITING).update(state=state, next_try_at=None)


def _pause_seconds(n_attempts: int, retry_after_seconds: float | None) -> float | None:
    """How long until the next try; None when that was the last one."""
    if n_attempts >= MAX_ATTEMPTS:
        return None
    pause = SCHEDULE_SECONDS[n_attempts] * (1 + random.uniform(0, JITTER))  # noqa: S311  # nosec B311
    return max(pause, retry_after_seconds or 0)


# --- The breaker ----------------------------------------------------------------------------------------


def _note_success(health: EndpointHealth, in_hand: Sequence[int]) -> None:
    if not health.n_failures:
        return
    if health.n_failures >= BREAKER_FAILURES:
        with connection.cursor() as cursor:
            cursor.execute(sql.HURRY, {"endpoint": health.endpoint_id, "in_hand": list(in_hand)})
    health.n_failures, health.failing_since, health.open_until, health.told_at = 0, None, None, None
    health.save()


def _note_failure(
    endpoint: CallbackEndpoint, health: EndpointHealth, retry_after_seconds: float | None, now: datetime
) -> None:
    health.n_failures += 1
    health.failing_since = health.failing_since or now
    health.open_until = _open_until(health.n_failures, retry_after_seconds, now)
    lasts = now - health.failing_since
    is_news = lasts >= TELL_AFTER and health.told_at is None
    if is_news:
        health.told_at = now
    health.save()
    if lasts >= GIVE_UP_AFTER:
        switch_off_by_itself(endpoint, CallbackTrouble.FAILING)
    elif is_news:
        tell_of_project("callback.failing", endpoint.project, by=None, callback_kind=str(endpoint.kind))


def _open_until(n_failures: int, retry_after_seconds: float | None, now: datetime) -> datetime | None:
    seconds = retry_after_seconds or 0.0
    if n_failures >= BREAKER_FAILURES:
        n_openings = min(n_failures - BREAKER_FAILURES, 10)
        seconds = max(seconds, min(BREAKER_SECONDS * 2**n_openings, BREAKER_MAX_SECONDS))
    return now + timedelta(seconds=seconds) if seconds else None
