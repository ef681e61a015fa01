"""What becomes of uncertain messages by the policy of their project, once its time is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from django.db import connection

from delivery.gateways.base import QueryOutcome
from delivery.services.uncertain import UncertainChoice
from delivery.statuses import SYSTEM_TAG
from projects.statuses import UncertainPolicy

# Of one dispatch at once; the next turn takes the rest.
STEP: Final = 500
# The kind of dispatches whose messages are of no use later.
VERIFICATION: Final = "verification"

# By the small index on the counts of uncertain messages; closed dispatches have none.
_DISPATCHES = """
SELECT d.id, d.tags ->> 'kind', p.uncertain_policy, p.uncertain_after_minutes
FROM delivery_dispatchcount c
JOIN delivery_dispatch d ON d.id = c.dispatch_id AND d.closed_at IS NULL
JOIN projects_project p ON p.id = d.project_id
WHERE c.status = 8 AND c.n > 0 AND p.uncertain_policy <> 'leave' AND p.disabled_at IS NULL
  AND NOT d.tags ? %(system)s
ORDER BY d.id
"""
_DUE = """
SELECT m.id, m.may_be_double, i.outcome FROM delivery_message m
LEFT JOIN delivery_inquiry i ON i.message_id = m.id AND i.attempt = m.attempt
WHERE m.dispatch_id = %(dispatch)s AND m.rare_status = 8
  AND m.submitted_at < clock_timestamp() - %(minutes)s * interval '1 minute'
  -- A code that is old by now, or a message that was sent again before, is left to a person.
  AND (%(policy)s = 'sent' OR i.outcome = 'missing' OR NOT (m.may_be_double OR %(is_code)s))
ORDER BY m.id LIMIT %(limit)s
"""


class Decision(NamedTuple):
    """Messages of a dispatch for which the policy says the same."""

    dispatch_id: int
    choice: UncertainChoice
    message_ids: list[int]


def due_decisions() -> Iterator[Decision]:
    """What the projects' policies say about uncertain messages now; carry out each before asking for the next.

    *Treat as sent*: as sent. *Send again*: once more, marked as possibly double; only once, and never a verification
    code, which is of no use by then. A message that the carrier says it never had is not sent: it failed, or goes again
    under *send again* as long as it may.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DISPATCHES, {"system": SYSTEM_TAG})
        dispatches = cursor.fetchall()
    for dispatch_id, kind, policy, minutes in dispatches:
        by_choice: dict[UncertainChoice, list[int]] = defaultdict(list)
        values = {
            "dispatch": dispatch_id,
            "minutes": minutes,
            "policy": policy,
            "is_code": kind == VERIFICATION,
            "limit": STEP,
        }
        with connection.cursor() as cursor:
            cursor.execute(_DUE, values)
            rows = cursor.fetchall()
        for message_id, may_be_double, answer in rows:
            may_go_again = policy == UncertainPolicy.AGAIN and not may_be_double and kind != VERIFICATION
            if may_go_again:
                by_choice[UncertainChoice.AGAIN].append(message_id)
            elif answer == QueryOutcome.MISSING:
                by_choice[UncertainChoice.FAILED].append(message_id)
            else:
                by_choice[UncertainChoice.SENT].append(message_id)
        for choice, ids in by_choice.items():
            yield Decision(dispatch_id, choice, ids)
