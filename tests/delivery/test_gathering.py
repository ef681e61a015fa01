"""What is loose finds a window once, is counted once, and then lives like every other message."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from campaigns.services import allow_sending, stop_everything
from delivery import services
from delivery.claim import claim_window
from delivery.drain import drain, lease_batch, release_batch
from delivery.gateways.base import Outcome, SubmitResult
from delivery.ledger import check_dispatch, check_usage, rebuild_counters
from delivery.limits.frequency import Block
from delivery.models import Batch, Dispatch, Gateway, Handover, Message, Window
from delivery.queries import messages_page, read_counts
from delivery.services import UncertainChoice, settle_uncertain
from delivery.services.receipts import close_overdue
from delivery.services.streams import close_streams
from delivery.settle import settle_window
from delivery.statuses import DispatchState, MessageStatus, Reason, WindowState
from delivery.sweep import lose_expired_windows, recount_open, sweep
from delivery.urgent import gathering
from delivery.urgent.gathering import gather, gather_forgotten
from projects.models import Cap, FrequencyRule, Project
from tests.delivery.conftest import MakeDispatch, ScriptedDriver
from tests.delivery.streaming import TAGS, FixedWays, loose, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request takes ids of its own from the sequence, so that others' lie in between."""
    monkeypatch.setattr("delivery.id_blocks.BLOCK_SECONDS", -1.0)


def counts(stream: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(stream.pk)[0].items() if n}


def drained(gateway: Gateway, driver: ScriptedDriver) -> list[int]:
    """The messages that leave now, in the order in which they do."""
    before = len(driver.submitted)
    drain(gateway, until=time.monotonic() + 10, driver=driver, only_streams=True)
    return [message.id for message in driver.submitted[before:]]


def holds(stream: Dispatch) -> bool:
    """Whether nothing contradicts anything."""
    found = check_dispatch(stream.pk)
    assert found == []
    return not found


def test_what_is_loose_is_not_counted_and_then_waits_in_a_window(project: Project, gateway: Gateway) -> None:
    stream, _ids = send(project, [loose(1), loose(2, block=Block(Reason.PER_DAY, "per_day")), loose(3)])
    stream.refresh_from_db()
    assert (stream.n_total, stream.n_open, stream.first_id) == (0, 0, None)
    assert holds(stream)
    gathered = gather()
    assert (gathered.n_handovers, gathered.gateway_ids) == (3, {gateway.pk})
    stream.refresh_from_db()
    assert (stream.n_total, stream.n_open) == (3, 2)
    window = Window.objects.get()
    assert (window.state, window.n_messages) == (WindowState.WAITING, 2)
    assert [m.window_id for m in Message.objects.order_by("pk")] == [window.pk, None, window.pk]
    assert not Handover.objects.exists()
    assert holds(stream)
    assert gather().n_handovers == 0


def test_it_leaves_and_is_delivered_like_any_other_message(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    stream, ids = send(project, [loose(1), loose(2)])
    gather()
    assert drained(gateway, driver) == list(ids)
    assert counts(stream) == {MessageStatus.SUBMITTED: 2}
    assert holds(stream)


def test_requests_of_a_moment_share_batch_and_window(project: Project, gateway: Gateway) -> None:
    for i in range(3):
        send(project, [loose(i)])
        gather()
    assert Batch.objects.get().n_open == 3
    assert Window.objects.get().n_messages == 3


def test_a_window_holds_two_hundred(project: Project, gateway: Gateway) -> None:
    stream, _ids = send(project, [loose(i) for i in range(450)])
    gather()
    send(project, [loose(i) for i in range(450, 700)])
    gather()
    assert [w.n_messages for w in Window.objects.order_by("pk")] == [200, 200, 200, 100]
    assert holds(stream)


def test_different_ways_have_batches_of_their_own(project: Project, gateway: Gateway) -> None:
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    stream, _first = send(project, [loose(1)], router=FixedWays(gateway.pk, other.pk))
    _, _second = send(project, [loose(2)], router=FixedWays(other.pk))
    gathered = gather()
    assert gathered.gateway_ids == {gateway.pk, other.pk}
    assert {(b.gateway_id, tuple(b.fallbacks), b.n_open) for b in Batch.objects.all()} == {
        (gateway.pk, (other.pk,), 1),
        (other.pk, (), 1),
    }
    assert holds(stream)


def test_too_many_messages_are_left_for_the_next_turn(
    project: Project, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_MESSAGES", 5)
    for i in range(4):
        send(project, [loose(10 * i + j) for j in range(2)])
    assert gather()[::2] == (2, True)
    assert gather()[::2] == (2, False)


def test_a_request_that_is_larger_than_a_turn_is_taken_all_the_same(
    project: Project, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_MESSAGES", 5)
    send(project, [loose(i) for i in range(9)])
    assert gather().n_handovers == 1


def test_gathering_costs_a_fixed_number_of_statements(project: Project, gateway: Gateway) -> None:
    for i in range(20):
        send(project, [loose(i)])
    with CaptureQueriesContext(connection) as asked:
        gather()
    assert len([q for q in asked.captured_queries if "SAVEPOINT" not in q["sql"]]) == 10


def test_messages_of_others_between_its_own_are_not_the_streams(
    project: Project,
    gateway: Gateway,
    driver: ScriptedDriver,
    make_dispatch: MakeDispatch,
    ids_apart: None,
) -> None:
    stream, _first = send(project, [loose(1)])
    make_dispatch(30)
    other, _ids = send(project, [loose(2)], tags={**TAGS, "region": "international"})
    send(project, [loose(3)])
    gather()
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    assert holds(stream)
    assert holds(other)
    assert [row.msisdn for row in messages_page(stream.pk).rows] == ["+8613800000001", "+8613800000003"]
    assert check_usage(project.pk) == []


def test_only_streams_are_served_when_asked_for(
    project: Project, gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(5)
    _stream, ids = send(project, [loose(1)])
    gather()
    assert drained(gateway, driver) == list(ids)
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    assert len(driver.submitted) == 6


def test_an_idle_batch_is_leased_at_once_when_something_came(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    """A sender found nothing and gives the batch back just after something was gathered into it."""
    send(project, [loose(1)])
    gather()
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    settle_window(window, [SubmitResult(m.id, Outcome.ACCEPTED, ("a",)) for m in window.messages])
    nothing = claim_window(gateway, lease)
    _stream, ids = send(project, [loose(2)])
    gather()
    release_batch(lease, pause_seconds=nothing.pause_seconds, unless_due=nothing.unless_due)
    assert nothing.pause_seconds > 0
    assert drained(gateway, driver) == list(ids)


def test_what_has_nothing_due_rests_all_the_same(project: Project, gateway: Gateway) -> None:
    send(project, [loose(1)])
    gather()
    lease = lease_batch(gateway.pk)
    claim_window(gateway, lease)
    nothing = claim_window(gateway, lease)
    release_batch(lease, pause_seconds=nothing.pause_seconds, unless_due=nothing.unless_due)
    assert lease_batch(gateway.pk) is None


# --- What happens to streams besides --------------------------------------------------------------------


def test_what_a_gateway_throttles_goes_again_with_what_comes_meanwhile(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    stream, ids = send(project, [loose(1)])
    gather()
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNSENT)
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    settle_window(window, [SubmitResult(m.id, Outcome.UNSENT) for m in window.messages])
    release_batch(lease)
    send(project, [loose(2)])
    gather()
    driver.answer = ScriptedDriver().answer
    assert len(drained(gateway, driver)) == 2
    assert {m.id: m.attempt for m in driver.submitted}[ids[0]] == 2
    assert holds(stream)


def test_a_lost_window_is_uncertain_and_goes_again_when_a_person_says_so(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    user = User.objects.create_user("operator@example.com", "a long password")
    stream, ids = send(project, [loose(i) for i in range(3)], router=FixedWays(other.pk))
    gather()
    claim_window(other, lease_batch(other.pk))
    Window.objects.update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert lose_expired_windows() == 1
    assert counts(stream) == {MessageStatus.UNCERTAIN: 3}
    assert holds(stream)
    n = settle_uncertain(dispatch_id=stream.pk, choice=UncertainChoice.AGAIN, by=user)
    assert n == 3
    Batch.objects.update(leased_until=None, lease_token=None)
    assert holds(stream)
    assert drained(gateway, driver) == []
    assert drained(other, driver) == list(ids)
    assert {m.attempt for m in driver.submitted} == {2}
    assert holds(stream)


def test_uncertain_messages_are_settled_as_sent_or_failed(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    stream, ids = send(project, [loose(1), loose(2)])
    gather()
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNCERTAIN)
    drained(gateway, driver)
    settle_uncertain(dispatch_id=stream.pk, choice=UncertainChoice.SENT, by=None, message_ids=[ids[0]])
    settle_uncertain(dispatch_id=stream.pk, choice=UncertainChoice.FAILED, by=None)
    assert counts(stream) == {MessageStatus.SUBMITTED: 1, MessageStatus.FAILED: 1}
    assert holds(stream)
    assert check_usage(project.pk) == []


def test_a_cancelled_stream_sends_nothing_more_also_what_was_still_loose(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    stream, _ids = send(project, [loose(1)])
    gather()
    send(project, [loose(2)])
    assert services.cancel_dispatch(dispatch_id=stream.pk)
    services.cancel_rest(dispatch_id=stream.pk)
    gather()
    sweep()
    assert counts(stream) == {MessageStatus.CANCELLED: 2}
    assert drained(gateway, driver) == []
    assert holds(stream)


def test_stopping_everything_holds_streams_and_allowing_lets_them_go_on(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    admin = User.objects.create_user("admin@example.com", "a long password")
    stream, _ids = send(project, [loose(1)])
    gather()
    send(project, [loose(2)])
    stop_everything(project=project, by=admin)
    gather()
    assert drained(gateway, driver) == []
    stream.refresh_from_db()
    assert stream.state == DispatchState.HELD
    allow_sending(project=project, by=admin)
    assert len(drained(gateway, driver)) == 2
    assert holds(stream)


def test_another_gateway_takes_over_while_the_first_is_down(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    ways = FixedWays(gateway.pk, other.pk)
    stream, _ids = send(project, [loose(1)], router=ways)
    gather()
    Gateway.objects.filter(pk=gateway.pk).update(is_enabled=False)
    send(project, [loose(2)], router=ways)
    gather()
    sweep()
    send(project, [loose(3)], router=ways)
    gather()
    sweep()
    assert len(drained(other, driver)) == 3
    assert holds(stream)


def test_what_a_gateway_has_no_route_for_moves_on_at_once(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    stream, ids = send(project, [loose(1), loose(2)], router=FixedWays(gateway.pk, other.pk))
    gather()
    driver.answer = lambda m: SubmitResult(m.id, Outcome.REFUSED, code="X", reason=Reason.ROUTE_ERROR)
    drained(gateway, driver)
    driver.answer = ScriptedDriver().answer
    assert drained(other, driver) == list(ids)
    assert holds(stream)


def test_what_is_over_a_cap_is_blocked_and_everything_else_leaves(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    Cap.objects.create(project=project, scope="US", period="day", cap=1)
    numbers = ["+12025550101", "+12025550102", "+33612345678"]
    stream, ids = send(
        project,
        [loose(number, country="FR" if number.startswith("+33") else "US") for number in numbers],
        tags={**TAGS, "region": "international"},
    )
    gather()
    assert drained(gateway, driver) == [ids[0], ids[2]]
    blocked = Message.objects.get(pk=ids[1])
    assert (blocked.status, blocked.reason) == (MessageStatus.BLOCKED, Reason.CAP_REACHED)
    assert (blocked.code or "").startswith("cap:1::")
    stream.refresh_from_db()
    assert stream.state == DispatchState.RUNNING
    assert holds(stream)
    assert check_usage(project.pk) == []


def test_a_number_may_get_the_rest_of_a_cap_with_its_slots_right(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    FrequencyRule.objects.update_or_create(
        project=project, dimension="per_day", defaults={"n_messages": 10, "is_on": True}
    )
    Cap.objects.create(project=project, scope="all", period="day", cap=1)
    stream, ids = send(project, [loose(1, "a"), loose(1, "b")])
    gather()
    assert drained(gateway, driver) == [ids[0]]
    assert counts(stream) == {MessageStatus.SUBMITTED: 1, MessageStatus.BLOCKED: 1}
    assert holds(stream)
    assert check_usage(project.pk) == []


def test_a_wrong_open_count_is_mended_by_the_sweep(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    stream, ids = send(project, [loose(1)])
    gather()
    Dispatch.objects.filter(pk=stream.pk).update(n_open=0)
    assert drained(gateway, driver) == []
    recount_open()
    assert drained(gateway, driver) == list(ids)
    stream.refresh_from_db()
    assert (stream.n_open, stream.sent_at) == (0, None)


def test_wrong_counters_are_rebuilt_without_what_is_loose(project: Project, gateway: Gateway) -> None:
    stream, _ids = send(project, [loose(1), loose(2)])
    gather()
    send(project, [loose(3), loose(4, block=Block(Reason.PER_DAY, "per_day"))])
    Dispatch.objects.filter(pk=stream.pk).update(n_open=7, n_total=9)
    assert check_dispatch(stream.pk) != []
    rebuild_counters(stream.pk)
    assert holds(stream)
    gather()
    assert holds(stream)
    stream.refresh_from_db()
    assert (stream.n_total, stream.n_open) == (4, 3)


# --- The end of the day ---------------------------------------------------------------------------------


def move(stream: Dispatch, created_at: str) -> None:
    Dispatch.objects.filter(pk=stream.pk).update(created_at=created_at)


def test_a_stream_is_closed_an_hour_after_its_day_once_nothing_is_loose(
    project: Project, gateway: Gateway, driver: ScriptedDriver, time_machine: Any
) -> None:
    stream, _ids = send(project, [loose(1)])
    move(stream, "2026-11-20T22:00:00Z")
    time_machine.move_to("2026-11-21T00:59:00Z", tick=True)
    assert close_streams() == 0
    time_machine.move_to("2026-11-21T01:00:30Z", tick=True)
    assert close_streams() == 0
    gather()
    assert close_streams() == 1
    stream.refresh_from_db()
    assert (stream.fanout_done, stream.sent_at) == (True, None)
    drained(gateway, driver)
    stream.refresh_from_db()
    assert stream.sent_at is not None
    assert close_streams() == 0
    assert holds(stream)


def test_an_empty_stream_is_sent_when_it_is_closed(project: Project, gateway: Gateway) -> None:
    stream, _ids = send(project, [])
    move(stream, "2020-11-20T22:00:00Z")
    assert close_streams() == 1
    stream.refresh_from_db()
    assert stream.sent_at is not None


def test_what_comes_after_all_opens_a_closed_stream_again(
    project: Project, gateway: Gateway, driver: ScriptedDriver
) -> None:
    stream, _ids = send(project, [loose(1)])
    gather()
    drained(gateway, driver)
    send(project, [loose(2)])
    held = list(Handover.objects.values())
    Handover.objects.all().delete()
    move(stream, "2020-11-20T22:00:00Z")
    assert close_streams() == 1
    Handover.objects.bulk_create(Handover(**row) for row in held)
    gather()
    stream.refresh_from_db()
    assert stream.sent_at is None
    assert len(drained(gateway, driver)) == 1
    stream.refresh_from_db()
    assert stream.sent_at is not None
    assert holds(stream)


def test_messages_without_a_receipt_are_closed_and_no_others(
    project: Project,
    gateway: Gateway,
    driver: ScriptedDriver,
    make_dispatch: MakeDispatch,
    ids_apart: None,
) -> None:
    stream, _ids = send(project, [loose(1)])
    other = make_dispatch(5)
    send(project, [loose(2)])
    gather()
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    move(stream, "2020-11-20T22:00:00Z")
    Dispatch.objects.filter(pk=stream.pk).update(
        fanout_done=True, sent_at="2020-11-21T01:00:00Z", closed_at=None
    )
    assert close_overdue() == 2
    assert counts(stream) == {MessageStatus.EXPIRED: 2}
    assert counts(other) == {MessageStatus.SUBMITTED: 5}
    assert holds(stream)


def test_rows_that_contradict_each_other_keep_nobody_else_waiting(
    project: Project, gateway: Gateway, driver: ScriptedDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_broken", {})
    _stream, broken = send(project, [loose(1)])
    _other, ids = send(project, [loose(2)], tags={**TAGS, "template": "other"})
    Message.objects.filter(pk=broken[0]).update(status=MessageStatus.SUBMITTED)
    assert gather() == (0, frozenset(), True)
    assert gather().n_handovers == 1
    assert drained(gateway, driver) == list(ids)
    assert Handover.objects.get().first_id == broken[0]


# --- Several at once ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_that_gather_at_once_take_each_message_once(project: Project, gateway: Gateway) -> None:
    streams = set()
    for i in range(40):
        tags = {**TAGS, "template": str(i % 3)}
        streams.add(send(project, [loose(10 * i + j) for j in range(3)], tags=tags)[0].pk)
    barrier = threading.Barrier(4)
    faults: list[BaseException] = []

    def gather_all() -> None:
        barrier.wait()
        try:
            while Handover.objects.exists():
                gather()
        except BaseException as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=gather_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sum(Dispatch.objects.filter(pk__in=streams).values_list("n_open", flat=True)) == 120
    assert Message.objects.filter(window_id=None).count() == 0
    for pk in streams:
        assert check_dispatch(pk) == []


@pytest.mark.django_db(transaction=True)
def test_a_dispatch_that_somebody_holds_does_not_keep_the_others_waiting(
    project: Project, gateway: Gateway
) -> None:
    held, _ids = send(project, [loose(1)])
    free, _ids = send(project, [loose(2)], tags={**TAGS, "template": "other"})
    is_held, is_done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM delivery_dispatch WHERE id = %s FOR SHARE", [held.pk])
            is_held.set()
            is_done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert is_held.wait(10)
        assert gather().n_handovers == 1
        assert gather().n_handovers == 0
        held.refresh_from_db()
        free.refresh_from_db()
        assert (held.n_open, free.n_open) == (0, 1)
    finally:
        is_done.set()
        thread.join()
    assert gather().n_handovers == 1


def test_what_nobody_gathered_is_gathered_by_the_scheduler(project: Project, gateway: Gateway) -> None:
    send(project, [loose(1)])
    assert gather_forgotten() == 0
    Handover.objects.update(created_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert gather_forgotten() == 1
