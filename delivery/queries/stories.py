"""All that is known of a few messages: the way they were meant to go, attempts, reports, replies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from delivery.limits.frequency import Slot, content_key, microseconds
from delivery.models import (
    Batch,
    Dispatch,
    Evidence,
    Gateway,
    GatewayHealth,
    Inquiry,
    Message,
    MessageBody,
    MessagePart,
    Reply,
    UnmatchedReceipt,
)
from delivery.queries.messages import MAX_ID, StatusWord, flying_of, word_of
from delivery.statuses import TAKEN_STATUSES, MessageStatus, Reason

MOST_STORIES: Final = 10
# Of one message; more than these help nobody.
_MOST_ROWS: Final = 50
# A number that was written to more often lately is no person's.
_MOST_EARLIER: Final = 500
# Carriers say themselves when they reported; their clocks are believed to be right by this much.
_RECEIPTS_BEFORE: Final = timedelta(minutes=1)
_RECEIPTS_AFTER: Final = timedelta(minutes=2)

# The ids of one number, newest first, by the index on (project, number); of one dispatch by its range.
_IDS_OF_NUMBER = """
SELECT message_id FROM delivery_messagebody
WHERE project_id = %(project)s AND msisdn = %(msisdn)s AND message_id BETWEEN %(first)s AND %(last)s
  AND (%(dispatch)s::bigint IS NULL OR EXISTS (
      SELECT FROM delivery_message m WHERE m.id = message_id AND m.dispatch_id = %(dispatch)s))
ORDER BY msisdn DESC, message_id DESC LIMIT %(limit)s
"""
# No index knows which message a receipt is of: it is looked for around the moment that it says.
_RECEIPTS = """
SELECT DISTINCT r.id, r.gateway_id, r.gateway_message_id, r.reference, r.received_at, r.reported_at, r.state, r.reason,
       r.code
FROM unnest(%(gateways)s::bigint[], %(froms)s::timestamptz[], %(untils)s::timestamptz[])
     AS w (gateway_id, from_at, until_at)
CROSS JOIN LATERAL (
    SELECT * FROM delivery_receipt
    WHERE received_at BETWEEN w.from_at AND w.until_at AND gateway_id = w.gateway_id
      AND (gateway_message_id = ANY(%(part_ids)s::text[]) OR reference = ANY(%(references)s::text[]))
    LIMIT %(limit)s
) r
ORDER BY r.received_at, r.id
"""


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """What a carrier reported, as it was stored."""

    received_at: datetime
    reported_at: datetime
    status: MessageStatus
    reason: Reason
    code: str
    gateway_message_id: str


@dataclass(slots=True)
class MessageStory:
    """A message with everything that speaks of it. The number is whole; pages mask it.

    `gateway` is the one that it was last claimed for, None before its first claim. `planned` is where its batch was
    handed over to, the fall-backs behind it, and `is_line_down` says that nothing leaves by the first at the moment.
    `waiting_receipts` came for the number and may belong to it.
    """

    message: Message
    body: MessageBody
    dispatch: Dispatch
    word: StatusWord
    gateway: Gateway | None = None
    planned: list[Gateway] = field(default_factory=list)
    is_line_down: bool = False
    parts: list[MessagePart] = field(default_factory=list)
    receipts: list[StoredReceipt] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    inquiry: Inquiry | None = None
    replies: list[Reply] = field(default_factory=list)
    waiting_receipts: list[UnmatchedReceipt] = field(default_factory=list)

    @property
    def asked_at(self) -> datetime | None:
        """When the rules were asked: at its claim. None while it waits, or where that is not known any more."""
        if self.message.status in (MessageStatus.BLOCKED, MessageStatus.FAILED):
            return self.message.final_at
        return self.message.submitted_at


def messages_to(
    project_id: int, msisdn: str, *, dispatch: Dispatch | None = None, limit: int = MOST_STORIES
) -> list[int]:
    """The newest messages to the number, of the project or of one dispatch. One statement."""
    first, last = 0, MAX_ID
    if dispatch is not None:
        if dispatch.first_id is None:
            return []
        first, last = dispatch.first_id, dispatch.first_id + dispatch.n_reserved - 1
    values: dict[str, Any] = {
        "dispatch": dispatch.pk if dispatch is not None else None,
        "project": project_id,
        "msisdn": msisdn,
        "first": first,
        "last": last,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_IDS_OF_NUMBER, values)
        return [row[0] for row in cursor.fetchall()]


def message_stories(project_id: int, message_ids: Sequence[int]) -> list[MessageStory]:
    """The stories of these messages, as far as they are the project's, newest first. At most fifteen statements."""
    bodies = MessageBody.objects.filter(project_id=project_id).in_bulk(list(message_ids)[:MOST_STORIES])
    if not bodies:
        return []
    messages = Message.objects.in_bulk(list(bodies))
    ids = sorted(messages, reverse=True)
    dispatches = Dispatch.objects.select_related("gateway").in_bulk(
        {message.dispatch_id for message in messages.values()}
    )
    stories = {
        pk: MessageStory(
            messages[pk],
            bodies[pk],
            dispatches[messages[pk].dispatch_id],
            word_of(messages[pk].status),
        )
        for pk in ids
    }
    _add_words(stories)
    _add_ways(stories)
    _add_parts(stories)
    _add_reports(stories)
    _add_replies(project_id, stories)
    return list(stories.values())


def earlier_slots(project_id: int, msisdn: str, *, before: datetime) -> list[Slot]:
    """The messages to the number that counted for the limits until then, in the order of their time. Two statements.

    Rebuilt from the messages themselves, because the limits forget after a day.
    """
    ids = messages_to(project_id, msisdn, limit=_MOST_EARLIER)
    taken = Message.objects.filter(
        pk__in=ids, status__in=TAKEN_STATUSES, submitted_at__lt=before
    ).values_list("pk", "submitted_at")
    texts = dict(MessageBody.objects.filter(pk__in=[pk for pk, _at in taken]).values_list("pk", "text"))
    return sorted(Slot(microseconds(at), content_key(texts[pk]), pk) for pk, at in taken if at is not None)


def _add_words(stories: dict[int, MessageStory]) -> None:
    """Those that are with a gateway right now say so. One statement for each dispatch with waiting messages."""
    for dispatch_id in {s.dispatch.pk for s in stories.values() if s.message.status == MessageStatus.QUEUED}:
        flying = flying_of(dispatch_id)
        for pk, story in stories.items():
            is_queued = story.message.status == MessageStatus.QUEUED
            if story.dispatch.pk == dispatch_id and is_queued and flying.has(pk, story.message.window_id):
                story.word = StatusWord.SENDING


def _add_ways(stories: dict[int, MessageStory]) -> None:
    holds = Q()
    for pk, story in stories.items():
        holds |= Q(dispatch_id=story.dispatch.pk, first_id__lte=pk, last_id__gte=pk)
    batches = list(Batch.objects.filter(holds))
    wanted = {story.message.gateway_id for story in stories.values()}
    for batch in batches:
        wanted |= {batch.gateway_id, *batch.fallbacks}
    gateways = Gateway.objects.defer("secret").in_bulk([pk for pk in wanted if pk is not None])
    down = set(
        GatewayHealth.objects.filter(probe_at__isnull=False, gateway__in=gateways).values_list(
            "pk", flat=True
        )
    )
    for pk, story in stories.items():
        story.gateway = gateways.get(story.message.gateway_id or 0)
        for batch in batches:
            if batch.first_id is not None and batch.first_id <= pk <= batch.last_id:
                ways = [batch.gateway_id, *batch.fallbacks]
                story.planned = [gateways[way] for way in ways if way in gateways]
                story.is_line_down = batch.gateway_id in down


def _add_parts(stories: dict[int, MessageStory]) -> None:
    newest: dict[tuple[int, int, int], MessagePart] = {}
    for part in MessagePart.objects.filter(message_id__in=stories).order_by("pk"):
        newest[part.message_id, part.attempt, part.seq] = part
    for (message_id, _attempt, _seq), part in sorted(newest.items()):
        stories[message_id].parts.append(part)


def _add_reports(stories: dict[int, MessageStory]) -> None:
    for one in Evidence.objects.filter(message_id__in=stories).order_by("pk")[: _MOST_ROWS * len(stories)]:
        stories[one.message_id].evidence.append(one)
    for inquiry in Inquiry.objects.filter(message_id__in=stories, n_asked__gt=0):
        if inquiry.attempt == stories[inquiry.message_id].message.attempt:
            stories[inquiry.message_id].inquiry = inquiry
    uncertain = [s for s in stories.values() if s.message.status == MessageStatus.UNCERTAIN]
    if uncertain:
        pairs = Q()
        for story in uncertain:
            pairs |= Q(gateway_id=_gateway_id(story), msisdn=story.body.msisdn)
        waiting = list(UnmatchedReceipt.objects.filter(pairs).order_by("-receipt_id")[:_MOST_ROWS])
        for story in uncertain:
            of_it = (_gateway_id(story), story.body.msisdn)
            story.waiting_receipts = [r for r in waiting if (r.gateway_id, r.msisdn) == of_it]
    for message_id, receipt in _stored_receipts(stories.values()):
        stories[message_id].receipts.append(receipt)


def _stored_receipts(stories: Iterable[MessageStory]) -> list[tuple[int, StoredReceipt]]:
    """Those around the moment of the last report; a message that nobody reported on is not looked for."""
    reported = [
        (story, story.message.final_at)
        for story in stories
        if story.message.final_at is not None and story.message.status in TAKEN_STATUSES
    ]
    if not reported:
        return []
    by_part = {
        (p.gateway_id, p.gateway_message_id): p.message_id for story, _at in reported for p in story.parts
    }
    by_reference = {
        f"{story.message.pk}-{attempt}": story.message.pk
        for story, _at in reported
        for attempt in range(1, story.message.attempt + 1)
    }
    values: dict[str, Any] = {
        "gateways": [_gateway_id(story) for story, _at in reported],
        "froms": [at - _RECEIPTS_BEFORE for _story, at in reported],
        "untils": [at + _RECEIPTS_AFTER for _story, at in reported],
        "part_ids": [part_id for _gateway, part_id in by_part],
        "references": list(by_reference),
        "limit": _MOST_ROWS,
    }
    found: list[tuple[int, StoredReceipt]] = []
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPTS, values)
        for _id, gateway_id, part_id, reference, received, at, state, reason, code in cursor.fetchall():
            message_id = by_part.get((gateway_id, part_id), by_reference.get(reference))
            if message_id is not None:
                receipt = StoredReceipt(received, at, MessageStatus(state), Reason(reason), code, part_id)
                found.append((message_id, receipt))
    return found


def _gateway_id(story: MessageStory) -> int:
    return story.message.gateway_id or story.dispatch.gateway_id


def _add_replies(project_id: int, stories: dict[int, MessageStory]) -> None:
    numbers = {story.body.msisdn for story in stories.values()}
    found: dict[int, list[Reply]] = defaultdict(list)
    replies = Reply.objects.filter(project_id=project_id, msisdn__in=numbers).order_by("-pk")
    for reply in replies[: _MOST_ROWS * len(numbers)]:
        found[reply.message_id or 0].append(reply)
    for pk, story in stories.items():
        story.replies = found[pk][::-1]
