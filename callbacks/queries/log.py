"""Reads for the log of callbacks: every request of a project, newest first, and one of them with its tries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q

from callbacks.models import Callback, CallbackAttempt
from callbacks.statuses import CallbackState
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackKind

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class LogFilters:
    """What is looked for; days are those of the project's zone."""

    kind: CallbackKind | None = None
    state: CallbackState | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Newest first. `next_before` is where the older ones begin, None at the end."""

    rows: list[Callback]
    next_before: int | None

    @property
    def is_moving(self) -> bool:
        return any(row.state == CallbackState.WAITING for row in self.rows)


def log_page(
    project: Project, filters: LogFilters, *, before_id: int | None = None, after_id: int | None = None
) -> LogPage:
    """A page of the log. One query for the endpoints, one for each of them, at most one for each day asked for.

    Each walks the newest callbacks of one endpoint by its index and ends with the page.
    """
    endpoints = list(CallbackEndpoint.objects.filter(project=project).values_list("pk", "kind"))
    wanted = [pk for pk, kind in endpoints if filters.kind in (None, kind)]
    where = Q()
    if filters.state is not None:
        where &= Q(state=filters.state)
    where &= _days(project, filters)
    if after_id is not None:
        newer = _merged(wanted, where & Q(pk__gt=after_id), "pk")
        found = newer[:PAGE_SIZE][::-1]
        return LogPage(found, found[-1].pk if found else None)
    if before_id is not None:
        where &= Q(pk__lt=before_id)
    found = _merged(wanted, where, "-pk")
    return LogPage(found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None)


def _merged(endpoint_ids: Iterable[int], where: Q, order: str) -> list[Callback]:
    rows = [
        row
        for pk in endpoint_ids
        for row in Callback.objects.filter(where, endpoint_id=pk).order_by(order)[: PAGE_SIZE + 1]
    ]
    return sorted(rows, key=lambda row: row.pk, reverse=order.startswith("-"))


def _days(project: Project, filters: LogFilters) -> Q:
    where = Q()
    if filters.first_day:
        first = datetime.combine(filters.first_day, time.min, project.zone)
        where &= Q(created_at__gte=first, pk__gte=_first_id_since(first))
    if filters.last_day:
        end = datetime.combine(filters.last_day + timedelta(days=1), time.min, project.zone)
        where &= Q(created_at__lt=end)
        # What was written about this moment may have its id a little later.
        if bound := _first_id_since(end + timedelta(minutes=5), default=0):
            where &= Q(pk__lt=bound)
    return where


def _first_id_since(moment: datetime, default: int = 2**62) -> int:
    """An id that no callback written at or after `moment` lies below, so that a walk along the ids ends there."""
    rows = Callback.objects.filter(created_at__gte=moment - timedelta(minutes=5)).order_by("created_at", "pk")
    return rows.values_list("pk", flat=True).first() or default


def last_attempts(rows: Iterable[Callback]) -> dict[int, CallbackAttempt]:
    """The newest try of each, by the callback's id. One query."""
    attempts = CallbackAttempt.objects.filter(callback__in=list(rows)).order_by("callback_id", "-pk")
    return {attempt.callback_id: attempt for attempt in attempts.distinct("callback_id")}


def callback_of(project: Project, uuid: UUID) -> Callback | None:
    """One query."""
    rows = Callback.objects.select_related("endpoint__project").filter(endpoint__project=project)
    return rows.filter(uuid=uuid).first()
