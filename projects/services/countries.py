"""Which countries a project may send to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.standing import EnterpriseOnly, require_enterprise
from projects.errors import ProjectsError
from projects.limits import country_codes
from projects.models import AllowedCountry, Cap, Project
from projects.services.limits import refuse_cap, store_cap
from projects.services.shared import require_enabled, tell_of_project
from projects.services.stale import refuse_stale
from projects.statuses import CapPeriod


@dataclass(frozen=True, slots=True)
class CountryLine:
    """A country to allow, with the warnings and caps that came along: period -> (warning, cap)."""

    country: str
    caps: Mapping[CapPeriod, tuple[int | None, int | None]] = field(default_factory=dict)


def limit_to_countries(*, project: Project, is_on: bool, seen_at: datetime | None, by: User) -> None:
    """Send to allowed countries only, or to every country again. Raises `SettingChanged` or another refusal."""
    _may_change(project)
    with transaction.atomic():
        locked = Project.objects.select_for_update(no_key=True, of=("self",)).select_related("changed_by")
        current = locked.get(pk=project.pk)
        if current.limits_countries == is_on:
            return
        refuse_stale(current, seen_at=seen_at)
        if is_on and not AllowedCountry.objects.filter(project=project).exists():
            raise ProjectsError(_("Add the countries first: with an empty list nothing could be sent."))
        Project.objects.filter(pk=project.pk).update(
            limits_countries=is_on, changed_at=timezone.now(), changed_by=by
        )
        tell_of_project("limits.changed", project, by=by, what="countries")


def add_countries(*, project: Project, lines: Iterable[CountryLine], by: User) -> int:
    """Allow these countries, with their caps; how many are new. Raises `ProjectsError` and adds none."""
    _may_change(project)
    by_country = {line.country: line for line in lines}
    unknown = by_country.keys() - country_codes()
    if unknown:
        raise ProjectsError(_("There is no such country: %(codes)s.") % {"codes": ", ".join(sorted(unknown))})
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        present = set(AllowedCountry.objects.filter(project=project).values_list("country", flat=True))
        fresh = sorted(by_country.keys() - present)
        AllowedCountry.objects.bulk_create(
            AllowedCountry(project=project, country=country, added_by=by) for country in fresh
        )
        for line in by_country.values():
            for period, (warn_at, cap) in line.caps.items():
                refuse_cap(scope=line.country, warn_at=warn_at, cap=cap)
                store_cap(project=project, scope=line.country, period=period, warn_at=warn_at, cap=cap, by=by)
        if fresh or any(line.caps for line in by_country.values()):
            tell_of_project("limits.changed", project, by=by, what="countries")
    return len(fresh)


def remove_countries(*, project: Project, countries: Collection[str], by: User) -> int:
    """Allow these no longer; their caps go with them. Refuses to empty a list that is in force."""
    _may_change(project)
    with transaction.atomic():
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        allowed = AllowedCountry.objects.filter(project=project)
        rows = allowed.filter(country__in=countries)
        n_removed = rows.count()
        if n_removed and locked.limits_countries and n_removed == allowed.count():
            raise ProjectsError(
                _(
                    "These are all countries of the list: nothing could be sent any more. Switch the list "
                    "off first, or keep a country."
                )
            )
        rows.delete()
        Cap.objects.filter(project=project, scope__in=[code for code in countries if len(code) == 2]).delete()
        if n_removed:
            tell_of_project("limits.changed", project, by=by, what="countries")
    return n_removed


def _may_change(project: Project) -> None:
    require_enabled(project)
    require_enterprise(project.organization_id, EnterpriseOnly.COUNTRY_LIST)
