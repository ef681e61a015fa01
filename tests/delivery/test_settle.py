"""The fence: a window that was taken away settles nothing, but its results are kept."""

from __future__ import annotations

import pytest

from delivery.claim import claim_window
from delivery.drain import lease_batch
from delivery.gateways.base import Outcome, SubmitResult
from delivery.models import Dispatch, Evidence, Gateway, Message, MessagePart, Window
from delivery.queries import read_counts
from delivery.settle import settle_window
from delivery.statuses import MessageStatus, Reason, WindowState
from delivery.sweep import lose_expired_windows, sweep
from delivery.windows import ClaimedWindow
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.conftest import MakeDispatch, accept

pytestmark = pytest.mark.django_db


def claim(gateway: Gateway) -> ClaimedWindow:
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    assert isinstance(window, ClaimedWindow)
    return window


def expire() -> None:
    Window.objects.filter(state=WindowState.SUBMITTING).update(expires_at="2020-01-01T00:00Z")


def counts(dispatch: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}


def test_a_lost_window_is_uncertain_and_closes_the_dispatch(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(30)
    claim(gateway)
    expire()
    assert lose_expired_windows() == 1
    dispatch.refresh_from_db()
    assert counts(dispatch) == {MessageStatus.UNCERTAIN: 30}
    assert (dispatch.n_open, dispatch.sent_at is None) == (0, False)
    assert set(Message.objects.values_list("reason", flat=True)) == {Reason.NO_ANSWER}


def test_a_window_within_its_lease_is_not_lost(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    make_dispatch(3)
    claim(gateway)
    assert lose_expired_windows() == 0


def test_a_late_settle_turns_uncertain_into_submitted(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(3)
    window = claim(gateway)
    expire()
    sweep()
    assert settle_window(window, [accept(m) for m in window.messages]) is False
    assert counts(dispatch) == {MessageStatus.SUBMITTED: 3}
    assert Evidence.objects.count() == 3
    assert MessagePart.objects.count() == 3


def test_late_evidence_never_queues_again(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(3)
    window = claim(gateway)
    expire()
    sweep()
    outcomes = [Outcome.UNSENT, Outcome.THROTTLED, Outcome.REFUSED]
    settle_window(
        window, [SubmitResult(m.id, o, code="E1") for m, o in zip(window.messages, outcomes, strict=True)]
    )
    assert counts(dispatch) == {MessageStatus.UNCERTAIN: 2, MessageStatus.FAILED: 1}


def test_late_evidence_for_an_earlier_attempt_changes_nothing(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1)
    window = claim(gateway)
    expire()
    sweep()
    Message.objects.update(attempt=2)
    settle_window(window, [accept(m) for m in window.messages])
    assert counts(dispatch) == {MessageStatus.UNCERTAIN: 1}
    assert MessagePart.objects.count() == 0


def test_settling_twice_changes_nothing(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(3)
    window = claim(gateway)
    results = [accept(m) for m in window.messages]
    assert settle_window(window, results) is True
    assert settle_window(window, results) is False
    dispatch.refresh_from_db()
    assert counts(dispatch) == {MessageStatus.SUBMITTED: 3}
    assert dispatch.n_open == 0
    assert MessagePart.objects.count() == 3


def test_another_token_settles_nothing(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(3)
    window = claim(gateway)
    stranger = window._replace(lease=type(window.lease)(window.lease.batch_id, dispatch.pk, 1))
    assert settle_window(stranger, [accept(m) for m in window.messages]) is False
    assert counts(dispatch) == {MessageStatus.QUEUED: 3}


def test_a_lost_retry_window_is_uncertain_too(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(4)
    window = claim(gateway)
    settle_window(window, [SubmitResult(m.id, Outcome.UNSENT) for m in window.messages])
    retry = claim_window(gateway, window.lease)
    assert [m.attempt for m in retry.messages] == [2] * 4
    expire()
    sweep()
    assert counts(dispatch) == {MessageStatus.UNCERTAIN: 4}
    assert not Message.objects.exclude(window_id=None).exists()


def test_one_event_names_the_whole_window(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(200)
    window = claim(gateway)
    settle_window(window, [accept(m) for m in window.messages])
    event = OutboxEvent.objects.get(kind="messages.settled")
    first = dispatch.first_id
    assert event.subject == f"dispatch:{dispatch.pk}"
    assert event.payload == {"changes": [[0, 2, [[first, first + 199]]]]}


def test_the_sweep_frees_lost_leases(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(3)
    lease_batch(gateway.pk)
    dispatch.batches.update(leased_until="2020-01-01T00:00Z")
    sweep()
    assert dispatch.batches.get().lease_token is None


def test_the_sweep_repairs_a_wrong_open_count(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(3)
    window = claim(gateway)
    settle_window(window, [accept(m) for m in window.messages])
    Dispatch.objects.update(n_open=5, sent_at=None)
    sweep()
    dispatch.refresh_from_db()
    assert dispatch.n_open == 0
    assert dispatch.sent_at is not None


def test_a_message_counts_as_submitted_when_its_window_was_claimed(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    """Not when the answer was written down: its receipt may be older than that."""
    make_dispatch(2)
    window = claim(gateway)
    claimed_at = Window.objects.get(pk=window.id).claimed_at
    outcomes = [Outcome.ACCEPTED, Outcome.UNCERTAIN]
    settle_window(window, [SubmitResult(m.id, o) for m, o in zip(window.messages, outcomes, strict=True)])
    assert set(Message.objects.values_list("submitted_at", flat=True)) == {claimed_at}
