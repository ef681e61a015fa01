"""Codes that no table knows: counted, mapped by staff, and what had them read again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from delivery.claim import claim_window
from delivery.drain import lease_batch
from delivery.errors import CodeChanged, DeliveryError
from delivery.gateways.base import OutboundMessage, Outcome, ReceiptEvent, ReceiptState, SubmitResult
from delivery.lines.profiles import forget_profiles
from delivery.models import CarrierCode, Gateway, Message, UnmatchedReceipt
from delivery.services import apply_receipts, codes, count_past, map_code, reread_past, store_receipts
from delivery.services.codes import MAPPABLE, count_codes, reread_code
from delivery.settle import settle_window
from delivery.statuses import MessageStatus, Reason
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.conftest import MakeDispatch, accept
from tests.factories import UserFactory

# Stored receipts are read behind the oldest running transaction, so these tests have to commit.
pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_profiles()
    codes._gathered.clear()
    monkeypatch.setattr(codes, "FLUSH_SECONDS", 0.0)


@pytest.fixture
def staff(db: None) -> User:
    return UserFactory(is_staff=True)


def submit(gateway: Gateway, answer: SubmitResult | None = None) -> None:
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)

    def of(message: OutboundMessage) -> SubmitResult:
        return accept(message) if answer is None else answer._replace(message_id=message.id)

    settle_window(window, [of(message) for message in window.messages])


def fail(gateway: Gateway, part_id: str, code: str) -> None:
    event = ReceiptEvent(part_id, ReceiptState.UNDELIVERED, code, timezone.now())
    store_receipts(gateway_id=gateway.pk, events=[event])
    apply_receipts()


def test_an_unknown_code_is_counted_and_waits_for_a_meaning(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(3)
    submit(gateway)
    for n in range(2):
        fail(gateway, f"gw-{dispatch.first_id + n}-1-1", "XX:0815")
    fail(gateway, f"gw-{dispatch.first_id + 2}-1-1", "MK:0001")
    code = CarrierCode.objects.get()
    assert (code.kind, code.code, code.n_seen, code.reason) == (gateway.kind, "XX:0815", 2, None)
    assert Message.objects.get(pk=dispatch.first_id).reason == Reason.UNKNOWN_CODE


def test_what_staff_say_holds_for_new_receipts_and_is_counted_on(
    gateway: Gateway, make_dispatch: MakeDispatch, staff: User
) -> None:
    dispatch = make_dispatch(2)
    submit(gateway)
    fail(gateway, f"gw-{dispatch.first_id}-1-1", "XX:0815")
    code = CarrierCode.objects.get()
    map_code(code=code, reason=Reason.MEMORY_FULL, seen_at=None, by=staff)
    fail(gateway, f"gw-{dispatch.first_id + 1}-1-1", "XX:0815")
    first, second = Message.objects.order_by("pk")
    assert (first.reason, second.reason) == (Reason.UNKNOWN_CODE, Reason.MEMORY_FULL)
    code.refresh_from_db()
    assert (code.n_seen, code.changed_by) == (2, staff)
    assert OutboxEvent.objects.filter(kind="carrier_code.mapped").count() == 1


def test_the_past_is_read_again_when_asked_for(
    gateway: Gateway, make_dispatch: MakeDispatch, staff: User
) -> None:
    dispatch = make_dispatch(3)
    submit(gateway)
    other = Gateway.objects.create(slug="other", name="Other", kind="another")
    for n in range(3):
        fail(gateway, f"gw-{dispatch.first_id + n}-1-1", "XX:0815")
    Message.objects.filter(pk=dispatch.first_id).update(final_at=timezone.now() - timedelta(hours=73))
    Message.objects.filter(pk=dispatch.first_id + 1).update(gateway_id=other.pk)
    fail(gateway, "nobody", "XX:0815")
    code = CarrierCode.objects.get()
    with pytest.raises(DeliveryError):
        reread_past(code=code, by=staff)
    map_code(code=code, reason=Reason.BLACKLISTED, seen_at=None, by=staff)
    assert count_past(code) == 1
    assert reread_code(code.pk) == 2  # a message and a waiting receipt
    reasons = [message.reason for message in Message.objects.order_by("pk")]
    assert reasons == [Reason.UNKNOWN_CODE, Reason.UNKNOWN_CODE, Reason.BLACKLISTED]
    assert UnmatchedReceipt.objects.get().reason == Reason.BLACKLISTED
    assert {message.status for message in Message.objects.all()} == {MessageStatus.UNDELIVERED}
    assert reread_code(code.pk) == 0


def test_a_code_of_a_refused_submit_is_counted_and_mapped(
    gateway: Gateway, make_dispatch: MakeDispatch, staff: User
) -> None:
    refused = SubmitResult(0, Outcome.REFUSED, code="0x00000400", reason=Reason.UNKNOWN_CODE)
    make_dispatch(2)
    submit(gateway, refused)
    code = CarrierCode.objects.get()
    assert (code.code, code.n_seen) == ("0x00000400", 2)
    map_code(code=code, reason=Reason.SENDER_REFUSED, seen_at=None, by=staff)
    dispatch = make_dispatch(1)
    submit(gateway, refused)
    assert Message.objects.get(pk=dispatch.first_id).reason == Reason.SENDER_REFUSED
    submit_known = SubmitResult(0, Outcome.REFUSED, code="0x00000400", reason=Reason.INVALID_NUMBER)
    dispatch = make_dispatch(1)
    submit(gateway, submit_known)
    assert Message.objects.get(pk=dispatch.first_id).reason == Reason.INVALID_NUMBER


def test_who_was_faster_is_named_and_nothing_overwritten(staff: User, gateway: Gateway) -> None:
    code = CarrierCode.objects.create(kind="simulator", code="XX:0815")
    other = UserFactory(is_staff=True, name="Wang Li")
    map_code(code=code, reason=Reason.BLACKLISTED, seen_at=None, by=other)
    with pytest.raises(CodeChanged, match="Wang Li"):
        map_code(code=code, reason=Reason.MEMORY_FULL, seen_at=None, by=staff)
    code.refresh_from_db()
    assert code.reason == Reason.BLACKLISTED
    map_code(code=code, reason=None, seen_at=code.changed_at, by=staff)
    code.refresh_from_db()
    assert code.reason is None


def test_only_staff_may_and_only_what_a_carrier_can_mean(staff: User) -> None:
    code = CarrierCode.objects.create(kind="simulator", code="XX:0815")
    with pytest.raises(DeliveryError):
        map_code(code=code, reason=Reason.BLACKLISTED, seen_at=None, by=UserFactory())
    for reason in set(Reason) - set(MAPPABLE):
        with pytest.raises(DeliveryError):
            map_code(code=code, reason=reason, seen_at=None, by=staff)


def test_a_carrier_that_numbers_its_codes_does_not_fill_the_list(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "CODES_PER_KIND", 3)
    with connection.cursor() as cursor:
        count_codes(cursor, {("sms", f"X{n}"): 1 for n in range(5)})
        count_codes(cursor, {("sms", f"X{n}"): 1 for n in range(9)} | {("other", "X"): 2})
    assert sorted(CarrierCode.objects.values_list("kind", "code", "n_seen")) == [
        ("other", "X", 2),
        ("sms", "X0", 2),
        ("sms", "X1", 2),
        ("sms", "X2", 2),
    ]


def test_long_codes_that_begin_alike_are_counted_together(gateway: Gateway) -> None:
    with connection.cursor() as cursor:
        for _ in range(2):
            count_codes(cursor, {("sms", "X" * 80 + "a"): 1, ("sms", "X" * 80 + "b"): 2})
    assert CarrierCode.objects.get().n_seen == 6


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ReceiptState.UNDELIVERED, Reason.UNREACHABLE),
        (ReceiptState.EXPIRED, Reason.VALIDITY_EXPIRED),
        (ReceiptState.REJECTED, Reason.CARRIER_REJECTED),
    ],
)
def test_a_receipt_without_a_code_says_what_its_state_says(
    gateway: Gateway, state: ReceiptState, reason: Reason
) -> None:
    store_receipts(gateway_id=gateway.pk, events=[ReceiptEvent("x", state, "", NOW)])
    apply_receipts()
    assert UnmatchedReceipt.objects.get().reason == reason
    assert not CarrierCode.objects.exists()
