"""A line whose other side misbehaves: real sockets, a real session, the SMSC's own memory against the database."""

from __future__ import annotations

import pytest

from delivery.statuses import MessageStatus
from tests.faults.lines import trial_line
from tests.faults.stack import FaultStack

pytestmark = pytest.mark.faults


def test_everything_leaves_once_and_every_receipt_comes_back(stack: FaultStack) -> None:
    with trial_line(stack, window=100) as line:
        line.smsc.behaviour.receipt_after = 0.05
        dispatch = line.hand_over(2_000)
        line.assert_whole(dispatch, max_uncertain=0)
        stack.wait_for(
            lambda: line.counts(dispatch) == {MessageStatus.DELIVERED: 2_000}, what="all are delivered"
        )
        assert {status for _, status in line.smsc.acknowledged} == {0}
        assert len(line.smsc.acknowledged) == 2_000
