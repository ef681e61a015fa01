"""The heart: lease a batch, then window by window *claim*, *submit*, *settle*.

    lease    the least recently served dispatch that may run gives a batch to this worker alone
    claim    one transaction, committed before any byte leaves: these messages are submitting, by this token
             (`claim.py`, with the hours, number rules and caps)
    submit   the driver hands them to the gateway; what it hears is a result per message
    settle   one transaction, fenced by the token: messages, parts, retries, counters, one event

Whoever dies in between leaves a window that is submitting; the sweep calls its messages uncertain and nothing
sends them again. A job or a wake-up is only a hint to call `drain`; the rows say what there is to do.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from delivery.claim import WINDOW_SECONDS, claim_window
from delivery.failpoints import fail_point
from delivery.gateways.base import GatewayDriver, Outcome, SubmitResult
from delivery.gateways.errors import GatewayError, GatewayMisconfigured, GatewayUnavailable
from delivery.limits.lease_rules import load_rules
from delivery.lines.account_trouble import account_trouble
from delivery.lines.health import give_probe_back, note_unusable, note_usable, seconds_to_probe, take_probe
from delivery.lines.opening import open_gateway
from delivery.lines.pace import SLOWED_SECONDS, pause_line, slow_line
from delivery.models import Gateway
from delivery.settle import settle_window
from delivery.sql import sending as sql
from delivery.statuses import DispatchState
from delivery.windows import ClaimedWindow, Lease, Nothing
from smsconsole.queue import stop_requested

log = logging.getLogger(__name__)

# How long one batch is served before the next dispatch gets its turn.
TURN_SECONDS = 2.0
# How often a submit re-reads the dispatch's state between its writes.
LOOK_SECONDS = 0.1
# A line that cannot be reached is left alone for so long.
UNAVAILABLE_PAUSE_SECONDS = 2.0
# A breaker that stays open for longer is not waited for; the sweep rings again.
PROBE_WAIT_SECONDS = 2.5
# A gateway that wants to be left alone for longer is asked again anyway.
MOST_PAUSE_SECONDS = 60.0
SETTLE_RETRY_SECONDS = 0.2


class Verdict(StrEnum):
    """What a window said about the line."""

    WORKED = "worked"
    SLOWED = "slowed"  # something was throttled
    FAILED = "failed"  # nothing could be sent, or nothing was answered
    UNKNOWN = "unknown"  # nothing was tried


class Submitted(NamedTuple):
    """What a driver made of a window, and for how long its line is left alone."""

    results: list[SubmitResult]
    verdict: Verdict
    pause_seconds: float = 0.0


class Served(NamedTuple):
    """How a turn ended: the pause after which the batch may be leased again, and what its last window said."""

    pause_seconds: float = 0.0
    verdict: Verdict | None = None
    unless_due: bool = False


def drain(
    gateway: Gateway, *, until: float, driver: GatewayDriver | None = None, only_streams: bool = False
) -> bool:
    """Send what the gateway's dispatches have, until nothing is left or `until` (monotonic seconds) has come.

    `only_streams`: of programs' messages alone.
    Returns True when work is known to be left. Several workers may drain one gateway at once. Its row is read anew
    before each lease: a changed rate holds at once, and when it is disabled or set up differently the drain ends. While
    its breaker is open only one of them tries it, when it is time to.
    """
    own_driver = driver is None
    try:
        driver = driver or open_gateway(gateway)
    except GatewayMisconfigured as error:
        log.warning("gateway=%s unusable=%s reason=%s", gateway.pk, type(error).__name__, error)
        note_unusable(gateway.pk, str(error), needs_person=True)
        return False
    try:
        while _may_go_on(until):
            fresh = _read_anew(gateway)
            if fresh is None or _setup_of(fresh) != _setup_of(gateway):
                return fresh is not None
            seconds = seconds_to_probe(fresh)
            if seconds is None:
                if not _serve_next(fresh, driver, until, only_streams):
                    return False
            elif seconds > PROBE_WAIT_SECONDS or time.monotonic() + seconds >= until:
                return False
            elif seconds > 0:
                stop_requested.wait(seconds)
            elif not take_probe(fresh) or not _try_again(fresh, driver, until, only_streams):
                return False
        return True
    finally:
        if own_driver:
            driver.close()


def _read_anew(gateway: Gateway) -> Gateway | None:
    return Gateway.objects.select_related("health").filter(pk=gateway.pk, is_enabled=True).first()


def _setup_of(gateway: Gateway) -> tuple[object, ...]:
    """What a driver is built from."""
    return gateway.kind, gateway.settings, gateway.secret


def _may_go_on(until: float) -> bool:
    return not stop_requested.is_set() and time.monotonic() < until


def _serve_next(gateway: Gateway, driver: GatewayDriver, until: float, only_streams: bool) -> bool:
    """Lease a batch and serve it for a turn; False when there is none."""
    lease = lease_batch(gateway.pk, only_streams=only_streams)
    if lease is None:
        return False
    served = _serve(gateway, driver, lease, until)
    release_batch(lease, pause_seconds=served.pause_seconds, unless_due=served.unless_due)
    return True


def _try_again(gateway: Gateway, driver: GatewayDriver, until: float, only_streams: bool) -> bool:
    """Send one message to see whether the gateway works again; False when there was none to send."""
    served = Served()
    lease = lease_batch(gateway.pk, is_probe=True, only_streams=only_streams)
    try:
        if lease is not None:
            served = _serve(gateway, driver, lease, until)
            release_batch(lease, pause_seconds=served.pause_seconds, unless_due=served.unless_due)
    finally:
        if served.verdict in (None, Verdict.UNKNOWN):
            give_probe_back(gateway.pk)
    return lease is not None


def _serve(gateway: Gateway, driver: GatewayDriver, lease: Lease, until: float) -> Served:
    """Send windows of the leased batch for one turn, or until the line has a problem."""
    until = min(until, time.monotonic() + TURN_SECONDS)
    while _may_go_on(until):
        claimed = claim_window(gateway, lease, most=driver.most_at_once)
        if isinstance(claimed, Nothing):
            if claimed.wait_seconds is None:
                return Served(claimed.pause_seconds, unless_due=claimed.unless_due)
            if time.monotonic() + claimed.wait_seconds >= until:
                return Served(_pause_of_wait(claimed.wait_seconds), unless_due=claimed.unless_due)
            # In slices: the claim says when somebody urgent waits for the line.
            stop_requested.wait(min(claimed.wait_seconds, LOOK_SECONDS))
            continue
        verdict = send_window(gateway, driver, claimed)
        if lease.is_probe or verdict == Verdict.FAILED:
            return Served(verdict=verdict)
        if verdict == Verdict.SLOWED and not (gateway.rate_per_second or lease.is_paced):
            # The next lease knows that there is a limit now.
            return Served(verdict=verdict)
    return Served()


def _pause_of_wait(seconds: float) -> float:
    # Waiting for the line concerns every batch alike; a batch must not be skipped because of it.
    return seconds if seconds > WINDOW_SECONDS * 4 else 0.0


# --- Lease ----------------------------------------------------------------------------------------------


def lease_batch(gateway_id: int, *, is_probe: bool = False, only_streams: bool = False) -> Lease | None:
    """Lease a batch of the least recently served dispatch that may run now; None when there is none.

    None too while the gateway's breaker is open, but for the one who tries it.

    The limits that hold are read with it; a turn is short, so a changed limit holds after `TURN_SECONDS`.
    """
    token = secrets.randbits(62)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            sql.LEASE_BATCH,
            {
                "gateway": gateway_id,
                "token": token,
                "lease": settings.LEASE_SECONDS,
                "is_probe": is_probe,
                "only_streams": only_streams,
                "slowed": SLOWED_SECONDS,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    batch_id, dispatch_id, is_paced = row
    with connection.cursor() as cursor:
        cursor.execute(sql.MARK_SERVED, {"dispatch": dispatch_id})
    return Lease(batch_id, dispatch_id, token, load_rules(dispatch_id), is_paced, is_probe)


def release_batch(lease: Lease, *, pause_seconds: float = 0.0, unless_due: bool = False) -> None:
    """Give the batch back; it is not leased again before `pause_seconds` have passed.

    `unless_due`: without the pause, should a window of it be due by now.
    """
    values = {"batch": lease.batch_id, "token": lease.token, "pause": pause_seconds}
    if not unless_due:
        with connection.cursor() as cursor:
            cursor.execute(sql.RELEASE_BATCH, values)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.LOCK_LEASED, values)
        cursor.execute(sql.RELEASE_UNLESS_DUE, values)


# --- Submit ---------------------------------------------------------------------------------------------


def send_window(gateway: Gateway, driver: GatewayDriver, window: ClaimedWindow) -> Verdict:
    """Submit a claimed window, settle it, and say how the line did. Never raises for what a gateway did."""
    began_at = time.monotonic()
    submitted = _submit(gateway, driver, window)
    seconds = max(time.monotonic() - began_at, 0.001)
    fail_point("before-settle")
    _settle_through_outage(window, submitted.results)
    fail_point("after-settle")
    if submitted.pause_seconds:
        pause_line(gateway, seconds=submitted.pause_seconds)
    if submitted.verdict == Verdict.SLOWED:
        _slow_down(gateway, window, submitted.results, seconds)
    return submitted.verdict


def _slow_down(
    gateway: Gateway, window: ClaimedWindow, results: Sequence[SubmitResult], seconds: float
) -> None:
    """The line goes slower; and stands still when the gateway, refusing everything, says how long."""
    throttled = [result for result in results if result.outcome == Outcome.THROTTLED]
    n_segments_of = {message.id: message.n_segments for message in window.messages}
    n_passed = sum(n_segments_of.values()) - sum(n_segments_of[r.message_id] for r in throttled)
    share = 1 - n_passed / sum(n_segments_of.values())
    slow_line(gateway, throttled_share=share, seen_rate=max(n_passed, 1) / seconds)
    if len(throttled) == len(window.messages):
        wait = min(max(result.retry_after_seconds for result in throttled), MOST_PAUSE_SECONDS)
        if wait > 0:
            pause_line(gateway, seconds=wait)


def _settle_through_outage(window: ClaimedWindow, results: list[SubmitResult]) -> None:
    """Settle, and again while the database is away: what the gateway said must not be lost to a restart.

    A commit whose answer was lost is recognized by the fence: the second try finds the window settled.
    """
    deadline = time.monotonic() + settings.LEASE_SECONDS
    while True:
        try:
            settle_window(window, results)
            return
        except (OperationalError, InterfaceError) as error:
            connection.close()
            if time.monotonic() > deadline:
                raise
            log.warning("window=%s settle waits error=%s", window.id, type(error).__name__)
            time.sleep(SETTLE_RETRY_SECONDS)


def _submit(gateway: Gateway, driver: GatewayDriver, window: ClaimedWindow) -> Submitted:
    """The driver's result per message, what they say about the line, and for how long to leave it alone."""
    fail_point("before-submit")
    is_probe = window.lease.is_probe
    try:
        results = list(driver.submit(window.messages, keep_going=_keep_going(window.lease.dispatch_id)))
    except GatewayError as error:
        log.warning("gateway=%s unusable=%s reason=%s", window.gateway_id, type(error).__name__, error)
        needs_person = not isinstance(error, GatewayUnavailable)
        note_unusable(window.gateway_id, str(error), needs_person=needs_person, is_probe=is_probe)
        # What needs a person is held back by the breaker alone: once it is mended it is tried at once.
        pause = 0.0 if needs_person else UNAVAILABLE_PAUSE_SECONDS
        unsent = [
            SubmitResult(message.id, Outcome.UNSENT, retry_after_seconds=pause) for message in window.messages
        ]
        return Submitted(unsent, Verdict.FAILED, pause)
    fail_point("after-submit")
    if trouble := account_trouble(gateway, results, is_probe=is_probe):
        log.warning("gateway=%s refuses the account messages=%s", window.gateway_id, len(results))
        note_unusable(window.gateway_id, trouble, needs_person=True, is_probe=is_probe)
        return Submitted(
            [SubmitResult(r.message_id, Outcome.UNSENT, code=r.code) for r in results], Verdict.FAILED
        )
    verdict = _verdict(results)
    if verdict == Verdict.FAILED:
        note_unusable(window.gateway_id, _("It did not answer."), is_probe=is_probe)
    elif verdict != Verdict.UNKNOWN:
        note_usable(window.gateway_id)
    return Submitted(results, verdict)


def _verdict(results: Sequence[SubmitResult]) -> Verdict:
    outcomes = {result.outcome for result in results}
    if Outcome.THROTTLED in outcomes:
        return Verdict.SLOWED
    if outcomes & {Outcome.ACCEPTED, Outcome.REFUSED}:
        return Verdict.WORKED
    return Verdict.FAILED if Outcome.UNCERTAIN in outcomes else Verdict.UNKNOWN


def _keep_going(dispatch_id: int) -> Callable[[], bool]:
    """Asked between writes: still time before the lease ends, nobody asked to stop, still running."""
    deadline = time.monotonic() + settings.LEASE_SECONDS / 3
    looked_at = time.monotonic()

    def keep_going() -> bool:
        nonlocal looked_at
        now = time.monotonic()
        if now > deadline or stop_requested.is_set():
            return False
        if now - looked_at < LOOK_SECONDS:
            return True
        looked_at = now
        return _still_runs(dispatch_id)

    return keep_going


def _still_runs(dispatch_id: int) -> bool:
    """Whether nobody suspended it meanwhile. Not knowing means no: what is unsent can wait, what is sent cannot."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.READ_STATE, {"dispatch": dispatch_id})
            return bool(cursor.fetchone()[0] == DispatchState.RUNNING)
    except (OperationalError, InterfaceError):
        connection.close()
        return False
