"""Sending a campaign, and stopping, continuing or cancelling it. Locks: campaign, then dispatch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import CampaignsError, NotReady, VerificationRefused
from campaigns.marketing import sending_hours
from campaigns.models import Campaign
from campaigns.services.changes import check_version, lock, move, tell
from campaigns.services.readiness import (
    cap_problems,
    place_problems,
    problems_before_sending,
    sender_problems,
    standing_problems,
    text_problems,
)
from campaigns.services.schedules import cancel_until
from campaigns.services.uploads import current_upload
from campaigns.services.verification import VerificationAnswer, use_verification
from campaigns.statuses import EDITABLE_STATUSES, CampaignStatus, EventKind, HoldReason, UploadStatus
from campaigns.texts import consent_key, dispatch_tags
from delivery.queries import default_gateway
from delivery.services import cancel_dispatch, hold_dispatch, open_dispatch, resume_dispatch, suspend_dispatch
from projects.services import require_enabled
from smsconsole.queue import enqueue


@dataclass(frozen=True, slots=True)
class FromShell:
    """Stands for the verification code where nobody sees a page; written to the timeline."""


@dataclass(frozen=True, slots=True)
class FromProgram:
    """Stands for the verification code where a program sends: its key has the right to. Written to the timeline."""


Authorization = VerificationAnswer | FromShell | FromProgram


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """`was_first` is false when somebody (or the same click) had sent it before: nothing happened now."""

    campaign: Campaign
    was_first: bool


def confirm_send(
    *,
    campaign: Campaign,
    version: int | None,
    authorization: Authorization,
    by: User,
) -> SendOutcome:
    """Send the draft now, or schedule it for its time. However often it is clicked, it is sent once.

    Everything is looked at again under the campaign's lock. Raises `CampaignChanged` for an old version,
    `NotReady` with what is missing, `VerificationRefused` for a wrong code (the try counts).
    """
    with transaction.atomic():
        locked = lock(campaign)
        if locked.status not in EDITABLE_STATUSES:
            return SendOutcome(locked, was_first=False)
        require_enabled(locked.project)
        check_version(locked, version)
        problems = problems_before_sending(locked)
        if problems:
            raise NotReady([problem.words for problem in problems])
        refusal = _authorize(locked, authorization, by)
        if refusal is None:
            _send(locked, via=_via(authorization), by=by)
    if refusal is not None:
        raise refusal
    return SendOutcome(locked, was_first=True)


def _via(authorization: Authorization) -> str:
    if isinstance(authorization, FromShell):
        return "shell"
    return "program" if isinstance(authorization, FromProgram) else "page"


def _authorize(campaign: Campaign, authorization: Authorization, by: User) -> VerificationRefused | None:
    if isinstance(authorization, FromShell | FromProgram):
        return None
    return use_verification(campaign=campaign, given=authorization, by=by)


def _send(campaign: Campaign, *, via: str, by: User) -> None:
    campaign.sent_by, campaign.confirmed_at = by, timezone.now()
    campaign.save(update_fields=["sent_by", "confirmed_at"])
    if campaign.scheduled_at is None:
        _start(campaign, by=by, via=via)
    else:
        move(campaign, CampaignStatus.SCHEDULED)
        tell(campaign, EventKind.SCHEDULED, by=by, via=via, scheduled_at=campaign.scheduled_at.isoformat())


def _start(
    campaign: Campaign, *, by: User | None, kind: EventKind = EventKind.STARTED, via: str = ""
) -> None:
    """Open the dispatch and ring for the fan-out. The campaign is locked and has been checked."""
    upload, gateway = current_upload(campaign), default_gateway()
    if upload is None or gateway is None:
        raise NotReady([_("The campaign has no recipients, or no gateway is set up.")])
    dispatch = open_dispatch(
        owner=f"campaign:{campaign.uuid}",
        project=campaign.project,
        gateway=gateway,
        n_messages=upload.n_sendable,
        consent_key=consent_key(campaign),
        tags=dispatch_tags(campaign),
        hours=sending_hours(campaign),
    )
    move(
        campaign,
        CampaignStatus.RUNNING,
        dispatch=dispatch,
        started_at=timezone.now(),
        hold_reason="",
        hold_detail={},
    )
    tell(campaign, kind, by=by, n_messages=upload.n_sendable, **({"via": via} if via else {}))
    enqueue("campaigns.jobs.fan_out", campaign.pk)


def start_campaign(*, campaign_id: int) -> None:
    """Start a scheduled campaign whose time has come; hold it when it is late or may not go any more.

    Called by the scheduler. Starting one that is not due, or was started already, does nothing.
    """
    with transaction.atomic():
        campaign = lock(Campaign(pk=campaign_id))
        now = timezone.now()
        if campaign.status != CampaignStatus.SCHEDULED or (campaign.scheduled_at or now) > now:
            return
        reason = _reason_to_hold(campaign, now)
        if reason:
            _hold(campaign, reason)
        else:
            _start(campaign, by=None)


def _reason_to_hold(campaign: Campaign, now: datetime) -> HoldReason | None:
    grace = timedelta(seconds=settings.SCHEDULE_GRACE_SECONDS)
    upload = current_upload(campaign)
    if campaign.project.is_disabled:
        return HoldReason.PROJECT_DISABLED
    if campaign.project.stopped_at is not None:
        return HoldReason.STOPPED
    if standing_problems(campaign):
        return HoldReason.NOT_ACTIVATED
    if [*text_problems(campaign), *sender_problems(campaign)]:
        return HoldReason.TEXT_REVOKED
    if upload is None or upload.status != UploadStatus.READ:
        return HoldReason.IMPORT_UNFINISHED
    if campaign.scheduled_at is not None and now > campaign.scheduled_at + grace:
        return HoldReason.LATE
    return None


def hold_campaign(*, campaign_id: int, reason: HoldReason, detail: dict[str, Any] | None = None) -> None:
    """Stop a campaign because of something the console saw; a person has to look before it goes on.

    `detail` says more about the reason (of a cap which one) and goes to the page and the timeline.
    """
    with transaction.atomic():
        campaign = lock(Campaign(pk=campaign_id))
        if campaign.status in {CampaignStatus.RUNNING, CampaignStatus.SUSPENDED, CampaignStatus.SCHEDULED}:
            _hold(campaign, reason, detail)


def _hold(campaign: Campaign, reason: HoldReason, detail: dict[str, Any] | None = None) -> None:
    move(campaign, CampaignStatus.HELD, hold_reason=reason, hold_detail=detail or {})
    if campaign.dispatch_id is not None:
        hold_dispatch(dispatch_id=campaign.dispatch_id)
    tell(campaign, EventKind.HELD, by=None, reason=reason, **(detail or {}))


def suspend_campaign(*, campaign: Campaign, by: User) -> Campaign:
    """Let nothing more leave; a scheduled campaign does not start. Suspending twice does nothing.

    Windows already with the gateway still leave: half a second of its rate at most. The fan-out goes on.
    """
    with transaction.atomic():
        locked = lock(campaign)
        if locked.status == CampaignStatus.SUSPENDED:
            return locked
        if locked.status not in {CampaignStatus.RUNNING, CampaignStatus.SCHEDULED}:
            raise _impossible(locked, _("suspended"))
        move(locked, CampaignStatus.SUSPENDED)
        if locked.dispatch_id is not None:
            suspend_dispatch(dispatch_id=locked.dispatch_id)
        tell(locked, EventKind.SUSPENDED, by=by)
    return locked


def resume_campaign(*, campaign: Campaign, by: User) -> Campaign:
    """Go on where it was suspended. Continuing one that runs does nothing.

    One that was suspended before its start is scheduled again while its time is to come, and starts now after
    it. Raises `NotReady` when its text or project may not be used any more.
    """
    with transaction.atomic():
        locked = lock(campaign)
        if locked.status in {CampaignStatus.RUNNING, CampaignStatus.SCHEDULED}:
            return locked
        if locked.status != CampaignStatus.SUSPENDED:
            raise _impossible(locked, _("continued"))
        _go_on(locked, EventKind.RESUMED, by=by)
    return locked


def release_held(*, campaign: Campaign, by: User) -> Campaign:
    """Let a held campaign go on, or start it now if it had not started. Releasing twice does nothing.

    Raises `NotReady` while the reason for which it cannot be sent is still there.
    """
    with transaction.atomic():
        locked = lock(campaign)
        if locked.status in {CampaignStatus.RUNNING, CampaignStatus.SCHEDULED}:
            return locked
        if locked.status != CampaignStatus.HELD:
            raise _impossible(locked, _("released"))
        _go_on(locked, EventKind.RELEASED, by=by)
    return locked


def release_raised(*, campaign_id: int) -> None:
    """Let go on what a cap held that was raised. Raises `NotReady` while anything else stands in the way."""
    with transaction.atomic():
        campaign = lock(Campaign(pk=campaign_id))
        if (campaign.status, campaign.hold_reason) == (CampaignStatus.HELD, HoldReason.CAP):
            _go_on(campaign, EventKind.RELEASED, by=None)


def _go_on(campaign: Campaign, kind: EventKind, *, by: User | None) -> None:
    has_started = campaign.dispatch_id is not None
    problems = [*text_problems(campaign, has_started=has_started), *place_problems(campaign)]
    problems += [*sender_problems(campaign), *cap_problems(campaign)]
    if problems:
        raise NotReady([problem.words for problem in problems])
    if campaign.dispatch_id is not None:
        move(campaign, CampaignStatus.RUNNING, hold_reason="", hold_detail={})
        resume_dispatch(dispatch_id=campaign.dispatch_id)
        tell(campaign, kind, by=by)
    elif campaign.scheduled_at is not None and campaign.scheduled_at > timezone.now():
        move(campaign, CampaignStatus.SCHEDULED, hold_reason="")
        tell(campaign, kind, by=by)
    else:
        _start(campaign, by=by, kind=kind)


def cancel_campaign(*, campaign: Campaign, by: User) -> Campaign:
    """Send nothing more of it, for good. Cancelling twice does nothing.

    A scheduled one can be cancelled until 5 minutes before its time, afterwards it can be suspended. Messages
    not yet submitted become cancelled in the background; what the gateway took keeps its receipts.
    """
    with transaction.atomic():
        locked = lock(campaign)
        if locked.status == CampaignStatus.CANCELLED:
            return locked
        if locked.status in EDITABLE_STATUSES:
            raise CampaignsError(_("This campaign was not sent. Throw the draft away instead."))
        if locked.status == CampaignStatus.FINISHED:
            raise _impossible(locked, _("cancelled"))
        until = cancel_until(locked)
        if until is not None and timezone.now() > until:
            raise CampaignsError(
                _("It starts in less than 5 minutes. Suspend it to hold the start, then cancel it.")
            )
        move(locked, CampaignStatus.CANCELLED, finished_at=timezone.now(), hold_reason="")
        if locked.dispatch_id is not None:
            cancel_dispatch(dispatch_id=locked.dispatch_id)
        tell(locked, EventKind.CANCELLED, by=by)
    return locked


def finish_campaign(*, campaign_id: int) -> None:
    """Call a campaign finished once its dispatch is sent. Called by the scheduler; repeating does nothing."""
    with transaction.atomic():
        campaign = lock(Campaign(pk=campaign_id))
        dispatch = campaign.dispatch
        ends = {CampaignStatus.RUNNING, CampaignStatus.SUSPENDED, CampaignStatus.HELD}
        if campaign.status not in ends or dispatch is None or dispatch.sent_at is None:
            return
        move(campaign, CampaignStatus.FINISHED, finished_at=dispatch.sent_at, hold_reason="")
        tell(campaign, EventKind.FINISHED, by=None)


def _impossible(campaign: Campaign, what: str) -> CampaignsError:
    return CampaignsError(
        _("“%(name)s” is %(status)s and cannot be %(what)s.")
        % {"name": campaign.name, "status": campaign.get_status_display().lower(), "what": what}
    )
