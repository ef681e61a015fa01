"""Text files of recipients: their encoding, separator and rows."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from campaigns.spreadsheets.refusals import FileRefusal, FileRefused
from campaigns.spreadsheets.types import (
    MAX_CELL_CHARACTERS,
    MAX_COLUMNS,
    N_FIRST_ROWS,
    RawCell,
    RawRow,
    SheetFacts,
)

# What an operator may choose. Without a choice a byte order mark decides, then the first of these that fits:
# a text in GB18030 is practically never valid UTF-8. The others cannot be told apart by looking at digits.
ENCODINGS: Final = (
    "utf-8",
    "gb18030",
    "utf-16",
    "cp1252",
    "cp1251",
    "big5",
    "shift_jis",
    "euc_kr",
)
_TRIED: Final = ENCODINGS[:2]
SEPARATORS: Final = (",", ";", "\t", "|")

_BLOCK_BYTES: Final = 1 << 20
_SAMPLE_CHARACTERS: Final = 1 << 16
_N_SAMPLE_RECORDS: Final = 50
_MARKS: Final = [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]
# Control characters that no text file holds; a few programs end theirs with Ctrl-Z.
_BINARY: Final = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f]")
_NUL: Final = re.compile("\0")
_NEWLINE: Final = re.compile("\r\n|\r|\n")
# Excel's own line that names the separator; Excel shows no row for it.
_SEPARATOR_LINE: Final = re.compile('"?sep=(.)"?(?:\r\n|\r|\n)', re.IGNORECASE)


class Delimited:
    """A CSV file that was opened for reading; raises `FileRefused` for what it cannot be read for."""

    kind = "csv"
    n_hidden_rows = 0

    def __init__(
        self,
        path: Path,
        *,
        encoding: str | None = None,
        separator: str | None = None,
        max_characters: int = MAX_CELL_CHARACTERS,
    ) -> None:
        self._max_characters = max_characters
        self._path = path
        self._n_bytes = max(1, path.stat().st_size)
        self.encoding = _find_encoding(path, encoding)
        with self._open() as file:
            sample = file.read(_SAMPLE_CHARACTERS)
        named = _SEPARATOR_LINE.match(sample)
        self._has_separator_line = named is not None
        self.separator = separator or (named[1] if named is not None else _find_separator(sample))
        self.sheets = [SheetFacts("", False)]
        self.other_columns: set[int] = set()

    def close(self) -> None:
        self._bytes.close()

    @property
    def progress(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return 1.0 if self._bytes.closed else self._bytes.tell() / self._n_bytes

    def choose_sheet(self, name: str | None) -> tuple[str, list[RawRow]]:
        """The only sheet, which has no name, and its first filled rows."""
        if name:
            raise FileRefused(FileRefusal.NO_SUCH_SHEET, sheet=name[:100], sheets="-")
        rows = list(islice(self.rows("", range(MAX_COLUMNS)), N_FIRST_ROWS))
        if not rows:
            raise FileRefused(FileRefusal.NO_CELLS)
        return "", rows

    def rows(self, _sheet: str, columns: Sequence[int]) -> Iterator[RawRow]:
        """The filled rows with the cells of `columns`; a quoted cell with line breaks is one row, as in Excel."""
        self.other_columns.clear()
        csv.field_size_limit(MAX_CELL_CHARACTERS)
        row_number = line_before = line = 0
        with self._open() as file:
            if self._has_separator_line:
                file.readline()
            reader = csv.reader(file, delimiter=self.separator)
            try:
                for row_number, record in enumerate(reader, start=1):
                    line_before, line = line, reader.line_num
                    cells = [cell.strip()[: self._max_characters] for cell in record]
                    if any(cells):
                        yield row_number, self._selected(cells, columns)
            except csv.Error as error:
                raise FileRefused(
                    FileRefusal.CELL_TOO_LONG, row=row_number + 1, limit=MAX_CELL_CHARACTERS
                ) from error
        if line - line_before > 1 and self._ends_inside_quotes(line_before):
            raise FileRefused(FileRefusal.QUOTES_NOT_CLOSED, row=row_number)

    def _selected(self, cells: list[str], columns: Sequence[int]) -> list[RawCell]:
        n_cells = len(cells)
        for column in range(n_cells):
            if cells[column] and column not in columns:
                self.other_columns.add(column)
        return [cells[column] if column < n_cells else None for column in columns]

    def _ends_inside_quotes(self, n_lines_before: int) -> bool:
        """Whether the last record is one only because its quotation mark is never closed.

        csv says so in its strict way alone, which also refuses harmless marks inside a cell; so only the last
        record is read that way, and only when it spans lines.
        """
        with self._open() as file:
            if self._has_separator_line:
                file.readline()
            last = list(islice(file, n_lines_before, None))
        try:
            list(csv.reader(last, delimiter=self.separator, strict=True))
        except csv.Error as error:
            return "end of data" in str(error)
        return False

    def _open(self) -> io.TextIOWrapper:
        self._bytes = self._path.open("rb")
        # newline="": a line break inside quotes stays what it is, and a lone CR ends a line.
        return io.TextIOWrapper(self._bytes, encoding=_codec(self.encoding), newline="")


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _find_encoding(path: Path, chosen: str | None) -> str:
    """The encoding in which the whole file is valid; detectors guess wrong on files of mostly digits."""
    with path.open("rb") as file:
        first = file.read(4)
    marked = [encoding for mark, encoding in _MARKS if first.startswith(mark)]
    candidates = [chosen] if chosen else marked or list(_TRIED)
    line = 0
    for encoding in candidates:
        line = _first_undecodable_line(path, encoding)
        if not line:
            return encoding
    names = ", ".join(encoding.upper() for encoding in candidates)
    raise FileRefused(FileRefusal.UNKNOWN_ENCODING, encodings=names, line=line)


def _first_undecodable_line(path: Path, encoding: str) -> int:
    """0 when the whole file is valid. Refuses binary files and endless lines in passing."""
    decoder = codecs.getincrementaldecoder(_codec(encoding))("strict")
    n_lines = 0
    is_first = True
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK_BYTES)
            try:
                text = decoder.decode(block, not block)
            except UnicodeDecodeError as error:
                return n_lines + 1 + bytes(error.object[: error.start]).count(b"\n")
            binary = _BINARY.search(text) if is_first else _NUL.search(text)
            if binary is not None:
                line = n_lines + 1 + len(_NEWLINE.findall(text[: binary.start()]))
                raise FileRefused(FileRefusal.NOT_TEXT, line=line)
            if not block:
                return 0
            n_breaks = max(text.count("\n"), text.count("\r"))
            # No line of a recipient list fills a block; one that does would have to be held in memory whole.
            if n_breaks == 0 and len(block) == _BLOCK_BYTES:
                raise FileRefused(FileRefusal.LINE_TOO_LONG, line=n_lines + 1, limit=_BLOCK_BYTES)
            n_lines += n_breaks
            is_first = False


def _find_separator(sample: str) -> str:
    """The separator that cuts most records into the same number of cells; of equals the one that cuts more."""
    if len(sample) == _SAMPLE_CHARACTERS:
        # The last line may be cut.
        sample = sample[: sample.rfind("\n") + 1] or sample
    lines = _NEWLINE.split(sample)
    best, best_score = SEPARATORS[0], (0.0, 1)
    for separator in SEPARATORS:
        try:
            records = list(islice(csv.reader(lines, delimiter=separator), _N_SAMPLE_RECORDS))
        except csv.Error:
            continue
        widths = Counter(len(record) for record in records if record)
        if not widths:
            continue
        width, n_records = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        score = (n_records / widths.total(), width)
        if width > 1 and score > best_score:
            best, best_score = separator, score
    return best
