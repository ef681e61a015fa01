"""From a stored file to recipients and refused rows, in steps that may be cut off and run again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from campaigns.models import Campaign, Upload
from campaigns.refused_files import describe_refusal
from campaigns.services.changes import tell
from campaigns.services.forecasts import make_forecast
from campaigns.services.rows import UploadGone, close_upload, store_rows
from campaigns.services.uploads import local_copy
from campaigns.spreadsheets import FileRefused, ImportReport, ReadOptions, import_rows
from campaigns.statuses import CampaignStatus, EventKind, UploadStatus
from smsconsole.lib.types import Region
from templates_app.rules.values import value_checker

# The first half of the advisory lock; the upload's id is the second.
_LOCK_CLASS = 7_301


def import_recipients(*, upload_id: int) -> None:
    """Read the upload's file into recipients and refused rows; the campaign is ready afterwards.

    One runner at a time: a second one returns at once. Rows go in by chunks with the cursor in the same commit,
    so a run that was cut off is continued and no row counts twice. A file that is refused leaves no rows.
    """
    with _only_runner(upload_id) as is_ours:
        if not is_ours:
            return
        upload = _begin(upload_id)
        if upload is None:
            return
        try:
            if upload.status == UploadStatus.READING:
                close_upload(upload, facts=_read(upload))
        except FileRefused as refusal:
            _refuse(upload, refusal)
        except UploadGone:
            return
        else:
            _finish(upload)
            make_forecast(campaign_id=upload.campaign_id)


@contextmanager
def _only_runner(upload_id: int) -> Iterator[bool]:
    """A session's advisory lock: it is free again the moment its holder dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_CLASS, upload_id % 2**31])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        # A connection that broke meanwhile has let go already.
        if is_ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, upload_id % 2**31])


def _begin(upload_id: int) -> Upload | None:
    """The upload as it stands; None when it was replaced or refused.

    One that is read already comes back too: its runner may have died before the campaign heard of it.
    """
    current = Upload.objects.filter(pk=upload_id, is_current=True)
    current.filter(status=UploadStatus.WAITING).update(status=UploadStatus.READING, reading_since=Now())
    current.update(heartbeat_at=Now())
    return current.exclude(status=UploadStatus.REFUSED).first()


def _read(upload: Upload) -> dict[str, Any]:
    """Store all rows after the cursor; returns what is to be said about the file as a whole."""
    with (
        local_copy(upload) as path,
        import_rows(path, _options(upload), original_name=upload.original_name) as reading,
    ):
        upload.facts = dataclasses.asdict(reading.facts)
        Upload.objects.filter(pk=upload.pk).update(facts=upload.facts, heartbeat_at=Now())
        for chunk in reading.chunks():
            store_rows(upload, chunk.rows, chunk.errors, last_row=chunk.last_row, progress=chunk.progress)
        return _facts_of_report(reading.report)


def _options(upload: Upload) -> ReadOptions:
    checks = upload.checked_for
    placeholders = checks["placeholders"]
    return ReadOptions(
        **upload.options,
        placeholders=None if placeholders is None else tuple(placeholders),
        region=Region(checks["region"]),
        home_country=settings.HOME_COUNTRY,
        default_country=checks["default_country"] or None,
        max_rows=settings.UPLOAD_MAX_ROWS,
        value_problem=value_checker(checks["kind"], checks["entity"]) if checks.get("kind") else None,
        after_row=upload.cursor_row,
    )


def _facts_of_report(report: ImportReport) -> dict[str, Any]:
    """What only the whole file tells; the counts are kept by the database, which knows earlier runs too."""
    kept = (
        "header_row",
        "surplus_columns",
        "n_columns_beyond",
        "missing_columns",
        "n_hidden_rows",
        "is_sheet_hidden",
        "n_dates",
    )
    return {name: getattr(report, name) for name in kept}


def _refuse(upload: Upload, refusal: FileRefused) -> None:
    """The whole file is refused: what was stored of it goes, and the campaign is a draft again."""
    with transaction.atomic(), connection.cursor() as cursor:
        campaign = _lock_importing(upload)
        if campaign is None:
            return
        cursor.execute("DELETE FROM campaigns_recipient WHERE upload_id = %s", [upload.pk])
        cursor.execute("DELETE FROM campaigns_refusedrow WHERE upload_id = %s", [upload.pk])
        Upload.objects.filter(pk=upload.pk).update(
            status=UploadStatus.REFUSED,
            refusal=describe_refusal(refusal)._asdict(),
            cursor_row=0,
            n_rows=0,
            n_recipients=0,
            n_refused=0,
            n_landlines=0,
        )
        _set_status(campaign, CampaignStatus.DRAFT)
        tell(campaign, EventKind.FILE_REFUSED, by=None, reason=refusal.reason.value)


def _finish(upload: Upload) -> None:
    with transaction.atomic():
        campaign = _lock_importing(upload)
        if campaign is None:
            return
        _set_status(campaign, CampaignStatus.READY if upload.n_sendable else CampaignStatus.DRAFT)
        tell(
            campaign,
            EventKind.FILE_READ,
            by=None,
            n_rows=upload.n_rows,
            n_refused=upload.n_refused,
            n_duplicates=upload.n_duplicates,
        )


def _lock_importing(upload: Upload) -> Campaign | None:
    """The upload's campaign, locked, if it still waits for this upload."""
    campaign = (
        Campaign.objects.select_for_update(of=("self",), no_key=True)
        .select_related("project", "signature_revision", "body_template_revision")
        .get(pk=upload.campaign_id)
    )
    is_current = Upload.objects.filter(pk=upload.pk, is_current=True).exists()
    return campaign if is_current and campaign.status == CampaignStatus.IMPORTING else None


def _set_status(campaign: Campaign, status: CampaignStatus) -> None:
    campaign.status = status
    campaign.save(update_fields=["status"])
