"""Which cap of a project stands in a campaign's way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaigns.models import Campaign, Forecast
from delivery.queries.limits import period_end, usage_at
from projects.limits import Limits, limits_of
from projects.models import Project
from projects.statuses import SCOPE_ALL


def concerned_scopes(campaign: Campaign) -> frozenset[str]:
    """The scopes that the campaign's messages count for: all, its region, the countries of its forecast."""
    forecast = Forecast.objects.filter(campaign_id=campaign.pk).only("countries").first()
    countries = [country for country, *_counts in forecast.countries] if forecast else []
    return frozenset({SCOPE_ALL, str(campaign.region), *countries})


def reached_cap(project: Project, now: datetime, *, scopes: frozenset[str]) -> dict[str, Any] | None:
    """The cap of one of these scopes of which nothing is left, the one that lasts longest; None while there is room.

    As `Campaign.hold_detail` keeps it: scope, period, value, until when (ISO).
    """
    used = usage_at(project, now)
    reached = [
        {
            "scope": limit.scope,
            "period": str(limit.period),
            "value": limit.cap,
            "until": period_end(limit.period, now, project).isoformat(),
        }
        for limit in limits_of(project).caps
        if limit.cap is not None
        and limit.scope in scopes
        and used.get((str(limit.period), limit.scope), 0) >= limit.cap
    ]
    return max(reached, key=lambda cap: str(cap["until"]), default=None)


def is_raised(cap: Mapping[str, Any], limits: Limits) -> bool:
    """Whether the cap that held a campaign was raised or lifted since."""
    if not cap:
        return False
    present = next(
        (one for one in limits.caps if (one.scope, one.period) == (cap["scope"], cap["period"])), None
    )
    return present is None or present.cap is None or present.cap > cap["value"]
