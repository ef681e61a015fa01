"""What the project's limits would do, as the forecast shows it: rules, a cap, the hours for marketing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.marketing import hours_of
from campaigns.models import Campaign, Forecast
from campaigns.views.lookup import campaign_url
from campaigns.views.steps.when import hours_words
from campaigns.words import cap_words
from delivery.statuses import Reason
from projects.templatetags.console import grouped


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule and how many it would block; `n_now` only where the campaign goes out later."""

    label: str
    n: int
    n_now: int | None
    url: str


@dataclass(frozen=True, slots=True)
class LimitWords:
    """`sentences` are what is true of the whole campaign, the warnings among them first."""

    rules: list[RuleLine]
    n_blocked: int
    is_later: bool
    sentences: list[tuple[str, bool]]
    checked_words: str


def limit_words(campaign: Campaign, forecast: Forecast) -> LimitWords | None:
    """None for a forecast that was made before the limits were asked."""
    answer = forecast.limits
    if not answer:
        return None
    blocked_now = answer.get("blocked_now")
    reasons = {**(blocked_now or {}), **answer["blocked"]}
    rules = [
        RuleLine(
            label=str(Reason(int(reason)).label),
            n=answer["blocked"].get(reason, 0),
            n_now=None if blocked_now is None else blocked_now.get(reason, 0),
            url=f"{campaign_url('campaign-blocked', campaign)}?reason={reason}",
        )
        for reason in reasons
    ]
    zone = campaign.project.zone
    checked = datetime.fromisoformat(answer["checked_at"]).astimezone(zone)
    return LimitWords(
        rules=sorted(rules, key=lambda line: -line.n),
        n_blocked=answer["n_blocked"],
        is_later=blocked_now is not None,
        sentences=_sentences(campaign, answer),
        checked_words=date_format(checked, "H:i"),
    )


def blocked_words(forecast: Forecast | None) -> str:
    """ "309 blocked", for the button; empty when nothing is."""
    n = forecast.limits.get("n_blocked", 0) if forecast else 0
    return ngettext("%(n)s blocked", "%(n)s blocked", n) % {"n": grouped(n)} if n else ""


def _sentences(campaign: Campaign, answer: dict[str, Any]) -> list[tuple[str, bool]]:
    found = []
    cap = answer["cap"]
    if cap and cap["after"]:
        words = _("%(cap)s is reached after %(n)s messages. The campaign is held then and the rest waits.")
        found.append((words % {"cap": cap_words(cap), "n": grouped(cap["after"])}, True))
    elif cap:
        words = _("%(cap)s is reached already. The campaign is held at once and nothing leaves.")
        found.append((words % {"cap": cap_words(cap)}, True))
    found += [(words, False) for words in _hours_sentences(campaign, answer)]
    if answer["n_later"]:
        words = ngettext(
            "%(n)s message waits for the morning of its recipient.",
            "%(n)s messages wait for the morning of their recipients.",
            answer["n_later"],
        )
        found.append((words % {"n": grouped(answer["n_later"])}, False))
    return found


def _hours_sentences(campaign: Campaign, answer: dict[str, Any]) -> list[str]:
    hours = hours_of(campaign)
    if hours is None:
        return []
    starts = datetime.fromisoformat(answer["starts_at"])
    found = [
        _("Marketing leaves %(hours)s; outside of it the campaign pauses.") % {"hours": hours_words(campaign)}
    ]
    asked_for = campaign.scheduled_at or datetime.fromisoformat(answer["checked_at"])
    if starts > asked_for:
        shown = date_format(starts.astimezone(campaign.project.zone), "WEEKDAY_AND_TIME")
        found.append(_("The first message leaves %(when)s.") % {"when": shown})
    return found
