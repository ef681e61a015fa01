"""What a gateway refuses for reasons of its own leaves by another one; what is uncertain never does."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from delivery import services
from delivery.claim import claim_window
from delivery.drain import drain, lease_batch, send_window
from delivery.gateways.base import OutboundMessage, Outcome, SubmitResult
from delivery.ledger import check_dispatch, check_usage
from delivery.lines import health
from delivery.lines.account_trouble import MANY
from delivery.models import Batch, Dispatch, Gateway, GatewayHealth, Message, MessagePart, Window
from delivery.queries import StatusWord, messages_page, read_counts
from delivery.statuses import MOVABLE_REASONS, MessageStatus, Reason, WindowState
from delivery.sweep import lose_expired_windows, move_stranded, recount_open
from projects.models import Project
from projects.statuses import FrequencyDimension
from tests.delivery.conftest import MakeDispatch, ScriptedDriver, accept
from tests.delivery.limiting import limit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_beliefs() -> None:
    health._worked_at.clear()


@pytest.fixture
def second(db: None) -> Gateway:
    return Gateway.objects.create(slug="second", name="Second", kind="simulator")


@pytest.fixture
def third(db: None) -> Gateway:
    return Gateway.objects.create(slug="third", name="Third", kind="simulator")


def with_fallbacks(dispatch: Dispatch, *gateways: Gateway) -> Dispatch:
    dispatch.batches.update(fallbacks=[gateway.pk for gateway in gateways])
    return dispatch


def refuse(reason: Reason) -> object:
    return lambda message: SubmitResult(message.id, Outcome.REFUSED, code="E1", reason=reason)


def run(gateway: Gateway, driver: ScriptedDriver, seconds: float = 5) -> None:
    drain(gateway, until=time.monotonic() + seconds, driver=driver)


def statuses(dispatch: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}


def is_whole(dispatch: Dispatch) -> bool:
    before = Dispatch.objects.values_list("n_open", "sent_at").get(pk=dispatch.pk)
    recount_open()
    assert Dispatch.objects.values_list("n_open", "sent_at").get(pk=dispatch.pk) == before
    return check_dispatch(dispatch.pk) == [] and check_usage(dispatch.project_id) == []


# --- Refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", sorted(MOVABLE_REASONS))
def test_what_a_gateway_refuses_for_a_reason_of_its_own_leaves_by_the_next(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, reason: Reason
) -> None:
    # So few that a refused account is not taken for the line's own trouble.
    n = MANY - 1
    dispatch = with_fallbacks(make_dispatch(n), second)
    driver.answer = refuse(reason)  # type: ignore[assignment]
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.QUEUED: n}
    assert set(Message.objects.values_list("gateway_id", "reason", "code")) == {(gateway.pk, reason, "E1")}
    assert is_whole(dispatch)
    driver.answer, driver.submitted = accept, []
    run(second, driver)
    assert {message.attempt for message in driver.submitted} == {2}
    assert set(Message.objects.values_list("gateway_id", "reason", "code")) == {
        (second.pk, Reason.NONE, None)
    }
    assert set(MessagePart.objects.values_list("gateway_id", flat=True)) == {second.pk}
    dispatch.refresh_from_db()
    assert dispatch.sent_at is not None
    assert is_whole(dispatch)


@pytest.mark.parametrize("reason", [Reason.GATEWAY_REFUSED, Reason.INVALID_NUMBER, Reason.CONTENT_BLOCKED])
def test_what_any_gateway_would_refuse_stays_refused(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, reason: Reason
) -> None:
    dispatch = with_fallbacks(make_dispatch(3), second)
    driver.answer = refuse(reason)  # type: ignore[assignment]
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.FAILED: 3}


def test_what_is_uncertain_never_leaves_by_another(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = with_fallbacks(make_dispatch(3), second)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNCERTAIN, reason=Reason.ROUTE_ERROR)
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.UNCERTAIN: 3}
    assert lease_batch(second.pk) is None


def test_the_last_one_to_refuse_has_the_last_word(
    gateway: Gateway, second: Gateway, third: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = with_fallbacks(make_dispatch(3), second, third)
    driver.answer = refuse(Reason.ROUTE_ERROR)  # type: ignore[assignment]
    for line in (gateway, second, third, gateway):
        run(line, driver)
    assert [m.attempt for m in driver.submitted] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert set(Message.objects.values_list("status", "gateway_id")) == {(MessageStatus.FAILED, third.pk)}
    assert is_whole(dispatch)


def test_a_fall_back_that_is_switched_off_is_passed_over(
    gateway: Gateway, second: Gateway, third: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    with_fallbacks(make_dispatch(3), second, third)
    Gateway.objects.filter(pk=second.pk).update(is_enabled=False)
    driver.answer = refuse(Reason.ROUTE_ERROR)  # type: ignore[assignment]
    run(gateway, driver)
    moved = Batch.objects.get(first_id=None)
    assert (moved.gateway, moved.fallbacks, moved.n_open) == (third, [second.pk], 3)


def test_without_a_fall_back_that_is_switched_on_it_has_failed(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = with_fallbacks(make_dispatch(3), second)
    Gateway.objects.filter(pk=second.pk).update(is_enabled=False)
    driver.answer = refuse(Reason.ROUTE_ERROR)  # type: ignore[assignment]
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.FAILED: 3}


def test_only_what_was_refused_moves(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = with_fallbacks(make_dispatch(40), second)
    every = [accept, refuse(Reason.SENDER_REFUSED), lambda m: SubmitResult(m.id, Outcome.UNCERTAIN)]
    every.append(lambda m: SubmitResult(m.id, Outcome.THROTTLED, retry_after_seconds=60))
    driver.answer = lambda m: every[m.id % 4](m)  # type: ignore[operator]
    send_window(gateway, driver, claim_window(gateway, lease_batch(gateway.pk)))
    batches = Batch.objects.order_by("id").values_list("gateway_id", "n_open")
    assert list(batches) == [(gateway.pk, 10), (second.pk, 10)]
    assert statuses(dispatch)[MessageStatus.QUEUED] == 20
    assert is_whole(dispatch)
    waiting = messages_page(dispatch.pk, word=StatusWord.WAITING)
    assert len(waiting.rows) == 20


def test_they_are_found_among_those_that_wait(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    """Also when nothing of their first batch is open any more."""
    dispatch = with_fallbacks(make_dispatch(60), second)
    driver.answer = refuse(Reason.ROUTE_ERROR)  # type: ignore[assignment]
    run(gateway, driver)
    page = messages_page(dispatch.pk, word=StatusWord.WAITING, limit=50)
    assert [row.id for row in page.rows] == list(range(dispatch.first_id, dispatch.first_id + 50))
    rest = messages_page(dispatch.pk, word=StatusWord.WAITING, limit=50, after_id=page.next_after)
    assert len(rest.rows) == 10


def test_the_slots_and_caps_of_what_moves_are_free_again(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, project: Project
) -> None:
    """Or the second gateway would be told that the number's limit is reached."""
    limit(project, FrequencyDimension.PER_DAY, 1)
    dispatch = with_fallbacks(make_dispatch(5), second)
    driver.answer = refuse(Reason.ROUTE_ERROR)  # type: ignore[assignment]
    run(gateway, driver)
    assert is_whole(dispatch)
    driver.answer = accept
    run(second, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 5}
    assert is_whole(dispatch)


def test_what_moved_can_be_cancelled(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = with_fallbacks(make_dispatch(5), second)
    driver.answer = refuse(Reason.ROUTE_ERROR)  # type: ignore[assignment]
    run(gateway, driver)
    services.cancel_dispatch(dispatch_id=dispatch.pk)
    assert services.cancel_rest(dispatch_id=dispatch.pk) == 5
    assert statuses(dispatch) == {MessageStatus.CANCELLED: 5}
    assert is_whole(dispatch)


def test_what_moved_and_was_lost_is_uncertain_there(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = with_fallbacks(make_dispatch(5), second)
    driver.answer = refuse(Reason.ROUTE_ERROR)  # type: ignore[assignment]
    run(gateway, driver)
    claim_window(second, lease_batch(second.pk))
    Window.objects.filter(state=WindowState.SUBMITTING).update(expires_at=dispatch.created_at)
    lose_expired_windows()
    assert set(Message.objects.values_list("status", "gateway_id")) == {(MessageStatus.UNCERTAIN, second.pk)}
    assert is_whole(dispatch)


# --- Down or switched off -------------------------------------------------------------------------------


def break_down(gateway: Gateway) -> None:
    for _ in range(3):
        health.note_unusable(gateway.pk, "nobody answers")
    GatewayHealth.objects.update(probe_at=timezone.now() + timedelta(seconds=60))


@pytest.mark.parametrize("how", ["down", "switched off"])
def test_what_waits_for_a_gateway_that_is_unusable_goes_another_way(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, how: str
) -> None:
    dispatch = with_fallbacks(make_dispatch(30, batch=10), second)
    if how == "down":
        break_down(gateway)
    else:
        Gateway.objects.filter(pk=gateway.pk).update(is_enabled=False)
    assert move_stranded() == 3
    assert move_stranded() == 0
    batches = set(Batch.objects.values_list("gateway_id", "n_open"))
    assert batches == {(second.pk, 10)}
    assert all(batch.fallbacks == [gateway.pk] for batch in Batch.objects.all())
    run(second, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 30}
    assert is_whole(dispatch)


def test_retries_go_along(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = with_fallbacks(make_dispatch(30), second)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNSENT)
    lease = lease_batch(gateway.pk)
    send_window(gateway, driver, claim_window(gateway, lease))
    Batch.objects.update(lease_token=None, leased_until=None)
    break_down(gateway)
    assert move_stranded() == 1
    assert Window.objects.get(state=WindowState.WAITING).gateway_id == second.pk
    driver.answer, driver.submitted = accept, []
    run(second, driver)
    assert {m.attempt for m in driver.submitted} == {2}
    assert is_whole(dispatch)


def test_a_batch_in_a_workers_hands_stays(
    gateway: Gateway, second: Gateway, make_dispatch: MakeDispatch
) -> None:
    with_fallbacks(make_dispatch(5), second)
    lease = lease_batch(gateway.pk)
    break_down(gateway)
    assert move_stranded() == 0
    Batch.objects.filter(pk=lease.batch_id).update(leased_until=timezone.now())
    assert move_stranded() == 1


def test_what_is_being_submitted_or_uncertain_stays(
    gateway: Gateway, second: Gateway, make_dispatch: MakeDispatch, driver: ScriptedDriver
) -> None:
    """Whoever submits may have died, and what it sent is on its way."""
    dispatch = with_fallbacks(make_dispatch(250), second)
    claim_window(gateway, lease_batch(gateway.pk))
    Batch.objects.update(lease_token=None, leased_until=None)
    break_down(gateway)
    assert move_stranded() == 0
    Window.objects.update(expires_at=dispatch.created_at)
    lose_expired_windows()
    assert move_stranded() == 1
    run(second, driver)
    assert statuses(dispatch) == {MessageStatus.UNCERTAIN: 200, MessageStatus.SUBMITTED: 50}
    assert not set(driver_ids(driver)) & set(
        Message.objects.filter(status=MessageStatus.UNCERTAIN).values_list("id", flat=True)
    )


def driver_ids(driver: ScriptedDriver) -> list[int]:
    return [message.id for message in driver.submitted]


def test_a_fall_back_that_is_down_as_well_is_no_way_out(
    gateway: Gateway, second: Gateway, third: Gateway, make_dispatch: MakeDispatch
) -> None:
    with_fallbacks(make_dispatch(5), second)
    break_down(gateway)
    break_down(second)
    assert move_stranded() == 0
    with_fallbacks(Dispatch.objects.get(), second, third)
    assert move_stranded() == 1
    assert Batch.objects.get().fallbacks == [second.pk, gateway.pk]
    assert Batch.objects.get().gateway == third


def test_without_fall_backs_it_waits(gateway: Gateway, second: Gateway, make_dispatch: MakeDispatch) -> None:
    make_dispatch(5)
    break_down(gateway)
    assert move_stranded() == 0


def test_a_dispatch_that_does_not_run_stays_where_it_is(
    gateway: Gateway, second: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = with_fallbacks(make_dispatch(5), second)
    services.suspend_dispatch(dispatch_id=dispatch.pk)
    break_down(gateway)
    assert move_stranded() == 0


def test_a_message_that_two_gateways_throttled_in_turn_is_sent_once(
    gateway: Gateway, second: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = with_fallbacks(make_dispatch(5), second)

    def answer(message: OutboundMessage) -> SubmitResult:
        if message.attempt < 3:
            return SubmitResult(message.id, Outcome.THROTTLED, retry_after_seconds=0.01)
        return accept(message)

    driver.answer = answer
    send_window(gateway, driver, claim_window(gateway, lease_batch(gateway.pk)))
    Batch.objects.update(lease_token=None, leased_until=None)
    break_down(gateway)
    assert move_stranded() == 1
    run(second, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 5}
    assert {p.gateway_id for p in MessagePart.objects.all()} == {second.pk}
    assert is_whole(dispatch)
