"""What goes into and comes out of reading a file of recipients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from smsconsole.lib.types import RefusalReason, Region

# A spreadsheet may have 16 384 columns; a text has far fewer placeholders.
MAX_COLUMNS: Final = 64
# Of these the header, the number column and the first rows shown are made out.
N_FIRST_ROWS: Final = 20
# Excel's own limit for the text of a cell.
MAX_CELL_CHARACTERS: Final = 32_767
MAX_PARAMETER_CHARACTERS: Final = 500
# Longer cells are cut to this on their way: enough to see that they are too long.
MAX_HANDED_ON_CHARACTERS: Final = 600

# A cell on its way from the reader to the checks, as JSON carries it: text, number, truth or nothing as they
# are; what needs a word beside its value as a list that begins with one of these.
#   ["e", "#N/A"]                   an error value
#   ["f"]                           a formula that was saved without its result
#   ["d", "2026-03-21 13:20"]       a date, a time or a duration, as the sheet shows it
#   ["n", 1234, "001234"]           a number, and how the sheet shows it
CELL_ERROR: Final = "e"
CELL_FORMULA: Final = "f"
CELL_DATE: Final = "d"
CELL_NUMBER: Final = "n"
RawCell: TypeAlias = str | int | float | bool | list[Any] | None
# The row number that the spreadsheet shows, and the cells that were asked for.
RawRow: TypeAlias = tuple[int, list[RawCell]]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the operator chose, what the text needs and what the campaign is for.

    None means: find out. Columns count from 0. `placeholders` are `["1", "2"]` or `["name", "code"]`; None means
    that the text is not known and nothing but the number is checked. Without `region` any number is taken.
    """

    sheet: str | None = None
    number_column: int | None = None
    has_header: bool | None = None
    encoding: str | None = None
    separator: str | None = None
    placeholders: tuple[str, ...] | None = ()
    region: Region | None = None
    home_country: str = "CN"
    default_country: str | None = None
    max_rows: int = 1_000_000
    # Says what is wrong with the values of a row, as a code of `RefusalReason`; None asks nothing.
    value_problem: Callable[[Iterable[str]], str | None] | None = None
    # Rows up to this number were taken by an earlier run; they are passed over unchecked.
    after_row: int = 0


@dataclass(frozen=True, slots=True)
class SheetFacts:
    name: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a look at the beginning of a file tells. `sheet`, `number_column` and `has_header` are proposals."""

    kind: str  # "xlsx" or "csv"
    sheets: tuple[SheetFacts, ...]
    sheet: str
    encoding: str
    separator: str
    number_column: int
    has_header: bool
    header_row: int
    header: tuple[str, ...]
    # (row number, the cells as text) of the first five rows, the header among them.
    first_rows: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def is_sheet_hidden(self) -> bool:
        return any(sheet.is_hidden for sheet in self.sheets if sheet.name == self.sheet)


class ParsedRow(NamedTuple):
    """A row that can be sent to."""

    row_number: int
    msisdn: str
    country: str
    is_landline: bool
    parameters: tuple[str, ...]


class RowError(NamedTuple):
    """A row that cannot: in which column (its heading or letter), what stood there, why."""

    row_number: int
    column: str
    value: str
    reason: RefusalReason


@dataclass(slots=True)
class Chunk:
    """Some rows of the file in their order, and how far reading has come."""

    rows: list[ParsedRow]
    errors: list[RowError]
    # Every row up to this number has been handed out: where a re-run continues.
    last_row: int
    n_landlines: int
    # 0 to 1 of the file.
    progress: float


@dataclass(slots=True)
class ImportReport:
    """What is to be said about the file as a whole; complete when the last chunk has been handed out."""

    n_rows: int = 0
    n_taken: int = 0
    n_refused: int = 0
    n_landlines: int = 0
    by_reason: dict[RefusalReason, int] = field(default_factory=dict)
    header_row: int = 0
    # Headings or letters of filled columns that no placeholder asks for.
    surplus_columns: list[str] = field(default_factory=list)
    # Filled columns beyond the last one that is read.
    n_columns_beyond: int = 0
    # Placeholders for which the file has no column.
    missing_columns: list[str] = field(default_factory=list)
    n_hidden_rows: int = 0
    is_sheet_hidden: bool = False
    # Cells that the text takes as dates: their form is worth a look.
    n_dates: int = 0
