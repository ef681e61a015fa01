"""What stands in a request: the same bytes at each try, in the format of its endpoint."""

from __future__ import annotations

from datetime import UTC, datetime

from callbacks.formats import standard, tencent
from callbacks.models import Callback
from callbacks.told import Item, ReplyTold, StatusTold, replies_told, statuses_told
from delivery.statuses import MessageStatus, Reason
from projects.models import CallbackEndpoint
from projects.statuses import CallbackFormat, CallbackKind

_SAMPLE_AT = datetime(2026, 1, 1, 8, 3, 4, tzinfo=UTC)
_SAMPLE_NUMBER = "+8613800138000"
_SAMPLE_ID = "test0000000000000000000000"


def body_of(callback: Callback) -> str | None:
    """The body of a request, its endpoint and project loaded; None when nothing is left of what it was to tell.

    Two statements at most for receipts, four for a reply.
    """
    endpoint = callback.endpoint
    if callback.is_test:
        return sample_body(endpoint, at=callback.event_at)
    if callback.kind == CallbackKind.REPLY:
        replies = replies_told(reply_id for (reply_id,) in callback.items)
        return _reply_body(endpoint, replies[0], is_test=False) if replies else None
    statuses = statuses_told(Item(*item) for item in callback.items)
    return _status_body(endpoint, statuses, at=callback.event_at, is_test=False) if statuses else None


def sample_body(endpoint: CallbackEndpoint, *, at: datetime = _SAMPLE_AT) -> str:
    """What a request of this endpoint looks like; its number and id are nobody's. No statement."""
    if endpoint.kind == CallbackKind.REPLY:
        return _reply_body(endpoint, _sample_reply(endpoint, at), is_test=True)
    return _status_body(endpoint, [_sample_status(endpoint, at)], at=at, is_test=True)


def _status_body(
    endpoint: CallbackEndpoint, statuses: list[StatusTold], *, at: datetime, is_test: bool
) -> str:
    if endpoint.format == CallbackFormat.TENCENT:
        return tencent.status_body(statuses, zone=endpoint.project.zone)
    return standard.status_body(statuses, at=at, is_test=is_test)


def _reply_body(endpoint: CallbackEndpoint, reply: ReplyTold, *, is_test: bool) -> str:
    if endpoint.format == CallbackFormat.TENCENT:
        return tencent.reply_body(reply)
    return standard.reply_body(reply, is_test=is_test)


def _sample_status(endpoint: CallbackEndpoint, at: datetime) -> StatusTold:
    return StatusTold(
        message_id=0,
        id=_SAMPLE_ID,
        project_id=endpoint.project_id,
        msisdn=_SAMPLE_NUMBER,
        country="CN",
        n_segments=1,
        status=MessageStatus.DELIVERED,
        reason=Reason.NONE,
        code="DELIVRD",
        at=at,
        sequence=1,
        context="order-20391",
        extend="",
        is_sandbox=False,
    )


def _sample_reply(endpoint: CallbackEndpoint, at: datetime) -> ReplyTold:
    return ReplyTold(
        id="00000000-0000-4000-8000-000000000000",
        project_id=endpoint.project_id,
        msisdn=_SAMPLE_NUMBER,
        destination="10690000",
        text="Thank you",
        at=at,
        message_id=_SAMPLE_ID,
        extend="12",
        signature="DemoShop",
    )
