"""Claim, submit, settle on a real database, with a driver that answers as it is told."""

from __future__ import annotations

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from delivery import services
from delivery.claim import claim_window
from delivery.drain import drain, lease_batch, release_batch, send_window
from delivery.gateways.base import OutboundMessage, Outcome, SubmitResult
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable
from delivery.lines.health import note_usable
from delivery.lines.profiles import profile_of
from delivery.models import Batch, Dispatch, Gateway, GatewayHealth, GatewayPace, Message, MessagePart, Window
from delivery.queries import read_counts
from delivery.statuses import MessageStatus, Reason, WindowState
from delivery.windows import Nothing
from smsconsole.queue import stop_requested
from tests.delivery.conftest import MakeDispatch, ScriptedDriver, accept

pytestmark = pytest.mark.django_db


def run(gateway: Gateway, driver: ScriptedDriver, seconds: float = 20) -> bool:
    return drain(gateway, until=time.monotonic() + seconds, driver=driver)


def statuses(dispatch: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}


def test_it_sends_every_message_once(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(450, batch=250)
    assert run(gateway, driver) is False
    assert sorted(m.id for m in driver.submitted) == list(range(dispatch.first_id, dispatch.first_id + 450))
    assert driver.windows == [200, 50, 200]
    dispatch.refresh_from_db()
    assert dispatch.n_open == 0
    assert dispatch.sent_at is not None
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 450}
    assert MessagePart.objects.count() == 450


def test_a_dispatch_is_not_sent_before_its_fanout_is_done(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(10, done=False)
    run(gateway, driver)
    dispatch.refresh_from_db()
    assert (dispatch.n_open, dispatch.sent_at) == (0, None)
    services.finish_fanout(dispatch_id=dispatch.pk)
    dispatch.refresh_from_db()
    assert dispatch.sent_at is not None


def test_an_empty_dispatch_is_sent_at_once(make_dispatch: MakeDispatch) -> None:
    assert make_dispatch(0).sent_at is not None


def test_a_chunk_handed_over_twice_is_there_once(make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(20)
    rows = [services.NewMessage(1, "+8613800138000", "CN", "", "again", 1)] * 20
    services.append_messages(dispatch=dispatch, offset=0, rows=rows)
    dispatch.refresh_from_db()
    assert (dispatch.n_total, Message.objects.count()) == (20, 20)


def test_a_chunk_outside_the_reserved_block_is_refused(make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(5)
    with pytest.raises(ValueError, match="reserved block"):
        services.append_messages(
            dispatch=dispatch, offset=5, rows=[services.NewMessage(1, "+8613800138000", "CN", "", "x", 1)]
        )


def test_the_claim_is_committed_before_anything_is_submitted(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(3)
    seen: list[int] = []
    driver.before_window = lambda: seen.append(Window.objects.filter(state=WindowState.SUBMITTING).count())
    run(gateway, driver)
    assert seen == [1]


def test_a_suspended_dispatch_is_not_claimed(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(10)
    assert services.suspend_dispatch(dispatch_id=dispatch.pk) is True
    assert services.suspend_dispatch(dispatch_id=dispatch.pk) is False
    run(gateway, driver)
    assert driver.submitted == []
    services.resume_dispatch(dispatch_id=dispatch.pk)
    run(gateway, driver)
    assert len(driver.submitted) == 10


def test_a_suspension_between_two_windows_ends_the_sending(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1_000)
    driver.before_window = lambda: services.suspend_dispatch(dispatch_id=dispatch.pk)
    run(gateway, driver)
    assert driver.windows == [200]


def test_a_refused_message_has_failed_with_its_code(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(3)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.REFUSED, code="E7", reason=Reason.INVALID_NUMBER)
    run(gateway, driver)
    message = Message.objects.get(pk=dispatch.first_id)
    assert (message.status, message.reason, message.code) == (
        MessageStatus.FAILED,
        Reason.INVALID_NUMBER,
        "E7",
    )
    assert message.rare_status == MessageStatus.FAILED
    assert statuses(dispatch) == {MessageStatus.FAILED: 3}


def test_a_throttled_message_is_tried_again_before_untried_ones(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(300)

    def throttle_first_attempts_of_the_first_window(message: OutboundMessage) -> SubmitResult:
        if message.attempt == 1 and message.id < dispatch.first_id + 200:
            return SubmitResult(message.id, Outcome.THROTTLED, retry_after_seconds=0.001)
        return accept(message)

    driver.answer = throttle_first_attempts_of_the_first_window
    driver.before_window = lambda: time.sleep(0.005)
    run(gateway, driver)
    assert [m.attempt for m in driver.submitted] == [1] * 200 + [2] * 200 + [1] * 100
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 300}
    assert MessagePart.objects.filter(attempt=2).count() == 200


def test_what_was_not_written_is_queued_again(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(50)
    driver.answer = lambda m: accept(m) if m.id % 2 else SubmitResult(m.id, Outcome.UNSENT)
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    send_window(gateway, driver, window)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 25, MessageStatus.QUEUED: 25}
    retry = Window.objects.get(state=WindowState.WAITING)
    assert Message.objects.filter(window_id=retry.pk, attempt=2, status=MessageStatus.QUEUED).count() == 25


def test_an_unanswered_message_is_uncertain_and_never_sent_again(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(5)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNCERTAIN)
    run(gateway, driver)
    run(gateway, driver)
    assert len(driver.submitted) == 5
    assert statuses(dispatch) == {MessageStatus.UNCERTAIN: 5}
    assert set(Message.objects.values_list("reason", flat=True)) == {Reason.NO_ANSWER}


def test_a_message_without_a_result_is_uncertain(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = make_dispatch(2)
    monkeypatch.setattr(driver, "submit", lambda messages, keep_going: iter([accept(messages[0])]))
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 1, MessageStatus.UNCERTAIN: 1}


@pytest.mark.parametrize("error", [GatewayUnavailable("down"), GatewayMisconfigured("wrong")])
def test_an_unusable_line_loses_nothing_and_is_left_alone(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, error: Exception
) -> None:
    dispatch = make_dispatch(5)

    def fail() -> None:
        raise error

    driver.before_window = fail
    run(gateway, driver, seconds=0.3)
    assert statuses(dispatch) == {MessageStatus.QUEUED: 5}
    pace = GatewayPace.objects.filter(gateway=gateway, next_free_at__gt=dispatch.created_at)
    assert pace.exists() or GatewayHealth.objects.get(gateway=gateway).probe_at > dispatch.created_at


def test_a_request_to_stop_leaves_the_rest_queued(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(600)

    def stop_after_120(message: OutboundMessage) -> SubmitResult:
        if len(driver.submitted) == 120:
            stop_requested.set()
        return accept(message)

    driver.answer = stop_after_120
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 120, MessageStatus.QUEUED: 480}
    assert not Window.objects.filter(state=WindowState.SUBMITTING).exists()


@pytest.mark.parametrize(("rate", "expected"), [(None, 200), (2_500, 200), (10, 5), (1, 1), (0.2, 1)])
def test_a_window_never_holds_more_than_half_a_second_of_the_rate(
    gateway: Gateway, make_dispatch: MakeDispatch, rate: float | None, expected: int
) -> None:
    make_dispatch(300)
    gateway.rate_per_second = rate
    lease = lease_batch(gateway.pk)
    assert len(claim_window(gateway, lease).messages) == expected


def test_the_rate_counts_segments(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    make_dispatch(100, n_segments=3)
    gateway.rate_per_second = 20
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    assert len(window.messages) == 3
    batch = Batch.objects.get()
    assert batch.next_id == window.messages[-1].id + 1


def test_a_busy_line_is_waited_for(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    make_dispatch(10)
    gateway.rate_per_second = 1
    lease = lease_batch(gateway.pk)
    claim_window(gateway, lease)
    again = claim_window(gateway, lease)
    assert isinstance(again, Nothing)
    assert 0.5 < again.wait_seconds <= 1


def test_a_changed_rate_holds_from_the_next_lease_on(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drain itself goes on, as long as it may."""
    monkeypatch.setattr("delivery.drain.TURN_SECONDS", 0.001)
    make_dispatch(600, batch=100)
    driver.before_window = lambda: (time.sleep(0.002), Gateway.objects.update(rate_per_second=20))
    run(gateway, driver, seconds=1)
    assert driver.windows[0] == 100
    assert set(driver.windows[1:]) == {10}


@pytest.mark.parametrize(
    "changes",
    [
        {"is_enabled": False},
        {"settings": {"address": "elsewhere"}},
        {"secret": '{"password": "new"}'},
        {"kind": "scripted"},
    ],
)
def test_a_gateway_that_is_disabled_or_set_up_differently_is_left(
    gateway: Gateway,
    driver: ScriptedDriver,
    make_dispatch: MakeDispatch,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
) -> None:
    monkeypatch.setattr("delivery.drain.TURN_SECONDS", 0.001)
    make_dispatch(600, batch=100)
    driver.before_window = lambda: (time.sleep(0.002), Gateway.objects.update(**changes))
    assert run(gateway, driver) is ("is_enabled" not in changes)
    assert driver.windows == [100]
    assert lease_batch(gateway.pk) is not None


def test_small_dispatches_do_not_wait_behind_big_ones(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    big, small = make_dispatch(500, batch=100), make_dispatch(10)
    first, second, third = (lease_batch(gateway.pk) for _ in range(3))
    assert [lease.dispatch_id for lease in (first, second, third)] == [big.pk, small.pk, big.pk]


def test_a_batch_is_leased_to_one_worker_only(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    make_dispatch(10)
    lease = lease_batch(gateway.pk)
    assert lease_batch(gateway.pk) is None
    release_batch(lease)
    assert lease_batch(gateway.pk).batch_id == lease.batch_id


def test_a_lost_lease_claims_nothing(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    make_dispatch(10)
    lease = lease_batch(gateway.pk)
    Batch.objects.update(lease_token=lease.token + 1)
    assert isinstance(claim_window(gateway, lease), Nothing)


def test_the_statements_of_a_window_do_not_depend_on_the_campaign(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    counted = []
    note_usable(gateway.pk)
    profile_of(gateway.pk)
    for size in (200, 2_000):
        make_dispatch(size)
        lease = lease_batch(gateway.pk)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            send_window(gateway, driver, claim_window(gateway, lease))
        sent = [q["sql"] for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        counted.append(len(sent))
        drain(gateway, until=time.monotonic() + 10, driver=driver)
    assert counted == [11, 11]


def test_a_submit_looks_again_before_it_writes_on(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the writes of one window too: a suspension leaves the rest of it unsent."""
    dispatch = make_dispatch(100)
    monkeypatch.setattr("delivery.drain.LOOK_SECONDS", 0)

    def suspend_after_30(message: OutboundMessage) -> SubmitResult:
        if len(driver.submitted) == 30:
            services.suspend_dispatch(dispatch_id=dispatch.pk)
        return accept(message)

    driver.answer = suspend_after_30
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 30, MessageStatus.QUEUED: 70}


def test_a_window_holds_no_more_than_keeps_the_line_busy(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(100, n_segments=2)
    driver.most_at_once = 30
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    assert driver.windows == [15] * 6 + [10]
    driver.windows.clear()
    make_dispatch(300)
    driver.most_at_once = 4_000
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    assert driver.windows == [200, 100]
