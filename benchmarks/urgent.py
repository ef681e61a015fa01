"""Programs' messages: how fast they are handed over, and how soon they are with the gateway while a campaign runs.

From the commit of the request to the line in the simulated gateway's own file, which it writes before it answers. The
campaign goes through the same gateway, at the gateway's rate.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from django.db import connection

from benchmarks.__main__ import Result
from benchmarks.delivery import result
from delivery.models import Dispatch, Handover
from delivery.services import NewMessage
from delivery.services.handing_over import LooseMessage
from delivery.simulation.ledger import read_ledger
from tests.delivery.streaming import TAGS, send
from tests.faults.stack import FaultStack, fault_stack

SMALL = os.environ.get("BENCH_SMALL") == "1"
RATE = 1_000
CAMPAIGN = 8_000 if SMALL else 100_000
SECONDS = 3.0 if SMALL else 30.0
EVERY_SECONDS = 0.1
HANDING_OVER_SECONDS = 1.0 if SMALL else 5.0
BATCH = 200
THREADS = 4
MEDIAN_SECONDS, SLOWEST_SECONDS = 0.2, 1.0


def run() -> list[Result]:
    with fault_stack(n_delivery_workers=2) as stack:
        return [*handing_over(stack), *latency(stack)]


def messages(n: int, start: int = 0) -> list[LooseMessage]:
    return [
        LooseMessage(NewMessage(0, f"+86139{i:08d}", "CN", "", f"Your code is {i}", 1))
        for i in range(start, start + n)
    ]


def handing_over(stack: FaultStack) -> Iterator[Result]:
    """As the threads of a web process do; what sends the messages runs beside them."""
    stack.set_rate(None)
    with ThreadPoolExecutor(THREADS) as threads:
        parts = threads.map(lambda _: of_one_thread(stack), range(THREADS))
        yield result(
            f"hand over one by one ({THREADS} threads)", round(sum(parts)), "messages/s", at_least=300
        )
    per_second = rate_of(lambda i: send(stack.project, messages(BATCH, i * BATCH))) * BATCH
    yield result(f"hand over by {BATCH} (one thread)", round(per_second), "messages/s", at_least=3_000)
    wait_until_idle(stack)


def of_one_thread(stack: FaultStack) -> float:
    try:
        return rate_of(lambda i: send(stack.project, messages(1, i)))
    finally:
        connection.close()


def rate_of(do: Callable[[int], object]) -> float:
    do(0)
    began_at = time.monotonic()
    n = 0
    while time.monotonic() - began_at < HANDING_OVER_SECONDS:
        n += 1
        do(n)
    return n / (time.monotonic() - began_at)


def wait_until_idle(stack: FaultStack) -> None:
    def is_idle() -> bool:
        waiting = Dispatch.objects.filter(is_stream=True, n_open__gt=0).exists()
        return not waiting and not Handover.objects.exists()

    stack.wait_for(is_idle, what="everything has left", seconds=300)


def latency(stack: FaultStack) -> Iterator[Result]:
    stack.set_rate(RATE)
    # The workers' drains begin anew with this rate.
    campaign = stack.hand_over(CAMPAIGN, batch=5_000)
    stack.wait_for_share(campaign, 0.01)
    start = stack.ledger_end()
    share, began_at = stack.share_done(campaign), time.monotonic()
    committed: dict[int, float] = {}
    while time.monotonic() - began_at < SECONDS:
        _stream, ids = send(stack.project, messages(1, len(committed)), tags={**TAGS, "template": "1"})
        committed[ids[0]] = time.time()
        time.sleep(EVERY_SECONDS)
    rate = (stack.share_done(campaign) - share) * CAMPAIGN / (time.monotonic() - began_at)
    wait_until_idle(stack)
    submitted = {
        line.message_id: line.at.replace(tzinfo=line.at.tzinfo or UTC)
        for line in read_ledger(stack.ledger, start=start)
        if line.message_id in committed
    }
    waits = sorted(
        (submitted[i] - datetime.fromtimestamp(at, UTC)).total_seconds() for i, at in committed.items()
    )
    yield result(f"campaign of {CAMPAIGN:,} meanwhile, line at {RATE}/s", round(rate), "messages/s")
    yield result(
        f"a program's message with the gateway, median of {len(waits)}",
        round(statistics.median(waits) * 1000),
        "ms",
        at_most=MEDIAN_SECONDS * 1000,
    )
    slowest = waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    yield result("… 99th percentile", round(slowest * 1000), "ms", at_most=SLOWEST_SECONDS * 1000)
