"""The part of a forecast that the project's limits decide: kept with it, and made anew when they or the time change."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns.foresight import Foreseen, foresee
from campaigns.marketing import hours_of, moment_after
from campaigns.models import Campaign, Forecast, Upload
from campaigns.statuses import EDITABLE_STATUSES
from campaigns.texts import consent_key
from projects.limits import Limits, limits_of
from smsconsole.queue import enqueue

# What others send meanwhile changes the answer; after so long it is asked anew when somebody looks.
FRESH_FOR = timedelta(minutes=10)


def stamp_of(campaign: Campaign, limits: Limits) -> str:
    """Names the limits, hours and time that an answer was worked out for."""
    facts = [limits, consent_key(campaign), hours_of(campaign), campaign.scheduled_at]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def is_fresh(campaign: Campaign, forecast: Forecast) -> bool:
    """Whether the stored answer is for the limits and the time of now, and not too old. Five statements."""
    answer = forecast.limits
    if answer.get("stamp") != stamp_of(campaign, limits_of(campaign.project)):
        return False
    return timezone.now() - datetime.fromisoformat(answer["checked_at"]) < FRESH_FOR


def answer_for(campaign: Campaign, upload: Upload, *, seconds: float) -> dict[str, Any]:
    """What the limits would do at the campaign's time, and now when that is later; as `Forecast.limits` keeps it."""
    limits = limits_of(campaign.project)
    now = timezone.now()
    starts_at = max(now, campaign.scheduled_at or now)
    then = foresee(campaign, upload, limits, starts_at=starts_at, seconds=seconds)
    answer = {
        "stamp": stamp_of(campaign, limits),
        "checked_at": now.isoformat(),
        "starts_at": then.starts_at.isoformat(),
        "finish_at": _finish(campaign, then, seconds).isoformat(),
        "blocked": {str(reason): n for reason, n in then.blocked.items()},
        "rows": {str(reason): rows for reason, rows in then.rows.items()},
        "n_blocked": then.n_blocked,
        "cap": then.cap,
        "n_later": then.n_later,
    }
    if starts_at > now:
        at_once = foresee(campaign, upload, limits, starts_at=now, seconds=seconds)
        answer["blocked_now"] = {str(reason): n for reason, n in at_once.blocked.items()}
    return answer


def _finish(campaign: Campaign, foreseen: Foreseen, seconds: float) -> datetime:
    finish = moment_after(foreseen.starts_at, seconds, hours_of(campaign))
    return max(finish, foreseen.latest_at or finish)


def renew_limit_forecast(campaign: Campaign, forecast: Forecast, upload: Upload, *, at_once: bool) -> None:
    """Ask the limits again: here when `at_once`, else by a worker; the answer is empty until it has it."""
    if at_once:
        forecast.limits = answer_for(campaign, upload, seconds=forecast.seconds)
        forecast.save(update_fields=["limits"])
    elif forecast.limits:
        forecast.limits = {}
        with transaction.atomic():
            forecast.save(update_fields=["limits"])
            enqueue("campaigns.jobs.make_forecast", campaign.pk)


def store_limit_forecast(campaign: Campaign, upload: Upload) -> None:
    """Work out what is empty, for a draft that has its forecast. Doing it twice does no harm."""
    forecast = Forecast.objects.filter(campaign=campaign, limits={}).first()
    if forecast is None:
        return
    answer = answer_for(campaign, upload, seconds=forecast.seconds)
    drafts = Forecast.objects.filter(pk=forecast.pk, campaign__status__in=EDITABLE_STATUSES)
    drafts.update(limits=answer)
