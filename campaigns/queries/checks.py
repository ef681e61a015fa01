"""What each rule says, or said, of a message to one number: lists, country, frequency limits, hours, caps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.marketing import MarketingHours
from delivery.limits.caps import scopes_of
from delivery.limits.frequency import (
    HOUR_SECONDS,
    MICROSECONDS,
    REASON_OF_DIMENSION,
    Block,
    Candidate,
    Listing,
    Slot,
    content_key,
    day_of,
    decide,
    microseconds,
)
from delivery.queries.limits import usage_at
from delivery.reasons import blocked_words
from delivery.statuses import Reason
from projects.limit_words import TITLES, frequency_words, period_words, scope_words
from projects.limits import FrequencyLimit, Limits
from projects.models import ListedNumber, Project
from projects.statuses import FrequencyDimension, NumberList
from smsconsole.lib.countries import country_name

_SAME_CONTENT = (FrequencyDimension.SAME_CONTENT, FrequencyDimension.SAME_CONTENT_PER_DAY)
_DAILY = (FrequencyDimension.PER_DAY, FrequencyDimension.SAME_CONTENT_PER_DAY)


class CheckState(StrEnum):
    """What a rule does to the message."""

    PASSED = "passed"
    STOPPED = "stopped"
    WAITS = "waits"
    NOTE = "note"  # it was not asked, or there is nothing to ask


@dataclass(frozen=True, slots=True)
class Check:
    """A rule and what it says. `reason` is the one that it blocks with; None for rules that only hold back."""

    title: str | Promise
    words: str
    state: CheckState
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A message that asks the rules at a moment. `text` None: any text that the number has not had yet."""

    msisdn: str
    country: str
    at: datetime
    is_past: bool = False
    text: str | None = None
    consent_key: str = ""
    hours: MarketingHours | None = None
    message_id: int = 0

    @property
    def candidate(self) -> Candidate:
        content = 0 if self.text is None else content_key(self.text)
        return Candidate(self.message_id, self.msisdn, self.country, content)


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What the rules of a project know of one number. `slots` in the order of their time.

    `usage` remembers what was used of the caps, by day of the project's zone: messages of one day ask once.
    """

    project: Project
    limits: Limits
    listed: Sequence[ListedNumber]
    slots: Sequence[Slot]
    usage: dict[date, dict[tuple[str, str], int]] = field(default_factory=dict)

    def used_at(self, moment: datetime) -> dict[tuple[str, str], int]:
        day = moment.astimezone(self.project.zone).date()
        if day not in self.usage:
            self.usage[day] = usage_at(self.project, moment)
        return self.usage[day]


def listed_of(project: Project, msisdn: str) -> list[ListedNumber]:
    """The number's entries on the project's lists, expired ones too. One statement."""
    return list(ListedNumber.objects.filter(project=project, msisdn=msisdn).order_by("list", "pk"))


def rule_checks(facts: NumberFacts, question: Question) -> list[Check]:
    """Every rule in the order in which it is asked, with its values. One statement for the caps of each day."""
    return [
        _list_check(facts, question, NumberList.UNSUBSCRIBED, Reason.HAS_UNSUBSCRIBED),
        _list_check(facts, question, NumberList.BLACKLIST, Reason.ON_BLACKLIST),
        _country_check(facts.limits, question),
        *_frequency_checks(facts, question),
        _hours_check(facts, question),
        *_cap_checks(facts, question),
    ]


def block_now(facts: NumberFacts, question: Question) -> Block | None:
    """What would block the message, by the rules themselves; None when it may leave."""
    slots: dict[str, Sequence[Slot]] = {question.msisdn: list(facts.slots)}
    listings = {question.msisdn: [_listing(one) for one in facts.listed]}
    [block] = decide(facts.limits, slots, listings, question.consent_key, question.at, [question.candidate])
    return block


def as_decided(checks: Sequence[Check], reason: Reason | None, code: str, project: Project) -> list[Check]:
    """The checks of a message that was decided then: all passed, or one stopped it (`reason`) and later ones slept."""
    if reason == Reason.CAP_REACHED:
        # Of a program's message alone. Which cap it was is not kept, only how many it allowed.
        stopped_by_cap = Check(
            _("Caps"), blocked_words(reason, code, project.zone), CheckState.STOPPED, reason
        )
        return [*map(_passed, checks), stopped_by_cap]
    if reason is None or reason not in {check.reason for check in checks}:
        return [_passed(check) for check in checks]
    decided: list[Check] = []
    stopped = False
    for check in checks:
        if check.reason == reason:
            stopped = True
            words = blocked_words(reason, code, project.zone)
            decided.append(replace(check, words=words, state=CheckState.STOPPED))
        elif stopped:
            decided.append(replace(check, words=_("Not asked any more."), state=CheckState.NOTE))
        else:
            decided.append(_passed(check))
    return decided


def _passed(check: Check) -> Check:
    """It let the message pass, whatever it would say now: lists and countries keep no history of their own."""
    if check.state == CheckState.NOTE:
        return check
    if check.state == CheckState.STOPPED:
        return replace(check, words=_("Let it pass then; it would stop it now."), state=CheckState.PASSED)
    return replace(check, state=CheckState.PASSED)


# --- Lists and countries --------------------------------------------------------------------------------


def _list_check(facts: NumberFacts, question: Question, which: NumberList, reason: Reason) -> Check:
    title = str(which.label)
    own = [one for one in facts.listed if one.list == which]
    holding = _holding(own, question)
    if holding is not None:
        words = _("On the list since %(when)s.") % {"when": _moment(facts.project, holding.created_at)}
        return Check(title, words, CheckState.STOPPED, reason)
    later = [one for one in own if one.created_at > question.at and _is_for(one, question)]
    if question.is_past and later:
        words = _("Not on it then; added on %(when)s.") % {
            "when": _moment(facts.project, later[0].created_at)
        }
    elif any(not _is_for(one, question) for one in own):
        words = _("Not for messages like this one, but for others.")
    elif any(one.expires_at is not None and one.expires_at <= question.at for one in own):
        words = _("Not on it any more.")
    else:
        words = _("Not on it.")
    return Check(title, words, CheckState.PASSED, reason)


def _holding(listed: Sequence[ListedNumber], question: Question) -> ListedNumber | None:
    return next(
        (
            one
            for one in listed
            if _is_for(one, question)
            and one.created_at <= question.at
            and (one.expires_at is None or one.expires_at > question.at)
        ),
        None,
    )


def _is_for(one: ListedNumber, question: Question) -> bool:
    return one.consent_key in ("", question.consent_key)


def _listing(one: ListedNumber) -> Listing:
    return Listing(one.list, one.consent_key, one.expires_at)


def _country_check(limits: Limits, question: Question) -> Check:
    country = country_name(question.country) or question.country
    if limits.countries is None:
        words, state = _("Every country may be sent to."), CheckState.PASSED
    elif question.country in limits.countries:
        words, state = _("%(country)s is allowed.") % {"country": country}, CheckState.PASSED
    else:
        words = _("%(country)s is not among the allowed countries.") % {"country": country}
        state = CheckState.STOPPED
    return Check(_("Country"), words, state, Reason.COUNTRY_NOT_ALLOWED)


# --- Frequency ------------------------------------------------------------------------------------------


def _frequency_checks(facts: NumberFacts, question: Question) -> Iterator[Check]:
    bypasses = _holding([one for one in facts.listed if one.list == NumberList.WHITELIST], question)
    for limit in facts.limits.frequency:
        title = TITLES[limit.dimension]
        reason = REASON_OF_DIMENSION[limit.dimension]
        if not limit.is_on:
            yield Check(title, _("No such limit."), CheckState.NOTE, reason)
        elif bypasses is not None:
            yield Check(title, _("Lifted: the number is on the whitelist."), CheckState.PASSED, reason)
        elif question.text is None and limit.dimension in _SAME_CONTENT:
            words = _("%(limit)s. A new text passes.") % {"limit": frequency_words(limit)}
            yield Check(title, words, CheckState.PASSED, reason)
        else:
            yield _frequency_check(facts, question, limit, title)


def _frequency_check(
    facts: NumberFacts, question: Question, limit: FrequencyLimit, title: str | Promise
) -> Check:
    reason = REASON_OF_DIMENSION[limit.dimension]
    n = _n_counted(facts, question, limit)
    counted = _("%(limit)s; %(n)s counted before.") % {"limit": frequency_words(limit), "n": f"{n:,}"}
    if question.is_past:
        if limit.changed_at is not None and limit.changed_at > question.at:
            changed = _moment(facts.project, limit.changed_at)
            counted = _("%(words)s The limit was changed on %(when)s.") % {"words": counted, "when": changed}
        return Check(title, counted, CheckState.PASSED, reason)
    only = replace(facts.limits, frequency=(limit,), countries=None)
    [block] = decide(only, {question.msisdn: list(facts.slots)}, {}, "", question.at, [question.candidate])
    if block is None:
        return Check(title, counted, CheckState.PASSED, reason)
    words = blocked_words(block.reason, block.code, facts.project.zone) if block.passes_at is None else ""
    if block.passes_at is not None:
        words = _("%(limit)s; %(n)s counted. Passes again on %(when)s.") % {
            "limit": frequency_words(limit),
            "n": f"{n:,}",
            "when": date_format(block.passes_at.astimezone(facts.project.zone), "MOMENT_WITH_SECONDS"),
        }
    return Check(title, words, CheckState.STOPPED, reason)


def _n_counted(facts: NumberFacts, question: Question, limit: FrequencyLimit) -> int:
    """How many earlier messages count for this limit at the moment of the question."""
    if limit.dimension in _DAILY:
        since = microseconds(day_of(question.at, facts.limits.zone)[0]) - 1
    else:
        is_hour = limit.dimension == FrequencyDimension.PER_HOUR
        since = microseconds(question.at) - (HOUR_SECONDS if is_hour else limit.n_seconds or 0) * MICROSECONDS
    until = microseconds(question.at)
    content = question.candidate.content
    return sum(
        1
        for slot in facts.slots
        if since < slot.at <= until
        and slot.message_id != question.message_id
        and (limit.dimension not in _SAME_CONTENT or slot.content == content)
    )


# --- Hours and caps: they hold back, and block nothing --------------------------------------------------


def _hours_check(facts: NumberFacts, question: Question) -> Check:
    title = _("Hours")
    if question.hours is None:
        return Check(title, _("Leaves at any time: only marketing has hours."), CheckState.PASSED)
    words = (
        _("Leaves between %(from)s and %(until)s, by the project's clock.")
        if question.hours.zone
        else _("Leaves between %(from)s and %(until)s, by the recipient's clock.")
    ) % {
        "from": f"{question.hours.hours.opens:%H:%M}",
        "until": f"{question.hours.hours.closes:%H:%M}",
    }
    opens_at = (
        question.hours.next_opening(question.at)
        if question.hours.zone
        else question.hours.opening_of(question.msisdn, question.at)
    )
    if question.is_past or opens_at <= question.at + timedelta(seconds=1):
        return Check(title, words, CheckState.PASSED)
    waits = _("%(words)s It would wait until %(when)s.") % {
        "words": words,
        "when": _moment(facts.project, opens_at),
    }
    return Check(title, waits, CheckState.WAITS)


def _cap_checks(facts: NumberFacts, question: Question) -> Iterator[Check]:
    scopes = scopes_of(question.country)
    caps = [cap for cap in facts.limits.caps if cap.cap is not None and cap.scope in scopes]
    if not caps:
        yield Check(_("Caps"), _("None is set for this number."), CheckState.NOTE)
        return
    used = facts.used_at(question.at)
    for cap in caps:
        n = used.get((str(cap.period), cap.scope), 0)
        title = _("Cap: %(scope)s, %(period)s") % {
            "scope": scope_words(cap.scope, get_language() or "en"),
            "period": period_words(cap.period),
        }
        words = _("%(n)s of %(cap)s used.") % {"n": f"{n:,}", "cap": f"{cap.cap or 0:,}"}
        is_reached = not question.is_past and n >= (cap.cap or 0)
        if is_reached:
            words = _("%(words)s Campaigns are held until it is raised or the period ends.") % {
                "words": words
            }
        yield Check(title, words, CheckState.WAITS if is_reached else CheckState.PASSED)


def _moment(project: Project, moment: datetime) -> str:
    return date_format(moment.astimezone(project.zone), "MOMENT_WITH_SECONDS")
