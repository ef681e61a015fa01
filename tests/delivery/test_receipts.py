"""Receipts in any order, early, late, twice, for long messages and for nobody."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from delivery.claim import claim_window
from delivery.counters import fold_deltas
from delivery.drain import lease_batch
from delivery.gateways.base import Outcome, ReceiptEvent, ReceiptState, SubmitResult
from delivery.models import Dispatch, Gateway, Message, UnmatchedReceipt
from delivery.queries import read_counts
from delivery.services import apply_receipts, close_overdue, store_receipts
from delivery.settle import settle_window
from delivery.statuses import MessageStatus, Reason
from delivery.windows import ClaimedWindow
from tests.delivery.conftest import Answer, MakeDispatch, accept

# Stored receipts are read behind the oldest running transaction, so these tests have to commit.
pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DELIVERED, UNDELIVERED, EXPIRED, REJECTED = ReceiptState


def receipt(
    part_id: str, state: ReceiptState = DELIVERED, *, code: str = "DELIVRD", ref: str = ""
) -> ReceiptEvent:
    return ReceiptEvent(part_id, state, code, NOW, ref)


def submit(gateway: Gateway, answer: Answer = accept) -> ClaimedWindow:
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    settle_window(window, [answer(m) for m in window.messages])
    return window


def hear(gateway: Gateway, *events: ReceiptEvent) -> None:
    store_receipts(gateway_id=gateway.pk, events=events)
    apply_receipts()


def let_unmatched_be_due() -> None:
    UnmatchedReceipt.objects.update(next_try_at=NOW)


def counts(dispatch: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}


def test_a_receipt_delivers_its_message(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(2)
    submit(gateway)
    hear(gateway, receipt(f"gw-{dispatch.first_id}-1-1"))
    message = Message.objects.get(pk=dispatch.first_id)
    assert (message.status, message.final_at, message.code) == (MessageStatus.DELIVERED, NOW, None)
    assert counts(dispatch) == {MessageStatus.DELIVERED: 1, MessageStatus.SUBMITTED: 1}


def test_the_carriers_code_becomes_a_reason(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(1)
    submit(gateway)
    hear(gateway, receipt(f"gw-{dispatch.first_id}-1-1", UNDELIVERED, code="MK:0001"))
    message = Message.objects.get()
    assert (message.reason, message.code) == (Reason.INVALID_NUMBER, "MK:0001")
    assert message.rare_status == MessageStatus.UNDELIVERED


def test_the_same_receipt_twice_counts_once(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(1)
    submit(gateway)
    event = receipt(f"gw-{dispatch.first_id}-1-1")
    hear(gateway, event, event)
    hear(gateway, event)
    fold_deltas()
    assert counts(dispatch) == {MessageStatus.DELIVERED: 1}


def test_a_receipt_before_the_submits_answer_waits(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(1)
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    hear(gateway, receipt(f"gw-{dispatch.first_id}-1-1", ref=f"{dispatch.first_id}-1"))
    assert counts(dispatch) == {MessageStatus.QUEUED: 1}
    settle_window(window, [accept(m) for m in window.messages])
    let_unmatched_be_due()
    apply_receipts()
    assert counts(dispatch) == {MessageStatus.DELIVERED: 1}
    assert not UnmatchedReceipt.objects.exists()


def test_a_receipt_of_an_unknown_message_is_kept(gateway: Gateway) -> None:
    hear(gateway, receipt("nobody"))
    assert UnmatchedReceipt.objects.get().n_tries == 0
    let_unmatched_be_due()
    UnmatchedReceipt.objects.update(received_at=NOW - timedelta(days=4))
    apply_receipts()
    kept = UnmatchedReceipt.objects.get()
    assert (kept.n_tries, kept.next_try_at) == (1, None)


def test_a_receipt_settles_an_uncertain_message_by_our_reference(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1)
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    settle_window(window, [SubmitResult(m.id, Outcome.UNCERTAIN) for m in window.messages])
    hear(gateway, receipt("an-id-we-never-heard", ref=f"{dispatch.first_id}-1"))
    assert counts(dispatch) == {MessageStatus.DELIVERED: 1}


def test_a_receipt_of_an_earlier_attempt_does_not_move_the_message(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1)
    submit(gateway)
    Message.objects.update(attempt=2)
    hear(gateway, receipt("x", ref=f"{dispatch.first_id}-1"))
    assert counts(dispatch) == {MessageStatus.SUBMITTED: 1}


def test_a_long_message_is_delivered_when_all_its_parts_are(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1, n_segments=3)
    submit(gateway)
    parts = [f"gw-{dispatch.first_id}-1-{seq}" for seq in (1, 2, 3)]
    hear(gateway, receipt(parts[0]), receipt(parts[0]), receipt(parts[2]))
    assert counts(dispatch) == {MessageStatus.SUBMITTED: 1}
    hear(gateway, receipt(parts[1]))
    assert counts(dispatch) == {MessageStatus.DELIVERED: 1}


def test_a_long_message_with_one_id_for_all_segments_is_delivered_by_one_receipt(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1, n_segments=3)
    submit(gateway, lambda m: SubmitResult(m.id, Outcome.ACCEPTED, (f"gw-{m.reference}-1",)))
    hear(gateway, receipt(f"gw-{dispatch.first_id}-1-1"))
    assert counts(dispatch) == {MessageStatus.DELIVERED: 1}


def test_a_message_taken_in_part_is_not_delivered_by_its_parts(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1, n_segments=3)
    submit(
        gateway,
        lambda m: SubmitResult(m.id, Outcome.REFUSED, (f"gw-{m.reference}-1",), reason=Reason.PARTIAL),
    )
    hear(gateway, receipt(f"gw-{dispatch.first_id}-1-1"))
    assert counts(dispatch) == {MessageStatus.FAILED: 1}


def test_no_commit_that_comes_late_is_skipped(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(2)
    submit(gateway)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO delivery_receipt (gateway_id, gateway_message_id, reference, msisdn, state, reason, code,"
                " reported_at) VALUES (%s, %s, '', '', 3, 0, '', now())",
                [gateway.pk, f"gw-{dispatch.first_id}-1-1"],
            )
            hear(gateway, receipt(f"gw-{dispatch.first_id + 1}-1-1"))
            assert counts(dispatch) == {MessageStatus.SUBMITTED: 2}
            cursor.execute("COMMIT")
    finally:
        other.close()
    apply_receipts()
    assert counts(dispatch) == {MessageStatus.DELIVERED: 2}


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_of_receipts_ends_the_same(
    gateway: Gateway, make_dispatch: MakeDispatch, data: st.DataObject
) -> None:
    n_parts = data.draw(st.integers(1, 3))
    heard = data.draw(
        st.lists(
            st.tuples(st.integers(1, n_parts), st.sampled_from(list(ReceiptState))), min_size=1, max_size=8
        )
    )
    ends = set()
    for seed in range(3):
        dispatch = make_dispatch(1, n_segments=n_parts)
        submit(gateway)
        order = random.Random(seed).sample(heard, len(heard))
        cut = random.Random(seed).randint(0, len(order))
        for chunk in (order[:cut], order[cut:]):
            hear(gateway, *[receipt(f"gw-{dispatch.first_id}-1-{seq}", state) for seq, state in chunk])
        ends.add(Message.objects.get(pk=dispatch.first_id).status)
    assert len(ends) == 1


def test_without_a_receipt_it_ends_as_expired(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(3)
    submit(gateway)
    assert close_overdue() == 0
    Dispatch.objects.update(
        sent_at=datetime.now(UTC) - timedelta(seconds=settings.RECEIPT_DEADLINE_SECONDS + 60)
    )
    assert close_overdue() == 3
    assert counts(dispatch) == {MessageStatus.EXPIRED: 3}
    assert set(Message.objects.values_list("reason", flat=True)) == {Reason.NO_RECEIPT}
    dispatch.refresh_from_db()
    assert dispatch.closed_at is not None


def test_a_very_late_receipt_still_corrects_an_expired_message(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1)
    submit(gateway)
    Dispatch.objects.update(sent_at=NOW - timedelta(days=30))
    close_overdue()
    hear(gateway, receipt(f"gw-{dispatch.first_id}-1-1"))
    assert counts(dispatch) == {MessageStatus.DELIVERED: 1}
