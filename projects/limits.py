"""The limits in force for a project: the console's defaults, its organization's, its own.

One place answers for pages, the forecast, the simulation and the claim, so that they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet

from projects.models import AllowedCountry, Cap, FrequencyRule, ListedNumber, Project
from projects.statuses import (
    SCOPE_ALL,
    SCOPE_DOMESTIC,
    SCOPE_INTERNATIONAL,
    CapPeriod,
    FrequencyDimension,
)
from smsconsole.lib.countries import countries

DEFAULT = "default"
ORGANIZATION = "organization"
PROJECT = "project"


@dataclass(frozen=True, slots=True)
class FrequencyLimit:
    """At most `n_messages` per number in what the dimension counts; `source` says where the value comes from."""

    dimension: FrequencyDimension
    is_on: bool
    n_messages: int
    n_seconds: int | None = None
    source: str = DEFAULT
    changed_at: datetime | None = None
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class CapLimit:
    """Warning and cap of a scope and period, in messages; None means none."""

    scope: str
    period: CapPeriod
    warn_at: int | None
    cap: int | None
    source: str = DEFAULT
    changed_at: datetime | None = None
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for a project at this moment. `countries` None: every country may be sent to."""

    zone: ZoneInfo
    frequency: tuple[FrequencyLimit, ...]
    caps: tuple[CapLimit, ...]
    countries: frozenset[str] | None
    has_listed_numbers: bool

    def frequency_of(self, dimension: FrequencyDimension) -> FrequencyLimit | None:
        """The limit of this dimension if it is on."""
        return next((limit for limit in self.frequency if limit.dimension == dimension and limit.is_on), None)


def default_frequency() -> dict[FrequencyDimension, FrequencyLimit]:
    """The console's own: same text once per 30 s, 10 a day; the other dimensions are off."""
    d = FrequencyDimension
    return {
        d.SAME_CONTENT: FrequencyLimit(
            d.SAME_CONTENT, True, settings.SAME_CONTENT_MAX, settings.SAME_CONTENT_SECONDS
        ),
        d.PER_HOUR: FrequencyLimit(d.PER_HOUR, False, 5),
        d.PER_DAY: FrequencyLimit(d.PER_DAY, True, settings.MESSAGES_PER_NUMBER_AND_DAY),
        d.SAME_CONTENT_PER_DAY: FrequencyLimit(d.SAME_CONTENT_PER_DAY, False, 5),
    }


def default_caps() -> dict[tuple[str, CapPeriod], CapLimit]:
    """The console's own caps, which hold until a project sets its own of the same scope and period."""
    value = settings.INTERNATIONAL_DAILY_CAP or None
    day = CapPeriod.DAY
    return {(SCOPE_INTERNATIONAL, day): CapLimit(SCOPE_INTERNATIONAL, day, None, value)} if value else {}


def is_scope(scope: str) -> bool:
    """Whether a cap can be about this: everything, a region, or a country that has numbers."""
    return scope in (SCOPE_ALL, SCOPE_DOMESTIC, SCOPE_INTERNATIONAL) or scope in country_codes()


@cache
def country_codes() -> frozenset[str]:
    return frozenset(code for code, _name, _calling_code in countries())


def limits_of(project: Project) -> Limits:
    """Everything that limits this project now. Four statements."""
    countries = None
    if project.limits_countries:
        allowed = AllowedCountry.objects.filter(project=project)
        countries = frozenset(allowed.values_list("country", flat=True))
    return Limits(
        zone=project.zone,
        frequency=tuple(frequency_of_project(project).values()),
        caps=tuple(caps_of(project)),
        countries=countries,
        has_listed_numbers=ListedNumber.objects.filter(project=project).exists(),
    )


def organization_frequency(organization_id: int) -> dict[FrequencyDimension, FrequencyLimit]:
    """What holds in projects without limits of their own. One statement."""
    return _with(FrequencyRule.objects.filter(organization_id=organization_id))


def frequency_of_project(project: Project) -> dict[FrequencyDimension, FrequencyLimit]:
    """What holds in this project. One statement."""
    return _with(
        FrequencyRule.objects.filter(Q(project=project) | Q(organization_id=project.organization_id))
    )


def _with(rules: QuerySet[FrequencyRule]) -> dict[FrequencyDimension, FrequencyLimit]:
    found = default_frequency()
    # The organization's first, so that the project's own overwrite them.
    for rule in sorted(rules.select_related("changed_by"), key=lambda rule: rule.project_id is not None):
        found[FrequencyDimension(rule.dimension)] = FrequencyLimit(
            dimension=FrequencyDimension(rule.dimension),
            is_on=rule.is_on,
            n_messages=rule.n_messages,
            n_seconds=rule.n_seconds,
            source=PROJECT if rule.project_id else ORGANIZATION,
            changed_at=rule.changed_at,
            changed_by=str(rule.changed_by or ""),
        )
    return found


def caps_of(project: Project) -> list[CapLimit]:
    """Warnings and caps that hold in this project, own and by default. One statement."""
    own = [
        CapLimit(
            scope=cap.scope,
            period=CapPeriod(cap.period),
            warn_at=cap.warn_at,
            cap=cap.cap,
            source=PROJECT,
            changed_at=cap.changed_at,
            changed_by=str(cap.changed_by or ""),
        )
        for cap in Cap.objects.filter(project=project).select_related("changed_by")
    ]
    present = {(cap.scope, cap.period) for cap in own}
    own += [cap for key, cap in default_caps().items() if key not in present]
    return sorted(own, key=lambda cap: (cap.scope, cap.period))
