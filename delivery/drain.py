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
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from delivery import sql
from delivery.claim import WINDOW_SECONDS, claim_window
from delivery.failpoints import fail_point
from delivery.gateways.base import GatewayDriver, Outcome, SubmitResult
from delivery.gateways.errors import GatewayError, GatewayMisconfigured, GatewayUnavailable
from delivery.health import note_unusable, note_usable
from delivery.lease_rules import load_rules
from delivery.models import Gateway
from delivery.opening import open_gateway
from delivery.settle import settle_window
from delivery.statuses import DispatchState
from delivery.windows import ClaimedWindow, Lease, Nothing
from smsconsole.queue import stop_requested

log = logging.getLogger(__name__)

# How long one batch is served before the next dispatch gets its turn.
TURN_SECONDS = 2.0
# How often a submit re-reads the dispatch's state between its writes.
LOOK_SECONDS = 0.1
# A line that cannot be reached, or is set up wrongly, is left alone for so long.
UNAVAILABLE_PAUSE_SECONDS = 2.0
MISCONFIGURED_PAUSE_SECONDS = 30.0
SETTLE_RETRY_SECONDS = 0.2


def drain(gateway: Gateway, *, until: float, driver: GatewayDriver | None = None) -> bool:
    """Send what the gateway's dispatches have, until nothing is left or `until` (monotonic seconds) has come.

    Returns True when work is known to be left. Several workers may drain one gateway at once. Its row is read anew
    with each lease: a changed rate holds at once, and when it is disabled or set up differently the drain ends.
    """
    own_driver = driver is None
    try:
        driver = driver or open_gateway(gateway)
    except GatewayMisconfigured as error:
        log.warning("gateway=%s unusable=%s reason=%s", gateway.pk, type(error).__name__, error)
        note_unusable(gateway.pk, str(error))
        return False
    try:
        while _may_go_on(until):
            lease = lease_batch(gateway.pk)
            if lease is None:
                return False
            fresh = Gateway.objects.filter(pk=gateway.pk, is_enabled=True).first()
            if fresh is None or _setup_of(fresh) != _setup_of(gateway):
                release_batch(lease)
                return fresh is not None
            pause = _serve(fresh, driver, lease, until)
            release_batch(lease, pause_seconds=pause)
        return True
    finally:
        if own_driver:
            driver.close()


def _setup_of(gateway: Gateway) -> tuple[object, ...]:
    """What a driver is built from."""
    return gateway.kind, gateway.settings, gateway.secret


def _may_go_on(until: float) -> bool:
    return not stop_requested.is_set() and time.monotonic() < until


def _serve(gateway: Gateway, driver: GatewayDriver, lease: Lease, until: float) -> float:
    """Send windows of the leased batch for one turn; returns the pause after which it may be leased again."""
    until = min(until, time.monotonic() + TURN_SECONDS)
    while _may_go_on(until):
        claimed = claim_window(gateway, lease)
        if isinstance(claimed, Nothing):
            if claimed.wait_seconds is None:
                return claimed.pause_seconds
            if time.monotonic() + claimed.wait_seconds >= until:
                return _pause_of_wait(claimed.wait_seconds)
            stop_requested.wait(claimed.wait_seconds)
            continue
        send_window(gateway, driver, claimed)
    return 0.0


def _pause_of_wait(seconds: float) -> float:
    # Waiting for the line concerns every batch alike; a batch must not be skipped because of it.
    return seconds if seconds > WINDOW_SECONDS * 4 else 0.0


# --- Lease ----------------------------------------------------------------------------------------------


def lease_batch(gateway_id: int) -> Lease | None:
    """Lease a batch of the least recently served dispatch that may run now; None when there is none.

    The limits that hold are read with it; a turn is short, so a changed limit holds after `TURN_SECONDS`.
    """
    token = secrets.randbits(62)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            sql.LEASE_BATCH, {"gateway": gateway_id, "token": token, "lease": settings.LEASE_SECONDS}
        )
        row = cursor.fetchone()
    if row is None:
        return None
    batch_id, dispatch_id = row
    with connection.cursor() as cursor:
        cursor.execute(sql.MARK_SERVED, {"dispatch": dispatch_id})
    return Lease(batch_id, dispatch_id, token, load_rules(dispatch_id))


def release_batch(lease: Lease, *, pause_seconds: float = 0.0) -> None:
    """Give the batch back; it is not leased again before `pause_seconds` have passed."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.RELEASE_BATCH, {"batch": lease.batch_id, "token": lease.token, "pause": pause_seconds}
        )


# --- Submit ---------------------------------------------------------------------------------------------


def send_window(gateway: Gateway, driver: GatewayDriver, window: ClaimedWindow) -> None:
    """Submit a claimed window and settle it. Never raises for what a gateway did."""
    results, pause = _submit(driver, window)
    fail_point("before-settle")
    _settle_through_outage(window, results)
    fail_point("after-settle")
    if pause:
        with connection.cursor() as cursor:
            cursor.execute(sql.PAUSE_LINE, {"gateway": gateway.pk, "seconds": pause})


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


def _submit(driver: GatewayDriver, window: ClaimedWindow) -> tuple[list[SubmitResult], float]:
    """The driver's result per message, and for how long the line should be left alone."""
    fail_point("before-submit")
    try:
        results = list(driver.submit(window.messages, keep_going=_keep_going(window.lease.dispatch_id)))
    except GatewayError as error:
        log.warning("gateway=%s unusable=%s reason=%s", window.gateway_id, type(error).__name__, error)
        note_unusable(window.gateway_id, str(error))
        is_down = isinstance(error, GatewayUnavailable)
        pause = UNAVAILABLE_PAUSE_SECONDS if is_down else MISCONFIGURED_PAUSE_SECONDS
        unsent = [
            SubmitResult(message.id, Outcome.UNSENT, retry_after_seconds=pause) for message in window.messages
        ]
        return unsent, pause
    fail_point("after-submit")
    if any(result.outcome not in (Outcome.UNSENT, Outcome.UNCERTAIN) for result in results):
        note_usable(window.gateway_id)
    return results, 0.0


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
