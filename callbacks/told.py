"""What a program is told: of a message or a reply everything that any format says, read in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from callbacks import sql
from delivery.message_ids import public_message_id
from delivery.models import MessageNote, Reply
from delivery.statuses import MessageStatus, Reason
from smsconsole.lib.numbering_plans import calling_code_of
from templates_app.models import SignatureRevision
from templates_app.statuses import RevisionStatus

# What is told of a message; it was cancelled by the customer, who knows.
TOLD_STATUSES = frozenset(
    {
        MessageStatus.DELIVERED,
        MessageStatus.UNDELIVERED,
        MessageStatus.EXPIRED,
        MessageStatus.REJECTED,
        MessageStatus.FAILED,
        MessageStatus.BLOCKED,
        MessageStatus.UNCERTAIN,
    }
)
# Tencent's programs know success and failure; what is still uncertain is neither.
TENCENT_STATUSES = TOLD_STATUSES - {MessageStatus.UNCERTAIN}


class Item(NamedTuple):
    """A status as it was when it was to be told; this is what stays the same at each try."""

    message_id: int
    status: int
    reason: int
    code: str
    at: float
    sequence: int

    def stored(self) -> list[object]:
        return list(self)


class StatusTold(NamedTuple):
    """What became of a message. `sequence` rises with each status of the same message: the highest one holds."""

    message_id: int
    id: str
    project_id: int
    msisdn: str
    country: str
    n_segments: int
    status: MessageStatus
    reason: Reason
    code: str
    at: datetime
    sequence: int
    context: str
    extend: str
    is_sandbox: bool


class ReplyTold(NamedTuple):
    """What a person answered. `message_id` is the public id of the message that it answers."""

    id: str
    project_id: int
    msisdn: str
    destination: str
    text: str
    at: datetime
    message_id: str
    extend: str
    signature: str


def statuses_told(items: Iterable[Item]) -> list[StatusTold]:
    """The items with what their messages say, in their order; without those whose message is gone. One statement."""
    listed = list(items)
    with connection.cursor() as cursor:
        cursor.execute(sql.READ_STATUSES, {"ids": [item.message_id for item in listed]})
        found = {row[0]: row for row in cursor.fetchall()}
    return [_status_told(item, found[item.message_id]) for item in listed if item.message_id in found]


def _status_told(item: Item, row: Sequence[Any]) -> StatusTold:
    _id, project_id, msisdn, country, n_segments, context, extend, is_sandbox, _submitted_at = row
    return StatusTold(
        message_id=item.message_id,
        id=public_message_id(item.message_id),
        project_id=project_id,
        msisdn=msisdn,
        country=country,
        n_segments=n_segments,
        status=MessageStatus(item.status),
        reason=Reason(item.reason),
        code=item.code,
        at=datetime.fromtimestamp(item.at, UTC),
        sequence=item.sequence,
        context=context,
        extend=extend,
        is_sandbox=is_sandbox,
    )


def replies_told(reply_ids: Iterable[int]) -> list[ReplyTold]:
    """The replies with these ids, in their order; without those that are gone. Three statements at most."""
    ids = list(reply_ids)
    replies = Reply.objects.in_bulk(ids)
    message_ids = [reply.message_id for reply in replies.values() if reply.message_id]
    extends = dict(
        MessageNote.objects.filter(pk__in=message_ids).exclude(extend="").values_list("pk", "extend")
    )
    signatures = _signature_texts(reply.consent_key for reply in replies.values())
    told = []
    for pk in ids:
        reply = replies.get(pk)
        if reply is None or reply.project_id is None:
            continue
        told.append(
            ReplyTold(
                id=str(reply.uuid),
                project_id=reply.project_id,
                msisdn=reply.msisdn,
                destination=reply.destination,
                text=reply.text,
                at=reply.received_at,
                message_id=public_message_id(reply.message_id) if reply.message_id else "",
                extend=extends.get(reply.message_id or 0, ""),
                signature=signatures.get(_signature_of(reply.consent_key), ""),
            )
        )
    return told


def _signature_of(consent_key: str) -> str:
    """The signature's uuid at the front of a consent key, or ""."""
    front = consent_key.partition(":")[0]
    try:
        return str(UUID(front))
    except ValueError:
        return ""


def _signature_texts(consent_keys: Iterable[str]) -> dict[str, str]:
    """The words of signatures by their uuid: those in force, else the newest. At most one statement."""
    uuids = {_signature_of(key) for key in consent_keys} - {""}
    if not uuids:
        return {}
    newest: dict[str, str] = {}
    approved: dict[str, str] = {}
    revisions = SignatureRevision.objects.filter(signature__uuid__in=uuids).order_by("number")
    for uuid, text, status in revisions.values_list("signature__uuid", "text", "status"):
        newest[str(uuid)] = text
        if status == RevisionStatus.APPROVED:
            approved[str(uuid)] = text
    return newest | approved


def split_number(msisdn: str) -> tuple[str, str]:
    """Calling code and national digits of a number in international form, both without +."""
    digits = msisdn.removeprefix("+")
    calling_code = calling_code_of(digits) or ""
    return calling_code, digits[len(calling_code) :]
