"""The table of numbers: any page, filter or search of a million messages in bounded time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from delivery.models import Dispatch
from delivery.sql import pages as sql
from delivery.statuses import MessageStatus, Reason


class StatusWord(models.TextChoices):
    """The eight words that people and programs see."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    UNCERTAIN = "uncertain", _("Uncertain")
    BLOCKED = "blocked", _("Blocked")
    CANCELLED = "cancelled", _("Cancelled")


_WORDS: dict[MessageStatus, StatusWord] = {
    MessageStatus.QUEUED: StatusWord.WAITING,
    MessageStatus.SUBMITTING: StatusWord.SENDING,
    MessageStatus.SUBMITTED: StatusWord.SENT,
    MessageStatus.DELIVERED: StatusWord.DELIVERED,
    MessageStatus.UNDELIVERED: StatusWord.FAILED,
    MessageStatus.EXPIRED: StatusWord.FAILED,
    MessageStatus.REJECTED: StatusWord.FAILED,
    MessageStatus.FAILED: StatusWord.FAILED,
    MessageStatus.UNCERTAIN: StatusWord.UNCERTAIN,
    MessageStatus.BLOCKED: StatusWord.BLOCKED,
    MessageStatus.CANCELLED: StatusWord.CANCELLED,
}
_RARE_OF_WORD = {
    StatusWord.FAILED: [
        int(status)
        for status in (
            MessageStatus.UNDELIVERED,
            MessageStatus.EXPIRED,
            MessageStatus.REJECTED,
            MessageStatus.FAILED,
        )
    ],
    StatusWord.UNCERTAIN: [int(MessageStatus.UNCERTAIN)],
    StatusWord.BLOCKED: [int(MessageStatus.BLOCKED)],
    StatusWord.CANCELLED: [int(MessageStatus.CANCELLED)],
}
# Sent and delivered are not indexed: they are looked for in growing steps, mostly found in the first, until the
# page is full or the time is up.
SCAN_STEP = 50_000
SCAN_SECONDS = 0.05
MAX_ID = 2**63 - 1


def word_of(status: int) -> StatusWord:
    """The word people see for a stored status."""
    return _WORDS[MessageStatus(status)]


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message as the table and the export show it; the number is whole, pages mask it."""

    id: int
    owner_row: int
    msisdn: str
    country: str
    word: StatusWord
    status: MessageStatus
    reason: Reason
    code: str
    n_segments: int
    attempt: int
    may_be_double: bool
    submitted_at: datetime | None
    final_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Rows in id order. `next_after` is where the next page begins, None at the end.

    `is_partial`: the time was up before the page was full; the next page goes on looking.
    """

    rows: list[MessageRow]
    next_after: int | None
    is_partial: bool = False


class _Range(NamedTuple):
    first: int
    last: int


def messages_page(
    dispatch_id: int,
    *,
    word: StatusWord | None = None,
    search: str = "",
    after_id: int | None = None,
    limit: int = 50,
) -> MessagePage:
    """One page of a dispatch's messages after `after_id`.

    `search` is a whole number (E.164, with or without `+`) or at least its 4 last digits; a shorter one finds
    nothing. At most a few statements, each over a bounded range of ids.
    """
    dispatch = Dispatch.objects.only("first_id", "n_reserved", "project_id").get(pk=dispatch_id)
    if dispatch.first_id is None:
        return MessagePage([], None)
    ids = _Range(max(dispatch.first_id, (after_id or 0) + 1), dispatch.first_id + dispatch.n_reserved - 1)
    with connection.cursor() as cursor:
        flying = _flying(cursor, dispatch_id)
        if search:
            found, is_partial = _search(cursor, dispatch, ids, search, word, flying, limit), False
        elif word is None or word in (StatusWord.SENT, StatusWord.DELIVERED):
            found, is_partial, scanned_to = _scan(cursor, dispatch_id, ids, word, limit)
            if is_partial:
                return MessagePage(_rows(found, flying), scanned_to, is_partial=True)
        elif word in (StatusWord.WAITING, StatusWord.SENDING):
            found, is_partial = _open_messages(cursor, dispatch_id, ids, word, flying, limit), False
        else:
            found, is_partial = _rare(cursor, dispatch_id, ids, word, limit), False
    more = len(found) > limit
    found = found[:limit]
    return MessagePage(_rows(found, flying), found[-1][0] if more else None, is_partial)


def iter_messages(
    dispatch_id: int, *, word: StatusWord | None = None, search: str = ""
) -> Iterator[MessageRow]:
    """Every message that the page would show, page by page; memory does not grow with their number."""
    after_id: int | None = None
    while True:
        page = messages_page(dispatch_id, word=word, search=search, after_id=after_id, limit=2_000)
        yield from page.rows
        if page.next_after is None:
            return
        after_id = page.next_after


def _scan(
    cursor: Any, dispatch_id: int, ids: _Range, word: StatusWord | None, limit: int
) -> tuple[list[Any], bool, int]:
    """Look through the range step by step; says how far it came when the time was up."""
    statuses = {None: None, StatusWord.SENT: [2], StatusWord.DELIVERED: [3]}[word]
    deadline = time.monotonic() + SCAN_SECONDS
    found: list[Any] = []
    first, step = ids.first, limit * 2
    while first <= ids.last and len(found) <= limit:
        last = min(ids.last, first + step - 1)
        values = {"dispatch": dispatch_id, "first": first, "last": last, "statuses": statuses}
        cursor.execute(sql.SCAN, {**values, "limit": limit + 1 - len(found)})
        found += cursor.fetchall()
        first, step = last + 1, min(step * 4, SCAN_STEP)
        if time.monotonic() > deadline and len(found) <= limit and first <= ids.last:
            return found, True, last
    return found, False, ids.last


def _rare(cursor: Any, dispatch_id: int, ids: _Range, word: StatusWord, limit: int) -> list[Any]:
    rows: list[Any] = []
    for status in _RARE_OF_WORD[word]:
        cursor.execute(
            sql.RARE,
            {
                "dispatch": dispatch_id,
                "status": status,
                "first": ids.first,
                "last": ids.last,
                "limit": limit + 1,
            },
        )
        rows += cursor.fetchall()
    return sorted(rows)[: limit + 1]


def _open_messages(
    cursor: Any, dispatch_id: int, ids: _Range, word: StatusWord, flying: _Flying, limit: int
) -> list[Any]:
    values = {
        "dispatch": dispatch_id,
        "first": ids.first,
        "limit": limit + 1,
        "firsts": [r.first for r in flying.ranges],
        "lasts": [r.last for r in flying.ranges],
        "windows": sorted(flying.windows),
    }
    cursor.execute(sql.SENDING if word == StatusWord.SENDING else sql.WAITING, values)
    rows: list[Any] = cursor.fetchall()
    return rows


def _search(
    cursor: Any,
    dispatch: Dispatch,
    ids: _Range,
    search: str,
    word: StatusWord | None,
    flying: _Flying,
    limit: int,
) -> list[Any]:
    digits = "".join(character for character in search if character.isdecimal())
    if len(digits) < 4:
        return []
    values = {
        "dispatch": dispatch.pk,
        "project": dispatch.project_id,
        "first": ids.first,
        "last": ids.last,
        "whole": f"+{digits}",
        "tail": digits[-4:],
        "like": f"%{digits}",
    }
    cursor.execute(sql.SEARCH_WHOLE if search.strip().startswith("+") else sql.SEARCH_TAIL, values)
    rows = [row for row in cursor.fetchall() if word is None or _word(row, flying) == word]
    return rows[: limit + 1]


class _Flying(NamedTuple):
    """The windows that are submitting now: ranges of ids, and retry windows by their id."""

    ranges: list[_Range]
    windows: set[int]

    def has(self, message_id: int, window_id: int | None) -> bool:
        if window_id is not None:
            return window_id in self.windows
        return any(r.first <= message_id <= r.last for r in self.ranges)


def flying_of(dispatch_id: int) -> _Flying:
    """Which of the dispatch's messages are with a gateway right now. One statement."""
    with connection.cursor() as cursor:
        return _flying(cursor, dispatch_id)


def _flying(cursor: Any, dispatch_id: int) -> _Flying:
    cursor.execute(sql.IN_FLIGHT, {"dispatch": dispatch_id})
    ranges, windows = [], set()
    for window_id, is_range, first, last in cursor.fetchall():
        if is_range:
            ranges.append(_Range(first, last))
        else:
            windows.add(window_id)
    return _Flying(ranges, windows)


def _word(row: Any, flying: _Flying) -> StatusWord:
    status = MessageStatus(row[4])
    if status == MessageStatus.QUEUED and flying.has(row[0], row[12]):
        return StatusWord.SENDING
    return word_of(status)


def _rows(found: list[Any], flying: _Flying) -> list[MessageRow]:
    return [
        MessageRow(
            id=row[0],
            owner_row=row[1],
            msisdn=row[2],
            country=row[3],
            word=_word(row, flying),
            status=MessageStatus(row[4]),
            reason=Reason(row[5]),
            code=row[6] or "",
            n_segments=row[7],
            attempt=row[8],
            may_be_double=row[9],
            submitted_at=row[10],
            final_at=row[11],
        )
        for row in found
    ]
