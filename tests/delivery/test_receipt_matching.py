"""Receipts in another notation, without an id of ours, of an earlier attempt, with an id that is used again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from delivery.claim import claim_window
from delivery.drain import lease_batch
from delivery.errors import GatewayChanged
from delivery.gateways.base import OutboundMessage, Outcome, ReceiptEvent, ReceiptState, SubmitResult
from delivery.ledger import check_dispatch
from delivery.lines.profiles import forget_profiles
from delivery.models import (
    Evidence,
    EvidenceSource,
    Gateway,
    Message,
    MessageBody,
    MessagePart,
    UnmatchedReceipt,
)
from delivery.services import (
    accept_id_form,
    apply_receipts,
    close_overdue,
    propose_id_form,
    store_receipts,
)
from delivery.settle import settle_window
from delivery.statuses import MessageStatus
from tests.delivery.conftest import MakeDispatch
from tests.factories import UserFactory

# Stored receipts are read behind the oldest running transaction, so these tests have to commit.
pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DELIVERED, UNDELIVERED = ReceiptState.DELIVERED, ReceiptState.UNDELIVERED


@pytest.fixture(autouse=True)
def fresh_profiles() -> None:
    forget_profiles()


def submit(gateway: Gateway, answer: Callable[[OutboundMessage], SubmitResult]) -> None:
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    settle_window(window, [answer(message) for message in window.messages])


def taken_as(*ids: str) -> Callable[[OutboundMessage], SubmitResult]:
    return lambda message: SubmitResult(message.id, Outcome.ACCEPTED, ids)


def nothing_heard(message: OutboundMessage) -> SubmitResult:
    return SubmitResult(message.id, Outcome.UNCERTAIN)


def number_of(message_id: int) -> str:
    return MessageBody.objects.get(message_id=message_id).msisdn


def hear(gateway: Gateway, *events: ReceiptEvent) -> None:
    store_receipts(gateway_id=gateway.pk, events=events)
    apply_receipts()


def ask_again(*, age: timedelta = timedelta(minutes=5)) -> None:
    """As if the waiting receipts had come some time ago and were due now; so had the messages left before."""
    Message.objects.filter(submitted_at__isnull=False).update(submitted_at=timezone.now() - 2 * age)
    UnmatchedReceipt.objects.update(next_try_at=NOW, received_at=timezone.now() - age)
    apply_receipts()


def status_of(message_id: int) -> MessageStatus:
    return MessageStatus(Message.objects.get(pk=message_id).status)


# --- Notations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "answered", "receipted"),
    [
        ("hex_to_dec", "39f99dd5", "0972660181"),
        ("dec_to_hex", "972660181", "39F99DD5"),
        ("lower", "ABCDEF", "abcdef"),
        ("strip_zeros", "0000012345", "12345"),
    ],
)
def test_ids_are_read_in_the_gateways_form(
    gateway: Gateway, make_dispatch: MakeDispatch, form: str, answered: str, receipted: str
) -> None:
    Gateway.objects.update(settings={"id_form": form})
    dispatch = make_dispatch(1)
    submit(gateway, taken_as(answered))
    hear(gateway, ReceiptEvent(receipted, DELIVERED, "DELIVRD", NOW))
    assert status_of(dispatch.first_id) == MessageStatus.DELIVERED


def test_the_form_that_would_fit_is_proposed_and_once_accepted_settles_what_waits(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(4)
    ids = iter(["39f99dd5", "39f99dd6", "0000000A", "not-a-number"])
    submit(gateway, lambda message: SubmitResult(message.id, Outcome.ACCEPTED, (next(ids),)))
    told = [str(0x39F99DD5), "0972660182", "10", "unknown"]
    hear(gateway, *(ReceiptEvent(told_id, DELIVERED, "DELIVRD", NOW) for told_id in told))
    assert UnmatchedReceipt.objects.count() == 4
    proposal = propose_id_form(gateway)
    assert proposal is not None
    assert (proposal.form, proposal.n_matched, proposal.n_waiting) == ("hex_to_dec", 3, 4)
    gateway.refresh_from_db()
    staff = UserFactory(is_staff=True)
    accept_id_form(gateway=gateway, form=proposal.form, seen_at=gateway.changed_at, by=staff)
    apply_receipts()
    assert [status_of(dispatch.first_id + n) for n in range(4)] == [MessageStatus.DELIVERED] * 3 + [
        MessageStatus.SUBMITTED
    ]
    assert list(UnmatchedReceipt.objects.values_list("gateway_message_id", flat=True)) == ["unknown"]
    gateway.refresh_from_db()
    assert propose_id_form(gateway) is None
    # A receipt of a message that was submitted before the form was accepted, stored after it.
    hear(gateway, ReceiptEvent("0972660182", UNDELIVERED, "UNDELIV", NOW))
    ask_again()
    assert UnmatchedReceipt.objects.count() == 1


@pytest.mark.parametrize("right", ["as_is", "lower", "strip_zeros", "hex_to_dec", "dec_to_hex"])
@pytest.mark.parametrize("wrong", ["as_is", "lower", "strip_zeros", "hex_to_dec", "dec_to_hex"])
def test_what_came_while_another_form_was_set_finds_its_message_in_the_right_one(
    gateway: Gateway, make_dispatch: MakeDispatch, wrong: str, right: str
) -> None:
    answered, written = {
        "as_is": ("00A6699", "00A6699"),
        "lower": ("00a6699", "00A6699"),
        "strip_zeros": ("a6699", "00A6699"),
        "hex_to_dec": ("a6699", "0681625"),
        "dec_to_hex": ("681625", "0A6699"),
    }[right]
    dispatch = make_dispatch(2)
    Gateway.objects.update(settings={"id_form": wrong})
    ids = iter([answered, "1"])
    submit(gateway, lambda message: SubmitResult(message.id, Outcome.ACCEPTED, (next(ids),)))
    hear(gateway, ReceiptEvent(written, DELIVERED, "DELIVRD", NOW))

    Gateway.objects.update(settings={"id_form": right})
    forget_profiles()
    ask_again()

    assert status_of(dispatch.first_id) == MessageStatus.DELIVERED
    assert status_of(dispatch.first_id + 1) == MessageStatus.SUBMITTED
    assert not UnmatchedReceipt.objects.exists()


def test_a_form_is_not_accepted_over_somebody_elses_change(gateway: Gateway) -> None:
    staff = UserFactory(is_staff=True)
    with pytest.raises(GatewayChanged):
        accept_id_form(gateway=gateway, form="lower", seen_at=NOW, by=staff)


def test_nothing_is_proposed_from_a_few_receipts(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    make_dispatch(1)
    submit(gateway, taken_as("0a"))
    hear(gateway, *(ReceiptEvent(told, DELIVERED, "DELIVRD", NOW) for told in ("10", "2000", "3000")))
    assert propose_id_form(gateway) is None


def test_an_id_that_is_used_again_means_the_newest_message_and_never_one_of_long_ago(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    old, new = make_dispatch(1), make_dispatch(1)
    submit(gateway, taken_as("77"))
    submit(gateway, taken_as("77"))
    hear(gateway, ReceiptEvent("77", DELIVERED, "DELIVRD", NOW))
    assert [status_of(old.first_id), status_of(new.first_id)] == [
        MessageStatus.SUBMITTED,
        MessageStatus.DELIVERED,
    ]
    third = make_dispatch(1)
    submit(gateway, taken_as("78"))
    Message.objects.filter(pk=third.first_id).update(submitted_at=timezone.now() - timedelta(days=7))
    hear(gateway, ReceiptEvent("78", DELIVERED, "DELIVRD", NOW))
    assert status_of(third.first_id) == MessageStatus.SUBMITTED
    assert UnmatchedReceipt.objects.get().gateway_message_id == "78"


def test_a_receipt_of_an_earlier_attempt_is_evidence_and_changes_nothing(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1)
    submit(gateway, taken_as("first"))
    Message.objects.update(attempt=2, status=MessageStatus.QUEUED)
    event = ReceiptEvent("first", UNDELIVERED, "UNDELIV", NOW)
    hear(gateway, event, event)
    hear(gateway, event)
    assert status_of(dispatch.first_id) == MessageStatus.QUEUED
    evidence = Evidence.objects.get()
    assert (evidence.source, evidence.attempt, evidence.outcome) == (EvidenceSource.RECEIPT, 1, "undelivered")
    assert not UnmatchedReceipt.objects.exists()


# --- By number ------------------------------------------------------------------------------------------------


def nameless(message_id: int, told_id: str, state: ReceiptState = DELIVERED) -> ReceiptEvent:
    return ReceiptEvent(told_id, state, "DELIVRD", NOW, msisdn=number_of(message_id))


def test_a_receipt_without_our_reference_settles_the_one_uncertain_message_to_its_number(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(2)
    submit(gateway, nothing_heard)
    hear(gateway, nameless(dispatch.first_id, "x1"))
    ask_again(age=timedelta(seconds=5))
    assert status_of(dispatch.first_id) == MessageStatus.UNCERTAIN  # its own answer might still come
    ask_again()
    assert status_of(dispatch.first_id) == MessageStatus.DELIVERED
    assert status_of(dispatch.first_id + 1) == MessageStatus.UNCERTAIN
    assert not UnmatchedReceipt.objects.exists()
    evidence = Evidence.objects.get()
    assert (evidence.source, evidence.gateway_message_ids) == (EvidenceSource.NUMBER, ["x1"])
    # From now on its id is known.
    hear(gateway, ReceiptEvent("x1", UNDELIVERED, "UNDELIV", NOW))
    assert not UnmatchedReceipt.objects.exists()
    assert check_dispatch(dispatch.pk) == []


@pytest.mark.parametrize("is_newer", [True, False])
def test_of_two_messages_to_a_number_none_is_settled(
    gateway: Gateway, make_dispatch: MakeDispatch, is_newer: bool
) -> None:
    answers = [taken_as("known"), nothing_heard] if is_newer else [nothing_heard, taken_as("known")]
    dispatches = [make_dispatch(1), make_dispatch(1)]
    for answer in answers:
        submit(gateway, answer)
    uncertain = dispatches[1 if is_newer else 0].first_id
    MessageBody.objects.update(msisdn="+8613800000001")
    hear(gateway, nameless(uncertain, "x1"))
    ask_again()
    assert status_of(uncertain) == MessageStatus.UNCERTAIN
    assert UnmatchedReceipt.objects.exists()
    # Once it is known what became of the other, only one can be meant.
    hear(gateway, ReceiptEvent("known", DELIVERED, "DELIVRD", NOW))
    ask_again()
    assert {status_of(dispatch.first_id) for dispatch in dispatches} == {MessageStatus.DELIVERED}


def test_of_two_uncertain_messages_to_a_number_none_is_settled(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    first, second = make_dispatch(1), make_dispatch(1)
    submit(gateway, nothing_heard)
    submit(gateway, nothing_heard)
    MessageBody.objects.update(msisdn="+8613800000001")
    hear(gateway, nameless(first.first_id, "x1"))
    ask_again()
    assert [status_of(d.first_id) for d in (first, second)] == [MessageStatus.UNCERTAIN] * 2


def test_two_ids_for_one_short_message_are_for_a_person(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1)
    submit(gateway, nothing_heard)
    hear(gateway, nameless(dispatch.first_id, "x1"), nameless(dispatch.first_id, "x2"))
    ask_again()
    assert status_of(dispatch.first_id) == MessageStatus.UNCERTAIN


def test_a_long_message_waits_for_the_receipts_of_all_its_parts(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(1)
    Message.objects.update(n_segments=2)
    submit(gateway, nothing_heard)
    hear(gateway, nameless(dispatch.first_id, "x1"), nameless(dispatch.first_id, "x1"))
    ask_again()
    assert status_of(dispatch.first_id) == MessageStatus.UNCERTAIN
    hear(gateway, nameless(dispatch.first_id, "x2"))
    ask_again()
    assert status_of(dispatch.first_id) == MessageStatus.DELIVERED
    assert sorted(MessagePart.objects.values_list("seq", flat=True)) == [1, 2]
    assert not UnmatchedReceipt.objects.exists()


def test_a_receipt_of_another_gateway_settles_nothing(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(1)
    submit(gateway, nothing_heard)
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    hear(other, nameless(dispatch.first_id, "x1"))
    ask_again()
    assert status_of(dispatch.first_id) == MessageStatus.UNCERTAIN


def test_a_receipt_that_comes_three_days_late_still_counts(
    gateway: Gateway, make_dispatch: MakeDispatch, settings: object
) -> None:
    dispatch = make_dispatch(1)
    submit(gateway, taken_as("late"))
    Message.objects.update(submitted_at=timezone.now() - timedelta(days=3, hours=1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery_dispatch SET sent_at = now() - interval '73 hours', n_open = 0")
    close_overdue()
    assert status_of(dispatch.first_id) == MessageStatus.EXPIRED
    hear(gateway, ReceiptEvent("late", DELIVERED, "DELIVRD", NOW))
    assert status_of(dispatch.first_id) == MessageStatus.DELIVERED
