"""Which column holds the number, whether the first row is a header, which columns the text takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from campaigns.spreadsheets.columns import column_letters
from campaigns.spreadsheets.formats import plain_number
from campaigns.spreadsheets.types import (
    CELL_FORMULA,
    CELL_NUMBER,
    MAX_COLUMNS,
    FileFacts,
    RawCell,
    RawRow,
    ReadOptions,
    SheetFacts,
)
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from smsconsole.lib.types import RefusalReason

N_SHOWN_ROWS: Final = 5
_MAX_HEADING_CHARACTERS: Final = 100

# A cell refused for one of these is a telephone number all the same.
_NUMBERS_ALL_THE_SAME: Final = frozenset(
    {
        RefusalReason.NO_DEFAULT_COUNTRY,
        RefusalReason.NOT_VALID,
        RefusalReason.PREMIUM_NUMBER,
        RefusalReason.SERVICE_NUMBER,
        RefusalReason.GLOBAL_NUMBER,
        RefusalReason.HAS_EXTENSION,
        RefusalReason.SEVERAL_NUMBERS,
    }
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask the reader for and how to name it to people: the number's column first, then the parameters'."""

    columns: tuple[int, ...]
    titles: tuple[str, ...]
    # The header's row number, 0 without a header.
    header_row: int
    header: tuple[str, ...]
    # Placeholders that have no column, by name; each of their rows is refused.
    missing: tuple[str, ...]
    # The text is not known: whatever follows the number comes along, and nothing can be missing.
    are_parameters_optional: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What the reader saw of a file before it was told which columns to read."""

    kind: str
    sheets: tuple[SheetFacts, ...]
    sheet: str
    encoding: str
    separator: str
    first_rows: tuple[RawRow, ...]


def cell_text(cell: RawCell) -> str:
    """A cell as people see it; empty for a formula that was saved without its result."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, list):
        if cell[0] == CELL_FORMULA:
            return ""
        return str(cell[2] if cell[0] == CELL_NUMBER else cell[1])
    return plain_number(cell)


def make_facts(look: Look, options: ReadOptions) -> FileFacts:
    rows = [[cell_text(cell) for cell in cells] for _, cells in look.first_rows]
    width = max(_width(cells) for cells in rows)
    number_column = options.number_column
    if number_column is None:
        number_column = _guess_number_column(look.first_rows, width, options.default_country)
    has_header = options.has_header
    if has_header is None:
        has_header = _is_header(look.first_rows[0][1], number_column, options.default_country)
    shown = [
        (row_number, tuple(cell[:_MAX_HEADING_CHARACTERS] for cell in cells[:width]))
        for (row_number, _), cells in zip(look.first_rows[:N_SHOWN_ROWS], rows, strict=False)
    ]
    return FileFacts(
        kind=look.kind,
        sheets=look.sheets,
        sheet=look.sheet,
        encoding=look.encoding,
        separator=look.separator,
        number_column=number_column,
        has_header=has_header,
        header_row=look.first_rows[0][0] if has_header else 0,
        header=shown[0][1] if has_header else (),
        first_rows=tuple(shown),
    )


def make_plan(facts: FileFacts, options: ReadOptions) -> Plan:
    """Parameters follow the number's column in the order of `{1}`, `{2}`, or stand under their names."""
    number_column = facts.number_column
    names = options.placeholders
    missing: list[str] = []
    if names is None:
        width = max(len(cells) for _, cells in facts.first_rows)
        columns = list(range(number_column + 1, width))
    elif facts.has_header and not all(name.isdecimal() for name in names):
        columns = [_column_called(name, facts.header, number_column) for name in names]
        missing = [name for name, column in zip(names, columns, strict=True) if column < 0]
    else:
        columns = [
            number_column + (int(name) if name.isdecimal() else place)
            for place, name in enumerate(names, start=1)
        ]
    titles = [column_title(column, facts.header) for column in [number_column, *columns]]
    if missing and names is not None:
        titles[1:] = [
            title if column >= 0 else name
            for title, column, name in zip(titles[1:], columns, names, strict=True)
        ]
    return Plan(
        columns=(number_column, *columns),
        titles=tuple(titles),
        header_row=facts.header_row,
        header=facts.header,
        missing=tuple(missing),
        are_parameters_optional=names is None,
    )


def column_title(column: int, header: Sequence[str]) -> str:
    """A column's heading, else its letters."""
    heading = header[column] if 0 <= column < len(header) else ""
    return heading or (column_letters(column) if column >= 0 else "")


def name_columns(columns: set[int], header: Sequence[str]) -> tuple[list[str], int]:
    """Titles of the columns that are read, and how many lie beyond them."""
    within = sorted(column for column in columns if column < MAX_COLUMNS)
    return [column_title(column, header) for column in within], len(columns) - len(within)


def _width(cells: Sequence[str]) -> int:
    return max((place for place, cell in enumerate(cells, start=1) if cell), default=0)


def _column_called(name: str, header: Sequence[str], number_column: int) -> int:
    """The column headed `code`, `${code}` or `{code}`, in whatever case; -1 when there is none."""
    wanted = name.casefold()
    for column, heading in enumerate(header):
        if column != number_column and heading.strip().strip("${}").strip().casefold() == wanted:
            return column
    return -1


def _guess_number_column(rows: Sequence[RawRow], width: int, default_country: str | None) -> int:
    """The first column, unless it has no telephone number in the first rows and another has."""
    best, most = 0, 0
    for column in range(width):
        filled = [cells[column] for _, cells in rows if cells[column] is not None]
        n_numbers = sum(_is_number(cell, default_country) for cell in filled)
        if column == 0 and n_numbers:
            return 0
        # Of amounts and dates a few look like numbers.
        if n_numbers > most and 2 * n_numbers >= len(filled):
            best, most = column, n_numbers
    return best


def _is_number(cell: RawCell, default_country: str | None) -> bool:
    value = cell[1] if isinstance(cell, list) and cell[0] == CELL_NUMBER else cell
    if value is None or isinstance(value, (bool, list)):
        return False
    try:
        read_msisdn(value, default_country=default_country)
    except MsisdnError as error:
        return error.reason in _NUMBERS_ALL_THE_SAME
    return True


def _is_header(cells: Sequence[RawCell], number_column: int, default_country: str | None) -> bool:
    """Whether the first row names its columns: its number's cell is a text and no number, nor a damaged one."""
    cell = cells[number_column] if number_column < len(cells) else None
    if not isinstance(cell, str):
        return False
    try:
        read_msisdn(cell, default_country=default_country)
    except MsisdnError as error:
        return error.reason is RefusalReason.NOT_A_NUMBER
    return False
