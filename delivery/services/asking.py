"""What would be blocked if it were sent now: the rules of the claim, asked before a message is taken.

Nothing is locked here. Who asks and sends at the same time may be told yes twice; the claim then decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from delivery.limits.caps import CAP_RULE, ReachedCap, scopes_of, tell_reached
from delivery.limits.frequency import Block, Candidate, Listing, Slot, content_key, counts_frequency, decide
from delivery.limits.lease_rules import LeaseRules
from delivery.queries.limits import listings_of_numbers, period_end, slots_of_numbers, usage_at
from delivery.sql import limits as sql_limits
from delivery.statuses import Reason
from projects.limits import CapLimit, Limits, limits_of
from projects.models import Project
from smsconsole.outbox.services import append_event


class Asked(NamedTuple):
    """A message that is not sent yet."""

    msisdn: str
    country: str
    text: str


class CapReached(NamedTuple):
    """Nothing is left of a cap. `n` counted before this request, `passes_at` is when its day or month ends."""

    limit: CapLimit
    n: int
    passes_at: datetime

    @property
    def block(self) -> Block:
        return Block(Reason.CAP_REACHED, CAP_RULE, n=self.limit.cap, passes_at=self.passes_at)


def would_block(
    project: Project, consent_key: str, messages: Sequence[Asked], *, limits: Limits | None = None
) -> list[Block | CapReached | None]:
    """What keeps each of these messages from leaving now, in this order; each that passes counts for those behind it.

    At most three statements, and four more without `limits`.
    """
    limits = limits or limits_of(project)
    now = timezone.now()
    numbers = sorted({message.msisdn for message in messages})
    slots: dict[str, Sequence[Slot]] = {}
    if counts_frequency(limits) and numbers:
        slots = slots_of_numbers(project.pk, numbers)
    listed: dict[str, list[Listing]] = {}
    if limits.has_listed_numbers and numbers:
        listed = listings_of_numbers(project.pk, numbers)
    # Ids that no message has: each candidate meets the slots of the others.
    candidates = [
        Candidate(-1 - place, message.msisdn, message.country, content_key(message.text))
        for place, message in enumerate(messages)
    ]
    found: list[Block | CapReached | None] = list(decide(limits, slots, listed, consent_key, now, candidates))
    _by_caps(project, limits, now, messages, found)
    return found


def _by_caps(
    project: Project,
    limits: Limits,
    now: datetime,
    messages: Sequence[Asked],
    found: list[Block | CapReached | None],
) -> None:
    """Put the cap that is reached in the place of those for which nothing is left."""
    scopes_asked = {scope for country in {m.country for m in messages} for scope in scopes_of(country)}
    caps = [cap for cap in limits.caps if cap.cap is not None and cap.scope in scopes_asked]
    if not caps or all(found):
        return
    used = usage_at(project, now)
    taken: Counter[str] = Counter()
    for place, message in enumerate(messages):
        if found[place] is not None:
            continue
        scopes = scopes_of(message.country)
        reached = [
            cap
            for cap in caps
            if cap.scope in scopes
            and used.get((str(cap.period), cap.scope), 0) + taken[cap.scope] >= (cap.cap or 0)
        ]
        if reached:
            # Of several the one that lasts longest.
            cap, passes_at = max(
                ((cap, period_end(cap.period, now, project)) for cap in reached), key=lambda each: each[1]
            )
            found[place] = CapReached(cap, used.get((str(cap.period), cap.scope), 0), passes_at)
        else:
            taken.update(scopes)


def tell_asked(
    cursor: Any, project: Project, limits: Limits, found: Sequence[Block | CapReached | None]
) -> None:
    """Count and tell in the caller's transaction what was blocked, as a claim does. Nothing when nothing was."""
    now = timezone.now()
    project_uuid = str(project.uuid)
    hits = sorted(Counter(block.rule for block in found if isinstance(block, Block)).items())
    if hits:
        values = {"rules": [rule for rule, _ in hits], "counts": [n for _, n in hits]}
        cursor.execute(sql_limits.ADD_HITS, {**values, "project": project.pk, "now": now})
    for rule, n in hits:
        payload = {"project": project_uuid, "rule": rule, "n": n}
        append_event(kind="limits.hit", subject=f"project:{project_uuid}", payload=payload)
    reached = {cap.limit: cap for cap in found if isinstance(cap, CapReached)}
    if reached:
        day = now.astimezone(limits.zone).date()
        rules = LeaseRules(project.pk, project_uuid, limits, consent_key="", hours=None, hours_zone="")
        for cap in sorted(reached.values(), key=lambda each: (each.limit.scope, each.limit.period)):
            tell_reached(cursor, rules, ReachedCap(cap.limit, cap.n), day)
