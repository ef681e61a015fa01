"""A workbook (.xlsx) by openpyxl: its package, its sheets, its rows and cells, the calendar.

The bytes come from a `GuardedArchive`, and three things are read in other ways than openpyxl's: a sheet's XML is
streamed by `xml` and forgotten, the shared strings are kept in a file when they are many, and of the styles only
the number formats are taken. What no import needs is not read at all, because damaged files stumble over it:
properties, themes, fonts, links.
"""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from defusedxml.common import DefusedXmlException
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import ARC_CONTENT_TYPES, ARC_STYLE, ARC_WORKBOOK, SHARED_STRINGS

from campaigns.spreadsheets.archive import GuardedArchive
from campaigns.spreadsheets.formats import CellFormat, cell_format, read_styles
from campaigns.spreadsheets.refusals import FileRefusal, FileRefused
from campaigns.spreadsheets.sheet import SheetPart, read_sheet
from campaigns.spreadsheets.strings import SharedStrings
from campaigns.spreadsheets.types import MAX_CELL_CHARACTERS, MAX_COLUMNS, N_FIRST_ROWS, RawRow, SheetFacts

_STRICT_MARK: Final = b"purl.oclc.org/ooxml"
_HIDDEN: Final = frozenset({"hidden", "veryHidden"})
_MAX_NAMED_SHEETS: Final = 10
# Excel allows 31.
_MAX_NAME_CHARACTERS: Final = 255


class Workbook:
    """A workbook that was opened for reading; raises `FileRefused` for what it cannot be read for."""

    kind = "xlsx"
    encoding = ""
    separator = ""

    def __init__(self, path: Path, *, max_characters: int = MAX_CELL_CHARACTERS) -> None:
        self._max_characters = max_characters
        self._archive = GuardedArchive(path)
        self._n_bytes_read = 0
        self._n_bytes = 1
        self._sheet_part: SheetPart | None = None
        self._parts: dict[str, str] = {}
        self._epoch = datetime.datetime(1899, 12, 30)  # noqa: DTZ001 - the calendar of sheets has no zone
        self.sheets: list[SheetFacts] = []
        reader = self._open_package(path)
        strings = reader.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
        part = strings.PartName.lstrip("/") if strings is not None else ""
        self._strings = SharedStrings(self._archive.chunks(part) if part else iter(()), part)
        self._formats = self._read_formats()

    def close(self) -> None:
        self._strings.close()
        self._archive.close()

    def choose_sheet(self, name: str | None) -> tuple[str, list[RawRow]]:
        """A sheet and its first filled rows: the named one, else the first visible one that has cells.

        Hidden sheets are only taken when no other has any.
        """
        if name is not None and name not in self._parts:
            sheets = ", ".join(sheet.name for sheet in self.sheets[:_MAX_NAMED_SHEETS])
            raise FileRefused(FileRefusal.NO_SUCH_SHEET, sheet=name[:100], sheets=sheets)
        names = [sheet.name for sheet in sorted(self.sheets, key=lambda sheet: sheet.is_hidden)]
        for candidate in [name] if name is not None else names:
            rows = self._first_rows(candidate)
            if rows:
                return candidate, rows
        raise FileRefused(FileRefusal.NO_CELLS)

    def rows(self, sheet: str, columns: Sequence[int]) -> Iterator[RawRow]:
        part = self._parts[sheet]
        self._sheet_part = SheetPart(part, self._strings, self._formats, self._max_characters)
        self._n_bytes_read = 0
        self._n_bytes = max(1, self._archive.getinfo(part).file_size)
        return read_sheet(self._sheet_part, self._counted(part), columns)

    @property
    def progress(self) -> float:
        """How much of the sheet has been read, 0 to 1."""
        return min(1.0, self._n_bytes_read / self._n_bytes)

    @property
    def n_hidden_rows(self) -> int:
        return self._sheet_part.n_hidden_rows if self._sheet_part else 0

    @property
    def other_columns(self) -> set[int]:
        return self._sheet_part.other_columns if self._sheet_part else set()

    def _first_rows(self, sheet: str) -> list[RawRow]:
        part = self._parts[sheet]
        if part not in self._archive.NameToInfo:
            raise FileRefused(FileRefusal.MISSING_PART, part=part)
        return list(islice(self.rows(sheet, range(MAX_COLUMNS)), N_FIRST_ROWS))

    def _counted(self, part: str) -> Iterator[bytes]:
        for chunk in self._archive.chunks(part):
            self._n_bytes_read += len(chunk)
            yield chunk

    def _open_package(self, path: Path) -> ExcelReader:
        if ARC_CONTENT_TYPES not in self._archive.NameToInfo:
            raise FileRefused(FileRefusal.MISSING_PART, part=ARC_CONTENT_TYPES)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb") as file:
                reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
            reader.archive = self._archive
            with _understanding(ARC_CONTENT_TYPES):
                reader.read_manifest()
            if _STRICT_MARK in self._read_workbook_part()[:4096]:
                raise FileRefused(FileRefusal.STRICT_WORKBOOK)
            with _understanding(ARC_WORKBOOK):
                reader.read_workbook()
                found = list(reader.parser.find_sheets())
        self._epoch = reader.wb.epoch
        for sheet, relation in found:
            name = sheet.name[:_MAX_NAME_CHARACTERS]
            if relation.Type.rpartition("/")[2] == "worksheet" and name not in self._parts:
                self._parts[name] = relation.target
                self.sheets.append(SheetFacts(name, sheet.state in _HIDDEN))
        return reader

    def _read_workbook_part(self) -> bytes:
        return self._archive.read(ARC_WORKBOOK) if ARC_WORKBOOK in self._archive.NameToInfo else b""

    def _read_formats(self) -> list[CellFormat | None]:
        if ARC_STYLE not in self._archive.NameToInfo:
            return []
        codes = read_styles(self._archive.chunks(ARC_STYLE), ARC_STYLE)
        known = {code: cell_format(code, self._epoch) for code in set(codes)}
        return [known[code] for code in codes]


@contextmanager
def _understanding(part: str) -> Iterator[None]:
    """Whatever openpyxl makes of a damaged part, the operator is told which part it was."""
    try:
        yield
    except (FileRefused, MemoryError):
        raise
    except DefusedXmlException as error:
        raise FileRefused(FileRefusal.XML_ENTITIES, part=part) from error
    except OSError as error:
        # openpyxl's word for a package without a workbook.
        raise FileRefused(
            FileRefusal.MISSING_PART, part=part if part == ARC_CONTENT_TYPES else ARC_WORKBOOK
        ) from error
    except KeyError as error:
        detail = f"it names {str(error)[:80]}, which is not there"
        raise FileRefused(FileRefusal.DAMAGED_PART, part=part, detail=detail) from error
    except Exception as error:
        detail = f"{type(error).__name__}: {str(error)[:80]}"
        raise FileRefused(FileRefusal.DAMAGED_PART, part=part, detail=detail) from error
