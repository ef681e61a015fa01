"""Replies that came in several messages: kept part by part, joined when all are here, or with what is here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection, transaction

from delivery.gateways.base import ReplyEvent, ReplyPart
from delivery.models import Reply

TEXT_MAX_CHARACTERS: Final = 2_000
# The rest of a reply does not come any more after so long.
WAIT_SECONDS: Final = 600
# Parts that became a reply are kept for so long, so that one that comes again is no reply of its own.
KEEP_SECONDS: Final = 3_600
# Where a part is missing.
GAP: Final = "…"
MOST_PARTS: Final = 255
_STEP: Final = 200

# The part that came again is left as it is. But phones use their references again: another text is another reply.
_STORE = """
INSERT INTO delivery_storedreplypart AS s
    (gateway_id, msisdn, destination, reference, n_parts, seq, text, gateway_reply_id, received_at)
VALUES (%(gateway)s, %(msisdn)s, %(destination)s, %(reference)s, %(n_parts)s, %(seq)s, %(text)s, %(reply_id)s,
        clock_timestamp())
ON CONFLICT (gateway_id, msisdn, destination, reference, n_parts, seq) DO UPDATE
SET text = excluded.text, gateway_reply_id = excluded.gateway_reply_id, received_at = excluded.received_at,
    joined_at = NULL
WHERE s.joined_at IS NOT NULL
  AND (s.text <> excluded.text OR s.gateway_reply_id <> excluded.gateway_reply_id)
"""
_READY = """
SELECT gateway_id, msisdn, destination, reference, n_parts FROM delivery_storedreplypart
WHERE joined_at IS NULL
GROUP BY gateway_id, msisdn, destination, reference, n_parts
HAVING count(*) = n_parts OR min(received_at) < clock_timestamp() - %(wait)s * interval '1 second'
ORDER BY min(received_at) LIMIT %(limit)s
"""
_TAKE = """
UPDATE delivery_storedreplypart SET joined_at = clock_timestamp()
WHERE joined_at IS NULL AND gateway_id = %(gateway)s AND msisdn = %(msisdn)s AND destination = %(destination)s
  AND reference = %(reference)s AND n_parts = %(n_parts)s
RETURNING seq, text, gateway_reply_id, received_at
"""
_DROP_OLD = """
DELETE FROM delivery_storedreplypart WHERE joined_at < clock_timestamp() - %(keep)s * interval '1 second'
"""


def is_part(event: ReplyEvent) -> bool:
    """Whether the reply has other parts. One that says nonsense about them is taken as a whole."""
    part = event.part
    return part is not None and 1 < part.n_parts <= MOST_PARTS and 1 <= part.seq <= part.n_parts


def store_reply_parts(*, gateway_id: int, events: Sequence[ReplyEvent]) -> None:
    """Store parts and commit. A part that comes again is stored once."""
    with transaction.atomic(), connection.cursor() as cursor:
        for event in sorted(events, key=_place):
            reference, n_parts, seq = event.part or ReplyPart("", 1, 1)
            cursor.execute(
                _STORE,
                {
                    "gateway": gateway_id,
                    "msisdn": event.msisdn[:16],
                    "destination": event.destination[:20],
                    "reference": reference[:40],
                    "n_parts": n_parts,
                    "seq": seq,
                    "text": event.text.replace("\0", "")[:TEXT_MAX_CHARACTERS],
                    "reply_id": event.gateway_reply_id[:80],
                },
            )


def _place(event: ReplyEvent) -> tuple[Any, ...]:
    # One order of locks: two who store the same parts wait for each other and do not deadlock.
    return (event.msisdn, event.destination, *(event.part or ()))


def join_replies() -> int:
    """Make replies of parts that are all here, or that waited ten minutes for the rest; returns how many replies.

    Each in one transaction, so that it is made once whatever dies. From then on it is a reply like any other.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READY, {"wait": WAIT_SECONDS, "limit": _STEP})
        ready = cursor.fetchall()
        n = sum(_join(cursor, *of_reply) for of_reply in ready)
        cursor.execute(_DROP_OLD, {"keep": KEEP_SECONDS})
    return n


def _join(cursor: Any, gateway_id: int, msisdn: str, destination: str, reference: str, n_parts: int) -> int:
    values = {
        "gateway": gateway_id,
        "msisdn": msisdn,
        "destination": destination,
        "reference": reference,
        "n_parts": n_parts,
    }
    with transaction.atomic():
        cursor.execute(_TAKE, values)
        rows = sorted(cursor.fetchall())
        if not rows:
            return 0
        text = _joined({seq: text for seq, text, _, _ in rows}, n_parts)
        Reply.objects.bulk_create(
            [
                Reply(
                    gateway_id=gateway_id,
                    gateway_reply_id=next((reply_id for _, _, reply_id, _ in rows if reply_id), ""),
                    msisdn=msisdn,
                    destination=destination,
                    text=text[:TEXT_MAX_CHARACTERS],
                    received_at=min(received_at for *_, received_at in rows),
                )
            ],
            ignore_conflicts=True,
        )
    return 1


def _joined(text_of: dict[int, str], n_parts: int) -> str:
    pieces: list[str] = []
    for seq in range(1, n_parts + 1):
        if seq in text_of:
            pieces.append(text_of[seq])
        elif not pieces or pieces[-1] != GAP:
            pieces.append(GAP)
    return "".join(pieces)
