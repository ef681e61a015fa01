"""A file of recipients from disk to checked rows, in chunks, with the reader in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from campaigns.spreadsheets.checking import CheckedRow, check_rows, make_checker
from campaigns.spreadsheets.plan import Look, Plan, make_facts, make_plan, name_columns
from campaigns.spreadsheets.process import ReaderKilled, ReaderProcess
from campaigns.spreadsheets.reader import limited_rows, open_source
from campaigns.spreadsheets.refusals import FileRefusal, FileRefused
from campaigns.spreadsheets.types import (
    Chunk,
    FileFacts,
    ImportReport,
    ParsedRow,
    RawCell,
    ReadOptions,
    RowError,
    SheetFacts,
)

N_ROWS_IN_CHUNK: Final = 5_000
_N_RESTARTS: Final = 2


def inspect_file(path: Path, *, original_name: str, options: ReadOptions | None = None) -> FileFacts:
    """What the beginning of a file tells, for the operator to confirm; `FileRefused` when it cannot be read.

    `options` carries what the operator has already chosen and the default country, which helps to find numbers.
    """
    with import_rows(path, options or ReadOptions(), original_name=original_name) as reading:
        return reading.facts


def import_rows(path: Path, options: ReadOptions, *, original_name: str) -> Import:
    """Read a whole file: `with import_rows(…) as reading: for chunk in reading.chunks(): …`.

    Raises `FileRefused` on entering, and while the chunks come for what shows only further down: then nothing of
    the file is to be kept.
    """
    return Import(path, options, original_name)


def read_rows(path: Path, options: ReadOptions, *, original_name: str = "") -> Iterator[CheckedRow]:
    """The same rows read in this process, without its limits: for files of our own."""
    source = open_source(
        path,
        original_name=original_name or path.name,
        encoding=options.encoding,
        separator=options.separator,
    )
    try:
        sheet, first_rows = source.choose_sheet(options.sheet)
        look = Look(
            source.kind, tuple(source.sheets), sheet, source.encoding, source.separator, tuple(first_rows)
        )
        plan = make_plan(make_facts(look, options), options)
        rows = limited_rows(
            source, sheet, plan.columns, header_row=plan.header_row, max_rows=options.max_rows
        )
        yield from check_rows(rows, plan, options, ImportReport())
    finally:
        source.close()


class Import:
    """A file being read. `facts` stands from the beginning, `report` is complete after the last chunk."""

    facts: FileFacts
    plan: Plan

    def __init__(self, path: Path, options: ReadOptions, original_name: str) -> None:
        self._path = path.resolve()
        self._options = options
        self._original_name = original_name
        self._reader: ReaderProcess | None = None
        self.report = ImportReport()

    def __enter__(self) -> Self:
        try:
            self._look()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def chunks(self, *, n_rows: int = N_ROWS_IN_CHUNK) -> Iterator[Chunk]:
        """Every row below the header, in the order of the file, about `n_rows` at a time; empty rows left out."""
        check = make_checker(self.plan, self._options, self.report)
        begin = max(self.plan.header_row, self._options.after_row)
        chunk = Chunk([], [], begin, 0, 0.0)
        for progress, rows in self._frames():
            _check_into(chunk, rows, check)
            chunk.progress = progress
            if len(chunk.rows) + len(chunk.errors) >= n_rows:
                yield chunk
                chunk = Chunk([], [], chunk.last_row, 0, progress)
        if chunk.rows or chunk.errors:
            chunk.progress = 1.0
            yield chunk

    def _frames(self) -> Iterator[tuple[float, list[tuple[int, list[RawCell]]]]]:
        """The reader's rows below the header; begun again where it was killed from outside."""
        last_row = max(self.plan.header_row, self._options.after_row)
        n_restarts = 0
        while True:
            try:
                for progress, rows in self._ask_for_rows():
                    if rows and rows[0][0] <= last_row:
                        rows = [row for row in rows if row[0] > last_row]
                    yield progress, rows
                    last_row = rows[-1][0] if rows else last_row
                return
            except ReaderKilled as killed:
                n_restarts += 1
                if n_restarts > _N_RESTARTS:
                    raise FileRefused(FileRefusal.READER_DIED, detail=f"killed {killed}") from killed
                self._close()
                self._look()

    def _look(self) -> None:
        """Start a reader, let it open the file and work out what to ask for."""
        self._reader = ReaderProcess()
        self._reader.ask(
            {
                "path": str(self._path),
                "original_name": self._original_name,
                "sheet": self._options.sheet,
                "encoding": self._options.encoding,
                "separator": self._options.separator,
            }
        )
        try:
            answer = self._reader.answer()
        except ReaderKilled as killed:
            raise FileRefused(FileRefusal.READER_DIED, detail=f"killed {killed}") from killed
        look = Look(
            kind=answer["kind"],
            sheets=tuple(SheetFacts(name, is_hidden) for name, is_hidden in answer["sheets"]),
            sheet=answer["sheet"],
            encoding=answer["encoding"],
            separator=answer["separator"],
            first_rows=tuple((row_number, cells) for row_number, cells in answer["first_rows"]),
        )
        self.facts = make_facts(look, self._options)
        self.plan = make_plan(self.facts, self._options)
        self.report.header_row = self.plan.header_row
        self.report.missing_columns = list(self.plan.missing)
        self.report.is_sheet_hidden = self.facts.is_sheet_hidden

    def _ask_for_rows(self) -> Iterator[tuple[float, list[tuple[int, list[RawCell]]]]]:
        if self._reader is None:
            raise RuntimeError("an import is read inside its with block")
        self._reader.ask(
            {
                "columns": self.plan.columns,
                "header_row": self.plan.header_row,
                "max_rows": self._options.max_rows,
            }
        )
        while isinstance(answer := self._reader.answer(), list):
            progress, rows = answer
            yield progress, rows
        self._conclude(answer)

    def _conclude(self, answer: dict[str, Any]) -> None:
        others = set(answer["other_columns"])
        names, n_beyond = name_columns(others, self.facts.header)
        self.report.surplus_columns, self.report.n_columns_beyond = names, n_beyond
        self.report.n_hidden_rows = answer["n_hidden_rows"]
        is_whole = self._options.after_row <= self.plan.header_row
        if is_whole and not self.report.n_rows:
            raise FileRefused(FileRefusal.NO_ROWS, row=self.plan.header_row)

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def _check_into(
    chunk: Chunk,
    rows: list[tuple[int, list[RawCell]]],
    check: Callable[[int, list[RawCell]], CheckedRow],
) -> None:
    taken, errors = chunk.rows.append, chunk.errors.append
    for row_number, cells in rows:
        row = check(row_number, cells)
        if isinstance(row, ParsedRow):
            taken(row)
            chunk.n_landlines += row.is_landline
        elif isinstance(row, RowError):
            errors(row)
    if rows:
        chunk.last_row = rows[-1][0]
