"""For every invariant: the rows are damaged on purpose, and the check names it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from delivery import services
from delivery.claim import claim_window
from delivery.drain import drain, lease_batch
from delivery.gateways.base import ReceiptEvent, ReceiptState
from delivery.ledger import check_dispatch, rebuild_counters
from delivery.models import (
    Batch,
    CounterDelta,
    Dispatch,
    DispatchCount,
    Gateway,
    Message,
    MessagePart,
    Window,
)
from delivery.services import apply_receipts, store_receipts
from delivery.statuses import MessageStatus
from delivery.sweep import lose_expired_windows
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.conftest import MakeDispatch, ScriptedDriver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dispatch(gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch) -> Dispatch:
    """Sent with a window lost, receipts in, a suspension in the middle and the rest cancelled."""
    dispatch = make_dispatch(900, batch=300)
    lease = lease_batch(gateway.pk)
    claim_window(gateway, lease)
    Window.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    lose_expired_windows()
    services.suspend_dispatch(dispatch_id=dispatch.pk)
    services.resume_dispatch(dispatch_id=dispatch.pk)
    Batch.objects.filter(pk=lease.batch_id).update(leased_until=None)
    windows = 0

    def cancel_after_two() -> None:
        nonlocal windows
        windows += 1
        if windows == 2:
            services.cancel_dispatch(dispatch_id=dispatch.pk)

    driver.before_window = cancel_after_two
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    services.cancel_rest(dispatch_id=dispatch.pk)
    sent = Message.objects.filter(status=MessageStatus.SUBMITTED).order_by("id")[:50]
    store_receipts(
        gateway_id=gateway.pk,
        events=[
            ReceiptEvent(f"gw-{m.id}-1-1", ReceiptState.DELIVERED, "DELIVRD", timezone.now()) for m in sent
        ],
    )
    apply_receipts()
    dispatch.refresh_from_db()
    return dispatch


def damage_a_status() -> None:
    first = Message.objects.filter(status=MessageStatus.DELIVERED).order_by("id")[0]
    Message.objects.filter(pk=first.pk).update(status=MessageStatus.SUBMITTED)


def damage_a_counter() -> None:
    CounterDelta.objects.filter(to_status=MessageStatus.DELIVERED).delete()


def lose_a_message() -> None:
    Message.objects.filter(pk=Message.objects.order_by("-id").values("id")[:1]).delete()


def miscount_a_batch() -> None:
    Batch.objects.filter(pk=Batch.objects.order_by("id").values("id")[:1]).update(n_open=7)


def take_a_message_twice() -> None:
    part = MessagePart.objects.order_by("id")[0]
    MessagePart.objects.create(
        gateway_id=part.gateway_id,
        gateway_message_id="another",
        message_id=part.message_id,
        seq=part.seq,
        attempt=part.attempt,
    )


def forget_the_claims() -> None:
    Window.objects.all().delete()


def queue_what_was_taken() -> None:
    message_id = MessagePart.objects.order_by("-id")[0].message_id
    Message.objects.filter(pk=message_id).update(status=MessageStatus.QUEUED)


def claim_while_suspended() -> None:
    event = OutboxEvent.objects.get(kind="dispatch.suspended")
    Window.objects.filter(pk=Window.objects.order_by("id").values("id")[:1]).update(
        claimed_at=event.created_at + timedelta(microseconds=10)
    )


def leave_a_window_open() -> None:
    Window.objects.filter(pk=Window.objects.order_by("id").values("id")[:1]).update(
        state=1, claimed_at=timezone.now() - timedelta(hours=1)
    )


def forget_an_event() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox_event WHERE kind = 'messages.receipted'")


def name_a_change_twice() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_event (kind, subject, payload)"
            " SELECT kind, subject, payload FROM outbox_event WHERE kind = 'messages.lost'"
        )


def test_an_eventful_dispatch_keeps_every_invariant(dispatch: Dispatch) -> None:
    assert check_dispatch(dispatch.pk) == []
    counts = set(Message.objects.values_list("status", flat=True))
    assert counts == {2, 3, 8, 10}


@pytest.mark.parametrize(
    ("damage", "invariant"),
    [
        (damage_a_status, 2),
        (damage_a_counter, 2),
        (lose_a_message, 2),
        (miscount_a_batch, 2),
        (take_a_message_twice, 3),
        (forget_the_claims, 3),
        (queue_what_was_taken, 3),
        (claim_while_suspended, 4),
        (leave_a_window_open, 5),
        (forget_an_event, 6),
        (name_a_change_twice, 6),
    ],
)
def test_damage_is_named(dispatch: Dispatch, damage: Callable[[], None], invariant: int) -> None:
    damage()
    breaches = check_dispatch(dispatch.pk)
    assert invariant in {breach.invariant for breach in breaches}
    assert {breach.owner for breach in breaches} == {dispatch.owner}


def test_counters_are_rebuilt_from_the_messages(dispatch: Dispatch) -> None:
    damage_a_counter()
    DispatchCount.objects.create(dispatch_id=dispatch.pk, status=7, n=3, n_segments=3)
    miscount_a_batch()
    Dispatch.objects.update(n_open=99, n_total=1)
    rebuild_counters(dispatch.pk)
    assert check_dispatch(dispatch.pk) == []
