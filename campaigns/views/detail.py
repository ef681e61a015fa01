"""The page of a campaign that was sent: its live head, and its tabs but the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_safe

from campaigns import queries
from campaigns.models import Campaign, CampaignEvent, Forecast
from campaigns.queries import CampaignProgress
from campaigns.services import AGAIN_WORDS, current_upload
from campaigns.statuses import EDITABLE_STATUSES, EventKind
from campaigns.templatetags.campaign_words import duration
from campaigns.views.live import is_operator, list_url, live_head
from campaigns.views.lookup import campaign_for, campaign_url
from campaigns.views.other_region import rows_of_other_region
from campaigns.views.steps.check import forecast_words
from campaigns.views.steps.what import sample_preview
from campaigns.views.steps.when import schedule_words
from campaigns.words import hold_words
from delivery.queries import word_of
from delivery.services import UncertainChoice
from delivery.statuses import MessageStatus, Reason
from projects.templatetags.console import grouped
from templates_app.rendering import signed_text

# After a click the head is asked each second, at most so often, until the effect is seen.
QUICK_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Tab:
    label: str | Promise
    url: str
    is_current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class UncertainButton:
    value: str
    label: str
    icon: str
    question: str
    effect: str
    is_danger: bool = False


def _rows(n: int) -> str:
    return ngettext("%(n)s row", "%(n)s rows", n) % {"n": grouped(n)}


def _refused(n: int) -> str:
    return ngettext("%(n)s refused", "%(n)s refused", n) % {"n": grouped(n)}


def _duplicates(n: int) -> str:
    return ngettext("%(n)s duplicate", "%(n)s duplicates", n) % {"n": grouped(n)}


def _messages(n: int) -> str:
    return ngettext("%(n)s message", "%(n)s messages", n) % {"n": grouped(n)}


# The counts that events carry, in words.
COUNTED: dict[str, Callable[[int], str]] = {
    "n_rows": _rows,
    "n_refused": _refused,
    "n_duplicates": _duplicates,
    "n_messages": _messages,
}

TABS = [
    ("campaign-numbers", gettext_lazy("Numbers")),
    ("campaign-refused", gettext_lazy("Refused rows")),
    ("campaign-failures", gettext_lazy("Failures by reason")),
    ("campaign-forecast", gettext_lazy("Forecast and outcome")),
    ("campaign-timeline", gettext_lazy("Timeline")),
    ("campaign-settings", gettext_lazy("Text and settings")),
]


def frame(request: HttpRequest, campaign: Campaign, tab: str) -> dict[str, Any]:
    """What every tab shows around itself: the head, the notice about uncertain messages, the tabs."""
    progress = queries.campaign_progress(campaign)
    upload = current_upload(campaign)
    counts = {
        "campaign-numbers": progress.total,
        "campaign-refused": upload.n_refused if upload else 0,
    }
    tabs = [Tab(label, campaign_url(name, campaign), name == tab, counts.get(name)) for name, label in TABS]
    return {
        "project": campaign.project,
        "campaign": campaign,
        "upload": upload,
        "live": live_head(
            campaign,
            progress,
            for_operator=is_operator(request, campaign),
            n_settling=QUICK_ROUNDS if "settling" in request.GET else 0,
        ),
        "head_words": head_words(campaign),
        "tabs": tabs,
        "tab_title": next(current.label for current in tabs if current.is_current),
        "n_uncertain": progress.uncertain,
        "uncertain_url": f"{reverse('uncertain-list', args=[campaign.project.slug])}?of={campaign.dispatch_id}",
        "uncertain_choices": _uncertain_choices(progress.uncertain),
        "next_url": f"{campaign_url('campaign-detail', campaign)}?settling=1",
    }


@require_safe
def campaign_detail(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Leads to the numbers with what was asked; a draft to its own page."""
    campaign = campaign_for(request, slug, uuid)
    if campaign.status in EDITABLE_STATUSES:
        there = campaign_url("campaign-send", campaign)
        return redirect(there if is_operator(request, campaign) else list_url(campaign))
    query = request.GET.urlencode()
    return redirect(campaign_url("campaign-numbers", campaign) + (f"?{query}" if query else ""))


@require_safe
def campaign_progress(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """The live head alone; 204 when nothing has changed since the stamp."""
    campaign = campaign_for(request, slug, uuid)
    settling = request.GET.get("settling", "")
    head = live_head(
        campaign,
        queries.campaign_progress(campaign),
        for_operator=is_operator(request, campaign),
        n_settling=min(int(settling), QUICK_ROUNDS) if settling.isdecimal() else 0,
    )
    if head.stamp == request.GET.get("stamp") and not head.is_settling:
        return HttpResponse(status=204)
    context = {
        "project": campaign.project,
        "campaign": campaign,
        "live": head,
        "next_url": f"{campaign_url('campaign-detail', campaign)}?settling=1",
    }
    return render(request, "campaigns/_progress.html", context)


@require_safe
def campaign_refused(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """The rows of the file that were not sent to, in their order; for a draft too."""
    campaign = campaign_for(request, slug, uuid)
    upload = current_upload(campaign)
    after = request.GET.get("after", "")
    after_row = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0
    page = queries.refused_rows(upload, after_row=after_row) if upload else queries.RefusedPage([], None)
    context = {
        "other_region": rows_of_other_region(campaign, upload) if is_operator(request, campaign) else None,
        "rows": page.rows,
        "previous": "?" if after_row else "",
        "following": f"?after={page.next_after}" if page.next_after else "",
        "page_words": _("rows %(first)s to %(last)s of the file")
        % {"first": grouped(page.rows[0].row_number), "last": grouped(page.rows[-1].row_number)}
        if page.rows
        else "",
    }
    if campaign.status in EDITABLE_STATUSES:
        draft = {"project": campaign.project, "campaign": campaign, "upload": upload}
        return render(request, "campaigns/refused_draft.html", {**draft, **context})
    return render(
        request, "campaigns/refused.html", {**frame(request, campaign, "campaign-refused"), **context}
    )


@require_safe
def campaign_failures(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """What went wrong, grouped, with advice; each figure leads to its numbers."""
    campaign = campaign_for(request, slug, uuid)
    numbers = campaign_url("campaign-numbers", campaign)
    found = queries.failures(campaign)
    failures = [
        {
            "failure": failure,
            "word": word_of(failure.status),
            "url": f"{numbers}?status={word_of(failure.status)}",
            "may_again": word_of(failure.status) in AGAIN_WORDS,
        }
        for failure in found
    ]
    context = frame(request, campaign, "campaign-failures")
    context |= {"failures": failures, "again": _again_choices(found)}
    return render(request, "campaigns/failures.html", context)


def _again_choices(failures: list[queries.Failure]) -> list[tuple[str, str]]:
    """Whom one may send to again, (status, words) each: the failed, the blocked, or both at once."""
    n_of: Counter[str] = Counter()
    for failure in failures:
        n_of[word_of(failure.status)] += failure.n
    choices = {"failed": _("Send again to the %(n)s failed"), "blocked": _("Send again to the %(n)s blocked")}
    found = [(word, words % {"n": grouped(n_of[word])}) for word, words in choices.items() if n_of[word]]
    if len(found) == len(choices):
        n = sum(n_of[word] for word in choices)
        found.append(("", _("Send again to all %(n)s") % {"n": grouped(n)}))
    return found


@require_safe
def campaign_forecast(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """What was foreseen against what came of it."""
    campaign = campaign_for(request, slug, uuid)
    context = frame(request, campaign, "campaign-forecast")
    forecast = Forecast.objects.filter(campaign=campaign).first()
    if forecast is not None:
        context["comparison"] = _comparison(campaign, forecast, context["live"].progress)
        context["forecast"] = forecast_words(campaign, forecast)
    return render(request, "campaigns/forecast.html", context)


@require_safe
def campaign_timeline(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Who did what, newest first."""
    campaign = campaign_for(request, slug, uuid)
    events = [
        {"event": event, "title": _event_title(event), "detail": _event_detail(event, campaign)}
        for event in queries.timeline(campaign)
    ]
    context = frame(request, campaign, "campaign-timeline")
    return render(request, "campaigns/timeline.html", {**context, "events": events})


@require_safe
def campaign_settings(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """The text as it was sent, and everything that was chosen."""
    campaign = campaign_for(request, slug, uuid)
    context = frame(request, campaign, "campaign-settings")
    facts = [(label, value) for label, value in _facts(campaign, context["upload"]) if value]
    context |= {"facts": facts, "preview": sample_preview(campaign)}
    return render(request, "campaigns/settings.html", context)


# --- Words ----------------------------------------------------------------------------------------------


def head_words(campaign: Campaign) -> str:
    """ "International order notice · [DemoShop] · sent by Olga": below the campaign's name."""
    body, signature = campaign.body_template_revision, campaign.signature_revision
    words = []
    if body:
        words.append(body.body_template.name)
    if signature:
        words.append(signed_text(signature.text, campaign.region, ""))
    words.append(str(campaign.get_region_display()))
    if campaign.sent_by:
        words.append(_("sent by %(who)s") % {"who": campaign.sent_by})
    return " · ".join(words)


def _uncertain_choices(n: int) -> list[UncertainButton]:
    many = {"n": grouped(n)}
    return [
        UncertainButton(
            UncertainChoice.SENT,
            _("Treat as sent"),
            "check",
            _("Treat %(n)s uncertain messages as sent?") % many,
            _("They count as taken by the carrier. A receipt that comes later still corrects each of them."),
        ),
        UncertainButton(
            UncertainChoice.FAILED,
            _("Treat as failed"),
            "circle-x",
            _("Treat %(n)s uncertain messages as failed?") % many,
            _("They count as not sent. A receipt that comes later still corrects each of them."),
        ),
        UncertainButton(
            UncertainChoice.AGAIN,
            _("Send again"),
            "repeat",
            _("Send %(n)s uncertain messages once more?") % many,
            _("Some of these people may get the message twice: nobody knows whether the first one arrived."),
            is_danger=True,
        ),
    ]


def _comparison(campaign: Campaign, forecast: Forecast, progress: CampaignProgress) -> list[dict[str, str]]:
    lines = [
        _compared(_("Messages"), forecast.n_messages, progress.total),
        _compared(_("Segments a carrier took"), forecast.n_segments, progress.segments_taken),
    ]
    if campaign.started_at and campaign.finished_at:
        took = (campaign.finished_at - campaign.started_at).total_seconds()
        gap = round(took - forecast.seconds)
        words = _("as foreseen")
        if abs(gap) > 1:
            words = (_("%(time)s longer") if gap > 0 else _("%(time)s shorter")) % {
                "time": duration(abs(gap))
            }
        lines.append(
            {
                "label": _("Time until all were sent"),
                "forecast": duration(max(1, forecast.seconds)),
                "outcome": duration(max(1, took)),
                "words": words,
            }
        )
    return lines + _blocked_lines(campaign, forecast)


def _blocked_lines(campaign: Campaign, forecast: Forecast) -> list[dict[str, str]]:
    """Rule by rule: how many were foreseen to be blocked, how many were."""
    foreseen = {int(reason): n for reason, n in forecast.limits.get("blocked", {}).items()}
    came: Counter[int] = Counter()
    for failure in queries.failures(campaign):
        if failure.status == MessageStatus.BLOCKED:
            came[int(failure.reason)] += failure.n
    return [
        _compared(
            _("Blocked: %(rule)s") % {"rule": Reason(reason).label}, foreseen.get(reason, 0), came[reason]
        )
        for reason in sorted({*foreseen, *came})
    ]


def _compared(label: str, foreseen: int, came: int) -> dict[str, str]:
    gap = came - foreseen
    words = _("as foreseen")
    if gap:
        share = f" ({100 * gap / foreseen:+.1f} %)" if foreseen else ""
        words = (_("%(n)s more") if gap > 0 else _("%(n)s fewer")) % {"n": grouped(abs(gap))} + share
    return {"label": label, "forecast": grouped(foreseen), "outcome": grouped(came), "words": words}


def _event_title(event: CampaignEvent) -> str:
    return str(EventKind(event.kind).label) if event.kind in EventKind.values else event.kind


def _event_detail(event: CampaignEvent, campaign: Campaign) -> str:
    """The counts and reasons of an event in words; what has none is left out."""
    detail = event.detail
    parts = []
    parts += [words(detail[name]) for name, words in COUNTED.items() if detail.get(name)]
    if detail.get("scheduled_at"):
        parts.append(schedule_words(campaign))
    if detail.get("via") == "shell":
        parts.append(_("from the shell, without a verification code"))
    if detail.get("via") == "program":
        parts.append(_("by a program, with an API key"))
    if event.kind == EventKind.HELD:
        parts.append(hold_words(detail.get("reason", ""), detail, campaign.project.zone))
    if event.kind == EventKind.UNCERTAIN_SETTLED:
        choices = {"sent": _("treated as sent"), "failed": _("treated as failed"), "again": _("sent again")}
        parts.append(choices.get(detail.get("choice", ""), ""))
    return " · ".join(part for part in parts if part)


def _facts(campaign: Campaign, upload: Any) -> list[tuple[str, str]]:
    body, signature = campaign.body_template_revision, campaign.signature_revision
    zone = campaign.project.zone
    sent = campaign.confirmed_at
    return [
        (
            _("Template name"),
            _("%(name)s, revision %(n)s") % {"name": body.body_template, "n": body.number} if body else "",
        ),
        (_("Signature name"), signed_text(signature.text, campaign.region, "") if signature else ""),
        (_("Scenario type"), str(campaign.get_kind_display())),
        (_("Region"), str(campaign.get_region_display())),
        (_("Sender ID"), campaign.sender_id),
        (_("Numbers from"), upload.original_name if upload else ""),
        (_("Scheduled for"), schedule_words(campaign)),
        (
            pgettext("moment", "Sent"),
            f"{campaign.sent_by}, {date_format(sent.astimezone(zone), 'DATETIME_FORMAT')}" if sent else "",
        ),
        (_("Note"), campaign.note),
    ]
