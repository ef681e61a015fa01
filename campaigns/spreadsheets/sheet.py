"""The rows of a workbook's sheet, streamed from its XML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from openpyxl.utils.datetime import from_ISO8601

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
from campaigns.spreadsheets.xml import PartParser, names_of

_MAX_ROW: Final = 1_048_576
_DIGITS: Final = "0123456789"
# Longer than any number that a spreadsheet can hold.
_MAX_NUMBER_CHARACTERS: Final = 40
_TRUE: Final = frozenset({"1", "true"})

_CELL, _VALUE, _TEXT, _FORMULA, _ROW, _PHONETIC, _DATA = range(1, 8)
_KINDS: Final = {
    name: kind
    for local, kind in [
        ("c", _CELL),
        ("v", _VALUE),
        ("t", _TEXT),
        ("f", _FORMULA),
        ("row", _ROW),
        ("rPh", _PHONETIC),
        ("sheetData", _DATA),
    ]
    for name in names_of(local)
}


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


class _RowParser:
    """Collects rows from expat's events. The four handlers are the whole cost of an import: keep them lean."""

    def __init__(self, sheet: SheetPart, columns: Sequence[int]) -> None:
        self.sheet = sheet
        self.rows: list[RawRow] = []
        self.parser = PartParser(sheet.part)
        self._slots = {column: slot for slot, column in enumerate(columns)}
        self._n_columns = len(columns)
        self._convert = _converters(sheet)
        self._bind()

    def _bind(self) -> None:
        """The handlers, as closures: their variables cost half of what attributes would."""
        sheet, rows, slots, n_columns = self.sheet, self.rows, self._slots, self._n_columns
        convert, expat = self._convert, self.parser.expat
        note_column = sheet.other_columns.add
        kinds, cell_k, value_k, text_k, row_k = _KINDS, _CELL, _VALUE, _TEXT, _ROW
        characters: list[str] = []
        texts: list[str] = []
        cells: list[RawCell] = [None] * n_columns
        row_number = 0
        column = -1
        cell_type = "n"
        style: str | None = None
        value: str | None = None
        is_filled = is_hidden = has_formula = is_phonetic = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal column, cell_type, style, value, has_formula, is_phonetic
            nonlocal cells, row_number, is_filled, is_hidden
            kind = kinds.get(name)
            if kind is None:
                return
            if kind == cell_k:
                reference = attributes.get("r")
                column = column + 1 if reference is None else column_of_letters(reference.rstrip(_DIGITS))
                if not 0 <= column < MAX_SHEET_COLUMNS:
                    raise sheet_damaged(sheet.part, f"cell {str(reference)[:20]} after row {row_number}")
                cell_type = attributes.get("t", "n")
                style = attributes.get("s")
                value = None
                has_formula = False
                if texts:
                    texts.clear()
            elif kind in (value_k, text_k):
                characters.clear()
            elif kind == row_k:
                row_number = _next_row_number(attributes.get("r"), row_number, sheet.part)
                is_hidden = attributes.get("hidden") in _TRUE
                cells = [None] * n_columns
                column = -1
                is_filled = False
            elif kind == _FORMULA:
                has_formula = True
            elif kind == _PHONETIC:
                is_phonetic = True

        def end(name: str) -> None:
            nonlocal value, is_filled, is_phonetic
            kind = kinds.get(name)
            if kind is None:
                return
            if kind == cell_k:
                if cell_type == "inlineStr":
                    value = "".join(texts)
                if not value and (not has_formula or cell_type == "str"):
                    return
                cell = convert(cell_type, value, style, row_number, column) if value else [CELL_FORMULA]
                if cell == "":
                    return
                is_filled = True
                slot = slots.get(column)
                if slot is None:
                    note_column(column)
                else:
                    cells[slot] = cell
            elif kind == value_k:
                value = "".join(characters)
            elif kind == text_k:
                if not is_phonetic:
                    texts.append("".join(characters))
            elif kind == row_k:
                if is_filled:
                    sheet.n_hidden_rows += is_hidden
                    rows.append((row_number, cells))
            elif kind == _PHONETIC:
                is_phonetic = False
            elif kind == _DATA:
                # What follows (merges, rules, pictures) is only checked to be XML.
                expat.StartElementHandler = expat.EndElementHandler = expat.CharacterDataHandler = None

        expat.StartElementHandler = start
        expat.EndElementHandler = end
        expat.CharacterDataHandler = characters.append


def read_sheet(sheet: SheetPart, chunks: Iterator[bytes], columns: Sequence[int]) -> Iterator[RawRow]:
    """The filled rows with the cells of `columns` (counted from 0), each with the number the sheet shows."""
    reading = _RowParser(sheet, columns)
    rows, feed = reading.rows, reading.parser.feed
    for chunk in chunks:
        feed(chunk)
        yield from rows
        rows.clear()
    feed(b"", is_last=True)
    yield from rows


def sheet_damaged(part: str, detail: str) -> FileRefused:
    return FileRefused(FileRefusal.DAMAGED_PART, part=part, detail=detail)


def _next_row_number(written: str | None, previous: int, part: str) -> int:
    """Rows must rise: a number that comes twice would be two recipients with one name."""
    if written is None:
        return previous + 1
    try:
        number = int(written)
    except ValueError:
        raise sheet_damaged(part, f"row {written[:20]!r}") from None
    if number <= previous:
        raise FileRefused(FileRefusal.ROWS_OUT_OF_ORDER, row=number, previous=previous)
    if number > _MAX_ROW:
        raise sheet_damaged(part, f"row {number}")
    return number


def _converters(sheet: SheetPart) -> Callable[[str, str, str | None, int, int], RawCell]:
    """A function from a cell as written to a cell as handed on; an empty text stands for an empty cell."""
    strings, formats, n_formats = sheet.strings, sheet.formats, len(sheet.formats)
    limit = sheet.max_characters

    def convert(cell_type: str, value: str, style: str | None, row: int, column: int) -> RawCell:
        if cell_type == "s":
            try:
                return strings[int(value)].strip()[:limit]
            except (ValueError, IndexError):
                cell = f"{column_letters(column)}{row}"
                raise FileRefused(FileRefusal.MISSING_TEXT, cell=cell) from None
        if cell_type == "inlineStr" or cell_type == "str":
            return unescape(value).strip()[:limit]
        if cell_type == "n":
            number = _number(value)
            if style is None or isinstance(number, str):
                return number
            index = int(style) if style.isdecimal() else n_formats
            show = formats[index] if index < n_formats else None
            return number if show is None else show(number)
        if cell_type == "b":
            return value.strip() in _TRUE
        if cell_type == "e":
            return [CELL_ERROR, value[:40]]
        if cell_type == "d":
            return _iso_date(value)
        return value.strip()[:limit]

    return convert


def _number(value: str) -> int | float | str:
    """A number, or the text that stands where one should be."""
    if len(value) <= _MAX_NUMBER_CHARACTERS:
        try:
            return int(value)
        except ValueError:
            pass
        try:
            number = float(value)
        except ValueError:
            return value.strip()
        # Not finite: no spreadsheet writes it.
        return number if abs(number) < float("inf") else value.strip()
    return value.strip()[:MAX_CELL_CHARACTERS]


def _iso_date(value: str) -> RawCell:
    try:
        moment = from_ISO8601(value)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        return value.strip()[:MAX_CELL_CHARACTERS]
    return [CELL_DATE, show_moment(moment)]
