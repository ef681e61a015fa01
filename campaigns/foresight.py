"""What the project's limits would do to a draft: the rules of the claim, asked for every row before anything leaves.

The decision is `delivery.limits.frequency.decide`, the same that the claim takes, so forecast and outcome can only
differ by what happens in between: other messages to the same numbers, a changed limit, another pace.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from campaigns.marketing import MarketingHours, hours_of, moment_after
from campaigns.models import Campaign, Upload
from campaigns.recipients import RecipientRow, recipient_slices
from campaigns.texts import consent_key, text_maker
from delivery.limits.frequency import (
    Block,
    Candidate,
    Slot,
    content_key,
    counts_frequency,
    decide,
    has_number_rules,
)
from delivery.queries.limits import listings_of_numbers, period_start, slots_of_numbers, usage_at
from projects.limits import CapLimit, Limits
from projects.statuses import SCOPE_ALL, SCOPE_DOMESTIC, SCOPE_INTERNATIONAL, CapPeriod

# So many rows are named for each rule; the page says how many there are in all.
ROWS_NAMED = 200

_REPEATED = """
SELECT msisdn FROM campaigns_recipient WHERE upload_id = %s AND NOT is_duplicate
GROUP BY msisdn HAVING count(*) > 1
"""


@dataclass
class Foreseen:
    """What would be blocked from `starts_at` on, by reason, with the first rows of each as (row, code).

    `cap` is the first cap that would hold it, after how many messages. `n_later` recipients wait for their own
    morning, the last of them until `latest_at`.
    """

    starts_at: datetime
    blocked: Counter[int] = field(default_factory=Counter)
    rows: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    cap: dict[str, Any] | None = None
    n_later: int = 0
    latest_at: datetime | None = None

    @property
    def n_blocked(self) -> int:
        return self.blocked.total()

    def note(self, row_number: int, block: Block) -> None:
        self.blocked[int(block.reason)] += 1
        named = self.rows[int(block.reason)]
        if len(named) < ROWS_NAMED:
            named.append((row_number, block.code))


def foresee(
    campaign: Campaign, upload: Upload, limits: Limits, *, starts_at: datetime, seconds: float
) -> Foreseen:
    """Ask the rules for every recipient in the order of sending, `seconds` long from `starts_at` on.

    Reads the slots and lists of a slice at a time. A number that comes several times meets its own messages.
    """
    hours = hours_of(campaign)
    found = Foreseen(hours.next_opening(starts_at) if hours else starts_at)
    asks_numbers = has_number_rules(limits)
    caps = _Caps(campaign, limits, found.starts_at)
    if not asks_numbers and not caps.exist and (hours is None or hours.zone is not None):
        return found
    numbers = _Numbers(campaign, upload, limits)
    pace = seconds / (upload.n_sendable or 1)
    n_done = 0
    for rows in recipient_slices(upload.pk):
        now = moment_after(found.starts_at, n_done * pace, hours)
        caps.turn_to(now)
        blocks = numbers.decide(rows, now) if asks_numbers else [None] * len(rows)
        for row, block in zip(rows, blocks, strict=True):
            if block is not None:
                found.note(row.row_number, block)
            else:
                caps.count(row.country)
        if hours is not None and hours.zone is None:
            _note_later(found, rows, hours, now)
        n_done += len(rows)
    found.cap = caps.reached
    return found


def _note_later(found: Foreseen, rows: Sequence[RecipientRow], hours: MarketingHours, now: datetime) -> None:
    for row in rows:
        opening = hours.opening_of(row.msisdn, now)
        if opening > now:
            found.n_later += 1
            found.latest_at = max(found.latest_at or opening, opening)


class _Numbers:
    """The number rules, for one slice after the other."""

    def __init__(self, campaign: Campaign, upload: Upload, limits: Limits) -> None:
        self._project_id = campaign.project_id
        self._limits = limits
        self._consent_key = consent_key(campaign)
        self._make = text_maker(campaign)
        self._counts = counts_frequency(limits)
        # What the campaign itself sends to numbers that come again further down.
        self._again = _repeated(upload) if self._counts and upload.n_same_number else frozenset()
        self._own: dict[str, Sequence[Slot]] = {}

    def decide(self, rows: Sequence[RecipientRow], now: datetime) -> list[Block | None]:
        numbers = [row.msisdn for row in rows]
        slots = slots_of_numbers(self._project_id, numbers) if self._counts else {}
        listed = listings_of_numbers(self._project_id, numbers) if self._limits.has_listed_numbers else {}
        own, again = self._own, self._again
        if own:
            slots |= {number: own[number] for number in numbers if number in own}
        decisions = decide(self._limits, slots, listed, self._consent_key, now, self._candidates(rows))
        if again:
            own |= {number: slots[number] for number in numbers if number in again and number in slots}
        return decisions

    def _candidates(self, rows: Sequence[RecipientRow]) -> Iterator[Candidate]:
        """Ids below zero: none of these messages exists yet."""
        if not self._counts:
            return (Candidate(-row.row_number, row.msisdn, row.country, 0) for row in rows)
        make = self._make
        return (
            Candidate(-row.row_number, row.msisdn, row.country, content_key(make(row.parameters)))
            for row in rows
        )


def _repeated(upload: Upload) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(_REPEATED, [upload.pk])
        return frozenset(number for (number,) in cursor.fetchall())


class _Caps:
    """Counts what would leave against each cap; a new day or month begins at zero."""

    def __init__(self, campaign: Campaign, limits: Limits, starts_at: datetime) -> None:
        self._project = campaign.project
        self._caps = [limit for limit in limits.caps if limit.cap is not None]
        self._used: Counter[tuple[str, str, date]] = Counter()
        self._n = 0
        self.reached: dict[str, Any] | None = None
        self.turn_to(starts_at)
        if self._caps:
            for (period, scope), n in usage_at(self._project, starts_at).items():
                self._used[period, scope, self._starts[CapPeriod(period)]] = n

    @property
    def exist(self) -> bool:
        return bool(self._caps)

    def turn_to(self, now: datetime) -> None:
        """What is counted next counts for the periods of this moment."""
        self._starts = {period: period_start(period, now, self._project) for period in CapPeriod}

    def count(self, country: str) -> None:
        if self.reached is not None or not self._caps:
            return
        for limit in self._caps:
            if not _applies(limit, country):
                continue
            key = (str(limit.period), limit.scope, self._starts[limit.period])
            if self._used[key] >= (limit.cap or 0):
                self.reached = {
                    "scope": limit.scope,
                    "period": str(limit.period),
                    "value": limit.cap,
                    "after": self._n,
                }
                return
            self._used[key] += 1
        self._n += 1


def _applies(limit: CapLimit, country: str) -> bool:
    if limit.scope in (SCOPE_DOMESTIC, SCOPE_INTERNATIONAL):
        return (country == settings.HOME_COUNTRY) is (limit.scope == SCOPE_DOMESTIC)
    return limit.scope in (SCOPE_ALL, country)
