"""From the click on *Send* to the last receipt, with real processes on stores of their own.

The simulated gateway answers at once and sends every receipt. Stores keep all their safeties.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import psutil
from django.db import connection
from django.db.models import Min

from benchmarks.__main__ import DATABASE_SETTINGS, Result, database_settings
from campaigns.models import Campaign
from delivery import claim, drain, services
from delivery.gateways.base import GatewayDriver, OutboundMessage, Outcome, SubmitResult
from delivery.models import Dispatch, Gateway, Window
from delivery.queries import read_counts
from delivery.statuses import DispatchState, MessageStatus
from delivery.windows import ClaimedWindow
from tests.faults.stack import FaultStack, fault_stack
from tests.faults.trials import Expected, Trials, after_suspending

SMALL = os.environ.get("BENCH_SMALL") == "1"
MESSAGES = 5_000 if SMALL else 60_000
# A little more than 100 000 messages: two rows in a hundred of a trial file are flawed.
RECIPIENTS = 5_000 if SMALL else 102_100
REPEATS = 1 if SMALL else 3
CLICKS = 2 if SMALL else 5
FEW, MANY = 1_000, 5_000 if SMALL else 100_000
CHUNK = 5_000
RATES = (1, 10, 2_500)
WAIT_SECONDS = 600.0


def run() -> list[Result]:
    with fault_stack(n_delivery_workers=1) as stack:
        results = [*safeties(), *one_worker(stack), *statements(stack)]
    # As `make run` has it.
    with fault_stack(n_delivery_workers=2) as stack:
        trials = Trials(stack)
        return [*results, *from_the_click(stack, trials), *suspending(stack, trials)]


def result(
    name: str,
    value: float | str,
    unit: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Result:
    bound: str | None = None
    ok: bool | None = None
    if at_least is not None:
        bound, ok = f"≥ {at_least:,g}", float(value) >= at_least
    if at_most is not None:
        bound, ok = f"≤ {at_most:,g}", float(value) <= at_most
    return Result(name=name, value=value, unit=unit, bound=bound, ok=ok)


def safeties() -> list[Result]:
    found = database_settings()
    return [
        Result(
            name=name,
            value=found[name],
            unit="",
            bound=None if name == "server_version" else "on",
            ok=None if name == "server_version" else found[name] == "on",
        )
        for name in DATABASE_SETTINGS
    ]


# --- One worker -----------------------------------------------------------------------------------------


def one_worker(stack: FaultStack) -> Iterator[Result]:
    """Messages handed over beforehand, sent by one worker while the scheduler applies their receipts."""
    stack.set_rate(None)
    rates, shares, sizes = [], [], []
    for _ in range(REPEATS):
        dispatch = stack.hand_over(MESSAGES, batch=CHUNK, state=DispatchState.SUSPENDED)
        services.resume_dispatch(dispatch_id=dispatch.pk)
        sizes.append(worker_memory(stack, dispatch))
        stack.wait_for(lambda d=dispatch: is_sent(d), what="everything is sent", seconds=WAIT_SECONDS)
        shares.append(n_delivered(dispatch) / MESSAGES)
        rates.append(MESSAGES / sending_seconds(dispatch))
        wait_for_all_receipts(stack, dispatch)
    yield result("one worker, simulated gateway", statistics.median(rates), "messages/s", at_least=5_000)
    yield result("receipts applied when its last message left", 100 * statistics.median(shares), "%")
    before, after = sizes[-1]
    yield result("worker's memory at 10 % of the messages", before, "MiB")
    # Flat: what Python's allocator takes and keeps differs by a few MiB from run to run.
    yield result("worker's memory at 90 % of them", after, "MiB", at_most=round(before * 1.05 + 2, 1))


def worker_memory(stack: FaultStack, dispatch: Dispatch) -> tuple[float, float]:
    """Resident MiB of the worker when a tenth, and when nine tenths of the dispatch have left."""
    worker = psutil.Process(stack.pid("delivery-1"))
    sizes = []
    for share in (0.1, 0.9):
        stack.wait_for(
            lambda share=share: left_share(dispatch) >= share, what="it goes out", seconds=WAIT_SECONDS
        )
        sizes.append(worker.memory_info().rss / (1 << 20))
    return sizes[0], sizes[1]


def left_share(dispatch: Dispatch) -> float:
    dispatch.refresh_from_db()
    return 1 - dispatch.n_open / dispatch.n_reserved


def is_sent(dispatch: Dispatch) -> bool:
    dispatch.refresh_from_db()
    return dispatch.sent_at is not None


def sending_seconds(dispatch: Dispatch) -> float:
    first = Window.objects.filter(dispatch_id=dispatch.pk).aggregate(at=Min("claimed_at"))["at"]
    assert dispatch.sent_at is not None
    return float((dispatch.sent_at - first).total_seconds())


def n_delivered(dispatch: Dispatch) -> int:
    return read_counts(dispatch.pk)[0][MessageStatus.DELIVERED]


def wait_for_all_receipts(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.wait_for(
        lambda: n_delivered(dispatch) == dispatch.n_reserved, what="all receipts", seconds=WAIT_SECONDS
    )


# --- Statements -----------------------------------------------------------------------------------------


class TakesAll(GatewayDriver):
    """Answers in process, so that the statements of this process are those of a worker."""

    kind: ClassVar[str] = "takes-all"

    def __init__(self, settings: Mapping[str, Any]) -> None: ...

    def open(self) -> None: ...

    def close(self) -> None: ...

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        for message in messages:
            yield SubmitResult(message.id, Outcome.ACCEPTED, (f"bench-{message.id}",))


def statements(stack: FaultStack) -> Iterator[Result]:
    """SQL statements of claim and settle per window, in a small and in a large dispatch."""
    # Disabled: no worker of the stack takes its messages.
    gateway = Gateway.objects.create(
        slug="counted", name="Counted", kind="simulator", settings={}, is_enabled=False
    )
    few = statements_per_window(stack, gateway, FEW)
    many = statements_per_window(stack, gateway, MANY)
    yield result(f"statements per window of {FEW:,} messages", few, "")
    yield result(f"statements per window of {MANY:,} messages", many, "", at_most=few)


def statements_per_window(stack: FaultStack, gateway: Gateway, n: int) -> int:
    """The most that any of the first windows took, transaction control included."""
    stack.hand_over(n, batch=min(n, CHUNK), gateway=gateway)
    lease = drain.lease_batch(gateway.pk)
    assert lease is not None
    counts = []
    for _ in range(min(n, CHUNK) // claim.MAX_WINDOW):
        counter = StatementCounter()
        with connection.execute_wrapper(counter):
            window = claim.claim_window(gateway, lease)
            assert isinstance(window, ClaimedWindow)
            drain.send_window(gateway, TakesAll({}), window)
        counts.append(counter.n)
    drain.release_batch(lease)
    Gateway.objects.filter(pk=gateway.pk).update(is_enabled=False)
    Dispatch.objects.filter(gateway=gateway).update(state=DispatchState.SUSPENDED)
    return max(counts)


class StatementCounter:
    def __init__(self) -> None:
        self.n = 0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        self.n += 1
        return execute(sql, params, many, context)


# --- A campaign -----------------------------------------------------------------------------------------


def from_the_click(stack: FaultStack, trials: Trials) -> Iterator[Result]:
    """A campaign as an operator sends it: fan-out, sending and receipts at the same time."""
    stack.set_rate(None)
    whole, fan_outs, sent = [], [], []
    for _ in range(REPEATS):
        campaign = trials.ready(RECIPIENTS)
        clicked = time.monotonic()
        dispatch = trials.send(campaign)
        seconds_to_sent = clicked_to(stack, clicked, lambda d=dispatch: is_sent(d))
        wait_for_all_receipts(stack, dispatch)
        whole.append(time.monotonic() - clicked)
        sent.append(seconds_to_sent)
    for _ in range(REPEATS):
        fan_outs.append(fan_out_alone(stack, trials))
    n = Expected(RECIPIENTS).n_messages
    yield result(
        f"campaign of {n:,}, click on Send to last receipt",
        n / statistics.median(whole),
        "messages/s",
        at_least=3_000,
    )
    yield result("the same in seconds", statistics.median(whole), "s")
    yield result("click on Send to last submit", statistics.median(sent), "s")
    yield result("fan-out by itself", n / statistics.median(fan_outs), "messages/s")


def clicked_to(stack: FaultStack, clicked: float, is_so: Callable[[], bool]) -> float:
    stack.wait_for(is_so, what="it is done", seconds=WAIT_SECONDS)
    return time.monotonic() - clicked


def fan_out_alone(stack: FaultStack, trials: Trials) -> float:
    """Seconds from the click until all is handed over, of a campaign that is suspended at once."""
    campaign = trials.ready(RECIPIENTS)
    clicked = time.monotonic()
    dispatch = trials.send(campaign)
    trials.suspend(campaign)

    def is_handed_over() -> bool:
        dispatch.refresh_from_db()
        return dispatch.fanout_done

    seconds = clicked_to(stack, clicked, is_handed_over)
    services.cancel_dispatch(dispatch_id=dispatch.pk)
    stack.wait_for(lambda: is_sent(dispatch), what="the rest is cancelled", seconds=WAIT_SECONDS)
    return seconds


# --- Suspend --------------------------------------------------------------------------------------------


def suspending(stack: FaultStack, trials: Trials) -> Iterator[Result]:
    """The slowest of some clicks at each rate, read from the gateway's own file."""
    dice = random.Random(9)
    for rate in RATES:
        stack.set_rate(rate)
        campaign = trials.ready(10_000)
        trials.send(campaign)
        late = [after_click(stack, trials, campaign, dice.uniform(0, 0.3)) for _ in range(CLICKS)]
        services.cancel_dispatch(dispatch_id=Campaign.objects.get(pk=campaign.pk).dispatch_id or 0)
        seconds = max(one.seconds for one in late)
        yield result(f"suspend to last submit at {rate:,}/s", seconds, "s", at_most=1.0)
        window = claim.window_size(rate)
        n = max(one.n_after_commit for one in late)
        yield result("submits after it had committed, two workers", n, "messages", at_most=2 * window)


def after_click(stack: FaultStack, trials: Trials, campaign: Campaign, pause: float) -> Any:
    end = stack.ledger_end()
    stack.wait_for(lambda: stack.ledger_end() > end, what="it goes out", pause=0.01)
    time.sleep(pause)
    late = after_suspending(stack, trials, campaign)
    trials.resume(campaign)
    return late
