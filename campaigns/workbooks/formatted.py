"""A workbook carried over by openpyxl with its formatting, its formulas replaced by their values."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import IO, Final, cast

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from campaigns.spreadsheets.archive import GuardedArchive
from campaigns.spreadsheets.columns import column_of_letters
from campaigns.spreadsheets.refusals import FileRefused
from campaigns.spreadsheets.xml import PartParser, names_of
from campaigns.workbooks.plain import TEXT_FORMAT, clean_text
from campaigns.workbooks.types import ResultSource, RowResult
from smsconsole.lib.msisdn import mask_written

# openpyxl holds a workbook in memory, at five to ten times what it unpacks to ...
_MAX_BYTES: Final = 64 << 20
# ... and makes an object for every cell of a merged or linked range: 17 billion for A1:XFD1048576.
_MAX_RANGE_CELLS: Final = 200_000
_RANGES: Final = names_of("mergeCell") | names_of("hyperlink")
_RANGE: Final = re.compile("([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_RESULT_WIDTH: Final = 20.0


def is_openable(path: Path) -> bool:
    """Whether openpyxl can hold the workbook in a few hundred megabytes. Its other limits are errors."""
    with GuardedArchive(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > _MAX_BYTES:
            return False
        # Sheets may be parts of any name. What is no XML, openpyxl does not read either.
        n_cells = 0
        for name in archive.namelist():
            with suppress(FileRefused):
                n_cells += _n_range_cells(archive, name)
    return n_cells <= _MAX_RANGE_CELLS


def _n_range_cells(archive: GuardedArchive, part: str) -> int:
    n_cells = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal n_cells
        if name in _RANGES and ":" in attributes.get("ref", ""):
            corners = _RANGE.fullmatch(attributes["ref"])
            if corners is None:
                n_cells += _MAX_RANGE_CELLS + 1
                return
            n_columns = column_of_letters(corners[3]) - column_of_letters(corners[1]) + 1
            n_cells += abs(n_columns * (int(corners[4]) - int(corners[2]) + 1))

    parser = PartParser(part)
    parser.expat.StartElementHandler = start
    for chunk in archive.chunks(part):
        parser.feed(chunk)
    parser.feed(b"", is_last=True)
    return n_cells


def write_formatted(
    path: Path,
    stream: IO[bytes],
    *,
    source: ResultSource,
    titles: Sequence[str],
    results: Sequence[RowResult],
    n_columns: int,
    masked_column: int | None,
) -> None:
    """Raises whatever openpyxl raises for a workbook that it cannot load or save."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers and extensions that it leaves out
        workbook = openpyxl.load_workbook(path, data_only=True, keep_links=False)
    worksheet = workbook[source.sheet]
    if masked_column is not None:
        _keep_only(workbook, worksheet)
        _mask(worksheet, masked_column + 1, source.header_row)
    _add_results(worksheet, source.header_row, titles, results, n_columns)
    for each in workbook.worksheets:
        for cell in _cells(each):
            _forget_formula(cell)
    workbook.active = worksheet
    workbook.save(stream)


def _cells(worksheet: Worksheet) -> list[Cell]:
    # `iter_rows` would make a cell for every gap, a million of them for one cell in the last row.
    return [cell for cell in worksheet._cells.values() if isinstance(cell, Cell)]


def _forget_formula(cell: Cell) -> None:
    """Formulas are values by now; but openpyxl also takes a text for one that begins with "="."""
    if isinstance(cell.value, str):
        if cell.data_type != "e":
            cell.data_type = "s"
    elif cell.data_type == "f":
        cell.value = None


def _keep_only(workbook: Workbook, worksheet: Worksheet) -> None:
    """Without what else could hold the numbers: other sheets, names, the rows kept with a pivot table."""
    for name in workbook.sheetnames:
        if name != worksheet.title:
            del workbook[name]
    workbook.defined_names.clear()
    worksheet._pivots = []  # type: ignore[attr-defined]


def _mask(worksheet: Worksheet, column: int, header_row: int) -> None:
    for cell in _cells(worksheet):
        if cell.column == column and cell.row != header_row:
            cell.hyperlink = None
            cell.comment = None
            if cell.value is not None:
                _set_text(cell, mask_written(cell.value))


def _add_results(
    worksheet: Worksheet,
    header_row: int,
    titles: Sequence[str],
    results: Sequence[RowResult],
    n_columns: int,
) -> None:
    # Blanks and the cells of merged ranges count too: they are the operator's.
    used = [cell.column for cell in _cells(worksheet) if cell.value is not None]
    used += [merged.max_col for merged in worksheet.merged_cells.ranges]
    last_column = max([n_columns, *used])
    if header_row:
        neighbour = worksheet.cell(header_row, max(1, last_column))  # may be the end of a merged title
        for column, title in enumerate(titles, start=last_column + 1):
            cell = _cell(worksheet, header_row, column)
            _set_text(cell, title)
            cell._style = copy(neighbour._style)  # type: ignore[attr-defined,union-attr]
    _make_room(worksheet, last_column, len(titles))
    for result in results:
        for column, value in enumerate(result.values, start=last_column + 1):
            if value:
                cell = _cell(worksheet, result.row_number, column)
                _set_text(cell, value)
                cell.number_format = TEXT_FORMAT


def _make_room(worksheet: Worksheet, last_column: int, n_columns: int) -> None:
    """Give the result columns a width of their own, and show them if all to the right was hidden.

    Excel calls a file damaged where two column descriptions overlap, so those in use end where results begin.
    """
    for letter, dimension in list(worksheet.column_dimensions.items()):
        dimension.reindex()
        if dimension.min is not None and dimension.min > last_column:
            del worksheet.column_dimensions[letter]
        elif dimension.max is not None and dimension.max > last_column:
            dimension.max = last_column
    for column in range(last_column + 1, last_column + 1 + n_columns):
        worksheet.column_dimensions[get_column_letter(column)].width = _RESULT_WIDTH


def _cell(worksheet: Worksheet, row: int, column: int) -> Cell:
    """A cell right of every merged range, so it is none of those without a value of their own."""
    return cast(Cell, worksheet.cell(row, column))


def _set_text(cell: Cell, text: str) -> None:
    cell.value = clean_text(text)
    cell.data_type = "s"
