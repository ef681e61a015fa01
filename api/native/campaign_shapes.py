"""How the native API tells of campaigns, their recipients and forecasts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.native.shapes import NEXT_CURSOR, Moment, Told
from campaigns.models import Campaign, Forecast, Upload
from campaigns.queries import Action, CampaignProgress, RefusedLine, allowed_actions
from campaigns.reasons import words_for
from campaigns.statuses import CampaignStatus, HoldReason, UploadStatus
from delivery.statuses import Reason
from smsconsole.lib.types import Region

_ACTIONS = {
    Action.EDIT: "change",
    Action.RESUME: "continue",
    Action.RELEASE: "continue",
    Action.RESCHEDULE: "change",
}


class ProgressOut(Told):
    """Where the messages are: delivered + awaiting receipts + failed + other = total."""

    total: int
    sent: int = Field(description="A carrier took it: delivered and awaiting receipts.")
    delivered: int
    awaiting_receipts: int
    failed: int
    waiting: int
    sending: int
    uncertain: int
    blocked: int
    cancelled: int
    segments: int = Field(description="That carriers took.")
    per_minute: int | None
    seconds_left: int | None
    finishing_at: Moment | None
    moving: bool = Field(description="Whether more is to come; ask again in some seconds then.")


class CampaignOut(Told):
    id: UUID
    name: str
    note: str
    region: Region
    status: CampaignStatus
    hold_reason: HoldReason | None = Field(description="Why the console holds it.")
    version: int = Field(description="Name it when you change the campaign, so that nobody’s change is lost.")
    template_id: UUID | None
    template_name: str
    signature: str
    kind: str
    sender_id: str
    scheduled_at: Moment | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    may: list[str] = Field(description="What can be done with it now: change, suspend, continue, cancel.")
    progress: ProgressOut


class CampaignPage(Told):
    items: list[CampaignOut]
    next_cursor: str | None = NEXT_CURSOR


class RefusedReason(Told):
    reason: str
    words: str
    rows: int


class RefusedFileOut(Told):
    """Why a whole file cannot be read, and what to do."""

    reason: str
    sentence: str
    advice: str


class ImportOut(Told):
    """A file of recipients, how far it is read, and what was found in it."""

    status: UploadStatus = Field(description="`waiting` and `reading` become `read` or `refused`.")
    file: str
    size: int
    percent: int
    rows: int
    messages: int = Field(description="Rows that make a message.")
    refused: int
    duplicates: int = Field(description="Same number and same values; sent once.")
    same_number: int = Field(description="Same number with other values; each is sent.")
    landlines: int
    refused_by_reason: list[RefusedReason]
    refusal: RefusedFileOut | None


class RefusedRowOut(Told):
    row: int
    column: str
    value: str
    reason: str
    words: str
    advice: str


class RefusedRowPage(Told):
    items: list[RefusedRowOut]
    next_cursor: str | None = NEXT_CURSOR


class CountryShare(Told):
    country: str
    messages: int
    segments: int


class BlockedShare(Told):
    reason: str
    words: str
    messages: int


class ForecastOut(Told):
    """What sending the campaign would do. All figures are zero while `ready` is false."""

    ready: bool = Field(description="False while recipients or texts are missing, or while it is worked out.")
    messages: int
    segments: int
    people: int
    too_long: int = Field(
        description="Messages longer than carriers take; the campaign cannot be sent with them."
    )
    countries: list[CountryShare]
    seconds: float = Field(description="How long sending takes.")
    finishing_at: Moment | None
    blocked: list[BlockedShare] = Field(description="What lists and frequency limits would block.")
    cap_after: int | None = Field(description="After how many messages a cap would hold it; null: never.")
    checked_at: Moment | None


def campaign_out(campaign: Campaign, progress: CampaignProgress) -> CampaignOut:
    body, signature = campaign.body_template_revision, campaign.signature_revision
    actions = {_ACTIONS.get(action, str(action)) for action in allowed_actions(campaign) - {Action.COPY}}
    return CampaignOut(
        id=campaign.uuid,
        name=campaign.name,
        note=campaign.note,
        region=Region(campaign.region),
        status=CampaignStatus(campaign.status),
        hold_reason=HoldReason(campaign.hold_reason) if campaign.hold_reason else None,
        version=campaign.version,
        template_id=body.body_template.uuid if body else None,
        template_name=body.body_template.name if body else "",
        signature=signature.text if signature else "",
        kind=campaign.kind,
        sender_id=campaign.sender_id,
        scheduled_at=campaign.scheduled_at,
        created_at=campaign.created_at,
        started_at=campaign.started_at,
        finished_at=campaign.finished_at,
        may=sorted(actions),
        progress=progress_out(progress),
    )


def progress_out(progress: CampaignProgress) -> ProgressOut:
    return ProgressOut(
        total=progress.total,
        sent=progress.sent,
        delivered=progress.delivered,
        awaiting_receipts=progress.awaiting,
        failed=progress.failed,
        waiting=progress.waiting,
        sending=progress.sending,
        uncertain=progress.uncertain,
        blocked=progress.blocked,
        cancelled=progress.cancelled,
        segments=progress.segments_taken,
        per_minute=progress.rate_per_minute,
        seconds_left=progress.seconds_left,
        finishing_at=progress.finishing_at,
        moving=progress.is_moving,
    )


def import_out(upload: Upload) -> ImportOut:
    by_reason = upload.facts.get("by_reason", {})
    return ImportOut(
        status=UploadStatus(upload.status),
        file=upload.original_name,
        size=upload.size_bytes,
        percent=round(100 * upload.progress),
        rows=upload.n_rows,
        messages=upload.n_sendable,
        refused=upload.n_refused,
        duplicates=upload.n_duplicates,
        same_number=upload.n_same_number,
        landlines=upload.n_landlines,
        refused_by_reason=[
            RefusedReason(reason=reason, words=str(words_for(reason).label), rows=n)
            for reason, n in by_reason.items()
        ],
        refusal=RefusedFileOut(**upload.refusal) if upload.refusal else None,
    )


def refused_row_out(line: RefusedLine) -> RefusedRowOut:
    return RefusedRowOut(
        row=line.row_number,
        column=line.column,
        value=line.value,
        reason=line.reason,
        words=line.label,
        advice=line.advice,
    )


def forecast_out(forecast: Forecast | None) -> ForecastOut:
    limits = forecast.limits if forecast else {}
    forecast = forecast if limits and forecast else Forecast()
    cap = limits.get("cap") or {}
    return ForecastOut(
        ready=bool(limits),
        messages=forecast.n_messages,
        segments=forecast.n_segments,
        people=forecast.n_people,
        too_long=forecast.n_too_long,
        countries=[
            CountryShare(country=country, messages=messages, segments=segments)
            for country, messages, segments in forecast.countries
        ],
        seconds=forecast.seconds,
        finishing_at=_moment(limits.get("finish_at")),
        blocked=[_blocked(Reason(int(reason)), n) for reason, n in limits.get("blocked", {}).items()],
        cap_after=cap.get("after"),
        checked_at=_moment(limits.get("checked_at")),
    )


def _blocked(reason: Reason, n: int) -> BlockedShare:
    return BlockedShare(reason=reason.name.lower(), words=str(reason.label), messages=n)


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
