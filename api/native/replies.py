"""Replies of people."""

from __future__ import annotations

from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from api.native.cursors import Cursors
from api.native.keys import ApiRequest
from api.native.messages import NUMBER_LENGTH_MAX, msisdn_of
from api.native.operations import Terms, operation
from api.native.problems import Problem
from api.native.shapes import NEXT_CURSOR, Line, Moment, Paged, Told
from api.services.lookups import ReplyTold, replies_of
from delivery.message_ids import public_message_id
from delivery.models import Reply
from delivery.queries.replies import ReplyFilter, reply_page
from projects.statuses import ApiScope

router = Router(tags=["Replies"])


class ReplyOut(Told):
    id: UUID
    sender: str = Field(description="The number of the person, in E.164.")
    country: str
    text: str
    received_at: Moment
    message_id: str | None = Field(description="The message that it answers, where that is known.")
    signature: str = Field(description="Of that message.")
    reference: str = Field(description="Of that message.")
    extend: str


class ReplyPage(Told):
    items: list[ReplyOut]
    next_cursor: str | None = NEXT_CURSOR


class RepliesAsked(Paged):
    number: Line = Field("", max_length=NUMBER_LENGTH_MAX, description="Replies of this number only.")
    since: Moment | None = Field(None, description="Received at or after this moment.")
    until: Moment | None = Field(None, description="Received before this moment.")


@operation(
    router,
    "GET",
    "/replies",
    Terms(ApiScope.MESSAGES_READ, "List replies", ("cursor_invalid", "number_invalid")),
    gives=ReplyPage,
)
def list_replies(request: ApiRequest, asked: Query[RepliesAsked]) -> ReplyPage:
    """What people answered, newest first. Answers to campaigns and to all interfaces stand here."""
    project = request.auth.project
    cursors = Cursors("replies", project, asked.filters())
    wanted = ReplyFilter(number=msisdn_of(project, asked.number), since=asked.since, until=asked.until)
    page = reply_page(project, wanted, before=cursors.read(asked.cursor), limit=asked.limit)
    told = replies_of(project, [row.reply.pk for row in page.rows])
    return ReplyPage(items=[_out(reply) for reply in told], next_cursor=cursors.make(page.older))


@operation(router, "GET", "/replies/{reply_id}", Terms(ApiScope.MESSAGES_READ, "Get a reply"), gives=ReplyOut)
def get_reply(request: ApiRequest, reply_id: UUID) -> ReplyOut:
    """One reply, with the message that it answers."""
    project = request.auth.project
    pks = Reply.objects.filter(project=project, uuid=reply_id).values_list("pk", flat=True)
    found = replies_of(project, list(pks))
    if not found:
        raise Problem("not_found")
    return _out(found[0])


def _out(told: ReplyTold) -> ReplyOut:
    return ReplyOut(
        id=UUID(told.uuid),
        sender=told.msisdn,
        country=told.country,
        text=told.text,
        received_at=told.received_at,
        message_id=public_message_id(told.message_id) if told.message_id is not None else None,
        signature=told.signature,
        reference=told.context,
        extend=told.extend,
    )
