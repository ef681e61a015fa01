"""What became of a file's rows, as workbooks to take away: the operator's own one, and the table of numbers."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaigns.models import Campaign, Upload
from campaigns.queries import iter_refused
from campaigns.services.uploads import current_upload, local_copy
from campaigns.workbooks import ResultSource, RowResult, write_result_workbook, write_rows
from delivery.queries import MessageRow, StatusWord, iter_messages
from delivery.reasons import ADVICE, blocked_words
from smsconsole.lib.msisdn import mask_msisdn

_ROWS_AFTER = """
SELECT row_number, is_duplicate FROM campaigns_recipient
WHERE upload_id = %s AND row_number > %s AND (is_duplicate OR %s) ORDER BY row_number LIMIT 5000
"""


def write_result(*, campaign: Campaign, stream: IO[bytes], reveal: bool) -> None:
    """The operator's workbook with what became of each row at its right, as .xlsx.

    Before sending it says which rows are refused and why, to be corrected and uploaded again. Without `reveal`
    its number column is masked. Typed numbers come as a plain table. Raises `ResultColumnsDoNotFit` and, for a
    campaign without recipients, `Upload.DoesNotExist`.
    """
    upload = current_upload(campaign)
    if upload is None:
        raise Upload.DoesNotExist
    if not upload.file:
        rows: Iterator[Sequence[str | int]] = (
            [result.row_number, *result.values] for result in _results(campaign, upload)
        )
        write_rows(stream, headers=[_("Row"), *_titles()], rows=rows, time_zone=campaign.project.zone)
        return
    facts = upload.facts
    source = ResultSource(
        kind=facts["kind"],
        sheet=facts["sheet"],
        header_row=facts["header_row"],
        encoding=facts["encoding"],
        separator=facts["separator"],
    )
    with local_copy(upload) as path:
        write_result_workbook(
            path,
            stream,
            source=source,
            titles=_titles(),
            results=_results(campaign, upload),
            masked_column=None if reveal else facts["number_column"],
        )


def write_numbers(
    *, campaign: Campaign, stream: IO[bytes], word: StatusWord | None, search: str, reveal: bool
) -> int:
    """The table of numbers with exactly this filter and search, as .xlsx; returns how many rows it has."""
    headers = [
        _("Row"),
        _("Number"),
        _("Country"),
        _("Status"),
        _("Segments"),
        pgettext("moment", "Sent"),
        _("Receipt time"),
        _("Reason for failure"),
        _("Carrier's code"),
    ]
    if campaign.dispatch_id is None:
        return write_rows(stream, headers=headers, rows=[])
    zone = campaign.project.zone
    rows = (
        [
            message.owner_row,
            message.msisdn if reveal else mask_msisdn(message.msisdn),
            message.country,
            str(message.word.label),
            message.n_segments,
            message.submitted_at,
            message.final_at,
            _reason_alone(message, zone),
            "" if message.word == StatusWord.BLOCKED else message.code,
        ]
        for message in iter_messages(campaign.dispatch_id, word=word, search=search)
    )
    return write_rows(stream, headers=headers, rows=rows, time_zone=zone)


def _titles() -> list[str]:
    return [
        _("Status"),
        _("Segments"),
        pgettext("moment", "Sent"),
        _("Receipt time"),
        _("Reason"),
        _("What to do"),
    ]


def _results(campaign: Campaign, upload: Upload) -> Iterator[RowResult]:
    """What to write at the right of each row, in the order of the file."""
    parts = [_refused(upload), _not_messages(upload, with_recipients=campaign.dispatch_id is None)]
    if campaign.dispatch_id is not None:
        parts.append(_sent(campaign, campaign.dispatch_id))
    return heapq.merge(*parts, key=lambda result: result.row_number)


def _sent(campaign: Campaign, dispatch_id: int) -> Iterator[RowResult]:
    zone = campaign.project.zone

    def shown(moment: datetime | None) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" if moment else ""

    for message in iter_messages(dispatch_id):
        values = [
            str(message.word.label),
            str(message.n_segments),
            shown(message.submitted_at),
            shown(message.final_at),
            _reason(message, zone),
            str(ADVICE.get(message.reason, "")),
        ]
        yield RowResult(message.owner_row, values)


def _reason_alone(message: MessageRow, zone: ZoneInfo) -> str:
    """Why it is where it is; of a blocked one which rule, its value and when it would have passed."""
    if message.word == StatusWord.BLOCKED:
        return blocked_words(message.reason, message.code, zone)
    return str(message.reason.label)


def _reason(message: MessageRow, zone: ZoneInfo) -> str:
    label = _reason_alone(message, zone)
    if message.word == StatusWord.BLOCKED:
        return label
    return f"{label} ({message.code})" if label and message.code else label or message.code


def _refused(upload: Upload) -> Iterator[RowResult]:
    status = _("Refused")
    for row in iter_refused(upload):
        yield RowResult(row.row_number, [status, "", "", "", row.label, row.advice])


def _not_messages(upload: Upload, *, with_recipients: bool) -> Iterator[RowResult]:
    """Duplicates, and before sending the rows that will be sent to."""
    duplicate = [_("Duplicate"), "", "", "", _("Same number and same text as a row above"), ""]
    ready = [_("Will be sent"), "", "", "", "", ""]
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_ROWS_AFTER, [upload.pk, after, with_recipients])
            rows = cursor.fetchall()
        for row_number, is_duplicate in rows:
            yield RowResult(row_number, duplicate if is_duplicate else ready)
        if not rows:
            return
        after = rows[-1][0]
