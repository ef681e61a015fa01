"""A line's rate, kept together by three worker processes, read from the gateway's own file; then without Valkey."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime

from benchmarks.__main__ import Result
from benchmarks.delivery import result
from delivery import services
from delivery.models import Dispatch
from delivery.simulation.ledger import read_ledger
from tests.faults.stack import FaultStack, fault_stack

SMALL = os.environ.get("BENCH_SMALL") == "1"
RATE = 500
SECONDS = 4 if SMALL else 10
WORKERS = 3
# All of them are at work by then, and none has come to the end of its slice before the measuring is over.
UNDER_WAY_SECONDS = 2.0
WAIT_SECONDS = 30.0
# Between two windows of one line there is silence.
GAP_SECONDS = 0.05
# Bound of what was asked for: two in a hundred.
WITHIN = 0.02


def run() -> list[Result]:
    with fault_stack(n_delivery_workers=WORKERS) as stack:
        stack.set_rate(RATE)
        return list(measured(stack))


def measured(stack: FaultStack) -> Iterator[Result]:
    yield from one_line(stack, f"a line at {RATE}/s, {WORKERS} workers, {SECONDS} s")
    dispatch = begin(stack)
    stack.stores.stop_one("valkey")
    rate = rate_of(stack)
    stack.stores.start_one("valkey")
    end(stack, dispatch)
    yield kept(f"the same while Valkey is away: the line's clock is in PostgreSQL ({SECONDS} s)", rate)


def one_line(stack: FaultStack, name: str) -> Iterator[Result]:
    dispatch = begin(stack)
    rate = rate_of(stack)
    end(stack, dispatch)
    yield kept(name, rate)


def kept(name: str, rate: float) -> Result:
    row = result(name, rate, "messages/s")
    row["bound"] = f"{RATE} ± {WITHIN:.0%}"
    row["ok"] = abs(rate - RATE) <= WITHIN * RATE
    return row


def begin(stack: FaultStack) -> Dispatch:
    """In several batches, so that every worker has one."""
    end_of_file = stack.ledger_end()
    dispatch = stack.hand_over(round(RATE * (SECONDS + UNDER_WAY_SECONDS + 6)), batch=RATE)
    stack.wait_for(lambda: stack.ledger_end() > end_of_file, what="it goes out", seconds=WAIT_SECONDS)
    time.sleep(UNDER_WAY_SECONDS)
    return dispatch


def rate_of(stack: FaultStack) -> float:
    """Messages a second from the beginning of a window to that of another one, `SECONDS` later."""
    start = stack.ledger_end()
    time.sleep(SECONDS + 1)
    times = [line.at for line in read_ledger(stack.ledger, start=start)]
    begins = beginnings(times)
    # The window in whose middle the looking began is none.
    first = begins[1]
    last = min(begins, key=lambda at: abs((at - first).total_seconds() - SECONDS))
    return sum(first <= at < last for at in times) / (last - first).total_seconds()


def beginnings(times: list[datetime]) -> list[datetime]:
    return [
        at
        for before, at in zip([None, *times], times, strict=False)
        if before is None or (at - before).total_seconds() > GAP_SECONDS
    ]


def end(stack: FaultStack, dispatch: Dispatch) -> None:
    services.cancel_dispatch(dispatch_id=dispatch.pk)

    def is_over() -> bool:
        dispatch.refresh_from_db()
        return dispatch.sent_at is not None

    stack.wait_for(is_over, what="the rest is cancelled", seconds=WAIT_SECONDS)
