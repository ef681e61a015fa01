"""What a workbook of results is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class RowResult(NamedTuple):
    """What is to stand at the right of a row, one value for each title."""

    row_number: int
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class ResultSource:
    """How the file was read. `header_row` is 0 without a header; an .xlsx has no encoding and separator."""

    kind: str  # "xlsx" or "csv"
    sheet: str = ""
    header_row: int = 0
    encoding: str | None = None
    separator: str | None = None
