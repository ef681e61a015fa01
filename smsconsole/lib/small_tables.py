"""Small lists that people upload (.txt, .csv, .xlsx), read under limits. Recipient files are read elsewhere."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from enum import StrEnum
from typing import IO, Any, Final, NamedTuple
from xml.etree.ElementTree import ParseError  # nosec B405

import openpyxl
from defusedxml.common import DefusedXmlException

MAX_CELLS: Final = 10
MAX_CELL_CHARACTERS: Final = 300
# openpyxl holds the shared strings in memory.
MAX_UNPACKED_BYTES: Final = 128 << 20
MAX_PARTS: Final = 500
_ENCODINGS: Final = ("utf-8-sig", "gb18030")


class TableProblem(StrEnum):
    """Why a file cannot be read as a whole."""

    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    UNREADABLE = "unreadable"
    OLD_WORKBOOK = "old_workbook"
    EMPTY = "empty"


class TableRefused(Exception):
    """The file was not read; nothing of it may be used."""

    def __init__(self, problem: TableProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class TableRow(NamedTuple):
    """`number` is the one that the spreadsheet or editor shows; cells are numbers only if the sheet says so."""

    number: int
    cells: tuple[Any, ...]


def read_table(stream: IO[bytes], *, max_bytes: int, max_rows: int) -> list[TableRow]:
    """All rows of the first sheet that are not empty. The format is told by the content.

    Raises `TableRefused`; never half a table.
    """
    data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise TableRefused(TableProblem.TOO_LARGE)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableRefused(TableProblem.OLD_WORKBOOK)
    rows = _workbook_rows(data) if data.startswith(b"PK") else _text_rows(data)
    found: list[TableRow] = []
    for row in rows:
        if any(cell not in (None, "") for cell in row.cells):
            found.append(row)
            if len(found) > max_rows:
                raise TableRefused(TableProblem.TOO_MANY_ROWS)
    if not found:
        raise TableRefused(TableProblem.EMPTY)
    return found


def _text_rows(data: bytes) -> Iterator[TableRow]:
    text = _decode(data)
    if "\0" in text:
        raise TableRefused(TableProblem.UNREADABLE)
    head = text[:4096].splitlines()[0] if text.strip() else ""
    separator = max((";", "\t", ","), key=head.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for cells in reader:
            yield TableRow(
                reader.line_num, tuple(cell.strip()[:MAX_CELL_CHARACTERS] for cell in cells[:MAX_CELLS])
            )
    except csv.Error:
        raise TableRefused(TableProblem.UNREADABLE) from None


def _decode(data: bytes) -> str:
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else _ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableRefused(TableProblem.UNREADABLE)


def _workbook_rows(data: bytes) -> Iterator[TableRow]:
    _refuse_bombs(data)
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        # A lying dimension tag would silently drop rows.
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_CELLS, values_only=True), start=1):
            n_cells = max((place for place, cell in enumerate(cells, start=1) if cell is not None), default=0)
            yield TableRow(number, tuple(_cell(cell) for cell in cells[:n_cells]))
    except TableRefused:
        raise
    except (
        zipfile.BadZipFile,
        ParseError,
        DefusedXmlException,
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        OSError,
        EOFError,
    ):
        raise TableRefused(TableProblem.UNREADABLE) from None


def _cell(value: Any) -> Any:
    return value.strip()[:MAX_CELL_CHARACTERS] if isinstance(value, str) else value


def _refuse_bombs(data: bytes) -> None:
    """Count what the archive really unpacks to: its directory may lie."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_PARTS:
                raise TableRefused(TableProblem.UNREADABLE)
            n_bytes = 0
            for info in infos:
                with archive.open(info) as part:
                    while chunk := part.read(1 << 18):
                        n_bytes += len(chunk)
                        if n_bytes > MAX_UNPACKED_BYTES:
                            raise TableRefused(TableProblem.TOO_LARGE)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, zlib.error):
        raise TableRefused(TableProblem.UNREADABLE) from None
