"""The operator's own file back, with what became of each row at its right."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Final

from django.utils.translation import gettext as _

from campaigns.spreadsheets.delimited import Delimited
from campaigns.spreadsheets.types import CELL_DATE, CELL_ERROR, CELL_NUMBER, RawCell, RawRow
from campaigns.spreadsheets.workbook import Workbook
from campaigns.workbooks.formatted import is_openable, write_formatted
from campaigns.workbooks.plain import MAX_SHEET_COLUMNS, Value, streaming_workbook
from campaigns.workbooks.types import ResultSource, RowResult
from smsconsole.lib.msisdn import mask_written

MAX_FORMATTED_ROWS: Final = 50_000
_COLUMN_WIDTH: Final = 20.0


class ResultColumnsDoNotFit(ValueError):
    """The sheet is used up to its last column; there is no room at its right."""


def write_result_workbook(
    source_path: Path,
    stream: IO[bytes],
    *,
    source: ResultSource,
    titles: Sequence[str],
    results: Iterable[RowResult],
    masked_column: int | None = None,
) -> bool:
    """Write the file as .xlsx with the results, given in the order of its rows; say whether it looks as before.

    All columns stay in their order. A workbook keeps its formatting and other sheets up to 50 000 rows; a larger
    or odd one and every CSV come back plain, with flat memory. There is no formula cell either way: formulas
    become the values they had. With `masked_column` (counted from 0) the numbers in it are masked, and other
    sheets are left out. Raises `ResultColumnsDoNotFit`, and `FileRefused` for what cannot be read at all.
    """
    titles = [str(title) for title in titles]
    with closing(_open(source_path, source)) as file:
        n_columns, last_row = _measure(file, source)
        if n_columns + len(titles) > MAX_SHEET_COLUMNS:
            raise ResultColumnsDoNotFit
        if source.kind == "xlsx" and last_row <= MAX_FORMATTED_ROWS and is_openable(source_path):
            results = list(results)
            if _try_formatted(
                source_path,
                stream,
                source=source,
                titles=titles,
                results=results,
                n_columns=n_columns,
                masked_column=masked_column,
            ):
                return True
        merged = _merged(file.rows(source.sheet, range(n_columns)), iter(results))
        _write_plain(stream, source, titles, merged, n_columns, masked_column)
    return False


def _open(path: Path, source: ResultSource) -> Workbook | Delimited:
    if source.kind == "xlsx":
        return Workbook(path)
    return Delimited(path, encoding=source.encoding, separator=source.separator)


def _measure(file: Workbook | Delimited, source: ResultSource) -> tuple[int, int]:
    """How many columns and rows are in use. A sheet does not tell by itself, or lies."""
    last_row = max((row_number for row_number, _cells in file.rows(source.sheet, ())), default=0)
    return max(file.other_columns, default=-1) + 1, last_row


def _try_formatted(
    path: Path,
    stream: IO[bytes],
    *,
    source: ResultSource,
    titles: Sequence[str],
    results: Sequence[RowResult],
    n_columns: int,
    masked_column: int | None,
) -> bool:
    """Whether openpyxl could carry the workbook over; nothing is in the stream when it could not."""
    with tempfile.TemporaryFile() as copy:
        try:
            write_formatted(
                path,
                copy,
                source=source,
                titles=titles,
                results=results,
                n_columns=n_columns,
                masked_column=masked_column,
            )
        except Exception:
            # openpyxl raises nearly anything for pictures, themes and rules that it does not expect; the
            # plain copy needs none of them.
            return False
        copy.seek(0)
        shutil.copyfileobj(copy, stream)
    return True


def _merged(
    rows: Iterator[RawRow], results: Iterator[RowResult]
) -> Iterator[tuple[int, list[Value], Sequence[str]]]:
    """Rows with their results; both come in order and either may lack some of the other's rows."""
    result = next(results, None)
    for row_number, cells in rows:
        while result is not None and result.row_number < row_number:
            result = next(results, None)
        values: Sequence[str] = ()
        if result is not None and result.row_number == row_number:
            values = result.values
        yield row_number, [_plain(cell) for cell in cells], values


def _plain(cell: RawCell) -> Value:
    if not isinstance(cell, list):
        return cell
    # Dates and formatted numbers as the sheet shows them; a formula without its result has nothing to show.
    return str(cell[-1]) if cell[0] in {CELL_ERROR, CELL_DATE, CELL_NUMBER} else None


def _write_plain(
    stream: IO[bytes],
    source: ResultSource,
    titles: Sequence[str],
    rows: Iterator[tuple[int, list[Value], Sequence[str]]],
    n_columns: int,
    masked_column: int | None,
) -> None:
    with streaming_workbook(stream) as workbook:
        widths = [_COLUMN_WIDTH] * (n_columns + len(titles))
        # Translators: the name of a sheet
        sheet = workbook.add_sheet(_("Results"), widths=widths)
        for row_number, values, result in rows:
            is_header = row_number == source.header_row
            if masked_column is not None and masked_column < n_columns and not is_header:
                values[masked_column] = mask_written(values[masked_column])
            values += titles if is_header else result
            cell_format = workbook.bold if is_header else None
            workbook.write_row(sheet, row_number - 1, values, cell_format=cell_format)
