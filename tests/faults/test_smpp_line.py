"""A line whose other side misbehaves: real sockets, a real session, the SMSC's own memory against the database."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

import pytest

from delivery.models import GatewayHealth, LineState
from delivery.statuses import MessageStatus
from tests.delivery.smpp.smsc import ACCEPT, RMSGQFUL, RTHROTTLED, SILENCE, Answer, Submit
from tests.faults.lines import trial_line
from tests.faults.stack import LEASE_SECONDS, FaultStack
from tests.timing import measures_time

pytestmark = pytest.mark.faults

WINDOW = 20
CLAIMED = 4 * WINDOW
LONG = "A long message about nothing in particular, cut in three. " * 7  # 406 characters
LONG_UNICODE = "一条很长的短信。" * 20  # 160 characters: three segments
Table = Callable[..., None]


def test_everything_leaves_once_and_every_receipt_comes_back(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=100) as line:
        line.smsc.behaviour.receipt_after = 0.05
        dispatch = line.hand_over(1_500, texts=("Short", LONG, "Kurz: ä", LONG_UNICODE))
        row = line.assert_whole(dispatch, max_uncertain=0)
        line.wait_until_all(dispatch, MessageStatus.DELIVERED)
        assert {status for _, status in line.smsc.acknowledged} == {0}
        assert len(line.smsc.acknowledged) == len(line.smsc.submits) == 3_000
    table(fault="SMPP: long and Unicode messages, no fault", **row)


@pytest.mark.parametrize(
    ("what", "n_lost"),
    [("close", WINDOW), ("reset", WINDOW), ("garbage", WINDOW), ("nack", WINDOW), ("unknown", 1)],
)
def test_a_line_that_breaks_mid_window(stack: FaultStack, table: Table, what: str, n_lost: int) -> None:
    """Three times. Only what was written and not answered is uncertain; an unknown command breaks nothing."""
    with trial_line(stack, window=WINDOW) as line:
        line.smsc.behaviour.after = {100: what, 350: what, 700: what}
        dispatch = line.hand_over(900)
        row = line.assert_whole(dispatch, max_uncertain=3 * n_lost)
        if what == "unknown":
            assert [status for status, _ in line.smsc.nacks] == [3, 3, 3]
            assert len(line.smsc.binds) == 1
        else:
            assert len(line.smsc.binds) == 4
    table(fault=f"SMPP: {what} mid window, three times", **row)


def test_an_smsc_that_writes_single_bytes(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=WINDOW) as line:
        line.smsc.behaviour.bytewise = True
        line.smsc.behaviour.receipt_after = 0.0
        dispatch = line.hand_over(300)
        row = line.assert_whole(dispatch, max_uncertain=0)
        line.wait_until_all(dispatch, MessageStatus.DELIVERED)
    table(fault="SMPP: single bytes", **row)


def test_submits_that_are_never_answered_are_never_repeated(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=WINDOW) as line:
        line.smsc.behaviour.on_submit = lambda submit: SILENCE
        dispatch = line.hand_over(600)
        line.wait_for_submits(2 * WINDOW)
        line.smsc.behaviour.on_submit = lambda submit: ACCEPT
        n_silent = len(line.smsc.submits)
        row = line.assert_whole(dispatch, max_uncertain=n_silent + WINDOW)
        assert line.counts(dispatch)[MessageStatus.SUBMITTED] >= 600 - n_silent - WINDOW
    table(fault="SMPP: bound, and submits never answered", **row)


def test_a_third_is_throttled(stack: FaultStack, table: Table) -> None:
    dice = random.Random(5)

    def throttle(submit: Submit) -> Answer:
        return Answer(dice.choice((RTHROTTLED, RMSGQFUL))) if dice.random() < 0.3 else ACCEPT

    with trial_line(stack, window=WINDOW) as line:
        line.smsc.behaviour.on_submit = throttle
        dispatch = line.hand_over(120, texts=("Short", "Short", LONG))
        row = line.assert_whole(dispatch, max_uncertain=0, may_be_offered_again=True)
        assert line.counts(dispatch) == {MessageStatus.SUBMITTED: 120}
        assert all(len({p.udh and p.udh[0] for p in parts}) == 1 for parts in line.taken_parts().values())
    table(fault="SMPP: 30 % throttled", **row)


def test_an_smsc_that_stops_reading(stack: FaultStack, table: Table) -> None:
    """Its receive window closes, ours fills; nothing is added, the line is given up and bound again."""
    with trial_line(stack, window=2_000, long_messages="payload", response_seconds=1) as line:
        line.wait_until_bound()
        dispatch = line.hand_over(2_000, texts=("x" * 1_500,), state=line.SUSPENDED)
        line.smsc.stop_reading()
        line.resume(dispatch)
        time.sleep(6.0)
        line.smsc.read_again()
        row = line.assert_whole(dispatch, max_uncertain=2_000)
        # Whole windows are not lost: what never reached the socket left later.
        assert row["uncertain"] <= 800
    table(fault="SMPP: zero window", **row)


@measures_time
def test_a_half_open_connection(stack: FaultStack, table: Table) -> None:
    """The other side is gone without a word: enquire_link finds out, and the line is bound again."""
    with trial_line(stack, window=WINDOW) as line:
        line.wait_until_bound()
        line.smsc.behaviour.on_submit = lambda submit: SILENCE
        line.smsc.behaviour.answers_enquire = False
        began = time.monotonic()
        stack.wait_for(lambda: len(line.smsc.binds) > 1, what="it is bound again", seconds=20)
        # A second without a word, a second and a half for the answer, a pause.
        assert time.monotonic() - began < 8
        line.smsc.behaviour.answers_enquire = True
        line.smsc.behaviour.on_submit = lambda submit: ACCEPT
        dispatch = line.hand_over(200)
        row = line.assert_whole(dispatch, max_uncertain=WINDOW)
    table(fault="SMPP: the other side is silent, also to enquire_link", **row)


@pytest.mark.parametrize("status", [0x05, 0x0E], ids=["RALYBND", "RINVPASWD"])
def test_a_refused_bind_is_not_hammered_and_is_told(stack: FaultStack, table: Table, status: int) -> None:
    with trial_line(stack) as line:
        line.smsc.behaviour.bind_status = status
        dispatch = line.hand_over(50)
        stack.wait_for(lambda: len(line.smsc.binds) >= 1, what="it has tried")
        time.sleep(7.0)
        # At once, after four to five seconds, then after ten, twenty, forty and every minute.
        assert 1 <= len(line.smsc.binds) <= 2
        health = GatewayHealth.objects.get(gateway=line.gateway)
        assert health.down_since is not None
        assert "refused the bind" in health.reason
        assert line.counts(dispatch) == {MessageStatus.QUEUED: 50}
        assert LineState.objects.get(gateway=line.gateway).state in ("waiting", "connecting")
        line.smsc.behaviour.bind_status = 0
        row = line.assert_whole(dispatch, max_uncertain=0)
    table(fault=f"SMPP: bind refused ({status:#x})", **row)


def test_a_session_is_killed_mid_window(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=WINDOW) as line:
        line.smsc.behaviour.on_submit = lambda submit: Answer(delay_seconds=0.02)
        dispatch = line.hand_over(2_000)
        for n_submits in (150, 500, 850):
            line.wait_for_submits(n_submits)
            line.restart()
        # What was claimed is uncertain: by two senders, what the line holds and as much again.
        row = line.assert_whole(dispatch, max_uncertain=3 * CLAIMED)
    table(fault="SMPP: kill -9 of the session, three times", **row)


def test_a_session_is_frozen_until_its_lease_is_over(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=WINDOW) as line:
        line.smsc.behaviour.on_submit = lambda submit: Answer(delay_seconds=0.02)
        dispatch = line.hand_over(1_000)
        line.wait_for_submits(300)
        line.kill(signal.SIGSTOP)
        time.sleep(LEASE_SECONDS + 12.0)
        n_before = len(line.smsc.submits)
        line.kill(signal.SIGCONT)
        row = line.assert_whole(dispatch, max_uncertain=CLAIMED)
        assert n_before < 1_000
    table(fault="SMPP: SIGSTOP for three leases, then SIGCONT", **row)


def test_a_session_that_is_asked_to_stop_leaves_nothing_unknown(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=WINDOW) as line:
        line.smsc.behaviour.on_submit = lambda submit: Answer(delay_seconds=0.02)
        dispatch = line.hand_over(1_000)
        for share in (0.2, 0.6):
            line.wait_for_submits(int(1_000 * share))
            line.kill(signal.SIGTERM)
            assert line.processes[-1].wait(20) == 0
            line.start()
        row = line.assert_whole(dispatch, max_uncertain=0)
        assert line.smsc.unbinds == 2
    table(fault="SMPP: SIGTERM of the session, twice", **row)


def test_of_two_sessions_one_works_and_the_other_takes_over(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=WINDOW) as line:
        line.wait_until_bound()
        first = line.processes[0]
        line.start()
        dispatch = line.hand_over(400)
        line.assert_whole(dispatch, max_uncertain=0)
        assert len(line.smsc.binds) == 1
        first.kill()
        stack.wait_for(lambda: len(line.smsc.binds) == 2, what="the second is bound")
        row = line.assert_whole(line.hand_over(200), max_uncertain=0)
    table(fault="SMPP: two sessions, the leader killed", **row)


def test_a_change_of_the_settings_binds_anew(stack: FaultStack) -> None:
    with trial_line(stack, window=WINDOW) as line:
        line.wait_until_bound()
        dispatch = line.hand_over(400)
        line.change(bind_mode="pair", n_binds=2)
        line.assert_whole(dispatch, max_uncertain=0)
        stack.wait_for(
            lambda: (
                sorted(role for _, role, _ in line.smsc.binds[-4:])
                == ["receiver", "receiver", "transmitter", "transmitter"]
            ),
            what="it is bound as two pairs",
        )
        line.smsc.behaviour.receipt_after = 0.0
        second = line.hand_over(400)
        line.assert_whole(second, max_uncertain=0)
        line.wait_until_all(second, MessageStatus.DELIVERED)


def test_suspending_leaves_the_rest_unsent(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=WINDOW) as line:
        line.smsc.behaviour.on_submit = lambda submit: Answer(delay_seconds=0.05)
        dispatch = line.hand_over(600)
        line.wait_for_submits(100)
        line.suspend(dispatch)
        time.sleep(1.0)
        n_after_a_second = len(line.smsc.submits)
        time.sleep(1.0)
        assert len(line.smsc.submits) == n_after_a_second < 600
        line.resume(dispatch)
        row = line.assert_whole(dispatch, max_uncertain=0)
    table(fault="SMPP: suspended and continued", **row)
