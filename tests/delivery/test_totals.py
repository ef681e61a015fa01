"""What programs are told of an hour: asked for, taken, arrived, failed and why."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from delivery.counters import fold_deltas
from delivery.drain import drain
from delivery.gateways.base import OutboundMessage, Outcome, ReceiptEvent, ReceiptState, SubmitResult
from delivery.models import Dispatch, Gateway, HourCount, Message
from delivery.queries.totals import Totals, totals_between
from delivery.services import apply_receipts, store_receipts
from delivery.statuses import MessageStatus, Reason
from projects.models import Project
from tests.delivery.conftest import ScriptedDriver, accept
from tests.delivery.limiting import HandOver
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db


def this_hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def now(project: Project) -> Totals:
    # An hour more on either side: the clock may strike while we count.
    return totals_between(project, this_hour() - timedelta(hours=1), this_hour() + timedelta(hours=2))


def shown(totals: Totals) -> tuple[int, ...]:
    return (totals.n_requests, totals.n_accepted, totals.n_segments, totals.n_delivered, totals.n_failed)


def send(
    gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver, n: int, **tags: str
) -> list[OutboundMessage]:
    """Hand over and submit `n` messages of this kind."""
    dispatch = hand_over([(f"+86138{i:08d}", "text") for i in range(n)])
    Dispatch.objects.filter(pk=dispatch.pk).update(tags={"kind": "notification", **tags})
    driver.submitted.clear()
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    return list(driver.submitted)


def test_what_is_sent_counts_folded_or_not(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    send(gateway, driver, hand_over, 3)
    before = now(project)
    assert shown(before) == (3, 3, 3, 0, 0)
    assert not HourCount.objects.exists()
    fold_deltas()
    assert HourCount.objects.exists()
    assert now(project) == before
    assert shown(now(ProjectFactory())) == (0, 0, 0, 0, 0)


def test_segments_are_those_of_what_was_taken(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    driver.answer = lambda m: accept(m) if m.id % 2 else SubmitResult(m.id, Outcome.REFUSED, code="no")
    dispatch = hand_over([(f"+86138{i:08d}", "长" * 71) for i in range(4)])
    Dispatch.objects.filter(pk=dispatch.pk).update(tags={"kind": "notification"})
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    n_segments = sum(message.n_segments for message in driver.submitted if message.id % 2)
    assert shown(now(project)) == (4, 2, n_segments, 0, 0)


def test_another_hour_does_not_count(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    send(gateway, driver, hand_over, 2)
    fold_deltas()
    HourCount.objects.update(hour=this_hour() - timedelta(hours=3))
    assert shown(now(project)) == (0, 0, 0, 0, 0)
    since = this_hour() - timedelta(hours=3)
    assert totals_between(project, since, since).n_requests == 0
    # A half hour of the asker's zone means the whole one.
    half = since + timedelta(minutes=30)
    assert totals_between(project, half, half + timedelta(hours=1)).n_requests == 2


def test_a_sandbox_and_alarms_are_no_traffic(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    dispatch = hand_over([("+8613800000001", "text")])
    Dispatch.objects.filter(pk=dispatch.pk).update(tags={"kind": "notification", "sandbox": "yes"})
    alarm = hand_over([("+8613800000001", "text")])
    Dispatch.objects.filter(pk=alarm.pk).update(tags={"system": "alarm"})
    assert shown(now(project)) == (0, 0, 0, 0, 0)
    fold_deltas()
    assert shown(now(project)) == (0, 0, 0, 0, 0)


CASES = [
    (Reason.INVALID_NUMBER, "n_invalid_number"),
    (Reason.UNREACHABLE, "n_switched_off"),
    (Reason.MEMORY_FULL, "n_switched_off"),
    (Reason.BLACKLISTED, "n_blacklisted"),
    (Reason.UNSUBSCRIBED, "n_blacklisted"),
    (Reason.FREQUENCY_LIMIT, "n_too_often"),
    (Reason.CONTENT_BLOCKED, "n_carrier_internal"),
    (Reason.CARRIER_INTERNAL, "n_carrier_internal"),
]


@pytest.mark.parametrize(("reason", "name"), CASES)
def test_a_failure_counts_in_one_of_five_classes(
    project: Project,
    gateway: Gateway,
    driver: ScriptedDriver,
    hand_over: HandOver,
    reason: Reason,
    name: str,
) -> None:
    first, second, third = send(gateway, driver, hand_over, 3)
    fail(first, reason)
    fail(second, Reason.NO_RECEIPT)
    fail(third, reason, at=this_hour() - timedelta(hours=5))
    totals = now(project)
    assert (getattr(totals, name), totals.n_failed, totals.n_receipts) == (1, 1, 1)


def fail(message: OutboundMessage, reason: Reason, *, at: datetime | None = None) -> None:
    Message.objects.filter(pk=message.id).update(
        status=MessageStatus.UNDELIVERED,
        rare_status=MessageStatus.UNDELIVERED,
        reason=reason,
        final_at=at or timezone.now(),
    )


@pytest.mark.django_db(transaction=True)
def test_a_message_of_unknown_fate_was_taken_once_its_receipt_comes(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNCERTAIN, (f"gw-{m.reference}-1",))
    (message,) = send(gateway, driver, hand_over, 1)
    assert shown(now(project)) == (1, 0, 0, 0, 0)
    with_receipt(gateway, message)
    assert shown(now(project)) == (1, 1, 1, 1, 0)
    fold_deltas()
    assert shown(now(project)) == (1, 1, 1, 1, 0)


def with_receipt(gateway: Gateway, message: OutboundMessage) -> None:
    event = ReceiptEvent(
        gateway_message_id=f"gw-{message.reference}-1",
        reference=message.reference,
        msisdn=message.msisdn,
        state=ReceiptState.DELIVERED,
        code="DELIVRD",
        reported_at=timezone.now(),
    )
    store_receipts(gateway_id=gateway.pk, events=[event])
    apply_receipts()


def test_it_takes_two_statements(project: Project, django_assert_num_queries: Callable[..., Any]) -> None:
    with django_assert_num_queries(2):
        now(project)
