"""Abuse of verification codes, by three signals within an hour: many requests, few of them delivered, strong growth.

The figures are those that delivery folds by the hour; the thresholds are the project's. All three have to be reached.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from delivery.models import HourCount
from delivery.statuses import MessageStatus
from notifications.models import AbuseAlarm
from projects.models import AbuseWatch, Project
from projects.services.contacts import abuse_watch_of
from smsconsole.outbox.services import append_event

VERIFICATION = "verification"
HOURS_SHOWN = 24
_FAILED = (
    MessageStatus.UNDELIVERED,
    MessageStatus.EXPIRED,
    MessageStatus.REJECTED,
    MessageStatus.FAILED,
)


@dataclass(frozen=True, slots=True)
class HourFigures:
    """An hour of verification codes. `was_told` says that the alarm of this hour has left."""

    hour: datetime
    requested: int
    delivered: int
    failed: int
    requested_day_before: int
    was_told: bool = False

    @property
    def success_percent(self) -> float | None:
        """Of those whose end is known; None while none is."""
        known = self.delivered + self.failed
        return round(100 * self.delivered / known, 1) if known else None

    @property
    def growth_percent(self) -> float | None:
        """Against the same hour of the day before; None when there was nothing to grow from."""
        if not self.requested_day_before:
            return None
        return round(100 * (self.requested - self.requested_day_before) / self.requested_day_before, 1)

    def reaches(self, watch: AbuseWatch) -> bool:
        """Whether all three thresholds are reached. Growing from nothing counts as any growth."""
        success, growth = self.success_percent, self.growth_percent
        return (
            self.requested >= watch.min_requests
            and success is not None
            and success <= watch.max_success_percent
            and (growth is None or growth >= watch.min_growth_percent)
        )


def hours_of(project: Project, watch: AbuseWatch) -> list[HourFigures]:
    """The last `HOURS_SHOWN` hours that had requests or had them the day before, newest first. Two queries."""
    this_hour = _this_hour()
    since = this_hour - timedelta(hours=HOURS_SHOWN - 1)
    counts = _counts(project.pk, since - timedelta(days=1))
    told = set(AbuseAlarm.objects.filter(project=project, hour__gte=since).values_list("hour", flat=True))
    hours = [this_hour - timedelta(hours=back) for back in range(HOURS_SHOWN)]
    figures = [_figures(counts, hour, was_told=hour in told) for hour in hours]
    return [each for each in figures if each.requested or each.delivered or each.failed or each.was_told]


def check_abuse() -> int:
    """Tell of projects whose running or last hour reaches their thresholds, once per hour; how many were told."""
    this_hour = _this_hour()
    hours = (this_hour - timedelta(hours=1), this_hour)
    busy = HourCount.objects.filter(hour__in=hours, kind=VERIFICATION, status=MessageStatus.QUEUED)
    projects = Project.objects.filter(pk__in=busy.values_list("project_id", flat=True), disabled_at=None)
    return sum(_check(project, hour) for project in projects for hour in hours)


def _check(project: Project, hour: datetime) -> bool:
    watch = abuse_watch_of(project)
    if not watch.is_on:
        return False
    figures = _figures(_counts(project.pk, hour - timedelta(days=1)), hour)
    if not figures.reaches(watch):
        return False
    with transaction.atomic():
        _alarm, is_first = AbuseAlarm.objects.get_or_create(project=project, hour=hour)
        if is_first:
            append_event(
                kind="otp.abuse",
                subject=f"project:{project.uuid}",
                payload={
                    "project": str(project.uuid),
                    "hour": hour.isoformat(),
                    "requested": figures.requested,
                    "day_before": figures.requested_day_before,
                    "success_percent": figures.success_percent,
                },
            )
    return is_first


def _this_hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def _counts(project_id: int, since: datetime) -> Mapping[datetime, Mapping[int, int]]:
    counts: dict[datetime, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows = HourCount.objects.filter(project_id=project_id, kind=VERIFICATION, hour__gte=since)
    for hour, status, n in rows.values_list("hour", "status", "n"):
        counts[hour][status] += n
    return counts


def _figures(
    counts: Mapping[datetime, Mapping[int, int]], hour: datetime, *, was_told: bool = False
) -> HourFigures:
    now, before = counts.get(hour, {}), counts.get(hour - timedelta(days=1), {})
    return HourFigures(
        hour=hour,
        requested=now.get(MessageStatus.QUEUED, 0),
        delivered=now.get(MessageStatus.DELIVERED, 0),
        failed=sum(now.get(status, 0) for status in _FAILED),
        requested_day_before=before.get(MessageStatus.QUEUED, 0),
        was_told=was_told,
    )
