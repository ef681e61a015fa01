"""Cancelling, and what an operator decides about uncertain messages."""

from __future__ import annotations

import time

import pytest

from accounts.models import User
from delivery import services
from delivery.claim import claim_window
from delivery.drain import drain, lease_batch
from delivery.errors import DeliveryError
from delivery.gateways.base import Outcome, SubmitResult
from delivery.models import Batch, Dispatch, Gateway, Message
from delivery.queries import read_counts
from delivery.services import UncertainChoice, settle_uncertain
from delivery.settle import settle_window
from delivery.statuses import MessageStatus
from delivery.sweep import sweep
from tests.delivery.conftest import MakeDispatch, ScriptedDriver, accept

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_user("operator@example.com", "a long password")


@pytest.fixture
def uncertain(gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch) -> Dispatch:
    dispatch = make_dispatch(10, batch=5)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNCERTAIN)
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    driver.answer = accept
    driver.submitted.clear()
    return dispatch


def counts(dispatch: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}


def test_cancelling_leaves_what_is_in_flight_and_cancels_the_rest(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(500, batch=300)
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    assert services.cancel_dispatch(dispatch_id=dispatch.pk) is True
    assert services.cancel_rest(dispatch_id=dispatch.pk) == 300
    settle_window(window, [accept(m) for m in window.messages])
    dispatch.refresh_from_db()
    assert counts(dispatch) == {MessageStatus.SUBMITTED: 200, MessageStatus.CANCELLED: 300}
    assert dispatch.sent_at is not None


def test_cancelling_takes_waiting_retries_too(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(10)
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    settle_window(window, [SubmitResult(m.id, Outcome.THROTTLED) for m in window.messages])
    services.cancel_dispatch(dispatch_id=dispatch.pk)
    assert services.cancel_rest(dispatch_id=dispatch.pk) == 10
    assert services.cancel_rest(dispatch_id=dispatch.pk) == 0
    assert counts(dispatch) == {MessageStatus.CANCELLED: 10}


def test_what_an_in_flight_window_gives_back_is_cancelled_by_the_sweep(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(10)
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    services.cancel_dispatch(dispatch_id=dispatch.pk)
    services.cancel_rest(dispatch_id=dispatch.pk)
    settle_window(window, [SubmitResult(m.id, Outcome.UNSENT) for m in window.messages])
    sweep()
    assert counts(dispatch) == {MessageStatus.CANCELLED: 10}


def test_a_running_dispatch_has_no_rest_to_cancel(make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(10)
    assert services.cancel_rest(dispatch_id=dispatch.pk) == 0


def test_a_cancelled_dispatch_cannot_be_resumed(make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(10)
    services.cancel_dispatch(dispatch_id=dispatch.pk)
    assert services.resume_dispatch(dispatch_id=dispatch.pk) is False


def test_uncertain_may_be_treated_as_sent(uncertain: Dispatch, operator: User) -> None:
    assert settle_uncertain(dispatch_id=uncertain.pk, choice=UncertainChoice.SENT, by=operator) == 10
    assert counts(uncertain) == {MessageStatus.SUBMITTED: 10}
    assert settle_uncertain(dispatch_id=uncertain.pk, choice=UncertainChoice.SENT, by=operator) == 0


def test_uncertain_may_be_treated_as_failed_one_by_one(uncertain: Dispatch, operator: User) -> None:
    first = uncertain.first_id
    settle_uncertain(
        dispatch_id=uncertain.pk, choice=UncertainChoice.FAILED, by=operator, message_ids=[first]
    )
    assert counts(uncertain) == {MessageStatus.FAILED: 1, MessageStatus.UNCERTAIN: 9}


def test_uncertain_may_be_sent_again_marked_as_possibly_double(
    uncertain: Dispatch, operator: User, gateway: Gateway, driver: ScriptedDriver
) -> None:
    settle_uncertain(dispatch_id=uncertain.pk, choice=UncertainChoice.AGAIN, by=operator)
    uncertain.refresh_from_db()
    assert (uncertain.n_open, uncertain.sent_at) == (10, None)
    assert sum(Batch.objects.values_list("n_open", flat=True)) == 10
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    uncertain.refresh_from_db()
    assert {m.attempt for m in driver.submitted} == {2}
    assert counts(uncertain) == {MessageStatus.SUBMITTED: 10}
    assert Message.objects.filter(may_be_double=True).count() == 10
    assert uncertain.sent_at is not None


def test_nothing_of_a_cancelled_dispatch_is_sent_again(uncertain: Dispatch, operator: User) -> None:
    Dispatch.objects.update(state="cancelled")
    with pytest.raises(DeliveryError, match="cancelled"):
        settle_uncertain(dispatch_id=uncertain.pk, choice=UncertainChoice.AGAIN, by=operator)
    assert counts(uncertain) == {MessageStatus.UNCERTAIN: 10}
