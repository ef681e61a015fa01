"""Whatever is killed while messages go out: none is sent twice, none is lost, and nobody has to help."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import django_rq
import pytest

from delivery import services
from delivery.gateways import open_driver
from delivery.gateways.base import OutboundMessage
from delivery.ledger import check_dispatch
from delivery.models import Dispatch
from delivery.simulation.ledger import find_doubles
from delivery.statuses import MessageStatus
from smsconsole.outbox.models import OutboxEvent
from tests.faults.stack import FaultStack, random_shares

pytestmark = pytest.mark.faults

MESSAGES = 6_000
RATE = 1_000
STRIKES_PER_DISPATCH = 4
WINDOW = 200
Strike = Callable[[FaultStack, Dispatch], None]


def kill_a_worker(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.kill("delivery-1")


def kill_both_workers(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.kill("delivery-1")
    stack.kill("delivery-2")


def terminate_a_worker(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.kill("delivery-1", signal.SIGTERM)


def kill_the_scheduler(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.kill("scheduler")


def flush_valkey(stack: FaultStack, dispatch: Dispatch) -> None:
    django_rq.get_connection("delivery").flushall()


def restart_postgres(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.restart_postgres()


def kill_postgres(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.restart_postgres(by=signal.SIGQUIT)


def suspend_and_continue(stack: FaultStack, dispatch: Dispatch) -> None:
    services.suspend_dispatch(dispatch_id=dispatch.pk)
    time.sleep(0.15)
    services.resume_dispatch(dispatch_id=dispatch.pk)


def assert_whole(stack: FaultStack, dispatch: Dispatch, *, max_uncertain: int) -> dict[str, int]:
    """Everything left once, nothing is missing, the books are right; what was unknown is settled by receipts."""
    seconds = stack.wait_until_sent(dispatch)
    n_uncertain = ever_uncertain(dispatch)
    counts = stack.wait_for_receipts(dispatch)
    submits = stack.submits(dispatch)
    doubled = sum(n - 1 for n in submits.values())
    uncertain_left = counts.get(MessageStatus.UNCERTAIN, 0)
    missing = dispatch.n_total - len(submits) - uncertain_left
    assert doubled == 0
    assert stack.doubles() == 0
    assert missing == 0
    # A claimed window whose worker died before its first byte stays uncertain: nobody can know that.
    assert uncertain_left == dispatch.n_total - len(submits)
    assert counts == {
        k: v
        for k, v in {
            MessageStatus.DELIVERED: len(submits),
            MessageStatus.UNCERTAIN: uncertain_left,
        }.items()
        if v
    }
    assert n_uncertain <= max_uncertain
    assert check_dispatch(dispatch.pk) == []
    return {"doubled": doubled, "missing": missing, "uncertain": n_uncertain, "seconds": round(seconds, 1)}


def ever_uncertain(dispatch: Dispatch) -> int:
    """How many messages the sweep or a driver called uncertain, as the outbox tells."""
    events = OutboxEvent.objects.filter(subject=f"dispatch:{dispatch.pk}", kind__startswith="messages.")
    return sum(
        last - first + 1
        for event in events
        for _, after, ranges in event.payload["changes"]
        if after == MessageStatus.UNCERTAIN
        for first, last in ranges
    )


@pytest.mark.parametrize(
    ("strike", "uncertain_per_strike"),
    [
        (kill_a_worker, WINDOW),
        (kill_both_workers, 2 * WINDOW),
        (terminate_a_worker, 0),
        (kill_the_scheduler, 0),
        (flush_valkey, 0),
        (suspend_and_continue, 0),
        (restart_postgres, 2 * WINDOW),
        (kill_postgres, 2 * WINDOW),
    ],
)
def test_nothing_is_lost_or_doubled(
    stack: FaultStack,
    table: Callable[..., None],
    n_moments: int,
    strike: Strike,
    uncertain_per_strike: int,
) -> None:
    stack.set_rate(RATE)
    left = n_moments
    while left:
        strikes = min(left, STRIKES_PER_DISPATCH)
        left -= strikes
        dispatch = stack.hand_over(MESSAGES)
        moments = []
        for share in random_shares(strikes, seed=left):
            done = stack.wait_for_share(dispatch, share)
            if done > 0.9:
                break
            moments.append(done)
            strike(stack, dispatch)
        assert moments
        assert all(0.1 < done < 0.9 for done in moments)
        row = assert_whole(stack, dispatch, max_uncertain=uncertain_per_strike * len(moments))
        table(fault=strike.__name__, messages=MESSAGES, strikes=len(moments), **row)


@pytest.mark.parametrize(
    "fail_point",
    [
        "before-claim:3",
        "after-claim:3",
        "before-submit:4",
        "after-submit:4",
        "before-settle:5",
        "after-settle:5",
    ],
)
def test_a_worker_that_dies_at_a_named_place(
    stack: FaultStack, table: Callable[..., None], fail_point: str
) -> None:
    stack.set_rate(RATE)
    pid = stack.pid("delivery-1")
    stack.respawn_with_fail_point("delivery-1", fail_point)
    while stack.pid("delivery-1") == pid:
        time.sleep(0.05)
    doomed = stack.pid("delivery-1")
    dispatch = stack.hand_over(MESSAGES)
    row = assert_whole(stack, dispatch, max_uncertain=WINDOW)
    assert stack.pid("delivery-1") != doomed, "the worker never came to its fail point"
    table(fault=fail_point, messages=MESSAGES, strikes=1, **row)


def test_valkey_stopped_for_20_seconds(stack: FaultStack, table: Callable[..., None]) -> None:
    stack.set_rate(300)
    dispatch = stack.hand_over(MESSAGES)
    done = stack.wait_for_share(dispatch, 0.15)
    assert 0.1 < done < 0.9
    stack.stores.stop_one("valkey")
    time.sleep(20)
    stack.stores.start_one("valkey")
    row = assert_whole(stack, dispatch, max_uncertain=0)
    table(fault="stop Valkey for 20 s", messages=MESSAGES, strikes=1, **row)


def test_a_second_submit_is_reported_by_the_gateways_file(stack: FaultStack) -> None:
    """The instrument itself: a message submitted twice on purpose is found in a file of its own gateway."""
    ledger = stack.folder / "double.jsonl"
    address = stack.folder / "double.sock"
    process = stack.start_gateway(address, ledger)
    try:
        message = OutboundMessage(1, 1, "+8613800000000", "", "Trial 0", 1)
        driver = open_driver("simulator", {"address": str(address)})
        for _ in range(2):
            list(driver.submit([message], keep_going=lambda: True))
        driver.close()
        assert [double.second.reference for double in find_doubles(ledger)] == ["1-1"]
    finally:
        process.kill()
        process.wait()
