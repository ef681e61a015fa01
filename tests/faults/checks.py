"""What must be true of a dispatch after any fault."""

from __future__ import annotations

from delivery.ledger import check_dispatch
from delivery.models import Dispatch
from delivery.statuses import MessageStatus
from smsconsole.outbox.models import OutboxEvent
from tests.faults.stack import FaultStack

WINDOW = 200


def assert_whole(stack: FaultStack, dispatch: Dispatch, *, max_uncertain: int) -> dict[str, float]:
    """Everything left once, nothing is missing, the books are right; what was unknown is settled by receipts.

    Returns the row for the fault table.
    """
    seconds = stack.wait_until_sent(dispatch)
    n_uncertain = ever_uncertain(dispatch)
    counts = stack.wait_for_receipts(dispatch)
    submits = stack.submits(dispatch)
    doubled = sum(n - 1 for n in submits.values())
    uncertain_left = counts.get(MessageStatus.UNCERTAIN, 0)
    missing = dispatch.n_total - len(submits) - uncertain_left
    assert doubled == 0
    # A claimed window whose worker died before its first byte stays uncertain: nobody can know that.
    assert missing == 0
    expected = {MessageStatus.DELIVERED: len(submits), MessageStatus.UNCERTAIN: uncertain_left}
    assert counts == {status: n for status, n in expected.items() if n}
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
