"""What the limits look at, read without a lock: for forecasts and replays, never for a claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection

from delivery.limits.frequency import Listing, Slot, unpack
from delivery.models import CapUsage
from projects.models import Project
from projects.statuses import CapPeriod

READ_SLOTS = """
SELECT msisdn, slots FROM delivery_numberslots WHERE project_id = %(project)s AND msisdn = ANY(%(numbers)s::text[])
"""
READ_LISTED = """
SELECT msisdn, list, consent_key, expires_at FROM projects_listednumber
WHERE project_id = %(project)s AND msisdn = ANY(%(numbers)s::text[])
  AND (expires_at IS NULL OR expires_at > clock_timestamp())
"""


def slots_of_numbers(project_id: int, numbers: Sequence[str]) -> dict[str, Sequence[Slot]]:
    """The slots that these numbers hold; numbers without any are left out. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(READ_SLOTS, {"project": project_id, "numbers": list(numbers)})
        return {msisdn: unpack(slots) for msisdn, slots in cursor.fetchall()}


def listings_of_numbers(project_id: int, numbers: Sequence[str]) -> dict[str, list[Listing]]:
    """The entries of these numbers on the project's lists. One statement."""
    found: dict[str, list[Listing]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(READ_LISTED, {"project": project_id, "numbers": list(numbers)})
        for msisdn, name, consent_key, expires_at in cursor.fetchall():
            found[msisdn].append(Listing(name, consent_key, expires_at))
    return found


def period_start(period: CapPeriod, moment: datetime, project: Project) -> date:
    """The first day of the day or month that this moment belongs to, in the project's zone."""
    today = moment.astimezone(project.zone).date()
    return today.replace(day=1) if period == CapPeriod.MONTH else today


def period_end(period: CapPeriod, moment: datetime, project: Project) -> datetime:
    """When the day or month that this moment belongs to is over, by the project's clock."""
    start = period_start(period, moment, project)
    next_start = start + timedelta(days=1)
    if period == CapPeriod.MONTH:
        next_start = (start + timedelta(days=31)).replace(day=1)
    return datetime.combine(next_start, time(0), tzinfo=project.zone).astimezone(UTC)


def usage_at(project: Project, moment: datetime) -> dict[tuple[str, str], int]:
    """How many messages count in the day and the month of this moment, by (period, scope). One statement."""
    starts = {period: period_start(period, moment, project) for period in CapPeriod}
    rows = CapUsage.objects.filter(project_id=project.pk, starts_on__in=set(starts.values())).values_list(
        "period", "scope", "starts_on", "n"
    )
    return {
        (period, scope): n for period, scope, starts_on, n in rows if starts_on == starts[CapPeriod(period)]
    }
