"""Figures of the project."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from ninja import Query, Router
from pydantic import Field

from api.native.keys import ApiRequest
from api.native.operations import Terms, operation
from api.native.problems import FieldError, Problem
from api.native.shapes import Given, Moment, Told
from delivery.queries.totals import Totals, totals_between
from projects.models import Project
from projects.statuses import ApiScope

router = Router(tags=["Statistics"])

LONGEST = timedelta(days=366)
MOST_DAYS = 31


class FailuresOut(Told):
    """What failed, by where the fault lies."""

    carrier: int = Field(description="Inside the carrier's network, and all others.")
    invalid_number: int
    switched_off: int = Field(description="Or suspended, out of coverage, full.")
    blacklisted: int = Field(description="On a blacklist of the carrier, or unsubscribed there.")
    too_often: int = Field(description="A frequency limit of the carrier.")


class FiguresOut(Told):
    """Of one span of time. What happened counts in the hour in which it happened."""

    since: Moment
    until: Moment
    requested: int = Field(description="Messages asked for, by programs and campaigns.")
    accepted: int = Field(description="Messages that carriers took.")
    segments: int = Field(description="Of those; what is paid for.")
    delivered: int
    failed: int
    failures: FailuresOut


class StatisticsOut(Told):
    items: list[FiguresOut]


class StatisticsAsked(Given):
    since: Moment = Field(description="The hour in which it begins.")
    until: Moment = Field(description="The hour before which it ends; at most 366 days later.")
    per: Literal["total", "day"] = Field(
        "total", description="One span, or one for each day of the project's time zone (at most 31)."
    )


@operation(
    router,
    "GET",
    "/statistics",
    Terms(ApiScope.MESSAGES_READ, "Get statistics"),
    gives=StatisticsOut,
)
def get_statistics(request: ApiRequest, asked: Query[StatisticsAsked]) -> StatisticsOut:
    """How many messages were asked for, taken, delivered and failed, in whole hours. Without sandbox messages."""
    project = request.auth.project
    if not asked.since < asked.until <= asked.since + LONGEST:
        words = "It has to be after “since”, and at most 366 days later."
        raise Problem("invalid_input", errors=[FieldError("until", "range", words)])
    spans = [(asked.since, asked.until)] if asked.per == "total" else _days(project, asked.since, asked.until)
    return StatisticsOut(items=[_figures(*span, totals_between(project, *span)) for span in spans])


def _days(project: Project, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The days between the two on the clock of the project, the first and last of them cut."""
    spans = []
    begin = since.astimezone(project.zone)
    while begin < until:
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0, fold=0) + timedelta(days=1)
        end = min(midnight, until.astimezone(project.zone))
        spans.append((begin, end))
        begin = end
        if len(spans) > MOST_DAYS:
            words = f"At most {MOST_DAYS} days at once are told day by day."
            raise Problem("invalid_input", errors=[FieldError("until", "range", words)])
    return spans


def _figures(since: datetime, until: datetime, totals: Totals) -> FiguresOut:
    return FiguresOut(
        since=since,
        until=until,
        requested=totals.n_requests,
        accepted=totals.n_accepted,
        segments=totals.n_segments,
        delivered=totals.n_delivered,
        failed=totals.n_failed,
        failures=FailuresOut(
            carrier=totals.n_carrier_internal,
            invalid_number=totals.n_invalid_number,
            switched_off=totals.n_switched_off,
            blacklisted=totals.n_blacklisted,
            too_often=totals.n_too_often,
        ),
    )
