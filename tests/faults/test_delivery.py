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
from delivery.models import Dispatch
from delivery.simulation.ledger import find_doubles
from tests.faults.checks import WINDOW, assert_whole
from tests.faults.stack import DRAINS_END_SECONDS, FaultStack, random_shares

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

MESSAGES = 5_000
MANY_MESSAGES = 32_000
RATE = 1_000
STRIKES_PER_DISPATCH = 4
Strike = Callable[[FaultStack, Dispatch], None]


WORKERS = ("delivery-1", "delivery-2")


def kill_a_worker(stack: FaultStack, dispatch: Dispatch) -> None:
    # Not one that is only starting.
    stack.kill(stack.longest_running(*WORKERS))


def kill_both_workers(stack: FaultStack, dispatch: Dispatch) -> None:
    for name in WORKERS:
        stack.kill(name)


def terminate_a_worker(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.kill(stack.longest_running(*WORKERS), signal.SIGTERM)


def kill_the_scheduler(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.kill("scheduler")


def flush_valkey(stack: FaultStack, dispatch: Dispatch) -> None:
    django_rq.get_connection("delivery").flushall()


def restart_postgres(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.restart_postgres()


def kill_postgres(stack: FaultStack, dispatch: Dispatch) -> None:
    stack.restart_postgres(by=signal.SIGQUIT)


@pytest.mark.parametrize(
    ("strike", "uncertain_per_strike"),
    [
        (kill_a_worker, WINDOW),
        (kill_both_workers, 2 * WINDOW),
        (terminate_a_worker, 0),
        (kill_the_scheduler, 0),
        (flush_valkey, 0),
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


def test_workers_that_die_at_named_places(stack: FaultStack, table: Callable[..., None]) -> None:
    """One worker dies before each step, the other one after each, and so do those that follow them."""
    stack.set_rate(800)
    before = stack.respawn_with_fail_points(
        "delivery-1", ["before-claim:2", "before-submit:2", "before-settle:2"]
    )
    after = stack.respawn_with_fail_points(
        "delivery-2", ["after-claim:2", "after-submit:2", "after-settle:2"]
    )
    for name in WORKERS:
        stack.wait_until_listening(name)
    dispatch = stack.hand_over(MANY_MESSAGES)
    stack.wait_for(lambda: before() and after(), what="workers come to all of their fail points")
    assert 0 < stack.share_done(dispatch) < 0.9
    services.suspend_dispatch(dispatch_id=dispatch.pk)
    time.sleep(DRAINS_END_SECONDS)
    stack.set_rate(None)
    services.resume_dispatch(dispatch_id=dispatch.pk)
    # Nothing is in flight before a claim and after a settle.
    row = assert_whole(stack, dispatch, max_uncertain=4 * WINDOW)
    table(
        fault="fail points before and after claim, submit, settle", messages=MANY_MESSAGES, strikes=6, **row
    )


def test_valkey_stopped_for_20_seconds(stack: FaultStack, table: Callable[..., None]) -> None:
    # More than leaves meanwhile: the drains under way go on without Valkey, the next ones have to be rung.
    n = 8_000
    stack.set_rate(300)
    dispatch = stack.hand_over(n)
    done = stack.wait_for_share(dispatch, 0.15)
    assert 0.1 < done < 0.9
    stack.stores.stop_one("valkey")
    time.sleep(20)
    stack.stores.start_one("valkey")
    assert stack.share_done(dispatch) < 0.9
    row = assert_whole(stack, dispatch, max_uncertain=0)
    table(fault="stop Valkey for 20 s", messages=n, strikes=1, **row)


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
