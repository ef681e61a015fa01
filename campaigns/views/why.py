"""Why did this number get it, or not? Every message to it, its rows in files, and what the rules say now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from campaigns.forms import WhyForm
from campaigns.marketing import hours_of, hours_of_dispatch
from campaigns.models import Campaign
from campaigns.queries.checks import Check, NumberFacts, Question, block_now, listed_of, rule_checks
from campaigns.queries.file_rows import FileRow, FileRows, file_rows, newest_files
from campaigns.statuses import EDITABLE_STATUSES, CampaignStatus
from campaigns.texts import consent_key
from campaigns.views.stories import Told, tell_stories
from delivery.queries.limits import slots_of_numbers
from delivery.queries.messages import MAX_ID
from delivery.queries.routes import Answer, ways_out
from delivery.queries.stories import MOST_STORIES, message_stories, messages_to
from delivery.reasons import blocked_words
from projects.access import project_for
from projects.limits import Limits, limits_of
from projects.models import Project
from smsconsole.lib.msisdn import Msisdn, MsisdnError, mask_msisdn, read_msisdn
from smsconsole.lib.number_reasons import NUMBER_REASONS
from templates_app.statuses import TextKind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked up: a number, or what was written where a number should be; in one campaign, or in all."""

    msisdn: str | None
    country: str = ""
    written: str = ""
    campaign: Campaign | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """What would become of a message to the number at this moment. `problem` is empty when it would leave."""

    checks: list[Check]
    problem: str
    way: Answer
    like: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    row: FileRow
    look: str
    words: str
    advice: str


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("number")
def number_why(request: HttpRequest, slug: str) -> HttpResponse:
    """Asked by posting, so that no number stands in an address or a log; or by a message to the number."""
    project = project_for(request.user, slug)
    form = WhyForm(request.POST if request.method == "POST" else None, project=project)
    context: dict[str, Any] = {"project": project, "form": form, "most": MOST_STORIES}
    wanted = _of_message(project, request.GET.get("message", ""))
    if request.method == "POST":
        wanted = _of_form(project, form) if form.is_valid() else None
    if wanted is not None:
        context |= _answer(project, wanted)
    return render(request, "campaigns/why.html", context, status=422 if form.errors else 200)


def _of_message(project: Project, written: str) -> Wanted | None:
    """The number that this message went to."""
    if not (written.isascii() and written.isdigit()) or len(written) > 19 or int(written) > MAX_ID:
        return None
    return next(
        (
            Wanted(story.body.msisdn, story.message.country)
            for story in message_stories(project.pk, [int(written)])
        ),
        None,
    )


def _of_form(project: Project, form: WhyForm) -> Wanted:
    written, campaign = form.cleaned_data["number"], form.cleaned_data["campaign"]
    try:
        found: Msisdn = read_msisdn(written, default_country=project.default_country or None)
    except MsisdnError as error:
        words = NUMBER_REASONS[error.reason]
        form.add_error(
            "number", _("%(reason)s. %(advice)s") % {"reason": words.label, "advice": words.advice}
        )
        return Wanted(None, written=written, campaign=campaign)
    return Wanted(found.e164, found.country, written, campaign)


def _answer(project: Project, wanted: Wanted) -> dict[str, Any]:
    rows = file_rows(newest_files(project.pk, wanted.campaign), msisdn=wanted.msisdn, written=wanted.written)
    context: dict[str, Any] = {
        "asked_campaign": wanted.campaign,
        "file_rows": rows,
        "rows": [_shown(row) for row in rows.rows],
        "files_words": _files_words(rows),
    }
    if wanted.msisdn is None:
        return context
    dispatch = wanted.campaign.dispatch if wanted.campaign else None
    ids: list[int] = []
    if wanted.campaign is None or dispatch is not None:
        ids = messages_to(project.pk, wanted.msisdn, dispatch=dispatch)
    limits = limits_of(project)
    told = tell_stories(project, ids, limits=limits)
    return {
        **context,
        "number": mask_msisdn(wanted.msisdn),
        "country": wanted.country,
        "told": told,
        "is_full": len(told) == MOST_STORIES,
        "now": _now(project, wanted, wanted.msisdn, limits, told[0] if told else None),
    }


def _now(project: Project, wanted: Wanted, msisdn: str, limits: Limits, last: Told | None) -> Now:
    """Asked like the campaign that was chosen, else like the last message; texts that it has not had yet pass more."""
    campaign = wanted.campaign
    kind, consent, hours, like = TextKind.NOTIFICATION.value, "", None, ""
    if campaign is not None:
        kind, consent, hours = campaign.kind or kind, consent_key(campaign), hours_of(campaign)
        like = campaign.name
    elif last is not None:
        dispatch = last.story.dispatch
        kind, consent = dispatch.tags.get("kind", kind), dispatch.consent_key
        hours, like = hours_of_dispatch(dispatch), last.title
    slots = slots_of_numbers(project.pk, [msisdn]).get(msisdn, [])
    facts = NumberFacts(project, limits, listed_of(project, msisdn), slots)
    question = Question(
        msisdn=msisdn,
        country=wanted.country,
        at=timezone.now(),
        text=last.story.body.text if last else None,
        consent_key=consent,
        hours=hours,
    )
    checks = rule_checks(facts, question)
    return Now(
        checks=checks,
        problem=_problem(project, facts, question),
        way=ways_out(project=project, kind=kind, msisdn=msisdn, country=wanted.country),
        like=like,
    )


def _problem(project: Project, facts: NumberFacts, question: Question) -> str:
    if project.is_disabled:
        return _("The project is disabled, so nothing leaves.")
    if project.stopped_at is not None:
        return _("Everything was stopped in this project, so nothing leaves.")
    new_text = Question(
        msisdn=question.msisdn,
        country=question.country,
        at=question.at,
        consent_key=question.consent_key,
    )
    block = block_now(facts, new_text)
    return blocked_words(block.reason, block.code, project.zone) if block else ""


# --- Words ----------------------------------------------------------------------------------------------


def _shown(row: FileRow) -> ShownRow:
    """What became of a row of a file."""
    if row.is_refused:
        return ShownRow(row, "refused", row.label, row.advice)
    if row.is_duplicate:
        words = (
            _("Same number and same values as row %(row)s; sent to once.") % {"row": row.first_row}
            if row.first_row
            else _("Same number and same values as another row; sent to once.")
        )
        return ShownRow(row, "retired", words, "")
    status = row.campaign.status
    if status in EDITABLE_STATUSES:
        return ShownRow(row, "draft", _("Accepted, in a draft that was not sent yet."), "")
    if status == CampaignStatus.SCHEDULED:
        return ShownRow(row, "scheduled", _("Accepted; the campaign has not started yet."), "")
    if row.campaign.dispatch_id is None:
        return ShownRow(row, "cancelled", _("Accepted, but the campaign was cancelled before its start."), "")
    return ShownRow(row, "approved", _("Accepted; its message is among those above."), "")


def _files_words(rows: FileRows) -> str:
    words = ngettext(
        "Looked through the newest file.", "Looked through the %(n)s newest files.", rows.n_files
    ) % {"n": rows.n_files}
    if rows.is_partial:
        words = _("%(words)s Choose a campaign to look into an older one.") % {"words": words}
    return words
