"""What becomes of messages in tests: as if carriers had answered, and the follower had put it aside."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from callbacks.models import PullItem
from delivery.message_ids import message_id_of
from delivery.models import Gateway, Message, MessageBody, Reply
from delivery.statuses import MessageStatus, Reason
from projects.models import Project
from projects.statuses import CallbackKind


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
