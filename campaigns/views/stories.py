"""What happened to a message, in words and in order: row, rules, way, attempts, reports, replies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.marketing import hours_of_dispatch
from campaigns.queries.checks import (
    Check,
    NumberFacts,
    Question,
    as_decided,
    listed_of,
    rule_checks,
)
from campaigns.queries.owners import NOBODY, Owner, owners_of
from delivery.gateways.base import Outcome, QueryOutcome, ReceiptState
from delivery.models import Evidence, EvidenceSource
from delivery.queries.messages import StatusWord, word_of
from delivery.queries.routes import Answer, ways_out
from delivery.queries.stories import MessageStory, earlier_slots, message_stories
from delivery.reasons import blocked_words, facts_of
from delivery.statuses import SYSTEM_TAG, MessageStatus, Reason
from projects.limits import Limits, limits_of
from projects.models import Project
from projects.templatetags.console import grouped

_OUTCOMES: dict[str, StatusWord] = {
    Outcome.ACCEPTED: StatusWord.SENT,
    Outcome.REFUSED: StatusWord.FAILED,
    Outcome.UNCERTAIN: StatusWord.UNCERTAIN,
    ReceiptState.DELIVERED: StatusWord.DELIVERED,
    ReceiptState.UNDELIVERED: StatusWord.FAILED,
    ReceiptState.EXPIRED: StatusWord.FAILED,
    ReceiptState.REJECTED: StatusWord.FAILED,
    QueryOutcome.TAKEN: StatusWord.SENT,
}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened. `word` is the state that it led to, if it did; `ids` are the carrier's own."""

    title: str
    at: datetime | None = None
    details: list[str] = field(default_factory=list)
    code: str = ""
    ids: list[str] = field(default_factory=list)
    word: StatusWord | None = None
    checks: list[Check] = field(default_factory=list)
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A message with its story. `reason` and `advice` say why it is where it is."""

    story: MessageStory
    owner: Owner
    title: str
    reason: str
    code: str
    advice: str
    category: str
    steps: list[Step]

    @property
    def at(self) -> datetime:
        message = self.story.message
        return message.submitted_at or message.final_at or self.story.dispatch.created_at


def tell_stories(project: Project, message_ids: list[int], *, limits: Limits | None = None) -> list[Told]:
    """The stories of messages to one number, newest first; `limits` are those of now, if the caller has them.

    Some 35 statements at most, each over the rows of these messages or of this number.
    """
    stories = message_stories(project.pk, message_ids)
    if not stories:
        return []
    owners = owners_of(project.pk, {story.dispatch.pk for story in stories})
    msisdn = stories[0].body.msisdn
    newest = max((story.asked_at for story in stories if story.asked_at), default=None)
    slots = earlier_slots(project.pk, msisdn, before=newest + timedelta(seconds=1)) if newest else []
    facts = NumberFacts(project, limits or limits_of(project), listed_of(project, msisdn), slots)
    ways: dict[str, Answer] = {}
    return [
        _told(story, owners.get(story.dispatch.pk, NOBODY), facts, _way_of(project, story, ways))
        for story in stories
    ]


def _way_of(project: Project, story: MessageStory, known: dict[str, Answer]) -> Answer:
    """Where the routes of now lead it; they are asked once for each kind of message."""
    kind = story.dispatch.tags.get("kind", "")
    if kind not in known:
        known[kind] = ways_out(
            project=project, kind=kind, msisdn=story.body.msisdn, country=story.message.country
        )
    return known[kind]


def _told(story: MessageStory, owner: Owner, facts: NumberFacts, way: Answer) -> Told:
    message = story.message
    zone = facts.project.zone
    is_blocked = message.status == MessageStatus.BLOCKED
    reason = (
        blocked_words(message.reason, message.code, zone) if is_blocked else str(Reason(message.reason).label)
    )
    known = facts_of(message.reason)
    steps = [
        _beginning(story, owner),
        *_rules(story, facts),
        *_way(story, way),
        *_attempts(story),
        *sorted(_reports(story), key=_time_of),
        *_ending(story, reason),
        *_replies(story),
    ]
    return Told(
        story=story,
        owner=owner,
        title=owner_words(owner),
        reason=reason,
        code="" if is_blocked else message.code or "",
        advice=known.advice,
        category=str(known.category.label) if message.reason else "",
        steps=steps,
    )


def owner_words(owner: Owner) -> str:
    if owner.campaign is None:
        return _("Sent by the console itself")
    if owner.is_test:
        return _("Test of “%(name)s”") % {"name": owner.campaign.name}
    return owner.campaign.name


def _time_of(step: Step) -> float:
    return step.at.timestamp() if step.at else 0.0


# --- Before it left -------------------------------------------------------------------------------------


def _beginning(story: MessageStory, owner: Owner) -> Step:
    at = story.dispatch.created_at
    segments = ngettext("%(n)s segment", "%(n)s segments", story.message.n_segments) % {
        "n": grouped(story.message.n_segments)
    }
    if owner.campaign is None or owner.is_test:
        return Step(_("Handed over to be sent"), at, [segments])
    if owner.upload is not None and owner.upload.file:
        title = _("Row %(row)s of “%(file)s” was accepted") % {
            "row": grouped(story.body.owner_row),
            "file": owner.upload.original_name,
        }
    else:
        title = _("Line %(row)s of the typed numbers was accepted") % {"row": grouped(story.body.owner_row)}
    who = owner.campaign.sent_by
    sent = _("Sent by %(who)s") % {"who": who} if who else _("Started by the schedule")
    return Step(title, at, [sent, segments])


def _rules(story: MessageStory, facts: NumberFacts) -> Iterator[Step]:
    message = story.message
    at = story.asked_at
    if SYSTEM_TAG in story.dispatch.tags:
        yield Step(
            _("No rule was asked"), details=[_("Alarms of the console go out whatever the limits say.")]
        )
        return
    if at is None:
        if message.status == MessageStatus.QUEUED:
            yield Step(
                _("The rules are asked when it leaves"), details=[_("What they would say now stands below.")]
            )
        return
    question = Question(
        msisdn=story.body.msisdn,
        country=message.country,
        at=at,
        is_past=True,
        text=story.body.text,
        consent_key=story.dispatch.consent_key,
        hours=hours_of_dispatch(story.dispatch),
        message_id=message.pk,
    )
    is_blocked = message.status == MessageStatus.BLOCKED
    checks = as_decided(
        rule_checks(facts, question),
        Reason(message.reason) if is_blocked else None,
        message.code or "",
        facts.project,
    )
    title = _("A rule stopped it") if is_blocked else _("Every rule let it pass")
    yield Step(title, at, checks=checks)


def _way(story: MessageStory, way: Answer) -> Iterator[Step]:
    """The gateway that was chosen, and why; nothing for a message that never came so far."""
    if story.message.status == MessageStatus.BLOCKED or not story.planned:
        return
    first, *rest = story.planned
    details = []
    now = next((one for one in way.ways if one.gateway.pk == first.pk), None)
    if now is not None and now.route is not None:
        conditions = ", ".join(now.route.conditions) or _("everything")
        details.append(
            _("Route %(n)s leads there: %(conditions)s.")
            % {"n": now.route.position, "conditions": conditions}
        )
    elif now is not None:
        details.append(_("No route fits, so it is the gateway that was set up first."))
    else:
        details.append(_("The routes have been changed since; today another gateway would be chosen."))
    if rest:
        details.append(
            _("Behind it, should it refuse: %(names)s.") % {"names": ", ".join(one.name for one in rest)}
        )
    if first.is_simulated:
        details.append(_("This gateway is a simulation: no phone receives anything."))
    yield Step(_("“%(gateway)s” was to carry it") % {"gateway": first.name}, details=details)
    if story.gateway is not None and story.gateway.pk != first.pk:
        yield Step(
            _("It moved to “%(gateway)s”") % {"gateway": story.gateway.name},
            details=[_("The first gateway refused it, was down or was paused; nothing had been taken.")],
        )


# --- On its way -----------------------------------------------------------------------------------------


def _attempts(story: MessageStory) -> Iterator[Step]:
    message = story.message
    by_attempt = {
        attempt: list(parts)
        for attempt, parts in groupby(
            sorted(story.parts, key=lambda part: (part.attempt, part.seq)), key=lambda part: part.attempt
        )
    }
    if message.attempt > 1 and not by_attempt.get(message.attempt - 1):
        yield Step(
            ngettext("%(n)s attempt before this one", "%(n)s attempts before this one", message.attempt - 1)
            % {"n": message.attempt - 1},
            details=[
                _(
                    "Nothing of it was taken, so it was tried again: throttled, not sent, or refused elsewhere."
                )
            ],
        )
    for attempt, parts in sorted(by_attempt.items()):
        is_last = attempt == message.attempt
        ids = list(dict.fromkeys(part.gateway_message_id for part in parts))
        gateway = story.gateway.name if story.gateway and is_last else ""
        title = _("The carrier took it through “%(gateway)s”") if gateway else _("The carrier took it")
        details = [
            ngettext("%(n)s part, with the carrier's id", "%(n)s parts, with the carrier's ids", len(ids))
            % {"n": len(ids)}
        ]
        if len(by_attempt) > 1 or message.attempt > 1:
            details.insert(0, _("Attempt %(n)s") % {"n": attempt})
        yield Step(
            title % {"gateway": gateway},
            message.submitted_at if is_last else None,
            details,
            ids=ids,
            word=StatusWord.SENT,
        )
    if message.status == MessageStatus.UNCERTAIN:
        yield Step(
            _("It was handed to “%(gateway)s”, which never answered")
            % {"gateway": (story.gateway or story.dispatch.gateway).name},
            message.submitted_at,
            [str(Reason(message.reason).label), facts_of(message.reason).advice],
            code=message.code or "",
            word=StatusWord.UNCERTAIN,
        )
    if story.word == StatusWord.SENDING:
        yield Step(_("It is with the gateway right now"), word=StatusWord.SENDING)
    if message.may_be_double:
        yield Step(_("It was sent again after being uncertain"), details=[_("It may have arrived twice.")])


def _reports(story: MessageStory) -> Iterator[Step]:
    for receipt in story.receipts:
        is_partial = len(story.parts) > 1
        details = [str(receipt.reason.label)] if receipt.reason else []
        skew = abs((receipt.reported_at - receipt.received_at).total_seconds())
        if skew > 1:
            details.append(
                _("The carrier dates it %(seconds)s s away from its arrival.") % {"seconds": round(skew)}
            )
        yield Step(
            _("Receipt of the carrier"),
            receipt.received_at,
            details,
            code=receipt.code,
            ids=[receipt.gateway_message_id] if is_partial else [],
            word=word_of(receipt.status),
        )
    for evidence in story.evidence:
        yield _evidence_step(evidence)
    inquiry = story.inquiry
    if inquiry is not None:
        answer = {
            QueryOutcome.MISSING: _("It says that it never had the message."),
            QueryOutcome.TAKEN: _("It has the message, and no result yet."),
            QueryOutcome.UNKNOWN: _("It could not say."),
        }.get(QueryOutcome(inquiry.outcome) if inquiry.outcome else QueryOutcome.UNKNOWN, "")
        times = ngettext("Asked %(n)s time.", "Asked %(n)s times.", inquiry.n_asked) % {"n": inquiry.n_asked}
        yield Step(
            _("The carrier was asked about it"), inquiry.answered_at, [times, answer], code=inquiry.code
        )
    for waiting in story.waiting_receipts:
        yield Step(
            _("A receipt for this number that may be its own"),
            waiting.received_at,
            [_("It names no message of the console, and several could be meant.")],
            code=waiting.code,
            ids=[waiting.gateway_message_id],
            word=word_of(waiting.state),
        )


def _evidence_step(evidence: Evidence) -> Step:
    titles = {
        EvidenceSource.SUBMIT: _("A late answer of the gateway"),
        EvidenceSource.RECEIPT: _("A receipt of an earlier attempt"),
        EvidenceSource.QUERY: _("The carrier answered when asked"),
        EvidenceSource.NUMBER: _("A receipt was matched by the number"),
    }
    details = [_("Attempt %(n)s") % {"n": evidence.attempt}]
    if evidence.source == EvidenceSource.NUMBER:
        details.append(_("It named no message, and this one alone could be meant."))
    return Step(
        titles.get(EvidenceSource(evidence.source), ""),
        evidence.created_at,
        details,
        code=evidence.code,
        ids=list(evidence.gateway_message_ids),
        word=_OUTCOMES.get(evidence.outcome),
    )


def _ending(story: MessageStory, reason: str) -> Iterator[Step]:
    """The last word where no report said it: a refusal, a rule, a person, or nothing heard in time."""
    message = story.message
    known = facts_of(message.reason)
    if message.status in (MessageStatus.QUEUED, MessageStatus.BLOCKED, MessageStatus.UNCERTAIN):
        return
    is_settled = message.reason in (Reason.SETTLED_BY_PERSON, Reason.SETTLED_BY_POLICY)
    if message.status == MessageStatus.SUBMITTED:
        if is_settled:
            yield Step(reason, details=[_("It counts as sent. A receipt that still comes corrects this.")])
        else:
            yield Step(_("No receipt yet"), details=[_("It counts as sent until the carrier reports.")])
        return
    if story.word in {step.word for step in _reports(story)} and not is_settled:
        return
    details = [part for part in (reason, known.advice) if part]
    titles = {
        MessageStatus.DELIVERED: _("The carrier reported that it arrived"),
        MessageStatus.CANCELLED: _("It was cancelled before it left"),
        MessageStatus.FAILED: _("It counts as not sent") if is_settled else _("It was refused"),
    }
    yield Step(
        titles.get(MessageStatus(message.status), _("It failed")),
        message.final_at,
        details,
        code=message.code or "",
        word=story.word,
    )


def _replies(story: MessageStory) -> Iterator[Step]:
    for reply in story.replies:
        yield Step(
            _("The person replied"),
            reply.received_at,
            [str(reply.get_outcome_display())],
            quote=reply.text,
        )
