"""Batches: the same words to many numbers in one request."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import ConfigDict, Field

from api.models import MessageBatch
from api.native.cursors import Cursors
from api.native.keys import ApiRequest
from api.native.messages import (
    ORDER_CODES,
    MessageOut,
    Number,
    Parameters,
    Reference,
    Words,
    message_out,
    order_of,
    send,
)
from api.native.operations import Terms, json_response, operation, replayed
from api.native.problems import Problem
from api.native.shapes import NEXT_CURSOR, Given, Moment, Paged, Told
from api.queries.message_lists import listed
from api.sending.orders import MOST_NATIVE, Ordered, Recipient
from delivery.message_ids import public_message_id
from delivery.queries import StatusWord
from projects.statuses import ApiScope

router = Router(tags=["Batches"])


class BatchRecipient(Given):
    to: Number
    parameters: Parameters = []
    reference: Reference = ""


class BatchToSend(Words):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "template_id": "12",
                "signature": "DemoShop",
                "messages": [
                    {"to": "+4915123000001", "parameters": ["Ada", "Berlin"], "reference": "order-20391"},
                    {"to": "+4915123000002", "parameters": ["Ben", "Bonn"], "reference": "order-20392"},
                ],
            }
        },
    )

    messages: Annotated[list[BatchRecipient], Field(min_length=1, max_length=MOST_NATIVE)]


class BatchItem(Told):
    """What became of one of the messages, in the order of the request."""

    id: str | None = Field(description="Null for what is no number: there is no message then.")
    status: Literal["waiting", "blocked", "refused"]
    code: str | None = Field(
        description="Why it was refused or blocked, each with a page of its own; else null."
    )
    detail: str
    to: str = Field(description="The number as it was written.")
    country: str
    segments: int
    reference: str


class SentBatch(Told):
    id: UUID
    accepted: int
    refused: int
    sandbox: bool
    waits_until: str | None
    items: list[BatchItem]


class StatusCount(Told):
    status: StatusWord
    messages: int


class BatchOut(Told):
    """A batch as it stands. `items` are a page of its messages in their order."""

    id: UUID
    created_at: Moment
    messages: int = Field(description="Those that have an id, the blocked ones among them.")
    refused: int = Field(description="Refused and blocked ones.")
    counts: list[StatusCount] = Field(description="How many messages are in each state.")
    items: list[MessageOut]
    next_cursor: str | None = NEXT_CURSOR


@operation(
    router,
    "POST",
    "/batches",
    Terms(ApiScope.MESSAGES_SEND, "Send a batch", ORDER_CODES, status=201, once="within"),
    gives=SentBatch,
)
def send_batch(request: ApiRequest, body: BatchToSend) -> HttpResponse:
    """Send the same words to up to 1000 numbers, each with its own values.

    A number that is refused does not hold up the others: each item of the answer says what became of it. What is wrong
    with the words refuses the whole batch.
    """
    recipients = [Recipient(one.to, one.parameters, one.reference) for one in body.messages]
    placed = send(request, order_of(request, body, recipients, most=MOST_NATIVE))
    items = [_item(result) for result in placed.results]
    n_accepted = sum(item.status == "waiting" for item in items)
    sent = SentBatch(
        id=UUID(placed.extra["batch"]),
        accepted=n_accepted,
        refused=len(items) - n_accepted,
        sandbox=request.key.is_sandbox,
        waits_until=placed.waits_until or None,
        items=items,
    )
    return replayed(json_response(201, sent.model_dump_json()), placed.is_repeated)


@operation(
    router,
    "GET",
    "/batches/{batch_id}",
    Terms(ApiScope.MESSAGES_READ, "Get a batch", ("cursor_invalid",)),
    gives=BatchOut,
)
def get_batch(request: ApiRequest, batch_id: UUID, asked: Query[Paged]) -> BatchOut:
    """How a batch stands: how many messages are in each state, and the messages themselves page by page."""
    project = request.auth.project
    batch = MessageBatch.objects.filter(project=project, uuid=batch_id).first()
    if batch is None:
        raise Problem("not_found")
    cursors = Cursors("batch", project, {"batch": batch_id})
    after = cursors.read(asked.cursor) or 0
    first = batch.first_id or 0
    messages = listed(project, range(first, first + batch.n_messages))
    counts = Counter(message.told.word for message in messages)
    shown = [message for message in messages if message.told.message_id > after][: asked.limit]
    last = shown[-1].told.message_id if shown else 0
    has_more = bool(shown) and last < messages[-1].told.message_id
    return BatchOut(
        id=batch.uuid,
        created_at=batch.created_at,
        messages=batch.n_messages,
        refused=batch.n_refused,
        counts=[StatusCount(status=word, messages=counts[word]) for word in StatusWord if counts[word]],
        items=[message_out(message) for message in shown],
        next_cursor=cursors.make(last if has_more else None),
    )


def _item(result: Ordered) -> BatchItem:
    status: Literal["waiting", "blocked", "refused"] = "waiting"
    if result.refusal is not None:
        status = "refused" if result.message_id is None else "blocked"
    return BatchItem(
        id=public_message_id(result.message_id) if result.message_id is not None else None,
        status=status,
        code=str(result.refusal) if result.refusal is not None else None,
        detail=result.words,
        to=result.number,
        country=result.country,
        segments=result.n_segments,
        reference=result.context,
    )
