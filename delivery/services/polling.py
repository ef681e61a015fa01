"""Carriers that are asked for receipts and replies: when, one worker at a time, and what if they do not answer."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone

from delivery.advisory import alone
from delivery.gateways import DRIVERS
from delivery.gateways.base import Exchange, PolledEvents, PollsEvents
from delivery.gateways.errors import GatewayError
from delivery.lines.exchanges import keep
from delivery.lines.opening import open_gateway
from delivery.models import Gateway, GatewayPolling
from delivery.services.inbound import store_events
from smsconsole.queue import enqueue, stop_requested

log = logging.getLogger(__name__)

# A carrier that does not answer is asked less and less often, at least every ten minutes.
LONGEST_PAUSE: Final = timedelta(minutes=10)
# A carrier that always has more is left for the next turn, so that a worker is never one gateway's for ever.
SLICE_SECONDS: Final = 20.0
# What a carrier handed out once it may not hand out again: so long the database is waited for.
STORE_SECONDS: Final = 30.0
_STORE_RETRY_SECONDS: Final = 0.5


def ring_polls() -> int:
    """Ring for every enabled gateway whose carrier is to be asked now; how many. Ringing sets the next time."""
    kinds = [kind for kind, driver in DRIVERS.items() if issubclass(driver, PollsEvents)]
    if not kinds:
        return 0
    now = timezone.now()
    pollable = Gateway.objects.filter(kind__in=kinds, is_enabled=True)
    GatewayPolling.objects.bulk_create(
        (GatewayPolling(gateway_id=pk, next_at=now) for pk in pollable.values_list("pk", flat=True)),
        ignore_conflicts=True,
    )
    n_rung = 0
    for pk in GatewayPolling.objects.filter(gateway__in=pollable, next_at__lte=now).values_list(
        "pk", flat=True
    ):
        next_at = now + timedelta(seconds=settings.POLL_SECONDS)
        if GatewayPolling.objects.filter(pk=pk, next_at__lte=now).update(next_at=next_at):
            enqueue("delivery.jobs.poll_gateway", pk)
            n_rung += 1
    return n_rung


def poll_gateway(gateway_id: int) -> int:
    """Ask the gateway's carrier for what it has to report, store it, and ask again while there is more.

    Returns how many receipts and replies came. One worker at a time per gateway; a second one does nothing. What
    came is stored before anything else is asked for, through an outage of the database if need be; storing it twice
    is harmless. A carrier that cannot be asked is asked again later and later, and its page says why.
    """
    gateway = Gateway.objects.filter(pk=gateway_id, is_enabled=True).first()
    if gateway is None or not issubclass(DRIVERS.get(gateway.kind, object), PollsEvents):
        return 0
    with alone("delivery.poll", gateway_id) as is_alone:
        if not is_alone:
            return 0
        try:
            n = _poll(gateway)
        except GatewayError as error:
            _note_failure(gateway, error)
            return 0
        GatewayPolling.objects.filter(pk=gateway_id).update(polled_at=timezone.now(), n_failures=0, reason="")
        return n


def _poll(gateway: Gateway) -> int:
    until = time.monotonic() + SLICE_SECONDS
    driver = open_gateway(gateway)
    n = 0
    try:
        while isinstance(driver, PollsEvents):
            polled = driver.poll()
            _store_through_outage(gateway, polled)
            n += len(polled.receipts) + len(polled.replies)
            if not polled.has_more:
                return n
            if stop_requested.is_set() or time.monotonic() > until:
                enqueue("delivery.jobs.poll_gateway", gateway.pk)
                break
        return n
    finally:
        driver.close()


def _store_through_outage(gateway: Gateway, polled: PolledEvents) -> None:
    deadline = time.monotonic() + STORE_SECONDS
    while True:
        try:
            store_events(gateway, polled)
            return
        except (OperationalError, InterfaceError) as error:
            connection.close()
            if time.monotonic() > deadline:
                raise
            log.warning("gateway=%s polled events wait error=%s", gateway.pk, type(error).__name__)
            time.sleep(_STORE_RETRY_SECONDS)


def _note_failure(gateway: Gateway, error: GatewayError) -> None:
    log.warning("gateway=%s cannot be polled error=%s", gateway.pk, type(error).__name__)
    polling = GatewayPolling.objects.filter(pk=gateway.pk)
    n_failures = polling.values_list("n_failures", flat=True).first() or 0
    pause = min(LONGEST_PAUSE, timedelta(seconds=settings.POLL_SECONDS) * 2 ** min(n_failures + 1, 20))
    polling.update(n_failures=F("n_failures") + 1, reason=str(error)[:300], next_at=timezone.now() + pause)
    keep(gateway.pk, Exchange("poll", "", str(error), is_fault=True))
