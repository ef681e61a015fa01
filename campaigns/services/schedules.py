"""From a wall clock somewhere to an instant, with the two hours a year that do not exist or come twice."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import AmbiguousTime, CampaignsError
from campaigns.models import Campaign
from campaigns.services.changes import check_version, lock, lock_draft, tell, write
from campaigns.statuses import CampaignStatus, EventKind
from projects.services import require_enabled


def instant_of(*, wall: datetime, zone: str, fold: int | None = None) -> datetime:
    """The instant (UTC) at which clocks in `zone` show `wall`, a naive time.

    A time that the clocks skip is refused; one that they show twice raises `AmbiguousTime` until `fold`
    (0 the first, 1 the second) says which.
    """
    try:
        place = zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise CampaignsError(
            _("“%(zone)s” is not a time zone known here.") % {"zone": zone}, field="time_zone"
        ) from error
    wall = wall.replace(tzinfo=None, second=0, microsecond=0)
    first = wall.replace(tzinfo=place, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=place, fold=1).astimezone(UTC)
    if first.astimezone(place).replace(tzinfo=None) != wall:
        raise CampaignsError(
            _("Clocks in %(zone)s skip %(time)s on that day. Choose another time.")
            % {"zone": zone, "time": f"{wall:%H:%M}"},
            field="scheduled_local",
        )
    if first != second and fold is None:
        raise AmbiguousTime(
            _("Clocks in %(zone)s show %(time)s twice on that day. Choose which one is meant.")
            % {"zone": zone, "time": f"{wall:%H:%M}"},
            first=first,
            second=second,
        )
    return second if fold else first


def set_schedule(
    *, campaign: Campaign, version: int | None, wall: datetime, zone: str, fold: int | None = None, by: User
) -> Campaign:
    """Let the draft go out at this time instead of at once. Raises `CampaignsError` for a past time."""
    require_enabled(campaign.project)
    instant = _future_instant(wall=wall, zone=zone, fold=fold)
    with transaction.atomic():
        locked = lock_draft(campaign, version=version)
        _write(locked, wall, zone, instant, by=by)
    return locked


def clear_schedule(*, campaign: Campaign, version: int | None, by: User) -> Campaign:
    """Let the draft go out at once when it is sent."""
    require_enabled(campaign.project)
    with transaction.atomic():
        locked = lock_draft(campaign, version=version)
        if locked.scheduled_at is not None:
            _write(locked, None, "", None, by=by)
    return locked


def reschedule_campaign(
    *, campaign: Campaign, version: int | None, wall: datetime, zone: str, fold: int | None = None, by: User
) -> Campaign:
    """Move a campaign that is scheduled, or was stopped before it started, to another time.

    A stopped one is scheduled again. Raises `CampaignsError` once it has started.
    """
    require_enabled(campaign.project)
    instant = _future_instant(wall=wall, zone=zone, fold=fold)
    with transaction.atomic():
        locked = lock(campaign)
        waits = locked.status in {CampaignStatus.SCHEDULED, CampaignStatus.SUSPENDED, CampaignStatus.HELD}
        if not waits or locked.dispatch_id is not None:
            raise CampaignsError(
                _("“%(name)s” is %(status)s; only a campaign that has not started can be moved.")
                % {"name": locked.name, "status": locked.get_status_display().lower()}
            )
        check_version(locked, version)
        locked.status, locked.hold_reason = CampaignStatus.SCHEDULED, ""
        _write(locked, wall, zone, instant, "status", "hold_reason", by=by)
        tell(locked, EventKind.RESCHEDULED, by=by, scheduled_at=instant.isoformat())
    return locked


def cancel_until(campaign: Campaign) -> datetime | None:
    """Until when a scheduled campaign can be cancelled; None when it is not scheduled."""
    if campaign.status != CampaignStatus.SCHEDULED or campaign.scheduled_at is None:
        return None
    return campaign.scheduled_at - timedelta(seconds=settings.SCHEDULE_CANCEL_LEAD_SECONDS)


def _future_instant(*, wall: datetime, zone: str, fold: int | None) -> datetime:
    instant = instant_of(wall=wall, zone=zone, fold=fold)
    if instant <= timezone.now():
        raise CampaignsError(
            _("This time has passed. Choose a later one, or send now."), field="scheduled_local"
        )
    return instant


def _write(
    campaign: Campaign, wall: datetime | None, zone: str, instant: datetime | None, *fields: str, by: User
) -> None:
    campaign.scheduled_local = f"{wall:%Y-%m-%dT%H:%M}" if wall else ""
    campaign.time_zone = zone
    campaign.scheduled_at = instant
    write(campaign, "scheduled_local", "time_zone", "scheduled_at", *fields, by=by)
