"""The last step: what sending will do, a test, the verification code, and the button that says its effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.forms import SendForm, TestForm
from campaigns.models import Campaign, Forecast, Verification
from campaigns.queries.trials import test_rows
from campaigns.services import (
    Preview,
    Problem,
    is_by_mail,
    issue_verification,
    open_verification,
    previews,
    problems_before_sending,
    refresh_limits,
)
from campaigns.templatetags.campaign_words import duration
from campaigns.views.steps.draft import Draft, Step
from campaigns.views.steps.limits import LimitWords, blocked_words, limit_words
from campaigns.views.steps.when import schedule_words
from delivery.models import Gateway
from delivery.routing import router_for
from projects.services.contacts import has_alarm_contact
from projects.templatetags.console import grouped, percent_of
from smsconsole.lib.countries import country_name

COUNTRIES_SHOWN = 8
SEGMENTS_SHOWN = 8
# A receipt that takes longer is not waited for on the page.
TESTS_WATCHED_FOR = timedelta(minutes=3)
PAUSE_WORTH_SAYING_SECONDS = 60


@dataclass(frozen=True, slots=True)
class HistogramBar:
    segments: int
    n: int


@dataclass(frozen=True, slots=True)
class CountryLine:
    name: str
    n_messages: int
    n_segments: int


@dataclass(frozen=True, slots=True)
class ForecastWords:
    """A stored forecast as the page shows it."""

    n_messages: int
    messages_note: str
    n_people: int
    people_note: str
    n_segments: int
    segments_note: str
    finish_words: str
    finish_note: str
    histogram: list[HistogramBar]
    countries: list[CountryLine]
    n_more_countries: int
    limits: LimitWords | None


@dataclass(frozen=True, slots=True)
class PreviewCard:
    title: str
    preview: Preview
    sender: str


def check_step(draft: Draft) -> tuple[Step, dict[str, Any]]:
    campaign = draft.campaign
    is_locked = campaign is None or not draft.has_recipients or not draft.body
    step = Step(
        key="check",
        title=_("Check and send"),
        template="campaigns/_check.html",
        is_locked=is_locked,
        hint=_("Opens when the file is uploaded and checked."),
    )
    if campaign is None or is_locked:
        return step, {"send_words": _("Send"), "can_send": False}
    if draft.forecast is not None and draft.upload is not None:
        anyhow = "recheck" in draft.request.GET
        refresh_limits(campaign, draft.upload, draft.forecast, anyhow=anyhow)
    problems = problems_before_sending(campaign)
    if draft.refusal is not None and draft.refusal.form == "when_form":
        # The page shows a time that was not taken; nobody should send for the one before it.
        problems = [*problems, Problem("when", "time_refused", _("Correct the time first."))]
    forecast = draft.forecast
    waits = any(problem.code == "no_forecast" for problem in problems)
    can_send = not problems
    code = _verification(draft, campaign) if can_send else None
    shown = None if waits or forecast is None else forecast
    return step, {
        "forecast": forecast_words(campaign, shown) if shown else None,
        "forecast_waits": waits,
        "may_recheck": True,
        "previews": [_card(one, campaign) for one in previews(campaign)] if shown else [],
        "test_form": draft.form("test_form", TestForm, initial={}),
        **tests_context(campaign),
        "send_form": draft.form("send_form", SendForm, initial={}),
        "send_problems": [_shown(one, campaign) for one in problems if one.code != "no_forecast"],
        "verification": code,
        "verification_by_mail": is_by_mail(),
        "can_send": can_send,
        # Before the first one somebody should be told when a limit is hit or a campaign is held.
        "lacks_alarm_contact": can_send and _is_first(campaign) and not has_alarm_contact(campaign.project),
        "send_words": send_words(campaign, shown),
        "effect_words": effect_words(draft, campaign, problems),
    }


def _is_first(campaign: Campaign) -> bool:
    return not Campaign.objects.filter(project=campaign.project_id, confirmed_at__isnull=False).exists()


def tests_context(campaign: Campaign) -> dict[str, Any]:
    """The latest tests, and whether it is worth asking again."""
    rows = test_rows(campaign)
    is_fresh = any(timezone.now() - row.sent_at < TESTS_WATCHED_FOR for row in rows)
    return {"test_rows": rows, "tests_move": is_fresh and any(row.is_moving for row in rows)}


def _verification(draft: Draft, campaign: Campaign) -> Verification:
    # A code that was refused is shown anew: who mistypes once should not have to guess the same picture.
    wants_new = "new_code" in draft.request.GET
    issue = issue_verification if wants_new else open_verification
    return issue(campaign=campaign, by=draft.user)


def send_words(campaign: Campaign, forecast: Forecast | None) -> str:
    """ "Send 48 211 messages (61 030 segments) to 47 902 people · 309 blocked": the button says what it does."""
    if forecast is None:
        return _("Send")
    n = forecast.n_messages
    words = ngettext(
        "%(n)s message (%(segments)s) to %(people)s", "%(n)s messages (%(segments)s) to %(people)s", n
    ) % {
        "n": grouped(n),
        "segments": ngettext("%(n)s segment", "%(n)s segments", forecast.n_segments)
        % {"n": grouped(forecast.n_segments)},
        "people": ngettext("%(n)s person", "%(n)s people", forecast.n_people)
        % {"n": grouped(forecast.n_people)},
    }
    words = (_("Schedule %(what)s") if campaign.scheduled_at else _("Send %(what)s")) % {"what": words}
    return " · ".join(filter(None, [words, blocked_words(forecast)]))


def effect_words(draft: Draft, campaign: Campaign, problems: Sequence[Problem]) -> str:
    """What else follows from the click."""
    if problems:
        return ""
    upload = draft.upload
    parts = []
    if campaign.scheduled_at:
        parts.append(_("Starts %(when)s") % {"when": schedule_words(campaign)})
    if upload and upload.n_refused:
        parts.append(_("%(n)s refused rows are left out") % {"n": grouped(upload.n_refused)})
    if upload and upload.n_duplicates:
        parts.append(_("%(n)s duplicates are sent to once") % {"n": grouped(upload.n_duplicates)})
    parts += _gateway_words(campaign, draft)
    return " · ".join(parts)


def _gateway_words(campaign: Campaign, draft: Draft) -> list[str]:
    """Which of the gateways that it goes out through are paused, and which reach no phone."""
    countries = [country for country, *_counts in draft.forecast.countries] if draft.forecast else [""]
    gateways = router_for(campaign.project, campaign.kind).first_gateways(countries)
    waits = _("What goes out through “%(gateway)s” waits: the gateway is paused")
    paused = [waits % {"gateway": gateway.name} for gateway in gateways if not gateway.is_enabled]
    return [*paused, *_simulated_words(gateways)]


def _simulated_words(gateways: Sequence[Gateway]) -> list[str]:
    simulated = [gateway for gateway in gateways if gateway.is_simulated]
    if not simulated:
        return []
    if len(simulated) == len(gateways) == 1:
        return [_("Goes out through the simulated gateway: no phone receives anything")]
    if len(simulated) == len(gateways):
        return [_("Goes out through simulated gateways: no phone receives anything")]
    words = _("What goes out through “%(gateway)s” is simulated: no phone receives it")
    return [words % {"gateway": gateway.name} for gateway in simulated]


def forecast_words(campaign: Campaign, forecast: Forecast) -> ForecastWords:
    n = forecast.n_messages
    gsm7 = forecast.encodings.get("GSM-7", 0)
    encodings = _("%(share)s in GSM-7, the rest in UCS-2") % {"share": percent_of(gsm7, n)}
    if gsm7 == n:
        encodings = _("all in GSM-7")
    elif not gsm7:
        encodings = _("all in UCS-2, 70 characters a segment")
    finish = _finish(campaign, forecast).astimezone(campaign.project.zone)
    is_today = finish.date() == timezone.now().astimezone(campaign.project.zone).date()
    per_message = forecast.n_segments / n if n else 0
    return ForecastWords(
        n_messages=n,
        messages_note=_("one for each row that can be sent to"),
        n_people=forecast.n_people,
        people_note=_("different numbers"),
        n_segments=forecast.n_segments,
        segments_note=_("%(mean)s a message, %(encodings)s")
        % {"mean": f"{per_message:.2f}".rstrip("0").rstrip("."), "encodings": encodings},
        finish_words=_("≈ %(time)s") % {"time": date_format(finish, "H:i" if is_today else "DAY_AND_TIME")},
        finish_note=_finish_note(campaign, forecast),
        histogram=_histogram(forecast),
        countries=[
            CountryLine(country_name(code) or _("unknown"), messages, segments)
            for code, messages, segments in forecast.countries[:COUNTRIES_SHOWN]
        ],
        n_more_countries=max(0, len(forecast.countries) - COUNTRIES_SHOWN),
        limits=limit_words(campaign, forecast),
    )


def _finish(campaign: Campaign, forecast: Forecast) -> datetime:
    """When all have left: the pauses of marketing are in the answer of the limits."""
    start = max(timezone.now(), campaign.scheduled_at or timezone.now())
    finish = start + timedelta(seconds=forecast.seconds)
    if "finish_at" in forecast.limits:
        finish = max(finish, datetime.fromisoformat(forecast.limits["finish_at"]))
    return finish


def _finish_note(campaign: Campaign, forecast: Forecast) -> str:
    words = _("%(time)s at the gateway's rate") % {"time": duration(max(1, forecast.seconds))}
    start = max(timezone.now(), campaign.scheduled_at or timezone.now())
    paused = (_finish(campaign, forecast) - start).total_seconds() - forecast.seconds
    if paused < PAUSE_WORTH_SAYING_SECONDS:
        return words
    return _("%(words)s, %(paused)s of pause") % {"words": words, "paused": duration(paused)}


def _shown(problem: Problem, campaign: Campaign) -> dict[str, str]:
    """A problem with the address of the page that shows what is missing, if it has one."""
    url = reverse(problem.page, args=[campaign.project.organization.uuid]) if problem.page else ""
    return {"words": problem.words, "url": url}


def _histogram(forecast: Forecast) -> list[HistogramBar]:
    return [HistogramBar(segments, n) for segments, n in forecast.segments_histogram[:SEGMENTS_SHOWN]]


def _card(preview: Preview, campaign: Campaign) -> PreviewCard:
    titles = {"first": _("First row"), "longest": _("Longest"), "random": _("Random")}
    return PreviewCard(title=titles[preview.kind], preview=preview, sender=campaign.sender_id)
