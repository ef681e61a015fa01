"""The child process that opens untrusted files: `python -m campaigns.spreadsheets.reader PARENT_PID`.

It holds no connection and no secret, and may use little memory and time. It is asked in lines of JSON on its
standard input and answers in frames on its standard output: four bytes of length, then JSON.

    -> {"path": …, "original_name": …, "sheet": …, "encoding": …, "separator": …}
    <- {"kind": …, "sheets": [[name, is hidden], …], "sheet": …, "first_rows": […], …}
    -> {"columns": [0, 1, 2], "header_row": 1, "max_rows": 1000000}
    <- [progress, [[row number, [cell, …]], …]]     as often as needed
    <- {"n_hidden_rows": …, "other_columns": […]}

or {"refused": reason, "details": {…}} instead of any answer.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from campaigns.spreadsheets.delimited import Delimited
from campaigns.spreadsheets.detect import detect_kind
from campaigns.spreadsheets.refusals import FileRefusal, FileRefused
from campaigns.spreadsheets.types import MAX_HANDED_ON_CHARACTERS, RawRow
from campaigns.spreadsheets.workbook import Workbook

MAX_MEMORY_BYTES: Final = 1 << 30
MAX_CPU_SECONDS: Final = 100
# Room for the shared strings of the largest workbook.
_MAX_FILE_BYTES: Final = 2 << 30
_PR_SET_PDEATHSIG: Final = 1

_N_ROWS_IN_FRAME: Final = 2_000
_N_CELLS_IN_FRAME: Final = 20_000


def open_source(
    path: Path,
    *,
    original_name: str,
    encoding: str | None = None,
    separator: str | None = None,
) -> Workbook | Delimited:
    """A file opened by what it is, not by what it is called. Texts longer than any parameter come cut."""
    if detect_kind(path, original_name=original_name) == "xlsx":
        return Workbook(path, max_characters=MAX_HANDED_ON_CHARACTERS)
    return Delimited(path, encoding=encoding, separator=separator, max_characters=MAX_HANDED_ON_CHARACTERS)


def limited_rows(
    source: Workbook | Delimited, sheet: str, columns: Sequence[int], *, header_row: int, max_rows: int
) -> Iterator[RawRow]:
    """The sheet's rows; a file that has more than the limit below its header is refused, never cut."""
    for n_rows, row in enumerate(source.rows(sheet, columns), start=0 if header_row else 1):
        if n_rows > max_rows:
            raise FileRefused(FileRefusal.TOO_MANY_ROWS, limit=max_rows)
        yield row


def main() -> None:
    _limit_ourselves(parent_pid=int(sys.argv[1]))
    # No cycles are made here, and looking for them costs a tenth of the time.
    gc.disable()
    try:
        _serve()
    except FileRefused as refused:
        _send({"refused": refused.reason, "details": refused.details})
    except MemoryError:
        _send({"refused": FileRefusal.TOO_MUCH_MEMORY, "details": {"limit": f"{MAX_MEMORY_BYTES >> 20} MB"}})
    except BrokenPipeError:
        # The parent has seen enough.
        os._exit(0)
    except Exception as error:
        # The message may quote the file; its type does not.
        detail = f"{type(error).__name__} in {_place_of(error)}"
        _send({"refused": FileRefusal.READER_DIED, "details": {"detail": detail}})


def _serve() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    source = open_source(
        Path(request["path"]),
        original_name=request["original_name"],
        encoding=request["encoding"],
        separator=request["separator"],
    )
    sheet, first_rows = source.choose_sheet(request["sheet"])
    _send(
        {
            "kind": source.kind,
            "sheets": [[each.name, each.is_hidden] for each in source.sheets],
            "sheet": sheet,
            "encoding": source.encoding,
            "separator": source.separator,
            "first_rows": first_rows,
        }
    )
    wanted = json.loads(sys.stdin.buffer.readline() or b"null")
    if wanted is None:
        return
    rows: list[RawRow] = []
    n_rows_in_frame = min(_N_ROWS_IN_FRAME, _N_CELLS_IN_FRAME // len(wanted["columns"]))
    for row in limited_rows(source, sheet, **wanted):
        rows.append(row)
        if len(rows) >= n_rows_in_frame:
            _send([source.progress, rows])
            rows = []
    if rows:
        _send([source.progress, rows])
    _send({"n_hidden_rows": source.n_hidden_rows, "other_columns": sorted(source.other_columns)})


def _send(message: Any) -> None:
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    frame = memoryview(len(body).to_bytes(4, "big") + body)
    while frame:
        frame = frame[os.write(1, frame) :]


def _limit_ourselves(*, parent_pid: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_FILE_BYTES, _MAX_FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Linux ends us with our parent. Elsewhere we notice when we next write to it.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        sys.exit(1)


def _place_of(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return Path(trace.tb_frame.f_code.co_filename).name if trace is not None else "?"


if __name__ == "__main__":
    main()
