"""The third step: at once, or on a day and time somewhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.errors import AmbiguousTime
from campaigns.forms import WhenForm
from campaigns.marketing import hours_of, marketing_hours
from campaigns.models import Campaign
from campaigns.views.steps.draft import Draft, Step


def when_step(draft: Draft) -> tuple[Step, dict[str, Any]]:
    campaign = draft.campaign
    is_locked = not draft.has_text or not draft.has_recipients
    is_refused = draft.refusal is not None and draft.refusal.form == "when_form"
    step = Step(
        key="when",
        title=_("When"),
        template="campaigns/_when.html",
        is_locked=is_locked,
        is_done=not is_locked and not is_refused,
        is_open=not is_locked,
        summary=schedule_words(campaign) if campaign and campaign.scheduled_at else _("Send now"),
        hint=_("First the text and the numbers."),
    )
    if campaign is None or is_locked:
        return step, {}
    form = _when_form(draft, campaign)
    chosen = str(form["when"].value() or "now")
    # A click on "Send by schedule" only opens its fields; nothing is saved before they are filled.
    if draft.request.method == "POST" and draft.stay_open == "when" and not is_refused:
        chosen = draft.request.POST.get("when", chosen)
    return step, {
        "when_form": form,
        "when": chosen,
        "asks_which_time": is_refused and isinstance(getattr(draft.refusal, "error", None), AmbiguousTime),
        "schedule_words": schedule_words(campaign) if campaign.scheduled_at else "",
        "hours_warning": hours_warning(campaign),
    }


def hours_warning(campaign: Campaign) -> str:
    """When marketing would really start, if its time lies outside the hours; empty otherwise."""
    hours = hours_of(campaign)
    asked_for = campaign.scheduled_at or timezone.now()
    if hours is None or hours.is_open(asked_for):
        return ""
    opening = hours.next_opening(asked_for).astimezone(campaign.project.zone)
    return _("Marketing leaves %(hours)s. The first message would leave %(when)s.") % {
        "hours": hours_words(campaign),
        "when": date_format(opening, "WEEKDAY_AND_TIME"),
    }


def hours_words(campaign: Campaign) -> str:
    """ "08:00–22:00 (Europe/Berlin)": when marketing of this project leaves."""
    project = campaign.project
    times = f"{project.marketing_from:%H:%M}–{project.marketing_until:%H:%M}"
    if marketing_hours(project).zone is None:
        return _("%(hours)s in each recipient's own time zone") % {"hours": times}
    return _("%(hours)s (%(zone)s)") % {"hours": times, "zone": project.time_zone}


def schedule_words(campaign: Campaign) -> str:
    """ "Sat 21 Nov 2026, 10:00 (Asia/Shanghai), in 3 hours" as the operator chose it."""
    if campaign.scheduled_at is None:
        return ""
    wall = datetime.fromisoformat(campaign.scheduled_local)
    return _("%(day)s, %(time)s (%(zone)s)") % {
        "day": date_format(wall, "WEEKDAY_AND_DATE"),
        "time": date_format(wall, "H:i"),
        "zone": campaign.time_zone,
    }


def time_shown(campaign: Campaign) -> dict[str, str]:
    """Date, time and zone for the fields: the scheduled ones, or a proposal that leaves time to cancel."""
    if campaign.scheduled_at:
        wall = datetime.fromisoformat(campaign.scheduled_local)
        zone = campaign.time_zone
    else:
        zone = campaign.project.time_zone
        soon = timezone.now().astimezone(campaign.project.zone) + timedelta(minutes=70)
        wall = soon.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    return {"date": wall.date().isoformat(), "time": f"{wall:%H:%M}", "time_zone": zone}


def _when_form(draft: Draft, campaign: Campaign) -> WhenForm:
    initial = {"when": "schedule" if campaign.scheduled_at else "now", **time_shown(campaign)}
    return draft.form("when_form", WhenForm, initial=initial)
