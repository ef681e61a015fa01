"""Messages: send one, look at one, list them."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import ConfigDict, Field, model_validator

from api.models import MessageBatch
from api.native.cursors import Cursors
from api.native.keys import ApiRequest
from api.native.operations import Terms, json_response, operation, replay_of, replayed
from api.native.problems import Problem
from api.native.shapes import NEXT_CURSOR, Country, Given, Line, Moment, Paged, Told
from api.queries.message_lists import ListedMessage, Wanted, listed, messages_page
from api.sending.orders import CONTEXT_MAX_BYTES, Order, Placed, Recipient, Refusal
from api.sending.placing import place
from delivery.message_ids import message_id_of, public_message_id
from delivery.queries import StatusWord
from delivery.statuses import Reason
from projects.models import Project
from projects.statuses import ApiScope
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from templates_app.models import BodyTemplate

router = Router(tags=["Messages"])

NUMBER_LENGTH_MAX = 40
_TEMPLATE_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)

Parameters = Annotated[
    list[Annotated[Line, Field(max_length=500)]],
    Field(max_length=50, description="The values of the placeholders, in their order."),
]
Number = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=NUMBER_LENGTH_MAX,
        description="With plus and country code; without one it is read as of `default_country`.",
        examples=["+8613800138000"],
    ),
]
Reference = Annotated[
    Line,
    Field(
        max_length=CONTEXT_MAX_BYTES,
        description="Your own word for the message, up to 512 bytes. It comes back in answers and callbacks.",
    ),
]


class Words(Given):
    """What is to be sent, whoever gets it: a reviewed body template, or a whole text that matches one."""

    template_id: Line | None = Field(
        None, max_length=40, description="Id or number of an approved body template. Either this or `text`."
    )
    text: str | None = Field(
        None,
        min_length=1,
        max_length=2_000,
        description="The whole text. It is sent if an approved body template with its values reads like it.",
    )
    signature: Line = Field(
        "",
        max_length=40,
        description="An approved signature, without brackets. Empty: the project's only one at home, none abroad.",
    )
    sender_id: Line = Field("", max_length=20, description="An approved sender ID; abroad only.")
    extend: str = Field(
        "", max_length=12, pattern="^[0-9]*$", description="Digits that replies come back with."
    )
    default_country: Country = Field(
        "", description="Country of numbers without a country code (ISO 3166). Empty: the project's own."
    )
    outside_hours: Literal["wait", "refuse"] = Field(
        "wait", description="What marketing does outside of its hours: wait for them, or be refused."
    )

    @model_validator(mode="after")
    def _either(self) -> Words:
        if (self.template_id is None) == (self.text is None):
            raise ValueError("Name either “template_id” or “text”.")
        return self


class MessageToSend(Words):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "to": "+4915123000001",
                "template_id": "12",
                "parameters": ["Ada", "Berlin"],
                "signature": "DemoShop",
                "reference": "order-20391",
            }
        },
    )

    to: Number
    parameters: Parameters = []
    reference: Reference = ""


class SentMessage(Told):
    """What was taken. `status` is `waiting` until the gateway has it."""

    id: str = Field(examples=["k3v9z6t2m8r4q7x5b2n4c6d7e4"])
    status: Literal["waiting"]
    to: str = Field(description="The number in E.164.")
    country: str = Field(description="ISO 3166; empty when it is not known.")
    segments: int
    reference: str
    sandbox: bool
    waits_until: str | None = Field(
        description="When marketing that waits for its hours may leave; null when it leaves at once."
    )


class WhyMessage(Told):
    """Why a message is where it is."""

    code: str = Field(description="The console's own word, such as `unreachable`; empty when there is none.")
    words: str
    carrier_code: str = Field(description="What the carrier, or the rule, said itself.")


class MessageOut(Told):
    """A message and what became of it. The text is whole, with its signature."""

    id: str
    status: StatusWord
    reason: WhyMessage
    to: str
    country: str
    region: str
    kind: str
    signature: str
    text: str
    sender_id: str
    extend: str
    segments: int
    reference: str
    sandbox: bool
    accepted_at: Moment | None = Field(description="When this API took it; null for others' messages.")
    submitted_at: Moment | None = Field(description="When the gateway took it.")
    final_at: Moment | None = Field(description="When the status became final.")


class MessagePage(Told):
    items: list[MessageOut]
    next_cursor: str | None = NEXT_CURSOR


class MessagesAsked(Paged):
    number: Line = Field(
        "", max_length=NUMBER_LENGTH_MAX, description="All messages to this number, also of campaigns."
    )
    status: StatusWord | None = None
    since: Moment | None = Field(None, description="Taken at or after this moment.")
    until: Moment | None = Field(None, description="Taken before this moment.")


ORDER_CODES = tuple(Refusal)


@operation(
    router,
    "POST",
    "/messages",
    Terms(ApiScope.MESSAGES_SEND, "Send a message", ORDER_CODES, status=201, once="within"),
    gives=SentMessage,
)
def send_message(request: ApiRequest, body: MessageToSend) -> HttpResponse:
    """Send one message to one number. It is with the gateway within a fraction of a second.

    A number that may not be written to now is refused with the reason; the refused message is seen in the console and
    has an id (`message_id` in the answer).
    """
    recipient = Recipient(body.to, body.parameters, body.reference)
    placed = send(request, order_of(request, body, [recipient], most=1))
    [result] = placed.results
    if result.refusal is not None:
        members = {"message_id": public_message_id(result.message_id)} if result.message_id else {}
        raise Problem(result.refusal, result.words, members=members)
    sent = SentMessage(
        id=public_message_id(result.message_id or 0),
        status="waiting",
        to=result.msisdn,
        country=result.country,
        segments=result.n_segments,
        reference=result.context,
        sandbox=request.key.is_sandbox,
        waits_until=placed.waits_until or None,
    )
    return replayed(json_response(201, sent.model_dump_json()), placed.is_repeated)


@operation(
    router,
    "GET",
    "/messages",
    Terms(ApiScope.MESSAGES_READ, "List messages", ("cursor_invalid", "number_invalid")),
    gives=MessagePage,
)
def list_messages(request: ApiRequest, asked: Query[MessagesAsked]) -> MessagePage:
    """The messages of this API, newest first; with `number` all messages to it, whoever sent them.

    A page may have fewer items than asked for, even none, while `next_cursor` says that there is more to look through.
    """
    project = request.auth.project
    cursors = Cursors("messages", project, asked.filters())
    wanted = Wanted(msisdn_of(project, asked.number), asked.status, asked.since, asked.until)
    page = messages_page(project, wanted, before=cursors.read(asked.cursor), limit=asked.limit)
    return MessagePage(
        items=[message_out(message) for message in page.messages], next_cursor=cursors.make(page.next_before)
    )


@operation(
    router, "GET", "/messages/{message_id}", Terms(ApiScope.MESSAGES_READ, "Get a message"), gives=MessageOut
)
def get_message(request: ApiRequest, message_id: str) -> MessageOut:
    """A message with what became of it. Ids of the Tencent-compatible APIs (`sid`, `SerialNo`) are the same."""
    number = message_id_of(message_id)
    found = listed(request.auth.project, [number]) if number is not None else []
    if not found:
        raise Problem("not_found")
    return message_out(found[0])


def order_of(request: ApiRequest, words: Words, recipients: list[Recipient], *, most: int) -> Order:
    """The order that a body asks for."""
    return Order(
        recipients=recipients,
        template_id=str(find_template(request.auth.project, words.template_id)) if words.template_id else "",
        text=words.text or "",
        signature=words.signature,
        sender_id=words.sender_id,
        extend=words.extend,
        default_country=words.default_country or request.auth.project.default_country,
        in_marketing_hours_only=words.outside_hours == "refuse",
        is_sandbox=request.key.is_sandbox,
        most=most,
    )


def send(request: ApiRequest, order: Order) -> Placed:
    """Place the order once, and note in the same transaction what was taken and when."""

    def note(placed: Placed) -> None:
        ids = [result.message_id for result in placed.results if result.message_id is not None]
        batch = MessageBatch.objects.create(
            project=request.auth.project,
            api_key=request.key,
            first_id=min(ids, default=None),
            n_messages=len(ids),
            n_refused=sum(result.refusal is not None for result in placed.results),
        )
        placed.extra["batch"] = str(batch.uuid)

    return place(request.auth.project, order, replay=replay_of(request), also=note)


def message_out(message: ListedMessage) -> MessageOut:
    told = message.told
    return MessageOut(
        id=public_message_id(told.message_id),
        status=told.word,
        reason=WhyMessage(
            code="" if told.reason == Reason.NONE else told.reason.name.lower(),
            words=str(told.reason.label),
            carrier_code=told.code,
        ),
        to=told.msisdn,
        country=told.country,
        region=told.region,
        kind=told.kind,
        signature=told.signature,
        text=told.text,
        sender_id=told.sender,
        extend=told.extend,
        segments=told.n_segments,
        reference=told.context,
        sandbox=told.is_sandbox,
        accepted_at=message.taken_at,
        submitted_at=told.submitted_at,
        final_at=told.final_at,
    )


def msisdn_of(project: Project, written: str) -> str:
    """The number in E.164, or empty for none. Raises `Problem` for what is no number."""
    if not written:
        return ""
    try:
        return read_msisdn(written, default_country=project.default_country).e164
    except MsisdnError as error:
        raise Problem("number_invalid", members={"reason": str(error.reason)}) from error


def find_template(project: Project, written: str) -> int:
    """The row number of a body template that is named by its id or by that number; 0 for what names none."""
    if _TEMPLATE_NUMBER.fullmatch(written):
        return int(written)
    try:
        wanted = UUID(written)
    except ValueError:
        return 0
    found = BodyTemplate.objects.filter(project=project, uuid=wanted).values_list("pk", flat=True)
    return found.first() or 0
