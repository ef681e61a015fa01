"""How far a campaign is, and what may be done with it now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

from campaigns.marketing import hours_of_dispatch, moment_after
from campaigns.models import Campaign, Upload
from campaigns.services.schedules import cancel_until
from campaigns.statuses import EDITABLE_STATUSES, CampaignStatus
from delivery import queries as delivery
from delivery.statuses import MessageStatus

_FAILED = (
    MessageStatus.FAILED,
    MessageStatus.UNDELIVERED,
    MessageStatus.EXPIRED,
    MessageStatus.REJECTED,
)


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """Where the messages of a campaign are. `sent` + `failed` + `other` = `total`, the number of numbers.

    `waiting` counts recipients that are not handed to delivery yet as well. In lists `sending` is zero: what is
    with the gateway is counted as waiting there.
    """

    total: int = 0
    delivered: int = 0
    awaiting: int = 0  # a carrier took it, no receipt yet
    failed: int = 0
    waiting: int = 0
    sending: int = 0
    uncertain: int = 0
    blocked: int = 0
    cancelled: int = 0
    segments_taken: int = 0
    rate_per_minute: int | None = None
    seconds_left: int | None = None
    finishing_at: datetime | None = None
    is_fanned_out: bool = False
    # More is to come; the page asks again. Settling: what was in flight at a suspension is still arriving.
    is_moving: bool = False
    is_settling: bool = False
    stamp: str = ""

    @property
    def sent(self) -> int:
        """A carrier took it, and no receipt says that it failed."""
        return self.delivered + self.awaiting

    @property
    def to_go(self) -> int:
        return self.waiting + self.sending

    @property
    def other(self) -> int:
        return self.to_go + self.other_closed

    @property
    def other_closed(self) -> int:
        """The part of `other` that nothing more happens to by itself."""
        return self.uncertain + self.blocked + self.cancelled


def campaign_progress(campaign: Campaign) -> CampaignProgress:
    """How far a campaign is. Four statements whatever its size; one for a campaign that has not started."""
    if campaign.dispatch_id is None:
        return finished_off(campaign, unstarted_progress(campaign, _n_sendable(campaign)), rate=None)
    progress = delivery.dispatch_progress(campaign.dispatch_id)
    dispatch = campaign.dispatch
    total = max(progress.n_total, dispatch.n_reserved if dispatch else 0)
    counted = counted_progress(total, progress.by_status)
    counted = replace(counted, segments_taken=progress.n_segments_taken, is_fanned_out=progress.fanout_done)
    return finished_off(campaign, counted, rate=progress.rate_per_minute)


def _n_sendable(campaign: Campaign) -> int:
    upload = Upload.objects.filter(campaign=campaign, is_current=True).first()
    return upload.n_sendable if upload else 0


def unstarted_progress(campaign: Campaign, n_sendable: int) -> CampaignProgress:
    """Of a campaign that nothing was handed over of: all of its numbers wait, or were cancelled with it."""
    if campaign.status == CampaignStatus.CANCELLED:
        return CampaignProgress(total=n_sendable, cancelled=n_sendable)
    return CampaignProgress(total=n_sendable, waiting=n_sendable)


def counted_progress(total: int, by_status: dict[MessageStatus, int]) -> CampaignProgress:
    appended = sum(by_status.values())
    return CampaignProgress(
        total=total,
        delivered=by_status[MessageStatus.DELIVERED],
        awaiting=by_status[MessageStatus.SUBMITTED],
        failed=sum(by_status[status] for status in _FAILED),
        waiting=by_status[MessageStatus.QUEUED] + max(0, total - appended),
        sending=by_status[MessageStatus.SUBMITTING],
        uncertain=by_status[MessageStatus.UNCERTAIN],
        blocked=by_status[MessageStatus.BLOCKED],
        cancelled=by_status[MessageStatus.CANCELLED],
    )


def finished_off(campaign: Campaign, counted: CampaignProgress, *, rate: int | None) -> CampaignProgress:
    """Add what follows from the campaign's state: rate and time left, whether to look again, the stamp."""
    runs = campaign.status == CampaignStatus.RUNNING
    seconds_left = round(60 * counted.to_go / rate) if runs and rate else None
    stops = campaign.status in {CampaignStatus.SUSPENDED, CampaignStatus.HELD, CampaignStatus.CANCELLED}
    is_settling = stops and counted.sending > 0
    awaits = campaign.dispatch is not None and campaign.dispatch.closed_at is None
    is_moving = (
        campaign.status in {CampaignStatus.RUNNING, CampaignStatus.SCHEDULED, CampaignStatus.IMPORTING}
        or is_settling
        or (campaign.status == CampaignStatus.CANCELLED and counted.to_go > 0)
        or (awaits and counted.awaiting + counted.uncertain > 0)
    )
    seen = (campaign.status, campaign.version, counted, rate)
    return replace(
        counted,
        rate_per_minute=rate if runs else None,
        seconds_left=seconds_left,
        finishing_at=_finishing_at(campaign, seconds_left),
        is_moving=is_moving,
        is_settling=is_settling,
        stamp=hashlib.sha256(repr(seen).encode()).hexdigest()[:16],
    )


def _finishing_at(campaign: Campaign, seconds_left: int | None) -> datetime | None:
    """With the nights in which marketing pauses."""
    if seconds_left is None:
        return None
    hours = hours_of_dispatch(campaign.dispatch) if campaign.dispatch else None
    return moment_after(timezone.now(), seconds_left, hours)


class Action(StrEnum):
    """What an operator may do with a campaign at this moment."""

    EDIT = "edit"
    SUSPEND = "suspend"
    RESUME = "resume"
    RELEASE = "release"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    COPY = "copy"


def allowed_actions(campaign: Campaign) -> frozenset[Action]:
    """The actions whose services would not refuse because of the campaign's state. No statement."""
    status = CampaignStatus(campaign.status)
    allowed = {Action.COPY}
    if status in EDITABLE_STATUSES:
        return frozenset({Action.EDIT, Action.COPY})
    if status in {CampaignStatus.RUNNING, CampaignStatus.SCHEDULED}:
        allowed.add(Action.SUSPEND)
    if status == CampaignStatus.SUSPENDED:
        allowed.add(Action.RESUME)
    if status == CampaignStatus.HELD:
        allowed.add(Action.RELEASE)
    until = cancel_until(campaign)
    if status not in {CampaignStatus.FINISHED, CampaignStatus.CANCELLED} and (
        until is None or timezone.now() <= until
    ):
        allowed.add(Action.CANCEL)
    waits = {CampaignStatus.SCHEDULED, CampaignStatus.SUSPENDED, CampaignStatus.HELD}
    if status in waits and campaign.dispatch_id is None:
        allowed.add(Action.RESCHEDULE)
    return frozenset(allowed)
