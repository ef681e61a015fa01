"""A campaign whose messages ended in every way: for the pages about one message, one number, what is uncertain."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from campaigns import fanout
from delivery.drain import drain
from delivery.gateways.base import (
    OutboundMessage,
    Outcome,
    QueryOutcome,
    ReceiptEvent,
    ReceiptState,
    SubmitResult,
)
from delivery.models import Dispatch, Gateway, Inquiry, Message, MessageBody, Reply, UnmatchedReceipt
from delivery.services import apply_receipts, store_receipts
from delivery.statuses import MessageStatus, Reason, ReplyOutcome
from tests.browser.scene import Scene
from tests.campaigns import making
from tests.delivery.conftest import ScriptedDriver, accept

# By the last digit of the number; the others are taken and wait for their receipt.
UNCERTAIN = frozenset("4567")
REFUSED = "3"
FIRST = making.FIRST_NUMBER + 100
LONG_TEXT = "Hello {1}, your order to {2} is on its way. " + "It comes with everything that you chose. " * 4


@dataclass(frozen=True)
class Stories:
    """Messages by how they ended, and a number that stands in no file."""

    delivered: int
    failed: int
    uncertain: int
    number: str


def make_stories(scene: Scene) -> Stories:
    project, person = scene.project, scene.person
    campaign = making.draft(
        project, person, name="Delivery notices", body_template_revision=making.body(project, LONG_TEXT)
    )
    rows = [[number, f"Person {i}", "Berlin"] for i, number in enumerate(making.numbers(9, first=FIRST))]
    making.uploaded(campaign, [["Number", "Name", "City"], *rows, rows[0]], by=person, name="customers.csv")
    campaign = making.send(campaign, person)
    fanout.run(campaign.pk)
    driver = ScriptedDriver()
    driver.answer = answer
    drain(scene.gateway, until=time.monotonic() + 5, driver=driver)
    dispatch = Dispatch.objects.get(pk=campaign.dispatch_id)
    then = timezone.now() - timedelta(minutes=12)
    Message.objects.filter(dispatch_id=dispatch.pk, submitted_at__isnull=False).update(submitted_at=then)
    ids = list(Message.objects.filter(dispatch_id=dispatch.pk).order_by("pk").values_list("pk", flat=True))
    _report(scene.gateway, ids[0], ReceiptState.DELIVERED, "DELIVRD")
    _report(scene.gateway, ids[1], ReceiptState.UNDELIVERED, "MK:0001")
    apply_receipts()
    _ask_about(scene.gateway, ids[4], ids[5])
    Reply.objects.create(
        gateway=scene.gateway,
        project=project,
        dispatch_id=dispatch.pk,
        message_id=ids[0],
        msisdn=_number(ids[0]),
        text="Thank you! Please ring twice.",
        outcome=ReplyOutcome.NOTED,
        next_try_at=None,
    )
    assert Message.objects.get(pk=ids[0]).status == MessageStatus.DELIVERED
    return Stories(delivered=ids[0], failed=ids[1], uncertain=ids[4], number=_number(ids[0]))


def answer(message: OutboundMessage) -> SubmitResult:
    last = message.msisdn[-1]
    if last in UNCERTAIN:
        return SubmitResult(message.id, Outcome.UNCERTAIN)
    if last == REFUSED:
        return SubmitResult(message.id, Outcome.REFUSED, code="isv.BALANCE", reason=Reason.ACCOUNT_PROBLEM)
    return accept(message)


def _report(gateway: Gateway, message_id: int, state: ReceiptState, code: str) -> None:
    n_segments = Message.objects.get(pk=message_id).n_segments
    now = timezone.now()
    store_receipts(
        gateway_id=gateway.pk,
        events=[
            ReceiptEvent(f"gw-{message_id}-1-{seq}", state, code, now) for seq in range(1, n_segments + 1)
        ],
    )


def _ask_about(gateway: Gateway, missing: int, unclear: int) -> None:
    now = timezone.now()
    Inquiry.objects.create(
        message_id=missing,
        attempt=1,
        gateway_id=gateway.pk,
        n_asked=2,
        outcome=QueryOutcome.MISSING,
        code="NotFound",
        answered_at=now - timedelta(minutes=3),
        next_at=now + timedelta(minutes=8),
    )
    for n in range(2):
        UnmatchedReceipt.objects.create(
            receipt_id=900_000 + n,
            gateway_id=gateway.pk,
            gateway_message_id=f"7f3a9c0{n}",
            msisdn=_number(unclear),
            state=MessageStatus.DELIVERED,
            reason=Reason.NONE,
            code="DELIVRD",
            reported_at=now,
            received_at=now - timedelta(minutes=2),
        )


def _number(message_id: int) -> str:
    return MessageBody.objects.get(message_id=message_id).msisdn
