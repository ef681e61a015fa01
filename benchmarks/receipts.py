"""How long a receipt takes from its arrival until a reload of the page shows it, at 1,000 receipts a second.

The scheduler is a process of its own; what arrives is stored here as a session or a push stores it.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence

from django.db import connection
from django.utils import timezone

from benchmarks.__main__ import Result
from benchmarks.delivery import TakesAll, n_delivered, result
from delivery import drain
from delivery.gateways.base import ReceiptEvent, ReceiptState
from delivery.models import Dispatch, Gateway
from delivery.services import store_receipts
from tests.faults.stack import fault_stack

SMALL = os.environ.get("BENCH_SMALL") == "1"
PER_SECOND = 1_000
SECONDS = 3 if SMALL else 15
# As a session groups what arrives within 50 ms.
GROUP = 50
LOOK_SECONDS = 0.05
WAIT_SECONDS = 60.0


def run() -> Iterator[Result]:
    with fault_stack(n_delivery_workers=1) as stack:
        # Disabled: no worker of the stack takes its messages.
        gateway = Gateway.objects.create(
            slug="reporting", name="Reporting", kind="simulator", settings={}, is_enabled=False
        )
        dispatch = stack.hand_over(PER_SECOND * SECONDS, batch=5_000, gateway=gateway)
        drain_here(gateway)
        arrived: list[float] = []
        arriving = threading.Thread(target=arrive, args=[gateway, dispatch, arrived])
        arriving.start()
        delays = visible_after(dispatch, arrived)
        arriving.join()
    yield result("receipts a second that arrived", len(arrived) * GROUP / (arrived[-1] - arrived[0]), "")
    yield result("arrival to a reload of the page, median", statistics.median(delays), "s")
    yield result("arrival to a reload of the page, longest", max(delays), "s", at_most=2.0)


def drain_here(gateway: Gateway) -> None:
    driver = TakesAll({})
    Gateway.objects.filter(pk=gateway.pk).update(is_enabled=True)
    while drain.drain(gateway, until=time.monotonic() + 60, driver=driver):
        pass
    Gateway.objects.filter(pk=gateway.pk).update(is_enabled=False)


def arrive(gateway: Gateway, dispatch: Dispatch, arrived: list[float]) -> None:
    """Store receipts in groups, at a steady rate; notes when each group arrived."""
    first = dispatch.first_id or 0
    began = time.monotonic()
    try:
        for start in range(0, dispatch.n_reserved, GROUP):
            time.sleep(max(0.0, began + start / PER_SECOND - time.monotonic()))
            arrived.append(time.monotonic())
            now = timezone.now()
            ids = range(first + start, first + start + GROUP)
            store_receipts(
                gateway_id=gateway.pk,
                events=[ReceiptEvent(f"bench-{n}", ReceiptState.DELIVERED, "DELIVRD", now) for n in ids],
            )
    finally:
        connection.close()


def visible_after(dispatch: Dispatch, arrived: Sequence[float]) -> list[float]:
    """For each group the time from its arrival until the page's own count has it: groups are applied in their order."""
    delays: list[float] = []
    n_groups = dispatch.n_reserved // GROUP
    deadline = time.monotonic() + SECONDS + WAIT_SECONDS
    while len(delays) < n_groups:
        assert time.monotonic() < deadline, f"{len(delays)} of {n_groups} groups are visible"
        n_visible = n_delivered(dispatch) // GROUP
        now = time.monotonic()
        delays += [now - at for at in arrived[len(delays) : n_visible]]
        time.sleep(LOOK_SECONDS)
    return delays
