"""Streaming .xlsx writing: constant memory, text stays text, nothing ever becomes a formula."""

from __future__ import annotations

import datetime
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, Final, TypeAlias

import xlsxwriter

Value: TypeAlias = str | int | float | bool | datetime.date | datetime.datetime | None

MAX_SHEET_ROWS: Final = 1_048_576
MAX_SHEET_COLUMNS: Final = 16_384
# Excel's limit for a cell, in UTF-16 units.
MAX_CELL_UNITS: Final = 32_767
# Excel computes with 15 significant digits: a longer number is kept only as text.
_MAX_EXACT_NUMBER: Final = 10**15
# No XML may hold these, nor half of a surrogate pair.
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A format of its own keeps =, +, - and @ text when somebody edits the cell, and 00123 what it is.
TEXT_FORMAT: Final = "@"
DATE_FORMAT: Final = "yyyy-mm-dd"
DATE_TIME_FORMAT: Final = "yyyy-mm-dd hh:mm:ss"


def clean_text(text: str) -> str:
    """The text as a cell can hold it: without control characters, no longer than Excel allows."""
    if not text.isprintable():
        text = _NOT_IN_XML.sub("", text)
    if len(text) > MAX_CELL_UNITS // 2:
        text = text.encode("utf-16-le")[: 2 * MAX_CELL_UNITS].decode("utf-16-le", "ignore")
    # xlsxwriter takes such a text for markup of its own and writes it as it is, with whatever cells it holds.
    if text.startswith("<r>") and text.endswith("</r>"):
        text = f" {text}"
    return text


@contextmanager
def streaming_workbook(stream: IO[bytes]) -> Iterator[StreamingWorkbook]:
    """A workbook that is complete in the stream when the block ends without an exception."""
    # Its own folder, because xlsxwriter leaves its files behind when rows end in an exception.
    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        workbook = xlsxwriter.Workbook(
            stream,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        workbook.use_zip64()
        yield StreamingWorkbook(workbook)
        workbook.close()


class StreamingWorkbook:
    """Sheets whose rows are written once, from the top."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self.bold = workbook.add_format({"bold": True, "num_format": TEXT_FORMAT})
        self.text = workbook.add_format({"num_format": TEXT_FORMAT})
        self.wrapped = workbook.add_format({"num_format": TEXT_FORMAT, "text_wrap": True, "valign": "top"})
        self._date = workbook.add_format({"num_format": DATE_FORMAT})
        self._date_time = workbook.add_format({"num_format": DATE_TIME_FORMAT})

    def add_sheet(self, title: str, *, widths: Sequence[float] = ()) -> Any:
        """A sheet with columns of these widths, all of them formatted as text."""
        sheet = self._workbook.add_worksheet(title)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, self.text)
        return sheet

    def write_row(self, sheet: Any, row: int, values: Iterable[Value], *, cell_format: Any = None) -> None:
        """Rows and columns count from 0. Dates must be naive: a cell has no time zone."""
        for column, value in enumerate(values):
            self._write(sheet, row, column, value, cell_format)

    def _write(self, sheet: Any, row: int, column: int, value: Value, cell_format: Any) -> None:
        # Each kind by its own method: the general `write` guesses, and its guesses include formulas.
        if isinstance(value, str):
            if value:
                sheet.write_string(row, column, clean_text(value), cell_format or self.text)
        elif value is None:
            return
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, (int, float)):
            if abs(value) < _MAX_EXACT_NUMBER:
                sheet.write_number(row, column, value)
            else:  # not a number and infinity too
                sheet.write_string(row, column, str(value), self.text)
        elif isinstance(value, datetime.datetime):
            sheet.write_datetime(row, column, value, self._date_time)
        else:
            sheet.write_datetime(row, column, value, self._date)
