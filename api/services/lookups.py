"""What programs ask about their messages, replies and numbers: one answer for every interface."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from api.sending.ground import read_json
from delivery.message_ids import message_id_of
from delivery.queries import StatusWord, word_of
from delivery.statuses import SANDBOX_TAG, MessageStatus, Reason
from projects.limits import country_codes
from projects.models import Project
from smsconsole.lib.countries import country_name
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from smsconsole.lib.numbering_plans import calling_code_of
from smsconsole.lib.types import RefusalReason

_SIGNED = re.compile(r"【([^【】]+)】|\[([^\[\]]+)\]")


@dataclass(frozen=True, slots=True)
class MessageTold:
    """A message as its program may know it. `text` is whole, `signature` is what stands in its brackets."""

    message_id: int
    msisdn: str
    country: str
    signature: str
    text: str
    # A `TextKind`, empty for what has none.
    kind: str
    region: str
    n_segments: int
    status: MessageStatus
    word: StatusWord
    reason: Reason
    # The carrier's own, or the rule that blocked it.
    code: str
    # When it left for the gateway; None while it has not.
    submitted_at: datetime | None
    # When its status became final.
    final_at: datetime | None
    context: str
    extend: str
    sender: str
    is_sandbox: bool


@dataclass(frozen=True, slots=True)
class ReplyTold:
    """A reply as a program may know it, with the message that it answers where that is known."""

    reply_id: int
    uuid: str
    msisdn: str
    country: str
    text: str
    received_at: datetime
    message_id: int | None
    signature: str
    extend: str
    context: str


@dataclass(frozen=True, slots=True)
class NumberTold:
    """What is known of a number; `refusal` says why it is none. The parts are empty where nothing is known."""

    written: str
    refusal: RefusalReason | None
    msisdn: str = ""
    calling_code: str = ""
    # Without the calling code.
    national: str = ""
    country: str = ""
    # In English.
    country_name: str = ""


# Programs page by offsets through what one number got; nobody needs more of it.
MOST_OF_NUMBER = 2_000

# The message joined one by one: its text was found by an index of its own, in the order asked for.
_OF_MESSAGE = """
CROSS JOIN LATERAL (SELECT * FROM delivery_message WHERE id = b.message_id LIMIT 1) m
JOIN delivery_dispatch d ON d.id = m.dispatch_id AND NOT d.tags ? 'system'
LEFT JOIN LATERAL (SELECT * FROM delivery_messagenote WHERE message_id = b.message_id LIMIT 1) n ON true
"""
_COLUMNS = """
b.message_id, b.msisdn, m.country, b.text, d.tags, d.is_stream, m.n_segments, m.status,
m.status = 0 AND EXISTS (
    SELECT FROM delivery_window w
    WHERE w.dispatch_id = m.dispatch_id AND w.state = 1
      AND (w.id = m.window_id
           OR (w.is_range AND m.window_id IS NULL AND m.id BETWEEN w.first_id AND w.last_id))),
m.reason, m.code, m.submitted_at, m.final_at, coalesce(n.context, ''), coalesce(n.extend, ''), b.sender
"""
_OF_NUMBER = f"""
WITH b AS MATERIALIZED (
    SELECT * FROM delivery_messagebody WHERE project_id = %(project)s AND msisdn = %(msisdn)s
    ORDER BY message_id DESC LIMIT %(most)s
)
SELECT {_COLUMNS}, count(*) OVER () FROM b {_OF_MESSAGE}
WHERE coalesce(m.submitted_at, m.final_at) >= %(begin)s AND coalesce(m.submitted_at, m.final_at) < %(end)s
ORDER BY b.message_id LIMIT %(limit)s OFFSET %(offset)s
"""  # nosec B608 # noqa: S608  (only constants of this module are put in)
# LATERAL and OFFSET: one look by the key for each, never through all messages of the project.
_OF_IDS = f"""
WITH b AS MATERIALIZED (
    SELECT found.* FROM unnest(%(ids)s::bigint[]) AS u (id)
    CROSS JOIN LATERAL (SELECT * FROM delivery_messagebody WHERE message_id = u.id OFFSET 0) found
    WHERE found.project_id = %(project)s
)
SELECT {_COLUMNS} FROM b {_OF_MESSAGE}
"""  # nosec B608 # noqa: S608
_REPLY_COLUMNS = """
r.id, r.uuid, r.msisdn, r.text, r.received_at, r.message_id, b.text, d.tags, d.is_stream,
coalesce(n.extend, ''), coalesce(n.context, '')
"""
_OF_REPLY = """
LEFT JOIN delivery_messagebody b ON b.message_id = r.message_id
LEFT JOIN delivery_dispatch d ON d.id = r.dispatch_id
LEFT JOIN delivery_messagenote n ON n.message_id = r.message_id
"""
_REPLIES_OF_NUMBER = f"""
SELECT {_REPLY_COLUMNS}, count(*) OVER () FROM delivery_reply r {_OF_REPLY}
WHERE r.project_id = %(project)s AND r.msisdn = %(msisdn)s
  AND r.received_at >= %(begin)s AND r.received_at < %(end)s
ORDER BY r.id LIMIT %(limit)s OFFSET %(offset)s
"""  # nosec B608 # noqa: S608
_REPLIES_OF_IDS = f"""
SELECT {_REPLY_COLUMNS} FROM delivery_reply r {_OF_REPLY}
WHERE r.id = ANY(%(ids)s::bigint[]) AND r.project_id = %(project)s
"""  # nosec B608 # noqa: S608
_CONVERT = """
INSERT INTO api_conversion (message_id, project_id, converted_at)
SELECT message_id, project_id, %(at)s FROM delivery_messagebody
WHERE message_id = %(message)s AND project_id = %(project)s
ON CONFLICT (message_id) DO NOTHING
"""
_IS_CONVERTED = "SELECT FROM api_conversion WHERE message_id = %(message)s AND project_id = %(project)s"


def messages_of_number(
    project: Project, msisdn: str, begin: datetime, end: datetime, *, limit: int, offset: int = 0
) -> tuple[list[MessageTold], int]:
    """The messages to a number that left (or were blocked) from `begin` until before `end`, oldest first, and how many.

    Of the newest `MOST_OF_NUMBER` messages to the number. Beyond the last one the count is 0. One statement.
    """
    values = _values(project, msisdn, begin, end, limit, offset)
    rows = _fetch(_OF_NUMBER, values)
    return [_message(row) for row in rows], rows[0][-1] if rows else 0


def statuses_of(project: Project, message_ids: Sequence[int]) -> list[MessageTold]:
    """These messages in this order, without those that are not the project's. One statement."""
    if not message_ids:
        return []
    rows = _fetch(_OF_IDS, {"project": project.pk, "ids": list(message_ids)})
    found = {row[0]: _message(row) for row in rows}
    return [found[message_id] for message_id in message_ids if message_id in found]


def replies_of_number(
    project: Project, msisdn: str, begin: datetime, end: datetime, *, limit: int, offset: int = 0
) -> tuple[list[ReplyTold], int]:
    """The replies of a number from `begin` until before `end`, oldest first, and how many. One statement."""
    rows = _fetch(_REPLIES_OF_NUMBER, _values(project, msisdn, begin, end, limit, offset))
    return [_reply(row) for row in rows], rows[0][-1] if rows else 0


def replies_of(project: Project, reply_ids: Sequence[int]) -> list[ReplyTold]:
    """These replies in this order, without those that are not the project's. One statement."""
    if not reply_ids:
        return []
    rows = _fetch(_REPLIES_OF_IDS, {"project": project.pk, "ids": list(reply_ids)})
    found = {row[0]: _reply(row) for row in rows}
    return [found[reply_id] for reply_id in reply_ids if reply_id in found]


def describe_numbers(numbers: Sequence[str], *, default_country: str = "") -> list[NumberTold]:
    """What each of these is, in this order. No statement."""
    return [_described(written, default_country) for written in numbers]


def convert(project: Project, public_id: str, at: datetime) -> bool:
    """Note that the person used what the message brought; the first time counts. False: no message of the project.

    Two statements at most.
    """
    message_id = message_id_of(public_id)
    if message_id is None:
        return False
    values: dict[str, Any] = {"project": project.pk, "message": message_id, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_CONVERT, values)
        if cursor.rowcount:
            return True
        cursor.execute(_IS_CONVERTED, values)
        return cursor.fetchone() is not None


# --- Rows -----------------------------------------------------------------------------------------------


def _values(
    project: Project, msisdn: str, begin: datetime, end: datetime, limit: int, offset: int
) -> dict[str, Any]:
    return {
        "project": project.pk,
        "msisdn": msisdn,
        "begin": begin,
        "end": end,
        "limit": limit,
        "offset": offset,
        "most": MOST_OF_NUMBER,
    }


def _fetch(statement: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Any] = cursor.fetchall()
    return rows


def _message(row: Sequence[Any]) -> MessageTold:
    (message_id, msisdn, country, text, tags, is_stream, n_segments, status, is_flying) = row[:9]
    (reason, code, submitted_at, final_at, context, extend, sender) = row[9:16]
    tags = read_json(tags)
    return MessageTold(
        message_id=message_id,
        msisdn=msisdn,
        country=country,
        signature=_signature(text, tags, is_stream),
        text=text,
        kind=tags.get("kind", ""),
        region=tags.get("region", ""),
        n_segments=n_segments,
        status=MessageStatus(status),
        word=StatusWord.SENDING if is_flying else word_of(status),
        reason=Reason(reason),
        code=code or "",
        submitted_at=submitted_at,
        final_at=final_at,
        context=context,
        extend=extend,
        sender=sender,
        is_sandbox=SANDBOX_TAG in tags,
    )


def _reply(row: Sequence[Any]) -> ReplyTold:
    reply_id, uuid, msisdn, text, received_at, message_id, answered, tags, is_stream, extend, context = row[
        :11
    ]
    return ReplyTold(
        reply_id=reply_id,
        uuid=str(uuid),
        msisdn=msisdn,
        country=_country(msisdn),
        text=text,
        received_at=received_at,
        message_id=message_id,
        signature=_signature(answered or "", read_json(tags) or {}, is_stream),
        extend=extend,
        context=context,
    )


def _signature(text: str, tags: dict[str, str], is_stream: bool | None) -> str:
    """What stands in the brackets at the front. A program's unsigned text may begin with brackets of its own."""
    front = _SIGNED.match(text)
    if front is None or (is_stream and "signature" not in tags):
        return ""
    return front[1] or front[2]


def _country(msisdn: str) -> str:
    try:
        return read_msisdn(msisdn, default_country=None).country
    except MsisdnError:
        return ""


def _described(written: str, default_country: str) -> NumberTold:
    try:
        country = default_country if default_country in country_codes() else None
        # Longer than any number is ever written.
        found = read_msisdn(written[:64], default_country=country)
    except MsisdnError as error:
        return NumberTold(written, error.reason)
    digits = found.e164[1:]
    calling_code = calling_code_of(digits) or ""
    return NumberTold(
        written=written,
        refusal=None,
        msisdn=found.e164,
        calling_code=calling_code,
        national=digits[len(calling_code) :],
        country=found.country,
        country_name=country_name(found.country, "en"),
    )
