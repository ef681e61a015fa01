"""Sentences about caps and held campaigns that several pages say alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.statuses import HoldReason
from projects.statuses import SCOPE_ALL, SCOPE_DOMESTIC, SCOPE_INTERNATIONAL, CapPeriod
from projects.templatetags.console import grouped
from smsconsole.lib.countries import country_name


def cap_words(cap: dict[str, Any]) -> str:
    """ "The cap of 1 000 international messages a day"; of a country with its name."""
    sentences = {
        (SCOPE_ALL, CapPeriod.DAY): _("The cap of %(n)s messages a day"),
        (SCOPE_ALL, CapPeriod.MONTH): _("The cap of %(n)s messages a month"),
        (SCOPE_DOMESTIC, CapPeriod.DAY): _("The cap of %(n)s domestic messages a day"),
        (SCOPE_DOMESTIC, CapPeriod.MONTH): _("The cap of %(n)s domestic messages a month"),
        (SCOPE_INTERNATIONAL, CapPeriod.DAY): _("The cap of %(n)s international messages a day"),
        (SCOPE_INTERNATIONAL, CapPeriod.MONTH): _("The cap of %(n)s international messages a month"),
    }
    scope, period = cap.get("scope", ""), CapPeriod(cap.get("period") or CapPeriod.DAY)
    n = grouped(cap.get("value") or 0)
    if (scope, period) in sentences:
        return sentences[scope, period] % {"n": n}
    of_country = (
        _("The cap of %(n)s messages a day to %(country)s")
        if period == CapPeriod.DAY
        else _("The cap of %(n)s messages a month to %(country)s")
    )
    return of_country % {"n": n, "country": country_name(scope) or scope}


def until_words(cap: dict[str, Any], zone: ZoneInfo) -> str:
    """When the cap's day or month is over, in the project's zone."""
    return date_format(datetime.fromisoformat(cap["until"]).astimezone(zone), "DAY_AND_TIME")


def hold_words(reason: str, detail: dict[str, Any], zone: ZoneInfo) -> str:
    """Why the console holds a campaign; of a cap which one, and until when."""
    if reason == HoldReason.CAP and detail.get("scope"):
        words = _("%(cap)s is reached until %(when)s")
        return words % {"cap": cap_words(detail), "when": until_words(detail, zone)}
    return str(HoldReason(reason).label) if reason in HoldReason.values else reason
