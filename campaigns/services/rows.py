"""Checked rows into PostgreSQL: by COPY, with the cursor and the counters in the same commit."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from campaigns.models import Upload
from campaigns.spreadsheets import ParsedRow, RowError
from campaigns.statuses import UploadStatus
from smsconsole.lib.copying import array_text, copy_rows, copy_text

# Zero rows: the upload was replaced or deleted, or another runner is further. `cursor` is where we think it is.
_ADVANCE = """
UPDATE campaigns_upload
SET cursor_row = %(last)s,
    n_rows = n_rows + %(taken)s + %(refused)s,
    n_recipients = n_recipients + %(taken)s,
    n_refused = n_refused + %(refused)s,
    n_landlines = n_landlines + %(landlines)s,
    progress = %(progress)s,
    heartbeat_at = clock_timestamp()
WHERE id = %(upload)s AND is_current AND status = 'reading' AND cursor_row = %(cursor)s
RETURNING n_rows, n_recipients, n_refused, n_landlines
"""
# Run again it marks the same rows: of equal ones the first stays. The duplicates go through an array because
# PostgreSQL knows nothing of a table just filled, and would join it with itself row by row, for hours.
MARK_DUPLICATES = """
UPDATE campaigns_recipient SET is_duplicate = true
WHERE upload_id = %(upload)s AND NOT is_duplicate AND row_number = ANY(ARRAY(
    SELECT row_number FROM (
        SELECT row_number, row_number() OVER (PARTITION BY msisdn, parameters ORDER BY row_number) AS nth
        FROM campaigns_recipient WHERE upload_id = %(upload)s
    ) ranked WHERE nth > 1
))
"""
_COUNT = """
SELECT count(*) FILTER (WHERE is_duplicate),
       count(*) FILTER (WHERE NOT is_duplicate) - count(DISTINCT msisdn)
FROM campaigns_recipient WHERE upload_id = %(upload)s
"""
_COUNT_REASONS = """
SELECT reason, count(*) FROM campaigns_refusedrow WHERE upload_id = %(upload)s GROUP BY reason ORDER BY 2 DESC, 1
"""


class UploadGone(Exception):
    """The upload was replaced or removed while it was read: whoever reads it stops."""


def store_rows(
    upload: Upload,
    rows: Sequence[ParsedRow],
    errors: Sequence[RowError],
    *,
    last_row: int,
    progress: float,
) -> None:
    """Store what was found up to `last_row`; all of it, or nothing. Raises `UploadGone`.

    The upload's row is locked first, so a file that is being replaced gets no further rows.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _ADVANCE,
            {
                "upload": upload.pk,
                "cursor": upload.cursor_row,
                "last": last_row,
                "taken": len(rows),
                "refused": len(errors),
                "landlines": sum([row.is_landline for row in rows]),
                "progress": progress,
            },
        )
        counts = cursor.fetchone()
        if counts is None:
            raise UploadGone
        _copy_recipients(cursor, upload.pk, rows)
        if errors:
            copy_rows(
                cursor,
                "campaigns_refusedrow",
                ["upload_id", "row_number", '"column"', "value", "reason"],
                [(upload.pk, e.row_number, e.column[:120], e.value[:200], e.reason.value) for e in errors],
            )
    upload.cursor_row, upload.progress = last_row, progress
    upload.n_rows, upload.n_recipients, upload.n_refused, upload.n_landlines = counts


def _copy_recipients(cursor: Any, upload_id: int, rows: Sequence[ParsedRow]) -> None:
    """As `copy_rows`, spelled out: only the parameters can hold anything that needs escaping."""
    if not rows:
        return
    text = "".join(
        [
            f"{upload_id}\t{number}\t{msisdn}\t{country}\t{copy_text(array_text(parameters))}\tf\n"
            for number, msisdn, country, _is_landline, parameters in rows
        ]
    )
    cursor.copy_expert(
        "COPY campaigns_recipient (upload_id, row_number, msisdn, country, parameters, is_duplicate) FROM STDIN",
        io.StringIO(text),
    )


def close_upload(upload: Upload, *, facts: dict[str, Any] | None = None) -> None:
    """Mark duplicates, count, and call the upload read. May be repeated. Raises `UploadGone`."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Sorting a million numbers on disk takes twice as long.
        cursor.execute("SET LOCAL work_mem = '96MB'")
        cursor.execute(MARK_DUPLICATES, {"upload": upload.pk})
        cursor.execute(_COUNT, {"upload": upload.pk})
        upload.n_duplicates, upload.n_same_number = cursor.fetchone()
        cursor.execute(_COUNT_REASONS, {"upload": upload.pk})
        upload.facts = {**upload.facts, **(facts or {}), "by_reason": dict(cursor.fetchall())}
        upload.status, upload.progress = UploadStatus.READ, 1.0
        n_closed = Upload.objects.filter(pk=upload.pk, is_current=True, status=UploadStatus.READING).update(
            status=upload.status,
            progress=upload.progress,
            facts=upload.facts,
            n_duplicates=upload.n_duplicates,
            n_same_number=upload.n_same_number,
        )
        if not n_closed:
            raise UploadGone
