"""The project's rules, asked for each line before it is taken: lists, countries, frequency, caps, hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from api.sending.numbers import Line
from api.sending.orders import Order, OrderRefused, Refusal
from api.sending.remembered import limits_now
from api.sending.texts import ChosenText
from campaigns.marketing import MarketingHours, marketing_hours
from delivery.limits.frequency import Block
from delivery.services.asking import Asked, CapReached, would_block
from delivery.statuses import Reason
from projects.models import Project
from projects.statuses import SCOPE_ALL, SCOPE_DOMESTIC, SCOPE_INTERNATIONAL, CapPeriod
from templates_app.statuses import TextKind

_REFUSAL_OF_REASON = {
    Reason.HAS_UNSUBSCRIBED: Refusal.NUMBER_UNSUBSCRIBED,
    Reason.ON_BLACKLIST: Refusal.NUMBER_BLACKLISTED,
    Reason.COUNTRY_NOT_ALLOWED: Refusal.COUNTRY_NOT_ALLOWED,
    Reason.SAME_CONTENT: Refusal.SAME_TEXT_TOO_SOON,
    Reason.PER_HOUR: Refusal.NUMBER_LIMIT_PER_HOUR,
    Reason.PER_DAY: Refusal.NUMBER_LIMIT_PER_DAY,
    Reason.SAME_CONTENT_PER_DAY: Refusal.SAME_TEXT_LIMIT_PER_DAY,
}
_REFUSAL_OF_SCOPE = {
    SCOPE_ALL: Refusal.CAP_REACHED,
    SCOPE_DOMESTIC: Refusal.CAP_REACHED_DOMESTIC,
    SCOPE_INTERNATIONAL: Refusal.CAP_REACHED_INTERNATIONAL,
}
_MARKETING_CLOSED = "Marketing leaves from %(opens)s until %(closes)s only (%(zone)s). Send it then."


def refuse_by_rules(
    project: Project, text: ChosenText, lines: Sequence[Line]
) -> list[Block | CapReached | None]:
    """Refuse the open lines that a rule keeps back; they get a message that is blocked. What was found, for telling."""
    asked = [line for line in lines if line.is_open]
    found = would_block(
        project,
        text.consent_key,
        [Asked(line.msisdn, line.country, line.text) for line in asked],
        limits=limits_now(project),
    )
    for line, block in zip(asked, found, strict=True):
        if isinstance(block, CapReached):
            refusal = _REFUSAL_OF_SCOPE.get(block.limit.scope, Refusal.CAP_REACHED_COUNTRY)
            line.refuse(refusal, _cap_words(block, project), block=block.block)
        elif block is not None:
            line.refuse(_REFUSAL_OF_REASON[block.reason], _block_words(block, project), block=block)
    return found


def refuse_by_hours(
    project: Project, order: Order, text: ChosenText, lines: Sequence[Line]
) -> tuple[MarketingHours | None, datetime | None]:
    """The hours in which marketing leaves, and when waiting messages may; refuses what may not wait."""
    if text.kind != TextKind.MARKETING:
        return None, None
    hours, now = marketing_hours(project), timezone.now()
    closed = [line for line in lines if line.is_open and not _is_open(hours, line.msisdn, now)]
    if not closed:
        return hours, None
    if not order.in_marketing_hours_only:
        return hours, min(_opening(hours, line.msisdn, now) for line in closed)
    words = _MARKETING_CLOSED % {
        "opens": f"{hours.hours.opens:%H:%M}",
        "closes": f"{hours.hours.closes:%H:%M}",
        "zone": hours.zone.key if hours.zone else "by the clock of each number",
    }
    for line in closed:
        line.refuse(Refusal.MARKETING_HOURS, words)
    if not any(line.is_open for line in lines):
        raise OrderRefused(Refusal.MARKETING_HOURS, words)
    return hours, None


def _is_open(hours: MarketingHours, msisdn: str, now: datetime) -> bool:
    return _opening(hours, msisdn, now) <= now


def _opening(hours: MarketingHours, msisdn: str, now: datetime) -> datetime:
    return hours.next_opening(now) if hours.zone is not None else hours.opening_of(msisdn, now)


def _cap_words(reached: CapReached, project: Project) -> str:
    period = "day" if reached.limit.period == CapPeriod.DAY else "month"
    until = _moment(reached.passes_at, project)
    return f"The project's cap of {reached.limit.cap} messages a {period} is reached, until {until}."


def _block_words(block: Block, project: Project) -> str:
    words = {
        Reason.HAS_UNSUBSCRIBED: "The person unsubscribed from these messages.",
        Reason.ON_BLACKLIST: "The number is on the project's blacklist.",
        Reason.COUNTRY_NOT_ALLOWED: "The project does not allow messages to this country.",
        Reason.SAME_CONTENT: f"The same text goes to one number {block.n} times in {block.seconds} s at most.",
        Reason.PER_HOUR: f"At most {block.n} messages an hour go to one number.",
        Reason.PER_DAY: f"At most {block.n} messages a day go to one number.",
        Reason.SAME_CONTENT_PER_DAY: f"The same text goes to one number {block.n} times a day at most.",
    }[block.reason]
    return f"{words} It may leave at {_moment(block.passes_at, project)}." if block.passes_at else words


def _moment(moment: datetime, project: Project) -> str:
    return moment.astimezone(project.zone).isoformat(timespec="seconds")
