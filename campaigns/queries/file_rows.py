"""Where a number stands in the files of a project: accepted, refused, or a duplicate; in bounded time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from campaigns.models import Campaign, Upload
from campaigns.reasons import words_for
from smsconsole.lib.numbering_plans import calling_code_of

# No index knows the numbers in files: so many rows are looked through, the newest files first.
MOST_ROWS: Final = 500_000
_MOST_FILES: Final = 50
_MOST_FOUND: Final = 20
_SHORTEST: Final = 5

_ACCEPTED = """
SELECT upload_id, row_number, is_duplicate FROM campaigns_recipient
WHERE upload_id = ANY(%(uploads)s::bigint[]) AND msisdn = %(msisdn)s
ORDER BY upload_id DESC, row_number LIMIT %(limit)s
"""
# The loose pattern costs a tenth of the replacement, and leaves few cells to it.
_REFUSED = """
SELECT upload_id, row_number, value, reason FROM campaigns_refusedrow
WHERE upload_id = ANY(%(uploads)s::bigint[]) AND value LIKE %(loose)s
  AND regexp_replace(value, '[^0-9]', '', 'g') LIKE %(like)s
ORDER BY upload_id DESC, row_number LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row that holds the number. `first_row` is the one that a duplicate repeats, `label` why a row was refused."""

    campaign: Campaign
    upload: Upload
    row_number: int
    is_duplicate: bool = False
    first_row: int | None = None
    label: str = ""
    advice: str = ""
    value: str = ""

    @property
    def is_refused(self) -> bool:
        return bool(self.label)


@dataclass(frozen=True, slots=True)
class FileRows:
    """What was found in the `n_files` newest files; `is_partial` when older ones were not looked into."""

    rows: list[FileRow]
    n_files: int
    is_partial: bool


def file_rows(uploads: Sequence[Upload], *, msisdn: str | None, written: str) -> FileRows:
    """The rows of these files, newest first, that hold the number, or cells that end like what was written.

    A row that was refused for another reason than its number is not found: its number was not kept. Two statements.
    """
    looked_into: list[Upload] = []
    n_rows = 0
    for upload in uploads:
        n_rows += upload.n_rows
        if looked_into and n_rows > MOST_ROWS:
            break
        looked_into.append(upload)
    is_partial = len(looked_into) < len(uploads)
    by_id = {upload.pk: upload for upload in looked_into}
    rows: list[FileRow] = []
    values: dict[str, Any] = {"uploads": list(by_id), "limit": _MOST_FOUND}
    with connection.cursor() as cursor:
        if msisdn is not None:
            cursor.execute(_ACCEPTED, {**values, "msisdn": msisdn})
            rows += _accepted(cursor.fetchall(), by_id)
        digits = _digits_of(msisdn, written)
        if len(digits) >= _SHORTEST:
            cursor.execute(_REFUSED, {**values, "like": f"%{digits}", "loose": f"%{'%'.join(digits)}%"})
            rows += [_refused(by_id[upload], *row) for upload, *row in cursor.fetchall()]
    rows.sort(key=lambda row: (-row.upload.pk, row.row_number))
    return FileRows(rows, len(looked_into), is_partial)


def newest_files(project_id: int, campaign: Campaign | None) -> list[Upload]:
    """The files of a campaign, or of the project's newest campaigns, newest first. One statement."""
    found = Upload.objects.filter(is_current=True, campaign__project=project_id).select_related("campaign")
    if campaign is not None:
        found = found.filter(campaign=campaign)
    return list(found.defer("facts").order_by("-pk")[:_MOST_FILES])


def _digits_of(msisdn: str | None, written: str) -> str:
    """What the cells have to end with: the number as it is dialled at home, or the digits that were typed."""
    if msisdn is None:
        return re.sub(r"[^0-9]", "", written)
    digits = msisdn.removeprefix("+")
    return digits.removeprefix(calling_code_of(digits) or "")


def _accepted(found: Sequence[tuple[int, int, bool]], uploads: dict[int, Upload]) -> list[FileRow]:
    firsts: dict[int, int] = {}
    for upload_id, row_number, is_duplicate in found:
        if not is_duplicate:
            firsts.setdefault(upload_id, row_number)
    return [
        FileRow(
            uploads[upload_id].campaign,
            uploads[upload_id],
            row_number,
            is_duplicate=is_duplicate,
            first_row=firsts.get(upload_id) if is_duplicate else None,
        )
        for upload_id, row_number, is_duplicate in found
    ]


def _refused(upload: Upload, row_number: int, value: str, reason: str) -> FileRow:
    words = words_for(reason)
    return FileRow(
        upload.campaign,
        upload,
        row_number,
        label=str(words.label),
        advice=str(words.advice),
        value=value,
    )
