"""Receipts that name neither an id nor a reference of ours: matched by number, if one message alone can be meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from django.conf import settings

from delivery.models import EvidenceSource
from delivery.statuses import MessageStatus

# So many receipts are looked up at a time; the others are when they are due again.
_STEP: Final = 200
# Of one number at one gateway; more than these are for a person.
_MOST_RECEIPTS: Final = 50

# All that wait for the numbers in question, whether due or not: the parts of a long message come one by one.
_WAITING_OF_NUMBERS = """
SELECT r.receipt_id, r.gateway_id, r.msisdn, r.gateway_message_id, r.state, r.code, r.received_at
FROM unnest(%(gateways)s::bigint[], %(msisdns)s::text[]) AS u (gateway_id, msisdn)
CROSS JOIN LATERAL (
    SELECT * FROM delivery_unmatchedreceipt
    WHERE gateway_id = u.gateway_id AND msisdn = u.msisdn AND reference = '' ORDER BY receipt_id LIMIT %(most)s
) r
"""
# Every project is asked through the index on (project, number). Whatever still waits for a receipt may be meant: that
# it is certain to have left makes a message no less a candidate.
CANDIDATES = """
SELECT u.gateway_id, u.msisdn, c.id, c.attempt, c.status, c.n_segments, c.submitted_at
FROM unnest(%(gateways)s::bigint[], %(msisdns)s::text[]) AS u (gateway_id, msisdn)
CROSS JOIN LATERAL (
    SELECT m.id, m.attempt, m.status, m.n_segments, m.submitted_at
    FROM projects_project p
    CROSS JOIN LATERAL (
        SELECT message_id FROM delivery_messagebody
        WHERE project_id = p.id AND msisdn = u.msisdn ORDER BY message_id DESC LIMIT 50
    ) b
    -- OFFSET 0: one look into the index per message, whatever the planner believes of how many there are.
    CROSS JOIN LATERAL (SELECT * FROM delivery_message WHERE id = b.message_id OFFSET 0) m
    JOIN delivery_dispatch d ON d.id = m.dispatch_id
    WHERE m.status IN (2, 8) AND coalesce(m.gateway_id, d.gateway_id) = u.gateway_id
      AND m.submitted_at > clock_timestamp() - %(span)s * interval '1 second'
) c
"""
# Against a late answer of the submit, which would write parts of its own.
_LOCK_UNCERTAIN = """
SELECT id FROM delivery_message WHERE id = ANY(%(ids)s::bigint[]) AND status = 8 ORDER BY id FOR UPDATE
"""
_APPEND_PARTS = """
INSERT INTO delivery_messagepart (gateway_id, gateway_message_id, message_id, seq, attempt)
SELECT * FROM unnest(%(gateways)s::bigint[], %(part_ids)s::text[], %(ids)s::bigint[], %(seqs)s::smallint[],
                     %(attempts)s::smallint[])
"""
_KEEP_EVIDENCE = """
INSERT INTO delivery_evidence (message_id, attempt, source, outcome, gateway_message_ids, code, created_at)
SELECT u.id, u.attempt, %(source)s, u.outcome, ARRAY[u.part_id]::varchar[], u.code, clock_timestamp()
FROM unnest(%(ids)s::bigint[], %(attempts)s::smallint[], %(outcomes)s::text[], %(part_ids)s::text[],
            %(codes)s::text[]) AS u (id, attempt, outcome, part_id, code)
"""


class Unmatched(Protocol):
    """What is asked of a receipt without a message."""

    @property
    def gateway_id(self) -> int: ...
    @property
    def msisdn(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...


class _Waiting(NamedTuple):
    receipt_id: int
    gateway_id: int
    msisdn: str
    gateway_message_id: str
    state: int
    code: str
    received_at: datetime


class _Candidate(NamedTuple):
    gateway_id: int
    msisdn: str
    id: int
    attempt: int
    status: int
    n_segments: int
    submitted_at: datetime


def match_by_number(cursor: Any, receipts: Sequence[Unmatched], *, span_seconds: int) -> set[int]:
    """Give receipts to the uncertain message that alone can be meant; returns the receipts' ids.

    Alone: of all messages to the number through this gateway that wait for a receipt there is one, it is uncertain,
    and the receipts name exactly as many ids as it has segments. Their ids become its parts, marked as matched by
    number, so that they apply like any other. Waits until the submit's own answer must have come or been given up.
    """
    settled_by_now = settings.LEASE_SECONDS * 2
    due = [r for r in receipts if r.msisdn and not r.reference and _age(r) > settled_by_now][:_STEP]
    pairs = sorted({(r.gateway_id, r.msisdn) for r in due})
    if not pairs:
        return set()
    gateways, msisdns = map(list, zip(*pairs, strict=True))
    values = {"gateways": gateways, "msisdns": msisdns, "span": span_seconds, "most": _MOST_RECEIPTS}
    cursor.execute(CANDIDATES, values)
    candidates: dict[tuple[int, str], list[_Candidate]] = defaultdict(list)
    for row in cursor.fetchall():
        candidate = _Candidate(*row)
        candidates[candidate.gateway_id, candidate.msisdn].append(candidate)
    if not candidates:
        return set()
    cursor.execute(_WAITING_OF_NUMBERS, values)
    waiting: dict[tuple[int, str], list[_Waiting]] = defaultdict(list)
    for row in cursor.fetchall():
        receipt = _Waiting(*row)
        waiting[receipt.gateway_id, receipt.msisdn].append(receipt)
    meant = {pair: _only(candidates[pair], waiting[pair]) for pair in pairs}
    return _adopt(cursor, [(found, waiting[pair]) for pair, found in meant.items() if found is not None])


def _age(receipt: Unmatched) -> float:
    return (datetime.now(receipt.received_at.tzinfo) - receipt.received_at).total_seconds()


def _only(candidates: Sequence[_Candidate], receipts: Sequence[_Waiting]) -> _Candidate | None:
    """The candidate if there is one alone, and the receipts are all its own."""
    if len(candidates) != 1 or candidates[0].status != MessageStatus.UNCERTAIN:
        return None
    [candidate] = candidates
    n_ids = len({receipt.gateway_message_id for receipt in receipts})
    are_later = all(receipt.received_at >= candidate.submitted_at for receipt in receipts)
    return candidate if n_ids == candidate.n_segments and are_later else None


def _adopt(cursor: Any, matches: Sequence[tuple[_Candidate, Sequence[_Waiting]]]) -> set[int]:
    if not matches:
        return set()
    cursor.execute(_LOCK_UNCERTAIN, {"ids": [candidate.id for candidate, _ in matches]})
    locked = {row[0] for row in cursor.fetchall()}
    parts: list[tuple[_Candidate, int, _Waiting]] = []
    adopted: set[int] = set()
    for candidate, receipts in matches:
        if candidate.id not in locked:
            continue
        by_id = {receipt.gateway_message_id: receipt for receipt in receipts}
        ordered = sorted(by_id.values(), key=lambda receipt: receipt.receipt_id)
        parts += [(candidate, seq, receipt) for seq, receipt in enumerate(ordered, start=1)]
        adopted |= {receipt.receipt_id for receipt in receipts}
    if not parts:
        return set()
    values = {
        "gateways": [receipt.gateway_id for _, _, receipt in parts],
        "part_ids": [receipt.gateway_message_id for _, _, receipt in parts],
        "ids": [candidate.id for candidate, _, _ in parts],
        "seqs": [seq for _, seq, _ in parts],
        "attempts": [candidate.attempt for candidate, _, _ in parts],
        "outcomes": [MessageStatus(receipt.state).name.lower() for _, _, receipt in parts],
        "codes": [receipt.code for _, _, receipt in parts],
        "source": EvidenceSource.NUMBER,
    }
    cursor.execute(_APPEND_PARTS, values)
    cursor.execute(_KEEP_EVIDENCE, values)
    return adopted
