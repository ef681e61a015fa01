"""What a project sent and heard between two hours, as statistics for programs count it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from delivery.sql import counters as sql
from delivery.statuses import MessageStatus, Reason
from projects.models import Project

_INVALID_NUMBER = frozenset({Reason.INVALID_NUMBER, Reason.SERVICE_UNSUPPORTED})
_SWITCHED_OFF = frozenset({Reason.UNREACHABLE, Reason.OUT_OF_COVERAGE, Reason.MEMORY_FULL})
_BLACKLISTED = frozenset({Reason.UNSUBSCRIBED, Reason.BLACKLISTED})
_TOO_OFTEN = frozenset({Reason.FREQUENCY_LIMIT})
_ELSEWHERE = _INVALID_NUMBER | _SWITCHED_OFF | _BLACKLISTED | _TOO_OFTEN


@dataclass(frozen=True, slots=True)
class Totals:
    """Messages asked for, taken by a carrier, and reported on; `n_segments` are those of what was taken.

    Each counts in the hour in which it happened, so a receipt may belong to a message of an earlier hour. What failed
    is one of the last five.
    """

    n_requests: int
    n_accepted: int
    n_segments: int
    n_delivered: int
    # Faults of the carrier, and whatever else is none of the following.
    n_carrier_internal: int
    n_invalid_number: int
    # Or out of coverage, or full.
    n_switched_off: int
    n_blacklisted: int
    n_too_often: int

    @property
    def n_failed(self) -> int:
        return (
            self.n_carrier_internal
            + self.n_invalid_number
            + self.n_switched_off
            + self.n_blacklisted
            + self.n_too_often
        )

    @property
    def n_receipts(self) -> int:
        return self.n_delivered + self.n_failed


def totals_between(project: Project, begin: datetime, end: datetime) -> Totals:
    """From the hour in which `begin` lies until before that of `end`; without sandbox and alarms. Two statements.

    Failures are counted over the failed messages of dispatches of that time, everything else is folded by the hour.
    """
    values: dict[str, Any] = {"project": project.pk, "begin": _hour(begin), "end": _hour(end)}
    with connection.cursor() as cursor:
        cursor.execute(sql.TOTALS, values)
        counted = {status: (n, n_segments) for status, n, n_segments in cursor.fetchall()}
        cursor.execute(sql.FAILED_RECEIPTS, values)
        # Where no receipt came in time there is none to count.
        failed = Counter({reason: n for reason, n in cursor.fetchall() if reason != Reason.NO_RECEIPT})

    def of(reasons: frozenset[Reason]) -> int:
        return sum(failed[reason] for reason in reasons)

    n_accepted, n_segments = counted.get(MessageStatus.SUBMITTED, (0, 0))
    return Totals(
        n_requests=counted.get(MessageStatus.QUEUED, (0, 0))[0],
        n_accepted=n_accepted,
        n_segments=n_segments,
        n_delivered=counted.get(MessageStatus.DELIVERED, (0, 0))[0],
        n_carrier_internal=failed.total() - of(_ELSEWHERE),
        n_invalid_number=of(_INVALID_NUMBER),
        n_switched_off=of(_SWITCHED_OFF),
        n_blacklisted=of(_BLACKLISTED),
        n_too_often=of(_TOO_OFTEN),
    )


def _hour(moment: datetime) -> datetime:
    """Counters know whole hours; some zones begin theirs at half past."""
    return moment.replace(minute=0, second=0, microsecond=0)
