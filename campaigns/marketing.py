"""When marketing leaves: the project's hours, and what they do to a campaign's pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.models import Campaign
from delivery.limits.hours import Hours, is_open, next_opening, zones_of_number
from delivery.models import Dispatch
from delivery.services import SendingHours
from projects.models import Project
from projects.statuses import RecipientZone
from templates_app.statuses import TextKind


@dataclass(frozen=True, slots=True)
class MarketingHours:
    """The hours of a project. `zone` is None when each recipient's own clock counts."""

    hours: Hours
    zone: ZoneInfo | None

    def next_opening(self, moment: datetime) -> datetime:
        """The first moment from `moment` on at which messages may leave; each recipient's own clock asks later."""
        if self.zone is None:
            return moment
        return next_opening(self.hours, [self.zone], moment) or moment

    def is_open(self, moment: datetime) -> bool:
        return self.zone is None or is_open(self.hours, [self.zone], moment)

    def opening_of(self, msisdn: str, moment: datetime) -> datetime:
        """When a message to this number may leave by the clocks of its own zones."""
        return next_opening(self.hours, zones_of_number(msisdn), moment) or moment


def marketing_hours(project: Project) -> MarketingHours:
    by_recipient = project.marketing_zone == RecipientZone.RECIPIENT
    hours = Hours(project.marketing_from, project.marketing_until)
    return MarketingHours(hours, None if by_recipient else project.zone)


def hours_of(campaign: Campaign) -> MarketingHours | None:
    """The hours that hold for this campaign; None for what is no marketing."""
    return marketing_hours(campaign.project) if campaign.kind == TextKind.MARKETING else None


def sending_hours(campaign: Campaign) -> SendingHours | None:
    """The hours as delivery takes them; None for what is no marketing."""
    found = hours_of(campaign)
    if found is None:
        return None
    return SendingHours(*found.hours, zone=found.zone.key if found.zone else "")


def hours_of_dispatch(dispatch: Dispatch) -> MarketingHours | None:
    """The hours that a campaign was started with."""
    if dispatch.hours_from is None or dispatch.hours_until is None:
        return None
    zone = ZoneInfo(dispatch.hours_zone) if dispatch.hours_zone else None
    return MarketingHours(Hours(dispatch.hours_from, dispatch.hours_until), zone)


def moment_after(start: datetime, seconds: float, hours: MarketingHours | None) -> datetime:
    """The moment at which `seconds` of sending have passed since `start`, pauses of the night left out."""
    if hours is None or hours.zone is None or hours.hours.opens == hours.hours.closes:
        return start + timedelta(seconds=seconds)
    moment, left = hours.next_opening(start), timedelta(seconds=seconds)
    while left > (room := _closing_after(moment, hours.hours, hours.zone) - moment):
        left -= room
        moment = hours.next_opening(moment + room)
    return moment + left


def _closing_after(moment: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """When the hours that are open at `moment` end."""
    day = moment.astimezone(zone).date()
    while True:
        closing = datetime.combine(day, hours.closes, tzinfo=zone).astimezone(UTC)
        if closing > moment:
            return closing
        day += timedelta(days=1)
