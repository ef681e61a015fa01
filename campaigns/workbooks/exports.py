"""Tables as workbooks to take away."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import IO, Final

from django.utils.translation import gettext as _

from campaigns.workbooks.plain import MAX_SHEET_ROWS, StreamingWorkbook, Value, streaming_workbook

_COLUMN_WIDTH: Final = 20.0
# Excel's calendar begins in 1900.
_FIRST_YEAR: Final = 1900


def write_rows(
    stream: IO[bytes],
    *,
    headers: Sequence[str],
    rows: Iterable[Sequence[Value]],
    time_zone: datetime.tzinfo = datetime.UTC,
) -> int:
    """Write a table and say how many rows it has; numbers given as `str` stay text, nothing is a formula.

    Memory stays flat. Times with a zone are shown in `time_zone`. What does not fit on one sheet goes on on the
    next, under the same headers.
    """
    n_rows = 0
    remaining = iter(rows)
    with streaming_workbook(stream) as workbook:
        for number in range(1, 1_000):
            n_rows += _write_sheet(
                workbook, number, headers, islice(remaining, MAX_SHEET_ROWS - 1), time_zone
            )
            following = next(remaining, None)
            if following is None:
                break
            remaining = chain([following], remaining)
    return n_rows


def _write_sheet(
    workbook: StreamingWorkbook,
    number: int,
    headers: Sequence[str],
    rows: Iterator[Sequence[Value]],
    time_zone: datetime.tzinfo,
) -> int:
    # Translators: the name of a sheet of an exported workbook
    title = _("Export %(number)s") % {"number": number} if number > 1 else _("Export")
    sheet = workbook.add_sheet(title, widths=[_COLUMN_WIDTH] * len(headers))
    sheet.freeze_panes(1, 0)
    workbook.write_row(sheet, 0, [str(header) for header in headers], cell_format=workbook.bold)
    row_number = 0
    for row_number, row in enumerate(rows, start=1):
        workbook.write_row(sheet, row_number, [_shown(value, time_zone) for value in row])
    return row_number


def _shown(value: Value, time_zone: datetime.tzinfo) -> Value:
    if isinstance(value, datetime.date):
        if value.year < _FIRST_YEAR:
            return value.isoformat()
        if isinstance(value, datetime.datetime) and value.tzinfo is not None:
            return value.astimezone(time_zone).replace(tzinfo=None)
    return value
