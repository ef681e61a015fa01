"""Caps: how many messages count in a day or month, and how many more may leave.

What a carrier took or may have taken counts, from its claim on; what it did not take is given back at the settle.
The rows are written last in a transaction and in the order of their key, and the sum is looked at while the row is
ours: a cap is never passed, whoever claims at the same time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from delivery.limits.frequency import Block
from delivery.limits.lease_rules import LeaseRules
from delivery.sql import limits as sql
from delivery.statuses import Reason
from projects.limits import CapLimit
from projects.statuses import SCOPE_ALL, SCOPE_DOMESTIC, SCOPE_INTERNATIONAL, CapPeriod
from smsconsole.outbox.services import append_event

# The word in `Block.rule` of what a cap keeps back.
CAP_RULE = "cap"
PERIODS = (CapPeriod.DAY, CapPeriod.MONTH)


class CapTaken(Exception):
    """Somebody else took the rest of a cap while this claim was deciding; it has to decide again."""


def scopes_of(country: str) -> tuple[str, ...]:
    """The scopes that a message to this country counts for."""
    region = SCOPE_DOMESTIC if country == settings.HOME_COUNTRY else SCOPE_INTERNATIONAL
    return (SCOPE_ALL, region, country) if country else (SCOPE_ALL, region)


def start_of(period: CapPeriod | str, day: date) -> date:
    return day if period == CapPeriod.DAY else day.replace(day=1)


@dataclass(slots=True)
class Usage:
    """Messages to be counted, by period, first day and scope."""

    counts: Counter[tuple[str, date, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, entries: Iterable[tuple[date, str]]) -> Usage:
        """Of messages that count on a day, each with its country."""
        usage = cls()
        for (day, country), n in Counter(entries).items():
            usage.add(day, country, n)
        return usage

    def add(self, day: date, country: str, n: int) -> None:
        """Count `n` messages to a country on a day."""
        for scope in scopes_of(country):
            for period in PERIODS:
                self.counts[str(period), start_of(period, day), scope] += n

    def count(self, cursor: Any, project_id: int, *, sign: int = 1) -> list[tuple[str, str, int, int | None]]:
        """Add them, or take them back; returns (period, scope, sum, value that was warned of)."""
        if not self.counts:
            return []
        periods, starts, scopes = zip(*(keys := sorted(self.counts)), strict=True)
        values = {
            "project": project_id,
            "periods": list(periods),
            "starts": list(starts),
            "scopes": list(scopes),
            "counts": [sign * self.counts[key] for key in keys],
        }
        cursor.execute(sql.COUNT_USAGE, values)
        found: list[tuple[str, str, int, int | None]] = cursor.fetchall()
        return found


def give_usage_back(cursor: Any, project_id: int, usage: Usage) -> None:
    """Count these messages no more: no carrier took them. The last statement of its transaction."""
    usage.count(cursor, project_id, sign=-1)


# --- In the claim ---------------------------------------------------------------------------------------


class ReachedCap(NamedTuple):
    """A cap of which nothing is left."""

    limit: CapLimit
    n: int

    def block(self, day: date, zone: ZoneInfo) -> Block:
        """Why a program's message may not leave; it passes when the cap's day or month is over."""
        start = start_of(self.limit.period, day)
        is_month = self.limit.period == CapPeriod.MONTH
        over_on = (start + timedelta(days=31)).replace(day=1) if is_month else start + timedelta(days=1)
        passes_at = datetime.combine(over_on, time(0), zone)
        return Block(Reason.CAP_REACHED, CAP_RULE, n=self.limit.cap, passes_at=passes_at)


def room(
    cursor: Any, rules: LeaseRules, day: date, countries: Sequence[str]
) -> tuple[int, ReachedCap | None]:
    """How many of these messages, from the first on, fit under every cap, and the cap that stops the next one.

    Looks without a lock, and where the sums of the last claim leave room enough, not at all: `count_claimed` decides.
    """
    standings = _narrow_standings(cursor, rules, day, countries)
    for place, reached in enumerate(_reached_in_turn(standings, countries)):
        if reached is not None:
            return place, reached
    return len(countries), None


def reached_for_each(
    cursor: Any, rules: LeaseRules, day: date, countries: Sequence[str]
) -> list[ReachedCap | None]:
    """For each of these messages the cap of which nothing is left for it; those that pass count for those behind."""
    return list(_reached_in_turn(_narrow_standings(cursor, rules, day, countries), countries))


def _narrow_standings(
    cursor: Any, rules: LeaseRules, day: date, countries: Sequence[str]
) -> list[tuple[CapLimit, int]]:
    """The caps that concern these messages with what counts for each; none where all of them fit."""
    n_by_scope: Counter[str] = Counter()
    for country, n in Counter(countries).items():
        for scope in scopes_of(country):
            n_by_scope[scope] += n
    caps = [cap for cap in rules.limits.caps if cap.cap is not None and cap.scope in n_by_scope]
    if all(_fits(cap, rules.used.get((str(cap.period), cap.scope)), n_by_scope) for cap in caps):
        return []
    values: dict[str, Any] = {
        "project": rules.project_id,
        "scopes": sorted({cap.scope for cap in caps}),
        "day": start_of(CapPeriod.DAY, day),
        "month": start_of(CapPeriod.MONTH, day),
    }
    cursor.execute(sql.READ_USAGE, values)
    used = {(period, scope): n for period, scope, n in cursor.fetchall()}
    standings = [(cap, used.get((str(cap.period), cap.scope), 0)) for cap in caps]
    return [] if all(_fits(cap, n, n_by_scope) for cap, n in standings) else standings


def _fits(cap: CapLimit, used: int | None, n_by_scope: Counter[str]) -> bool:
    return used is not None and used + n_by_scope[cap.scope] <= (cap.cap or 0)


def _reached_in_turn(
    standings: Sequence[tuple[CapLimit, int]], countries: Sequence[str]
) -> Iterator[ReachedCap | None]:
    taken: Counter[str] = Counter()
    for country in countries:
        scopes = scopes_of(country)
        reached = None
        for cap, n in standings:
            if cap.scope in scopes and n + taken[cap.scope] >= (cap.cap or 0):
                reached = ReachedCap(cap, n)
                break
        if reached is None:
            taken.update(scopes)
        yield reached


def count_claimed(cursor: Any, rules: LeaseRules, day: date, countries: Sequence[str]) -> None:
    """Count claimed messages; raises `CapTaken` when that would pass a cap. The last statement of a claim.

    Whoever brings a sum to its warning value tells it, once a period and value.
    """
    counted = Usage.of((day, country) for country in countries).count(cursor, rules.project_id)
    sums = {(period, scope): (n, warned) for period, scope, n, warned in counted}
    rules.used = {}
    for limit in rules.limits.caps:
        n, warned = sums.get((str(limit.period), limit.scope), (0, None))
        if limit.cap is not None and n > limit.cap:
            raise CapTaken
        if limit.warn_at is not None and n >= max(limit.warn_at, 1) and warned != limit.warn_at:
            _warn(cursor, rules, limit, day, n)
    rules.used = {key: n for key, (n, _) in sums.items()}


def _warn(cursor: Any, rules: LeaseRules, limit: CapLimit, day: date, n: int) -> None:
    cursor.execute(sql.MARK_WARNED, {**_key(rules.project_id, limit, day), "value": limit.warn_at})
    if cursor.rowcount:
        _tell("cap.warning", rules.project_uuid, limit, limit.warn_at, n)


def tell_reached(cursor: Any, rules: LeaseRules, reached: ReachedCap, day: date) -> None:
    """Say that nothing is left of a cap, once a period and value."""
    limit = reached.limit
    cursor.execute(sql.MARK_REACHED, {**_key(rules.project_id, limit, day), "value": limit.cap})
    if cursor.rowcount:
        _tell("cap.reached", rules.project_uuid, limit, limit.cap, reached.n)


def _key(project_id: int, limit: CapLimit, day: date) -> dict[str, Any]:
    return {
        "project": project_id,
        "period": str(limit.period),
        "start": start_of(limit.period, day),
        "scope": limit.scope,
    }


def _tell(kind: str, project_uuid: str, limit: CapLimit, value: int | None, n: int) -> None:
    append_event(
        kind=kind,
        subject=f"project:{project_uuid}",
        payload={
            "project": project_uuid,
            "scope": limit.scope,
            "period": str(limit.period),
            "value": value,
            "n": n,
        },
    )
