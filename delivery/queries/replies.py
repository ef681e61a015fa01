"""Replies for pages: newest first, each filter on an index or within bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Right
from django.utils import timezone

from delivery.models import MessageBody, Reply
from delivery.statuses import ReplyOutcome
from projects.models import Project

PAGE_SIZE = 50
# A text is looked for in so many days unless others are asked for: no index knows the words of replies.
TEXT_DAYS = 31
_EXPORT_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class ReplyFilter:
    """What is asked for. `number` is whole with its plus, or its last digits, at least four; all may be empty."""

    number: str = ""
    text: str = ""
    outcome: ReplyOutcome | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """A reply with the text that it answers; empty where that is not known."""

    reply: Reply
    answered_text: str


@dataclass(frozen=True, slots=True)
class ReplyPage:
    """Rows newest first, and the replies from which the pages beside this one go on; None where there is none."""

    rows: Sequence[ReplyRow]
    newer: int | None
    older: int | None


def reply_page(
    project: Project,
    wanted: ReplyFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE_SIZE,
) -> ReplyPage:
    """A page of the project's replies, older than the reply `before` or newer than `after`. Three statements."""
    found = _wanted(project, wanted).select_related("gateway")
    edge = _edge(project, before or after)
    if edge is not None and after is not None:
        newer_first = found.filter(_is_later(edge)).order_by("received_at", "pk")[: limit + 1]
        replies = list(newer_first)
        has_newer, replies = len(replies) > limit, replies[:limit][::-1]
        newer = replies[0].pk if replies and has_newer else None
        return ReplyPage(_with_texts(replies), newer, replies[-1].pk if replies else None)
    if edge is not None:
        found = found.filter(_is_earlier(edge))
    replies = list(found.order_by("-received_at", "-pk")[: limit + 1])
    has_older, replies = len(replies) > limit, replies[:limit]
    newer = replies[0].pk if replies and edge is not None else None
    return ReplyPage(_with_texts(replies), newer, replies[-1].pk if has_older else None)


def export_replies(project: Project, wanted: ReplyFilter) -> Iterator[ReplyRow]:
    """All that the filter finds, newest first, in chunks."""
    chunk: list[Reply] = []
    found = _wanted(project, wanted).select_related("gateway").order_by("-received_at", "-pk")
    for reply in found.iterator(chunk_size=_EXPORT_CHUNK):
        chunk.append(reply)
        if len(chunk) == _EXPORT_CHUNK:
            yield from _with_texts(chunk)
            chunk = []
    yield from _with_texts(chunk)


def has_replies(project: Project) -> bool:
    return Reply.objects.filter(project=project).exists()


def _wanted(project: Project, wanted: ReplyFilter) -> QuerySet[Reply]:
    found = Reply.objects.filter(project=project)
    since = wanted.since
    if wanted.text and since is None:
        since = (wanted.until or timezone.now()) - timedelta(days=TEXT_DAYS)
    if since is not None:
        found = found.filter(received_at__gte=since)
    if wanted.until is not None:
        found = found.filter(received_at__lt=wanted.until)
    if wanted.number.startswith("+"):
        found = found.filter(msisdn=wanted.number)
    elif wanted.number:
        ending = Right("msisdn", 4)
        found = found.alias(ending=ending).filter(ending=wanted.number[-4:], msisdn__endswith=wanted.number)
    if wanted.text:
        found = found.filter(text__icontains=wanted.text)
    if wanted.outcome is not None:
        found = found.filter(outcome=wanted.outcome)
    return found


def _edge(project: Project, pk: int | None) -> Reply | None:
    if pk is None:
        return None
    return Reply.objects.filter(project=project, pk=pk).only("pk", "received_at").first()


def _is_earlier(edge: Reply) -> Q:
    # The first condition alone bounds the walk along the index.
    return Q(received_at__lte=edge.received_at) & ~Q(received_at=edge.received_at, pk__gte=edge.pk)


def _is_later(edge: Reply) -> Q:
    return Q(received_at__gte=edge.received_at) & ~Q(received_at=edge.received_at, pk__lte=edge.pk)


def _with_texts(replies: Sequence[Reply]) -> list[ReplyRow]:
    ids = {reply.message_id for reply in replies if reply.message_id is not None}
    texts = dict(MessageBody.objects.filter(pk__in=ids).values_list("pk", "text")) if ids else {}
    return [ReplyRow(reply, texts.get(reply.message_id or 0, "")) for reply in replies]
