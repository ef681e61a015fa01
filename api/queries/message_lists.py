"""Lists of messages for programs: newest first, each page in bounded time however many there are.

Without a number these are the messages of the native API, whose requests have rows in order of time. With a number
they are all messages to it, also those of campaigns and of the other interfaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from api.models import MessageBatch
from api.services.lookups import MessageTold, statuses_of
from delivery.models import MessageBody
from delivery.queries import StatusWord
from projects.models import Project

# A page looks at so many messages; what it did not find by then the next one goes on looking for.
LOOKED_AT_MAX = 2_000
_STEP = 200
# When each of these messages was taken by the native API. One walk along an index per message.
_TAKEN_AT = """
SELECT asked.id, taken.created_at
FROM unnest(%s::bigint[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT first_id, n_messages, created_at FROM api_messagebatch
    WHERE first_id <= asked.id ORDER BY first_id DESC LIMIT 1
) AS taken
WHERE asked.id < taken.first_id + taken.n_messages
"""


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message, and when the native API took it; None where another interface or a campaign did."""

    told: MessageTold
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; `msisdn` is E.164. All may be empty."""

    msisdn: str = ""
    word: StatusWord | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageList:
    """`next_before` is the id that the next page goes on below, None at the end."""

    messages: list[ListedMessage]
    next_before: int | None


def messages_page(project: Project, wanted: Wanted, *, before: int | None, limit: int) -> MessageList:
    """A page of messages with ids below `before`. It may be short, even empty, and not the last."""
    step = _ids_to_number if wanted.msisdn else _ids_by_time
    found: list[ListedMessage] = []
    n_looked_at = 0
    while True:
        ids, is_end = step(project, wanted, before)
        for message in listed(project, ids):
            before = message.told.message_id
            if _is_wanted(message, wanted):
                found.append(message)
            if len(found) == limit:
                return MessageList(found, None if is_end and before == ids[-1] else before)
        if ids:
            before = ids[-1]
        n_looked_at += len(ids)
        if is_end:
            return MessageList(found, None)
        if n_looked_at >= LOOKED_AT_MAX:
            return MessageList(found, before)


def listed(project: Project, ids: Sequence[int]) -> list[ListedMessage]:
    """These messages in this order, without those that are not the project's. Two statements."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN_AT, [list(ids)])
        taken_at = dict(cursor.fetchall())
    return [ListedMessage(told, taken_at.get(told.message_id)) for told in statuses_of(project, ids)]


def _is_wanted(message: ListedMessage, wanted: Wanted) -> bool:
    told = message.told
    if wanted.word is not None and told.word != wanted.word:
        return False
    # What nobody noted the time of is as old as its first trace, or of now.
    at = message.taken_at or told.submitted_at or told.final_at or timezone.now()
    return (wanted.since is None or at >= wanted.since) and (wanted.until is None or at < wanted.until)


def _ids_to_number(project: Project, wanted: Wanted, before: int | None) -> tuple[list[int], bool]:
    found = MessageBody.objects.filter(project_id=project.pk, msisdn=wanted.msisdn)
    if before is not None:
        found = found.filter(message_id__lt=before)
    ids = list(found.order_by("-message_id").values_list("message_id", flat=True)[:_STEP])
    return ids, len(ids) < _STEP


def _ids_by_time(project: Project, wanted: Wanted, before: int | None) -> tuple[list[int], bool]:
    """The ids of the next requests in order of time, and whether these were the last."""
    requests = MessageBatch.objects.filter(project=project, n_messages__gt=0)
    if wanted.since is not None:
        requests = requests.filter(created_at__gte=wanted.since)
    if wanted.until is not None:
        requests = requests.filter(created_at__lt=wanted.until)
    edge = _request_of(project, before) if before is not None else None
    if before is not None:
        if edge is None:
            return [], True
        requests = requests.filter(created_at__lte=edge.created_at).filter(
            Q(created_at__lt=edge.created_at) | Q(pk__lte=edge.pk)
        )
    rows = list(requests.order_by("-created_at", "-pk").values_list("pk", "first_id", "n_messages")[:_STEP])
    ids: list[int] = []
    for place, (pk, first_id, n_messages) in enumerate(rows):
        if first_id is None:
            continue
        own = range(first_id + n_messages - 1, first_id - 1, -1)
        ids += [i for i in own if edge is None or pk != edge.pk or i < (before or 0)]
        if len(ids) >= _STEP:
            return ids, place == len(rows) - 1 and len(rows) < _STEP
    return ids, len(rows) < _STEP


def _request_of(project: Project, message_id: int) -> MessageBatch | None:
    request = MessageBatch.objects.filter(first_id__lte=message_id).order_by("-first_id").first()
    if request is None or request.project_id != project.pk or request.first_id is None:
        return None
    return request if message_id < request.first_id + request.n_messages else None
