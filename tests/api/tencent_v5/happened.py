"""What becomes of messages in tests: as if carriers had answered, and the follower had put it aside; or truly so."""

from __future__ import annotations

import time
from datetime import datetime

from django.utils import timezone

from callbacks.models import PullItem
from callbacks.services.following import BATCH_SIZE, follow_events
from delivery.drain import drain
from delivery.gateways.base import OutboundMessage, ReceiptEvent, ReceiptState, ReplyEvent
from delivery.message_ids import message_id_of
from delivery.models import Gateway, Message, MessageBody, Reply
from delivery.services import apply_receipts, apply_replies, store_receipts, store_replies
from delivery.statuses import MessageStatus, Reason
from delivery.urgent.gathering import gather
from projects.models import Project
from projects.statuses import CallbackKind
from tests.delivery.conftest import ScriptedDriver


def settled(
    project: Project,
    sid: str,
    status: MessageStatus,
    *,
    reason: Reason = Reason.NONE,
    code: str = "",
    at: datetime | None = None,
) -> None:
    """The message left and got this receipt, which waits to be fetched."""
    message_id = message_id_of(sid)
    assert message_id is not None
    at = at or timezone.now()
    Message.objects.filter(pk=message_id).update(
        status=status, reason=reason, code=code, submitted_at=at, final_at=at
    )
    PullItem.objects.create(
        project=project,
        kind=CallbackKind.STATUS,
        row=message_id,
        status=status,
        reason=reason,
        code=code,
        event_at=at,
    )


def answered(project: Project, sid: str, text: str, *, consent_key: str = "") -> Reply:
    """The person wrote back, which waits to be fetched."""
    message_id = message_id_of(sid)
    reply: Reply = Reply.objects.create(
        gateway=Gateway.objects.get(),
        msisdn=MessageBody.objects.get(pk=message_id).msisdn,
        text=text,
        project=project,
        message_id=message_id,
        dispatch_id=Message.objects.get(pk=message_id).dispatch_id,
        consent_key=consent_key,
        next_try_at=None,
    )
    PullItem.objects.create(
        project=project, kind=CallbackKind.REPLY, row=reply.pk, event_at=reply.received_at
    )
    return reply


def carried() -> list[OutboundMessage]:
    """Everything that waits leaves by the gateway, which takes it; each is received, and one person writes back.

    As the processes of the console do it, one after the other. What the test did must be committed.
    """
    gateway, driver = Gateway.objects.get(), ScriptedDriver()
    gather()
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    now = timezone.now()
    receipts = [
        ReceiptEvent(f"gw-{sent.reference}-{seq}", ReceiptState.DELIVERED, "DELIVRD", now)
        for sent in driver.submitted
        for seq in range(1, sent.n_segments + 1)
    ]
    store_receipts(gateway_id=gateway.pk, events=receipts)
    apply_receipts()
    store_replies(gateway_id=gateway.pk, events=[ReplyEvent(driver.submitted[0].msisdn, "谢谢", "")])
    apply_replies()
    # Events are read behind the oldest transaction of anybody.
    end = time.monotonic() + 20
    while not PullItem.objects.filter(kind=CallbackKind.REPLY).exists() and time.monotonic() < end:
        while follow_events() >= BATCH_SIZE:
            pass
        time.sleep(0.05)
    return driver.submitted
