"""What an import found, what failed, what happened, and what went out lately."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, RefusedRow, Upload
from campaigns.reasons import words_for
from campaigns.statuses import UploadStatus
from delivery import queries as delivery
from delivery.reasons import ADVICE, blocked_words
from delivery.statuses import MessageStatus, Reason

TWIN_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far the reading of an upload is. `rows_per_second` and `seconds_left` only while it reads."""

    status: UploadStatus
    percent: int
    n_rows: int
    n_refused: int
    rows_per_second: int | None
    seconds_left: int | None
    stamp: str


def import_progress(upload: Upload) -> ImportProgress:
    """No statement: everything is in the upload's own row."""
    rate = seconds_left = None
    if upload.status == UploadStatus.READING and upload.reading_since:
        elapsed = (timezone.now() - upload.reading_since).total_seconds()
        if upload.n_rows and elapsed > 0:
            rate = round(upload.n_rows / elapsed)
        if upload.progress > 0.01:
            seconds_left = round(elapsed * (1 - upload.progress) / upload.progress)
    return ImportProgress(
        status=UploadStatus(upload.status),
        percent=round(100 * upload.progress),
        n_rows=upload.n_rows,
        n_refused=upload.n_refused,
        rows_per_second=rate,
        seconds_left=seconds_left,
        stamp=f"{upload.status}-{upload.cursor_row}",
    )


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A refused row in words. `value` is what stood in `column` (a heading or a letter, empty if typed)."""

    row_number: int
    column: str
    value: str
    reason: str
    label: str
    advice: str


@dataclass(frozen=True, slots=True)
class RefusedPage:
    rows: list[RefusedLine]
    next_after: int | None


def refused_rows(upload: Upload, *, reason: str = "", after_row: int = 0, limit: int = 50) -> RefusedPage:
    """One page of an upload's refused rows in the order of the file. One statement over the primary key."""
    found = RefusedRow.objects.filter(upload=upload, row_number__gt=after_row)
    if reason:
        found = found.filter(reason=reason)
    rows = list(found.order_by("row_number")[: limit + 1])
    more = len(rows) > limit
    lines = [_refused_line(row) for row in rows[:limit]]
    return RefusedPage(lines, lines[-1].row_number if more else None)


def iter_refused(upload: Upload) -> Iterator[RefusedLine]:
    """All of them, page by page."""
    after_row = 0
    while True:
        page = refused_rows(upload, after_row=after_row, limit=5_000)
        yield from page.rows
        if page.next_after is None:
            return
        after_row = page.next_after


def _refused_line(row: RefusedRow) -> RefusedLine:
    words = words_for(row.reason)
    return RefusedLine(row.row_number, row.column, row.value, row.reason, str(words.label), str(words.advice))


def timeline(campaign: Campaign) -> list[CampaignEvent]:
    """Who did what, newest first. One statement."""
    return list(CampaignEvent.objects.filter(campaign=campaign).select_related("by"))


@dataclass(frozen=True, slots=True)
class Failure:
    """So many messages ended like this: what happened, the carrier's own code, what to do about it."""

    status: MessageStatus
    reason: Reason
    label: str
    code: str
    advice: str
    n: int


def failures(campaign: Campaign) -> list[Failure]:
    """Failed, uncertain, blocked and cancelled messages by reason, most frequent first. One statement."""
    if campaign.dispatch_id is None:
        return []
    return [_failure(count, campaign) for count in delivery.failures_by_reason(campaign.dispatch_id)]


def _failure(count: delivery.ReasonCount, campaign: Campaign) -> Failure:
    reason, code = Reason(count.reason), count.code
    label = str(reason.label or count.status.label)
    if count.status == MessageStatus.BLOCKED:
        # The code is the console's own word for the rule; people read it as a sentence.
        label, code = blocked_words(reason, code, campaign.project.zone), ""
    return Failure(count.status, reason, label, code, str(ADVICE.get(reason, "")), count.n)


@dataclass(frozen=True, slots=True)
class Twin:
    """Another campaign of the last 24 hours with the same file, the same text, or both."""

    campaign: Campaign
    same_file: bool
    same_text: bool


def twins_sent_lately(campaign: Campaign) -> list[Twin]:
    """Campaigns of the project that went out in the last 24 hours with this file or this text; newest first.

    Two statements. Somebody may be about to send the same thing twice.
    """
    upload = Upload.objects.filter(campaign=campaign, is_current=True).first()
    same_file = Q(uploads__is_current=True, uploads__sha256=upload.sha256) if upload else Q(pk=None)
    same_text = Q(pk=None)
    if campaign.body_template_revision_id is not None:
        same_text = Q(
            body_template_revision=campaign.body_template_revision_id,
            signature_revision=campaign.signature_revision_id,
        )
    found = (
        Campaign.objects.filter(same_file | same_text, project=campaign.project)
        .filter(confirmed_at__gt=timezone.now() - TWIN_WINDOW)
        .exclude(pk=campaign.pk)
        .distinct()
        .order_by("-id")[:5]
    )
    if upload is None:
        file_ids: set[int] = set()
    else:
        file_ids = set(
            Upload.objects.filter(
                campaign__in=list(found), is_current=True, sha256=upload.sha256
            ).values_list("campaign_id", flat=True)
        )
    return [
        Twin(
            other,
            other.pk in file_ids,
            campaign.body_template_revision_id is not None
            and other.body_template_revision_id == campaign.body_template_revision_id
            and other.signature_revision_id == campaign.signature_revision_id,
        )
        for other in found
    ]
