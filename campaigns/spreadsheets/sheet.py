"""The rows of a workbook's sheet, as openpyxl's parser of worksheets understands them."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree.ElementTree import Element  # nosec B405

from openpyxl.worksheet._reader import (
    DATA_TAG,
    FORMULA_TAG,
    INLINE_STRING,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)
from openpyxl.xml.constants import SHEET_MAIN_NS

from campaigns.spreadsheets.columns import MAX_SHEET_COLUMNS, column_letters, column_of_letters
from campaigns.spreadsheets.formats import CellFormat, show_moment
from campaigns.spreadsheets.refusals import FileRefusal, FileRefused
from campaigns.spreadsheets.strings import SharedStrings, unescape
from campaigns.spreadsheets.types import (
    CELL_DATE,
    CELL_ERROR,
    CELL_FORMULA,
    MAX_CELL_CHARACTERS,
    RawCell,
    RawRow,
)
from campaigns.spreadsheets.xml import finished_children

_TEXT_TAG: Final = f"{{{SHEET_MAIN_NS}}}t"
_MAX_ROW: Final = 1_048_576
_DIGITS: Final = "0123456789"
_MAX_NUMBER: Final = sys.float_info.max
_TRUE: Final = frozenset({"1", "true"})


@dataclass(slots=True)
class SheetPart:
    """What reading a sheet needs, and what is noted while it is read."""

    part: str
    strings: SharedStrings
    formats: Sequence[CellFormat | None]
    # Longer texts are cut.
    max_characters: int = MAX_CELL_CHARACTERS
    n_hidden_rows: int = 0
    # Filled columns that were not asked for, counted from 0.
    other_columns: set[int] = field(default_factory=set)


class _RowParser(WorkSheetParser):
    """openpyxl's parser of rows and cells. Each method that is overridden says why."""

    def __init__(self, sheet: SheetPart, chunks: Iterator[bytes], columns: Sequence[int]) -> None:
        # No style is said to be a date, so that numbers come as they are written: `formats` shows dates, too.
        super().__init__(None, sheet.strings, data_only=True)  # type: ignore[arg-type]
        self.sheet = sheet
        self._chunks = chunks
        self._slots = {column: slot for slot, column in enumerate(columns)}
        self._last_filled_row = 0

    def parse(self) -> Generator[RawRow]:
        """Overridden for time and memory: `xml` says what openpyxl's loop costs."""
        for element in finished_children(self.sheet.part, self._chunks, DATA_TAG):
            if element.tag != ROW_TAG:
                continue
            previous = self.row_counter
            number, found = self.parse_row(element)
            if number <= previous:
                # A number that came twice would be two recipients with one name.
                raise FileRefused(FileRefusal.ROWS_OUT_OF_ORDER, row=number, previous=previous)
            if number > _MAX_ROW:
                raise sheet_damaged(self.sheet.part, f"row {number}")
            if self._last_filled_row != number:
                continue
            self.sheet.n_hidden_rows += element.get("hidden") in _TRUE
            cells: list[RawCell] = [None] * len(self._slots)
            for cell in found:
                if cell:
                    cells[cell["slot"]] = cell["value"]
            yield number, cells

    def parse_row(self, row: Element) -> tuple[int, list[dict[str, Any]]]:  # type: ignore[override]
        """Overridden to name the row that has no number, and to forget its height and style."""
        try:
            parsed = super().parse_row(row)  # type: ignore[arg-type]
        except ValueError as error:
            raise sheet_damaged(self.sheet.part, f"row {row.get('r', '')[:20]!r}") from error
        self.row_dimensions.clear()
        return parsed

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """Overridden to pass over what nobody asked for, and to hand the value on as the sheet shows it.

        Empty for a cell that is empty or in a column which is only noted.
        """
        column = self._column_of(element.get("r"))
        slot = self._slots.get(column)
        if slot is None and column in self.sheet.other_columns and self._last_filled_row == self.row_counter:
            self.col_counter = column + 1
            return {}
        _simplify(element)
        try:
            value = self._shown(super().parse_cell(element), element)
        except (FileRefused, MemoryError):
            raise
        except Exception as error:
            value = self._as_written(element, column, error)
        if value is None or value == "":
            return {}
        self._last_filled_row = self.row_counter
        if slot is None:
            self.sheet.other_columns.add(column)
            return {}
        return {"slot": slot, "value": value}

    def _column_of(self, reference: str | None) -> int:
        if not reference:
            column = self.col_counter
        else:
            letters = reference.rstrip(_DIGITS)
            column = column_of_letters(letters) if letters != reference else -1
        if not 0 <= column < MAX_SHEET_COLUMNS:
            detail = f"cell {str(reference)[:20]} in row {self.row_counter}"
            raise sheet_damaged(self.sheet.part, detail)
        return column

    def _shown(self, cell: dict[str, Any], element: Element) -> RawCell:
        """openpyxl's cell as one that is handed on."""
        value, kind = cell["value"], cell["data_type"]
        if value is None or value == "":
            # openpyxl does not tell a formula without a result from an empty cell; an empty text is a result.
            is_unknown = element.get("t") != "str" and element.find(FORMULA_TAG) is not None
            return [CELL_FORMULA] if is_unknown else None
        if kind == "s":
            text: str = value if element.get("t") == "s" else unescape(value)
            return text.strip()[: self.sheet.max_characters]
        if kind == "n":
            return self._shown_number(value, cell["style_id"])
        if kind == "b":
            return bool(value)
        if kind == "e":
            return [CELL_ERROR, value[:40]]
        if kind == "d":
            return [CELL_DATE, show_moment(value)]
        return str(value).strip()[: self.sheet.max_characters]

    def _shown_number(self, value: int | float, style: int) -> RawCell:
        if not -_MAX_NUMBER <= value <= _MAX_NUMBER:
            raise OverflowError("no spreadsheet can hold it")
        formats = self.sheet.formats
        show = formats[style] if 0 <= style < len(formats) else None
        return value if show is None else show(value)

    def _as_written(self, element: Element, column: int, error: Exception) -> RawCell:
        """What stands in a cell of which openpyxl makes nothing; texts that it cannot find refuse the file."""
        kind = element.get("t", "n")
        place = f"{column_letters(column)}{self.row_counter}"
        if kind == "s":
            raise FileRefused(FileRefusal.MISSING_TEXT, cell=place) from error
        if kind == "inlineStr":
            raise sheet_damaged(self.sheet.part, f"cell {place}: {type(error).__name__}") from error
        text = element.findtext(VALUE_TAG, "").strip()
        return text in _TRUE if kind == "b" else text[: self.sheet.max_characters]


def _simplify(element: Element) -> None:
    """A plain inline text written as a value, as a formula's text is.

    Of each inline text openpyxl makes the objects of a rich one, which takes nearly half of the time of reading.
    """
    if element.get("t") == "inlineStr":
        inline = element.find(INLINE_STRING)
        if inline is not None and len(inline) == 1 and inline[0].tag == _TEXT_TAG:
            inline[0].tag = VALUE_TAG
            element[:] = inline[:]
            element.set("t", "str")


def read_sheet(sheet: SheetPart, chunks: Iterator[bytes], columns: Sequence[int]) -> Iterator[RawRow]:
    """The filled rows with the cells of `columns` (counted from 0), each with the number the sheet shows."""
    return _RowParser(sheet, chunks, columns).parse()


def sheet_damaged(part: str, detail: str) -> FileRefused:
    return FileRefused(FileRefusal.DAMAGED_PART, part=part, detail=detail)
