"""What happened to a message, in words and in order: row, rules, way, attempts, reports, replies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.marketing import hours_of_dispatch
from campaigns.queries.checks import (
    NumberFacts,
    Question,
    as_decided,
    listed_of,
    rule_checks,
)
from campaigns.queries.owners import NOBODY, PROGRAM, Owner, owners_of
from campaigns.views.story_steps import Step, attempts, ending, replies, reports
from campaigns.words import hold_words
from delivery.queries.messages import StatusWord
from delivery.queries.routes import Answer, ways_out
from delivery.queries.stories import MessageStory, earlier_slots, message_stories
from delivery.reasons import blocked_words, facts_of
from delivery.statuses import SANDBOX_TAG, SYSTEM_TAG, DispatchState, HoldCause, MessageStatus, Reason
from projects.limits import Limits, limits_of
from projects.models import Project
from projects.templatetags.console import grouped


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
        _told(story, owners.get(story.dispatch.pk) or _other(story), facts, _way_of(project, story, ways))
        for story in stories
    ]


def _other(story: MessageStory) -> Owner:
    return PROGRAM if story.dispatch.is_stream else NOBODY


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
        *_waiting(story, owner, facts.project),
        *attempts(story),
        *sorted(reports(story), key=_time_of),
        *ending(story, reason),
        *replies(story),
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
    if owner.is_program:
        return _("Sent by a program")
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
    if owner.is_program:
        # Its dispatch is as old as the day, and the message has no time of its own before it leaves.
        return Step(_("Handed over by a program"), details=[segments])
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
    if SANDBOX_TAG in story.dispatch.tags:
        yield Step(
            _("No rule was asked"), details=[_("Messages of the sandbox obey no limit and reach no phone.")]
        )
        return
    if at is None:
        if message.status == MessageStatus.QUEUED:
            yield Step(_("The rules are asked when it leaves"))
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


def _waiting(story: MessageStory, owner: Owner, project: Project) -> Iterator[Step]:
    """Why it has not left yet: what holds it, else that it is next."""
    if story.word != StatusWord.WAITING:
        return
    dispatch, hours = story.dispatch, hours_of_dispatch(story.dispatch)
    now = timezone.now()
    details: list[str] = []
    if project.stopped_at is not None:
        details.append(_("Everything was stopped in this project."))
    if dispatch.state == DispatchState.SUSPENDED:
        details.append(_("Its campaign is suspended."))
    elif dispatch.state == DispatchState.CANCELLED and owner.is_program:
        details.append(_("It was cancelled, so it never will."))
    elif dispatch.state == DispatchState.CANCELLED:
        details.append(_("Its campaign was cancelled, so it never will."))
    elif dispatch.state == DispatchState.HELD:
        details.append(_held_words(story, owner, project))
    if story.planned and not story.planned[0].is_enabled:
        details.append(_("Its gateway is paused."))
    elif story.is_line_down:
        details.append(_("Its gateway does not work at the moment; it is tried again by itself."))
    if hours is not None and not hours.is_open(now):
        opens_at = date_format(hours.next_opening(now).astimezone(project.zone), "DATETIME_FORMAT")
        details.append(_("Marketing leaves again from %(when)s.") % {"when": opens_at})
    if not details:
        details.append(_("It leaves when its turn comes."))
    yield Step(_("It has not left yet"), details=details, word=StatusWord.WAITING)


def _held_words(story: MessageStory, owner: Owner, project: Project) -> str:
    if owner.campaign is not None and owner.campaign.hold_reason:
        why = hold_words(owner.campaign.hold_reason, owner.campaign.hold_detail, project.zone)
    else:
        cause = story.dispatch.hold_cause
        why = str(HoldCause(cause).label) if cause in HoldCause.values else ""
    if owner.is_program:
        return _("It is held: %(why)s.") % {"why": why} if why else _("It is held.")
    return _("Its campaign is held: %(why)s.") % {"why": why} if why else _("Its campaign is held.")
