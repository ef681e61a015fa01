"""Whatever is killed while programs hand messages over: what they were told of leaves once, and nobody has to help."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from delivery.models import Handover, Message
from delivery.statuses import MessageStatus
from tests.faults.programs import Programs, run_requester
from tests.faults.stack import LEASE_SECONDS, ROOT, FaultStack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

WINDOW = 200
# What one of them has in hand when it dies: a window that was claimed.
GATHERING = ("before-gathered", "after-gathered")
SENDING = ("before-claim", "after-claim", "before-submit", "after-submit", "before-settle", "after-settle")


def submitted_within(stack: FaultStack, message_id: int, *, seconds: float) -> float:
    def is_submitted() -> bool:
        message = Message.objects.get(pk=message_id)
        return message.status in (MessageStatus.SUBMITTED, MessageStatus.DELIVERED)

    return stack.wait_for(is_submitted, what="the message is with the gateway", seconds=seconds, pause=0.01)


def test_it_dies_at_every_place_of_its_own(stack: FaultStack, table: Callable[..., None]) -> None:
    stack.set_rate(None)
    with Programs(stack) as programs:
        programs.wait_for(5)
        points = [*GATHERING, *SENDING]
        have_died = stack.respawn_with_fail_points("urgent", [f"{point}:2" for point in points])
        stack.wait_for(have_died, what="it died everywhere", seconds=120)
        n = len(programs.taken)
        programs.wait_for(n + 20)
    row = programs.assert_whole(max_uncertain=len(SENDING) * WINDOW)
    table(fault="kill -9 of the urgent process at each of eight places", **row)


def test_a_request_that_dies_at_every_place_is_whole_or_not_there(
    stack: FaultStack, table: Callable[..., None]
) -> None:
    stack.set_rate(None)
    programs = Programs(stack)
    for point in ("handed-over", "before-ring"):
        for count in (1, 4):
            died = run_requester(stack, programs, n=6, fail_point=f"{point}:{count}")
            assert died == -signal.SIGKILL
    run_requester(stack, programs, n=3, fail_point="")
    row = programs.assert_whole(max_uncertain=0)
    # Died before the commit: not there. After it: there, though nobody was told.
    assert len(programs.submits()) == len(programs.taken) + 2 * 2
    table(fault="kill -9 of a request before and after its commit", **row)


def test_a_lost_wake_up_costs_a_second(stack: FaultStack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.set_rate(None)
    programs = Programs(stack)
    # The first one opens the lane and the driver.
    submitted_within(stack, programs.send_one(stack.project), seconds=30)
    monkeypatch.setattr("delivery.services.handing_over.ring", lambda *_: None)
    times = [submitted_within(stack, programs.send_one(stack.project), seconds=10) for _ in range(3)]
    assert max(times) < 2.5
    programs.assert_whole(max_uncertain=0)


def test_without_valkey_everything_leaves(stack: FaultStack, table: Callable[..., None]) -> None:
    stack.set_rate(None)
    stack.stores.stop_one("valkey")
    try:
        with Programs(stack) as programs:
            programs.wait_for(50)
        stack.wait_for(lambda: not Handover.objects.exists(), what="it is gathered")
        submitted_within(stack, programs.taken[-1], seconds=20)
    finally:
        stack.stores.start_one("valkey")
    table(fault="Valkey away while programs send", **programs.assert_whole(max_uncertain=0))


@pytest.mark.parametrize("how", [None, signal.SIGQUIT])
def test_it_comes_back_after_the_database_was_away(
    stack: FaultStack, table: Callable[..., None], how: signal.Signals | None
) -> None:
    stack.set_rate(None)
    with Programs(stack) as programs:
        programs.wait_for(20)
        pid = stack.pid("urgent")
        stack.restart_postgres(by=how)
        n = len(programs.taken)
        programs.wait_for(n + 20)
    row = programs.assert_whole(max_uncertain=WINDOW)
    assert stack.pid("urgent") == pid
    table(fault=f"PostgreSQL {'killed' if how else 'restarted'} while programs send", **row)


def test_while_it_is_frozen_the_others_send_and_nothing_leaves_twice(
    stack: FaultStack, table: Callable[..., None]
) -> None:
    stack.set_rate(None)
    with Programs(stack) as programs:
        programs.wait_for(20)
        pid = stack.pid("urgent")
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(LEASE_SECONDS + 3)
            frozen = len(programs.taken)
            # What came meanwhile is sent by the workers.
            submitted_within(stack, programs.taken[frozen // 2], seconds=40)
        finally:
            os.kill(pid, signal.SIGCONT)
        programs.wait_for(len(programs.taken) + 20)
    row = programs.assert_whole(max_uncertain=WINDOW)
    table(fault="SIGSTOP of the urgent process beyond its lease", **row)


def test_sigterm_settles_what_is_under_way(stack: FaultStack) -> None:
    stack.set_rate(None)
    with Programs(stack, every_seconds=0.005) as programs:
        programs.wait_for(50)
        for _ in range(2):
            n, pid = len(programs.taken), stack.pid("urgent")
            stack.kill("urgent", signal.SIGTERM)
            stack.wait_for(lambda pid=pid: stack.pid("urgent") != pid, what="it is started again", seconds=15)
            programs.wait_for(n + 50)
    programs.assert_whole(max_uncertain=0)


def test_two_of_them_share_the_work(stack: FaultStack, table: Callable[..., None]) -> None:
    stack.set_rate(None)
    second = subprocess.Popen([sys.executable, "manage.py", "run_urgent"], cwd=ROOT, env=stack.environment)
    try:
        with Programs(stack, every_seconds=0.005) as programs:
            programs.wait_for(150)
            stack.kill("urgent")
            programs.wait_for(300)
    finally:
        second.terminate()
        assert second.wait(20) == 0
    table(fault="one of two urgent processes killed", **programs.assert_whole(max_uncertain=WINDOW))
