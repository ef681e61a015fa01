"""Which gateway a batch and a message belong to, whatever their dispatch says."""

from __future__ import annotations

import time

import pytest

from delivery import services
from delivery.claim import claim_window
from delivery.drain import drain, lease_batch, send_window
from delivery.gateways.base import Outcome, SubmitResult
from delivery.ledger import check_dispatch, rebuild_counters
from delivery.models import Batch, CounterDelta, Gateway, Message, Window
from delivery.statuses import MessageStatus
from delivery.sweep import lose_expired_windows
from smsconsole.queue import stop_requested
from tests.delivery.conftest import MakeDispatch, ScriptedDriver
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(db: None) -> Gateway:
    return Gateway.objects.create(slug="other", name="Other", kind="simulator")


def test_a_batch_leaves_by_its_own_gateway(
    gateway: Gateway, other: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(30, batch=10)
    Batch.objects.filter(first_id=dispatch.first_id).update(gateway=other)
    drain(gateway, until=time.monotonic() + 5, driver=driver)
    assert len(driver.submitted) == 20
    drain(other, until=time.monotonic() + 5, driver=driver)
    assert len(driver.submitted) == 30
    by_gateway = {g.pk: Message.objects.filter(gateway_id=g.pk).count() for g in (gateway, other)}
    assert by_gateway == {gateway.pk: 20, other.pk: 10}
    assert set(Window.objects.values_list("gateway_id", flat=True)) == {gateway.pk, other.pk}
    assert check_dispatch(dispatch.pk) == []


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNCERTAIN, Outcome.THROTTLED])
def test_whatever_a_gateway_says_the_message_keeps_which_one_it_was(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, outcome: Outcome
) -> None:
    make_dispatch(3)
    driver.answer = lambda m: SubmitResult(m.id, outcome)
    send_window(gateway, driver, claim_window(gateway, lease_batch(gateway.pk)))
    assert set(Message.objects.values_list("gateway_id", flat=True)) == {gateway.pk}


def test_a_lost_message_keeps_the_gateway_that_may_have_it(
    gateway: Gateway, other: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(3)
    Batch.objects.update(gateway=other)
    claim_window(other, lease_batch(other.pk))
    Window.objects.update(expires_at=dispatch.created_at)
    assert lose_expired_windows() == 1
    assert set(Message.objects.values_list("gateway_id", "status")) == {(other.pk, MessageStatus.UNCERTAIN)}


def test_uncertain_messages_that_are_sent_again_leave_by_their_batchs_gateway(
    gateway: Gateway, other: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(3)
    Batch.objects.update(gateway=other)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNCERTAIN)
    drain(other, until=time.monotonic() + 5, driver=driver)
    services.settle_uncertain(
        dispatch_id=dispatch.pk, choice=services.UncertainChoice.AGAIN, by=UserFactory()
    )
    assert lease_batch(gateway.pk) is None
    drain(other, until=time.monotonic() + 0.5, driver=driver)
    assert [m.attempt for m in driver.submitted] == [1, 1, 1, 2, 2, 2]
    assert set(CounterDelta.objects.exclude(from_status=None).values_list("gateway_id", flat=True)) == {
        other.pk
    }
    assert check_dispatch(dispatch.pk) == []


def test_the_open_counts_are_rebuilt_by_batch(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(30, batch=10)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.THROTTLED, retry_after_seconds=60)
    driver.before_window = lambda: stop_requested.set()
    drain(gateway, until=time.monotonic() + 5, driver=driver)
    Batch.objects.update(n_open=5)
    assert len(check_dispatch(dispatch.pk)) == 3
    rebuild_counters(dispatch.pk)
    assert check_dispatch(dispatch.pk) == []
    assert set(Batch.objects.values_list("n_open", flat=True)) == {10}
