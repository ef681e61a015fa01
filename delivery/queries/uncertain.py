"""Uncertain messages of a project: how many, and for each what is known that may settle it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from delivery.gateways.base import QueryOutcome
from delivery.statuses import MessageStatus, Reason

PAGE_ROWS: Final = 50
# Counted no further: a page says "10,000 or more".
MOST_COUNTED: Final = 10_000
MOST_RECEIPTS: Final = 10

# Closed dispatches have none; of the open ones each is counted by the index on rare states.
_GROUPS = """
SELECT d.id, d.owner, c.n, c.oldest
FROM delivery_dispatch d
CROSS JOIN LATERAL (
    SELECT count(*)::int AS n, min(submitted_at) AS oldest FROM (
        SELECT submitted_at FROM delivery_message
        WHERE dispatch_id = d.id AND rare_status = 8 ORDER BY id LIMIT %(most)s
    ) m
) c
WHERE d.project_id = %(project)s AND d.closed_at IS NULL AND c.n > 0
ORDER BY d.id DESC
"""
_PAGE = """
SELECT m.id, m.dispatch_id, d.owner, b.owner_row, b.msisdn, coalesce(m.gateway_id, d.gateway_id), g.name,
       m.submitted_at, m.attempt, m.may_be_double, m.n_segments, m.country, i.outcome, i.code, i.answered_at, i.next_at
FROM (
    SELECT m.* FROM delivery_dispatch d
    CROSS JOIN LATERAL (
        SELECT * FROM delivery_message
        WHERE dispatch_id = d.id AND rare_status = 8 AND id > %(after)s ORDER BY id LIMIT %(limit)s
    ) m
    WHERE d.id = ANY(%(dispatches)s::bigint[]) AND d.project_id = %(project)s
    ORDER BY m.id LIMIT %(limit)s
) m
JOIN delivery_dispatch d ON d.id = m.dispatch_id
JOIN delivery_gateway g ON g.id = coalesce(m.gateway_id, d.gateway_id)
CROSS JOIN LATERAL (SELECT * FROM delivery_messagebody WHERE message_id = m.id OFFSET 0) b
LEFT JOIN delivery_inquiry i ON i.message_id = m.id AND i.attempt = m.attempt
ORDER BY m.id
"""
_RECEIPTS = """
SELECT u.gateway_id, u.msisdn, r.state, r.reason, r.code, r.received_at, r.gateway_message_id
FROM unnest(%(gateways)s::bigint[], %(msisdns)s::text[]) AS u (gateway_id, msisdn)
CROSS JOIN LATERAL (
    SELECT * FROM delivery_unmatchedreceipt
    WHERE gateway_id = u.gateway_id AND msisdn = u.msisdn ORDER BY receipt_id DESC LIMIT %(most)s
) r
"""


@dataclass(frozen=True, slots=True)
class UncertainGroup:
    """The uncertain messages of one dispatch, counted up to `MOST_COUNTED`. `owner` is the owner's own word."""

    dispatch_id: int
    owner: str
    n: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class CandidateReceipt:
    """A receipt to the same number through the same gateway that may be this message's, and not for certain."""

    status: MessageStatus
    reason: Reason
    code: str
    received_at: datetime
    gateway_message_id: str


@dataclass(frozen=True, slots=True)
class UncertainRow:
    """One uncertain message; the number is whole, pages mask it.

    `answer` is what the carrier said last when asked, None if it was never asked or never answered; `asked_again_at` is
    when it is asked next. `receipts` came for its number and might belong to it.
    """

    message_id: int
    dispatch_id: int
    owner: str
    owner_row: int
    msisdn: str
    gateway_id: int
    gateway_name: str
    since: datetime | None
    attempt: int
    may_be_double: bool
    n_segments: int
    country: str
    answer: QueryOutcome | None
    answer_code: str
    answered_at: datetime | None
    asked_again_at: datetime | None
    receipts: Sequence[CandidateReceipt]


@dataclass(frozen=True, slots=True)
class UncertainPage:
    """Rows in id order. `next_after` is where the next page begins, None at the end."""

    rows: list[UncertainRow]
    next_after: int | None


def uncertain_groups(project_id: int) -> list[UncertainGroup]:
    """Dispatches of the project that have uncertain messages, the newest first. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, {"project": project_id, "most": MOST_COUNTED})
        return [UncertainGroup(*row) for row in cursor.fetchall()]


def uncertain_page(
    project_id: int, *, dispatch_ids: Sequence[int], after_id: int | None = None, limit: int = PAGE_ROWS
) -> UncertainPage:
    """One page of the uncertain messages of these dispatches, as far as they are the project's. Two statements."""
    values: dict[str, Any] = {
        "project": project_id,
        "dispatches": list(dispatch_ids),
        "after": after_id or 0,
        "limit": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, values)
        found = cursor.fetchall()
        shown = found[:limit]
        receipts = _candidates(cursor, {(row[5], row[4]) for row in shown})
    rows = [_row(*row, receipts=receipts.get((row[5], row[4]), ())) for row in shown]
    return UncertainPage(rows, shown[-1][0] if len(found) > limit else None)


def _row(*known: Any, receipts: Sequence[CandidateReceipt]) -> UncertainRow:
    *of_message, outcome, code, answered_at, asked_again_at = known
    answer = QueryOutcome(outcome) if outcome else None
    values = [*of_message, answer, code or "", answered_at, asked_again_at, receipts]
    return UncertainRow(*values)


def _candidates(cursor: Any, pairs: set[tuple[int, str]]) -> dict[tuple[int, str], list[CandidateReceipt]]:
    found: dict[tuple[int, str], list[CandidateReceipt]] = defaultdict(list)
    if not pairs:
        return found
    gateways, msisdns = map(list, zip(*sorted(pairs), strict=True))
    cursor.execute(_RECEIPTS, {"gateways": gateways, "msisdns": msisdns, "most": MOST_RECEIPTS})
    for gateway_id, msisdn, state, reason, code, received_at, part_id in cursor.fetchall():
        receipt = CandidateReceipt(MessageStatus(state), Reason(reason), code, received_at, part_id)
        found[gateway_id, msisdn].append(receipt)
    return found
