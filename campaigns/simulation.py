"""What a frequency limit would have done: the messages of the last days, asked again in the order they came.

Read number by number, so that memory does not grow with them: a frequency limit only ever looks at one number.
The decision is the claim's own (`delivery.limits.frequency.decide`).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from delivery.limits.frequency import Candidate, Slot, decide, still_needed
from delivery.models import Dispatch
from delivery.queries import read_many_counts
from delivery.statuses import SANDBOX_TAG, TAKEN_STATUSES, Reason
from projects.limits import FrequencyLimit, Limits
from projects.models import Project
from smsconsole.lib.msisdn import mask_msisdn

DAYS = 7
MAX_MESSAGES = 1_000_000
EXAMPLES = 10
READ_AT_ONCE = 5_000
# Who was blocked by a frequency limit asked to be sent to as well; another limit might have let it pass.
FREQUENCY_REASONS = (Reason.SAME_CONTENT, Reason.PER_HOUR, Reason.PER_DAY, Reason.SAME_CONTENT_PER_DAY)

# By number, and within a number as they came: one sort for all of them.
_MESSAGES = """
SELECT b.msisdn, coalesce(m.submitted_at, m.final_at) AS at, hashtextextended(b.text, 0), m.country, m.id
FROM unnest(%(dispatches)s::bigint[], %(firsts)s::bigint[], %(lasts)s::bigint[]) AS block (dispatch, first, last)
JOIN delivery_message m ON m.id BETWEEN block.first AND block.last AND m.dispatch_id = block.dispatch
JOIN delivery_messagebody b ON b.message_id = m.id
WHERE (m.status = ANY(%(taken)s::smallint[]) OR (m.status = 9 AND m.reason = ANY(%(reasons)s::smallint[])))
  AND coalesce(m.submitted_at, m.final_at) >= %(since)s
ORDER BY 1, 2, 5
"""


class Blocks(NamedTuple):
    """Dispatches and the ranges of their message ids, newest first; `is_cut` when older ones had to be left out.

    The range of a program's stream holds messages of others, too.
    """

    dispatches: list[int]
    firsts: list[int]
    lasts: list[int]
    n_messages: int
    is_cut: bool


@dataclass
class Tally:
    """What one limit would have blocked."""

    by_day: Counter[str] = field(default_factory=Counter)
    by_number: list[tuple[int, str]] = field(default_factory=list)
    n_numbers: int = 0

    def add(self, msisdn: str, days: Iterable[str]) -> None:
        blocked = Counter(days)
        if not blocked:
            return
        self.by_day += blocked
        self.n_numbers += 1
        entry = (blocked.total(), msisdn)
        push = heapq.heappush if len(self.by_number) < EXAMPLES else heapq.heappushpop
        push(self.by_number, entry)


def blocks_to_read(project: Project, since: datetime) -> Blocks:
    """The messages of every dispatch that may have sent since then, at most a million. Two statements."""
    found = Dispatch.objects.filter(Q(sent_at=None) | Q(sent_at__gte=since), project=project, n_total__gt=0)
    # The console's own alarms obey no limit, nor does the sandbox of programs.
    found = found.exclude(owner__startswith="alarm:").exclude(tags__has_key=SANDBOX_TAG).order_by("-first_id")
    dispatches = list(found.values_list("pk", "first_id", "n_reserved"))
    counts = read_many_counts([pk for pk, *_range in dispatches])
    taken: list[int] = []
    firsts: list[int] = []
    lasts: list[int] = []
    n_messages = 0
    for pk, first, n_reserved in dispatches:
        n = sum(counts[pk].values())
        if n_messages + n > MAX_MESSAGES and n_messages:
            return Blocks(taken, firsts, lasts, n_messages, is_cut=True)
        taken.append(pk)
        firsts.append(first or 0)
        lasts.append((first or 0) + n_reserved - 1)
        n_messages += n
    return Blocks(taken, firsts, lasts, n_messages, is_cut=n_messages > MAX_MESSAGES)


def replay(
    blocks: Blocks,
    *,
    limits: Limits,
    new: FrequencyLimit,
    since: datetime,
    on_progress: Callable[[int], None] = lambda _n: None,
) -> dict[str, Any]:
    """Ask the present limit of this dimension and the new one; what either would have blocked, day by day."""
    present = next(limit for limit in limits.frequency if limit.dimension == new.dimension)
    alone = [_alone(limits, present), _alone(limits, new)]
    tallies = [Tally(), Tally()]
    asked: Counter[str] = Counter()
    n_read = 0
    for msisdn, rows in groupby(_messages(blocks, since), key=lambda row: row[0]):
        messages = list(rows)
        n_read += len(messages)
        asked.update(_day(at, limits.zone) for _msisdn, at, *_rest in messages)
        for one, tally in zip(alone, tallies, strict=True):
            tally.add(msisdn, _blocked_days(one, messages))
        if n_read % READ_AT_ONCE < len(messages):
            on_progress(n_read)
    days = [_day(since + timedelta(days=i), limits.zone) for i in range(DAYS + 1)]
    return {
        "days": [[day, asked[day], *(tally.by_day[day] for tally in tallies)] for day in days],
        "n_asked": asked.total(),
        "present": _told(tallies[0], present),
        "new": _told(tallies[1], new),
        "is_cut": blocks.is_cut,
    }


def _told(tally: Tally, limit: FrequencyLimit) -> dict[str, Any]:
    return {
        "is_on": limit.is_on,
        "n_messages": limit.n_messages,
        "n_seconds": limit.n_seconds,
        "n_blocked": tally.by_day.total(),
        "n_numbers": tally.n_numbers,
        "examples": [[mask_msisdn(msisdn), n] for n, msisdn in sorted(tally.by_number, reverse=True)],
    }


def _alone(limits: Limits, limit: FrequencyLimit) -> Limits:
    """Nothing but this limit: no lists, no countries, no caps."""
    return replace(limits, frequency=(limit,), caps=(), countries=None, has_listed_numbers=False)


def _blocked_days(limits: Limits, messages: list[Any]) -> Iterator[str]:
    """The days of the messages that would not have left. All are of one number."""
    slots: dict[str, Sequence[Slot]] = {}
    for msisdn, at, content, country, message_id in messages:
        (block,) = decide(limits, slots, {}, "", at, [Candidate(message_id, msisdn, country, content)])
        if block is not None:
            yield _day(at, limits.zone)
        elif len(held := slots[msisdn]) % 64 == 0:
            slots[msisdn] = still_needed(held, limits, at)


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()


def _messages(blocks: Blocks, since: datetime) -> Iterator[Any]:
    """By a server-side cursor: the rows stay in PostgreSQL until they are asked for."""
    values: dict[str, Any] = {
        "dispatches": blocks.dispatches,
        "firsts": blocks.firsts,
        "lasts": blocks.lasts,
        "since": since,
        "taken": [int(status) for status in TAKEN_STATUSES],
        "reasons": [int(reason) for reason in FREQUENCY_REASONS],
    }
    with connection.chunked_cursor() as cursor:
        cursor.execute(_MESSAGES, values)
        while rows := cursor.fetchmany(READ_AT_ONCE):
            yield from rows
