"""The steps of a message's story from the gateway on: attempts, what carriers reported, how it ended, replies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.queries.checks import Check
from delivery.gateways.base import Outcome, QueryOutcome, ReceiptState
from delivery.models import Evidence, EvidenceSource
from delivery.queries.messages import StatusWord, word_of
from delivery.queries.stories import MessageStory
from delivery.reasons import facts_of
from delivery.statuses import MessageStatus, Reason

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


def attempts(story: MessageStory) -> Iterator[Step]:
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


def reports(story: MessageStory) -> Iterator[Step]:
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


def ending(story: MessageStory, reason: str) -> Iterator[Step]:
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
    if story.word in {step.word for step in reports(story)} and not is_settled:
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


def replies(story: MessageStory) -> Iterator[Step]:
    for reply in story.replies:
        yield Step(
            _("The person replied"),
            reply.received_at,
            [str(reply.get_outcome_display())],
            quote=reply.text,
        )
