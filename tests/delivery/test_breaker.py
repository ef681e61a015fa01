"""The breaker of a gateway: it opens after failures in a row, one message tries it, success closes it."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from delivery.claim import claim_window
from delivery.drain import Verdict, drain, lease_batch, send_window
from delivery.gateways.base import OutboundMessage, Outcome, SubmitResult
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable
from delivery.lines import health
from delivery.lines.account_trouble import MANY
from delivery.models import Gateway, GatewayHealth, GatewayPace, Message, Window
from delivery.statuses import MessageStatus, Reason, WindowState
from delivery.windows import Nothing
from tests.delivery.conftest import MakeDispatch, ScriptedDriver, accept
from tests.timing import measures_time

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_beliefs() -> None:
    health._worked_at.clear()


def breaker(gateway: Gateway) -> tuple[int, bool]:
    """Failures in a row, and whether it is open."""
    noted = GatewayHealth.objects.get(gateway=gateway)
    return noted.n_failures, noted.probe_at is not None


def open_breaker(gateway: Gateway, *, seconds: float = 0) -> None:
    for _ in range(health.FAILURES_TO_OPEN):
        health.note_unusable(gateway.pk, "nobody answers")
    GatewayHealth.objects.update(probe_at=timezone.now() + timedelta(seconds=seconds))


def run(gateway: Gateway, driver: ScriptedDriver, seconds: float = 5) -> bool:
    gateway.refresh_from_db()
    return drain(gateway, until=time.monotonic() + seconds, driver=driver)


def unavailable() -> None:
    raise GatewayUnavailable("nobody answers")


def test_it_opens_after_three_failures_in_a_row(gateway: Gateway) -> None:
    health.note_unusable(gateway.pk, "a")
    health.note_unusable(gateway.pk, "b")
    assert breaker(gateway) == (2, False)
    health.note_unusable(gateway.pk, "c")
    assert breaker(gateway) == (3, True)


def test_a_success_in_between_begins_the_count_again(gateway: Gateway) -> None:
    for _ in range(3):
        health.note_unusable(gateway.pk, "a")
        health.note_unusable(gateway.pk, "b")
        health.note_usable(gateway.pk)
    assert breaker(gateway) == (0, False)


def test_what_only_a_person_can_mend_opens_it_at_once(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    def wrong() -> None:
        raise GatewayMisconfigured("wrong")

    make_dispatch(5)
    driver.before_window = wrong
    assert run(gateway, driver) is False
    assert breaker(gateway) == (1, True)
    assert not GatewayPace.objects.exists()
    left = GatewayHealth.objects.get().probe_at - timezone.now()
    assert timedelta(seconds=25) < left <= timedelta(seconds=30)


def refuse_account(message: OutboundMessage) -> SubmitResult:
    return SubmitResult(message.id, Outcome.REFUSED, code="AuthFailure", reason=Reason.ACCOUNT_PROBLEM)


def test_a_window_refused_for_the_account_stops_the_line_and_loses_nobody(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(50)
    driver.answer = refuse_account
    assert run(gateway, driver) is False
    assert breaker(gateway) == (1, True)
    assert "AuthFailure" in GatewayHealth.objects.get().reason
    assert Message.objects.filter(status=MessageStatus.QUEUED).count() == 50

    # The one that tries it again is held back too, as long as the carrier says the same.
    GatewayHealth.objects.update(probe_at=timezone.now())
    run(gateway, driver, 1)
    assert breaker(gateway)[1]
    assert Message.objects.filter(status=MessageStatus.QUEUED).count() == 50

    driver.answer = accept
    GatewayHealth.objects.update(probe_at=timezone.now())
    run(gateway, driver)
    dispatch.refresh_from_db()
    assert breaker(gateway) == (0, False)
    assert Message.objects.filter(status=MessageStatus.SUBMITTED).count() == 50
    assert dispatch.sent_at is not None


def test_a_few_messages_refused_for_the_account_are_refused_one_by_one(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(MANY - 1)
    driver.answer = refuse_account
    run(gateway, driver)
    assert Message.objects.filter(status=MessageStatus.FAILED).count() == MANY - 1
    assert not GatewayHealth.objects.exclude(probe_at=None).exists()


def test_a_window_of_which_nothing_was_answered_is_a_failure(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(3, batch=1)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNCERTAIN)
    run(gateway, driver)
    assert breaker(gateway) == (3, True)
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.UNCERTAIN}


def test_an_answer_to_one_message_of_a_window_is_none(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(3)
    driver.answer = lambda m: SubmitResult(
        m.id, Outcome.REFUSED if m.id == dispatch.first_id else Outcome.UNCERTAIN
    )
    assert send_window(gateway, driver, claim_window(gateway, lease_batch(gateway.pk))) == Verdict.WORKED
    assert not GatewayHealth.objects.exists()


@measures_time
def test_while_it_is_open_nothing_is_leased_and_nothing_claimed(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(5)
    lease = lease_batch(gateway.pk)
    make_dispatch(5)
    open_breaker(gateway, seconds=30)
    assert isinstance(claim_window(gateway, lease), Nothing)
    assert lease_batch(gateway.pk) is None
    began_at = time.monotonic()
    assert run(gateway, driver) is False
    assert time.monotonic() - began_at < 1, "no worker waits for so long"
    assert driver.submitted == []


def test_a_gateway_next_to_it_is_not_held_back(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    make_dispatch(5)
    open_breaker(Gateway.objects.create(slug="other", name="Other", kind="simulator"), seconds=30)
    assert lease_batch(gateway.pk) is not None


def test_one_message_tries_it_and_its_success_closes_it(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(50)
    open_breaker(gateway)
    run(gateway, driver)
    assert driver.windows == [1, 49]
    assert breaker(gateway) == (0, False)
    dispatch.refresh_from_db()
    assert dispatch.sent_at is not None


def test_of_a_retry_window_too_only_one_message_tries_it(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(50)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNSENT)
    send_window(gateway, driver, claim_window(gateway, lease := lease_batch(gateway.pk)))
    dispatch.batches.filter(pk=lease.batch_id).update(lease_token=None, leased_until=None)
    driver.answer, driver.windows = accept, []
    open_breaker(gateway)
    run(gateway, driver)
    assert driver.windows == [1, 49]
    dispatch.refresh_from_db()
    assert dispatch.sent_at is not None


def test_a_probe_that_fails_opens_it_for_twice_as_long(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(50)
    driver.before_window = unavailable
    lengths = []
    for _ in range(8):
        open_for = health.GatewayHealth.objects.filter(gateway=gateway)
        if not open_for.exists():
            open_breaker(gateway)
        open_for.update(probe_at=timezone.now() - timedelta(seconds=1))
        GatewayPace.objects.all().delete()
        Window.objects.filter(state=WindowState.WAITING).update(not_before=timezone.now())
        run(gateway, driver, seconds=0.3)
        lengths.append((open_for.get().probe_at - timezone.now()).total_seconds())
    for seconds, expected in zip(lengths, [4, 8, 16, 32, 60, 60, 60, 60], strict=True):
        assert expected * 0.75 < seconds <= expected * 1.2


def test_windows_that_were_under_way_when_it_opened_count_no_further(gateway: Gateway) -> None:
    open_breaker(gateway, seconds=2)
    before = GatewayHealth.objects.get().probe_at
    for _ in range(5):
        health.note_unusable(gateway.pk, "late")
    assert breaker(gateway) == (3, True)
    assert GatewayHealth.objects.get().probe_at == before


def test_a_gateway_that_was_set_up_anew_is_tried_at_once_by_one(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(5)
    open_breaker(gateway, seconds=30)
    Gateway.objects.update(changed_at=timezone.now() + timedelta(seconds=1))
    gateway.refresh_from_db()
    assert health.take_probe(gateway)
    assert not health.take_probe(gateway)


def test_a_probe_with_nothing_to_send_is_given_back(gateway: Gateway, driver: ScriptedDriver) -> None:
    open_breaker(gateway)
    assert run(gateway, driver) is False
    assert breaker(gateway) == (3, True)
    assert GatewayHealth.objects.get().probe_at < timezone.now() + timedelta(seconds=2)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_only_one_tries_it(gateway: Gateway) -> None:
    open_breaker(gateway)
    got: list[bool] = []

    def take() -> None:
        got.append(health.take_probe(gateway))
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def test_throttling_is_an_answer(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(2)
    open_breaker(gateway)

    def throttle_once(message: OutboundMessage) -> SubmitResult:
        return SubmitResult(message.id, Outcome.THROTTLED) if message.attempt == 1 else accept(message)

    driver.answer = throttle_once
    run(gateway, driver)
    assert breaker(gateway) == (0, False)
