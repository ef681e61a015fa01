"""From an order to messages: the one way by which programs send.

shape      how many numbers, how long the rest is
numbers    read, and all of one region
text       approved now, signed, and the organization may send it there
values     put into the text; its length
rules      hours, lists, countries, frequency, caps: asked, not yet counted
messages   with the answer in one transaction
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from api.sending.answers import Replay, StoredAnswer, keep_answer, stored_answer
from api.sending.ground import Ground
from api.sending.numbers import Line, read_lines, refuse_repeated, region_of_lines
from api.sending.orders import (
    CONTEXT_MAX_BYTES,
    EXTEND_MAX_DIGITS,
    Order,
    Ordered,
    OrderRefused,
    Placed,
    Refusal,
)
from api.sending.parameters import write_texts
from api.sending.remembered import limits_now, router_now
from api.sending.rules import refuse_by_hours, refuse_by_rules
from api.sending.texts import ChosenText, choose_text, is_plain
from campaigns.marketing import MarketingHours
from delivery.errors import DeliveryError, ProjectStopped
from delivery.limits.frequency import Block
from delivery.models import Dispatch
from delivery.services.asking import CapReached, tell_asked
from delivery.services.dispatches import NewMessage, SendingHours
from delivery.services.handing_over import LooseMessage, hand_over, open_stream, reserve_message_ids
from delivery.statuses import SANDBOX_TAG
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.statuses import TextKind

_STOPPED = "All sending of this project was stopped. An admin of its organization can allow it again."


@dataclass(slots=True)
class _Plan:
    """An order whose every line is decided; nothing of it is written yet."""

    order: Order
    text: ChosenText
    lines: list[Line]
    found: list[Block | CapReached | None]
    hours: MarketingHours | None
    waits_until: datetime | None

    @property
    def to_write(self) -> list[Line]:
        """Those that get a message: what is taken, and what a rule blocked."""
        return [line for line in self.lines if line.is_open or line.block is not None]


def place(
    project: Project,
    order: Order,
    *,
    replay: Replay | None = None,
    also: Callable[[Placed], None] | None = None,
) -> Placed:
    """Check the order, hand its messages over, and say what became of each recipient.

    With `replay` the answer is kept in the same transaction, and the same request gets it again (`is_repeated`) and
    sends nothing; `AnswerMismatch` when its key came with another body. Do not call it inside `answered_once`.
    `also` is called in that transaction, before the answer is kept: it may write rows and fill `Placed.extra`. For a
    repeated request it may be called too, and what it wrote is undone.
    Raises `OrderRefused` when the order is refused as a whole; nothing is kept then. A fixed number of statements,
    however many recipients.
    """
    while True:
        try:
            placed = _carry_out(project, _plan(project, order), replay, also)
        except OrderRefused:
            # What was taken before is answered as before, whatever holds by now.
            stored = stored_answer(project, replay) if replay else None
            if stored is None:
                raise
            return _from_stored(stored)
        if placed is not None:
            return placed
        stored = stored_answer(project, replay) if replay else None
        # None: it was cleared away between the two statements.
        if stored is not None:
            return _from_stored(stored)


def _plan(project: Project, order: Order) -> _Plan:
    _check_shape(order)
    _check_project(project.is_disabled, project.stopped_at is not None)
    lines = read_lines(project, order)
    region = region_of_lines(order, lines)
    text = choose_text(project, order, region)
    _check_place(order, text)
    _check_sender(order, text, lines)
    write_texts(text, lines)
    refuse_repeated(lines)
    hours, waits_until = refuse_by_hours(project, order, text, lines)
    found = [] if order.is_sandbox else refuse_by_rules(project, text, lines)
    return _Plan(order, text, lines, found, hours, waits_until)


# --- Of the whole order ---------------------------------------------------------------------------------


def _check_shape(order: Order) -> None:
    n = len(order.recipients)
    if not n:
        raise OrderRefused(Refusal.NO_NUMBERS, "Name at least one number.", field="recipients")
    if n > order.most:
        words = f"One request takes {order.most} numbers at most; this one has {n}. Split it."
        raise OrderRefused(Refusal.TOO_MANY_NUMBERS, words, field="recipients")
    if order.extend and not (
        order.extend.isascii() and order.extend.isdigit() and len(order.extend) <= EXTEND_MAX_DIGITS
    ):
        words = f"The extend code is up to {EXTEND_MAX_DIGITS} digits and nothing else."
        raise OrderRefused(Refusal.EXTEND_NOT_ALLOWED, words, field="extend")
    for recipient in order.recipients:
        if not is_plain(recipient.context):
            words = "What shall come back with a message holds a character that no text can have."
            raise OrderRefused(Refusal.CONTEXT_TOO_LONG, words, field="recipients")
        if len(recipient.context.encode()) > CONTEXT_MAX_BYTES:
            words = f"What shall come back with a message has at most {CONTEXT_MAX_BYTES} bytes of UTF-8."
            raise OrderRefused(Refusal.CONTEXT_TOO_LONG, words, field="recipients")


def _check_project(is_disabled: bool, is_stopped: bool) -> None:
    if is_disabled:
        words = "The project is disabled. An admin of its organization can enable it."
        raise OrderRefused(Refusal.PROJECT_DISABLED, words)
    if is_stopped:
        raise OrderRefused(Refusal.PROJECT_STOPPED, _STOPPED)


def _check_place(order: Order, text: ChosenText) -> None:
    """Whether project and organization may send this. A sandbox needs no activation: nothing leaves."""
    _check_project(text.ground.is_disabled, text.ground.is_stopped)
    standing = text.ground.standing
    if not order.is_sandbox and text.region not in standing.active_regions:
        raise OrderRefused(Refusal.REGION_NOT_ACTIVE, _not_active(text.ground, text.region))
    if text.kind == TextKind.MARKETING and standing.is_individual:
        words = "Individuals may not send marketing. Use another template, or verify as an enterprise."
        raise OrderRefused(Refusal.MARKETING_NOT_ALLOWED, words, field="template_id")


def _check_sender(order: Order, text: ChosenText, lines: Sequence[Line]) -> None:
    """Whether the sender ID is approved, and for which countries. At home there is none."""
    if not order.sender_id or text.region is Region.DOMESTIC:
        return
    places = text.ground.sender_countries
    if not places:
        words = "The project has no approved sender ID of this text. Leave it out, or submit it for review."
        raise OrderRefused(Refusal.SENDER_UNUSABLE, words, field="sender_id")
    for line in lines:
        if line.is_open and not places & {"", line.country}:
            line.refuse(Refusal.SENDER_UNUSABLE, "The sender ID is not approved for this country.")


def _not_active(ground: Ground, region: Region) -> str:
    if ground.standing.is_locked:
        return "The organization is locked, so nothing of it is sent. Ask the people who run this console."
    if ground.standing.entity is None:
        return "The organization is not verified yet. An admin applies for it in the console."
    word = "Domestic" if region is Region.DOMESTIC else "International"
    return f"{word} SMS is not activated for the organization. An admin applies for it in the console."


# --- Carrying it out ------------------------------------------------------------------------------------


def _carry_out(
    project: Project, plan: _Plan, replay: Replay | None, also: Callable[[Placed], None] | None
) -> Placed | None:
    """Write what the plan says; None when the same request was answered before.

    Most requests come once, so nobody asks beforehand: the answer's own key says it, at the end and for certain.
    """
    written = plan.to_write
    stream = _stream(project, plan) if written else None
    ids = reserve_message_ids(len(written)) if written else range(0)
    placed = Placed(
        results=_results(plan.lines, ids),
        waits_until=plan.waits_until.isoformat(timespec="seconds") if plan.waits_until else "",
    )
    router = None if plan.order.is_sandbox or not written else router_now(project, plan.text.kind)
    with transaction.atomic():
        if stream is not None:
            messages = [_loose(place, line, plan) for place, line in enumerate(written)]
            hand_over(stream=stream, ids=ids, messages=messages, router=router)
        if any(plan.found):
            with connection.cursor() as cursor:
                tell_asked(cursor, project, limits_now(project), plan.found)
        if also is not None:
            also(placed)
        if replay is not None and not keep_answer(project, replay, _to_store(placed)):
            transaction.set_rollback(True)
            return None
    return placed


def _stream(project: Project, plan: _Plan) -> Dispatch:
    tags = plan.text.tags
    if plan.order.is_sandbox:
        tags[SANDBOX_TAG] = "yes"
    hours = plan.hours
    try:
        return open_stream(
            project=project,
            tags=tags,
            consent_key=plan.text.consent_key,
            hours=SendingHours(*hours.hours, zone=hours.zone.key if hours.zone else "") if hours else None,
        )
    except ProjectStopped:
        raise OrderRefused(Refusal.PROJECT_STOPPED, _STOPPED) from None
    except DeliveryError:
        words = "No gateway is set up, or all are paused, so nothing can leave. Ask the people who run this console."
        raise OrderRefused(Refusal.NO_GATEWAY, words) from None


def _loose(place: int, line: Line, plan: _Plan) -> LooseMessage:
    sender = plan.order.sender_id if plan.text.region is Region.INTERNATIONAL else ""
    message = NewMessage(place, line.msisdn, line.country, sender, line.text, line.n_segments)
    return LooseMessage(message, line.recipient.context, plan.order.extend, line.block)


def _results(lines: Sequence[Line], ids: range) -> list[Ordered]:
    free = iter(ids)
    return [line.ordered(next(free) if line.is_open or line.block is not None else None) for line in lines]


# --- Repeated requests ----------------------------------------------------------------------------------


def _to_store(placed: Placed) -> StoredAnswer:
    kept = {"results": placed.results, "waits_until": placed.waits_until, "extra": placed.extra}
    return StoredAnswer(200, json.dumps(kept, separators=(",", ":")))


def _from_stored(stored: StoredAnswer) -> Placed:
    kept = json.loads(stored.body)
    results = []
    for number, msisdn, country, n, message_id, refusal, words, context in kept["results"]:
        known = Refusal(refusal) if refusal else None
        results.append(Ordered(number, msisdn, country, n, message_id, known, words, context))
    return Placed(results, kept["waits_until"], kept["extra"], is_repeated=True)
