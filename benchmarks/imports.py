"""How fast files of recipients become rows in PostgreSQL, and in how much memory.

`BENCH_SMALL=1` shrinks the files to a tenth.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import django
import openpyxl
import psutil

_IS_SMALL = os.environ.get("BENCH_SMALL") == "1"
N_ROWS = 10_000 if _IS_SMALL else 100_000
N_MANY_ROWS = 100_000 if _IS_SMALL else 1_000_000
# Fewer would measure how fast a process starts.
N_CSV_ROWS = 100_000
N_TRIES = 3

MAX_RATIO = 1.3
MIN_CSV_ROWS_PER_SECOND = 15_000
MAX_MEMORY_MB = 300

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SHEET = "xl/worksheets/sheet1.xml"
_STRINGS = "xl/sharedStrings.xml"


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="bench-imports-") as folder:
        return [*_measure_xlsx(Path(folder)), *_measure_csv(Path(folder)), *_measure_memory(Path(folder))]


def _measure_xlsx(folder: Path) -> Iterator[dict[str, Any]]:
    path = folder / "recipients.xlsx"
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Recipients")
    for row in _recipients(N_ROWS):
        sheet.append(row)
    workbook.save(path)
    alone = min(_seconds(lambda: _read_with_openpyxl(path)) for _ in range(N_TRIES))
    read = min(_seconds(lambda: _read_and_check(path, N_ROWS)) for _ in range(N_TRIES))
    whole = min(_import_seconds(path, N_ROWS) for _ in range(N_TRIES))
    name = f"xlsx, {N_ROWS:,} rows x 3"
    yield _result(f"{name}: openpyxl alone", alone, "s")
    yield _result(f"{name}: read and checked", read, "s")
    yield _result(f"{name}: imported into PostgreSQL", whole, "s")
    yield _result(f"{name}: import / openpyxl alone", whole / alone, "x", most=MAX_RATIO)


def _measure_csv(folder: Path) -> Iterator[dict[str, Any]]:
    path = folder / "recipients.csv"
    with path.open("w") as file:
        file.writelines(",".join(row) + "\n" for row in _recipients(N_CSV_ROWS))
    read = min(_seconds(lambda: _read_and_check(path, N_CSV_ROWS)) for _ in range(N_TRIES))
    whole = min(_import_seconds(path, N_CSV_ROWS) for _ in range(N_TRIES))
    name = f"csv, {N_CSV_ROWS:,} rows x 3"
    yield _result(f"{name}: read and checked", N_CSV_ROWS / read, "rows/s")
    yield _result(
        f"{name}: imported into PostgreSQL", N_CSV_ROWS / whole, "rows/s", least=MIN_CSV_ROWS_PER_SECOND
    )


def _measure_memory(folder: Path) -> Iterator[dict[str, Any]]:
    """Worker and reader in fresh processes: the most that both held at one time."""
    for has_shared_strings, kind in [(False, "inline strings"), (True, "3 different shared strings a row")]:
        path = folder / "many.xlsx"
        _write_many(path, has_shared_strings=has_shared_strings)
        upload = _store(path)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.imports", str(upload.pk)],
            capture_output=True,
            text=True,
            check=True,
        )
        megabytes, seconds = map(float, done.stdout.split())
        name = f"xlsx, {N_MANY_ROWS:,} rows, {kind}"
        yield _result(f"{name}: memory of worker and reader", megabytes, "MB", most=MAX_MEMORY_MB)
        yield _result(f"{name}: imported into PostgreSQL", N_MANY_ROWS / seconds, "rows/s")


def _read_with_openpyxl(path: Path) -> None:
    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    sheet = workbook.worksheets[0]
    sheet.reset_dimensions()
    assert sum(1 for _ in sheet.iter_rows(values_only=True)) == N_ROWS + 1


def _read_and_check(path: Path, n_rows: int) -> None:
    from campaigns.spreadsheets import ReadOptions, import_rows

    options = ReadOptions(placeholders=("1", "2"))
    with import_rows(path, options, original_name=path.name) as reading:
        assert sum(len(chunk.rows) for chunk in reading.chunks()) == n_rows


def _import_seconds(path: Path, n_rows: int) -> float:
    """Through the service that a worker runs: rows, duplicates and forecast."""
    from campaigns import services
    from campaigns.models import Recipient

    upload = _store(path)
    seconds = _seconds(lambda: services.import_recipients(upload_id=upload.pk))
    assert Recipient.objects.filter(upload=upload).count() == n_rows
    return seconds


def _store(path: Path) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from accounts.models import Role
    from campaigns import services
    from delivery.models import Gateway
    from tests.campaigns import making
    from tests.factories import ProjectFactory, member

    if not Gateway.objects.exists():
        making.gateway()
    project = ProjectFactory(slug=f"bench-{random.getrandbits(48):x}")
    operator = member(project.organization, Role.OPERATOR, user__email=f"{project.slug}@example.com")
    draft = making.draft(project, operator)
    file = SimpleUploadedFile(path.name, path.read_bytes())
    return services.receive_upload(campaign=draft, file=file, by=operator)


def _recipients(n_rows: int) -> Iterator[list[str]]:
    """A header and distinct valid mobile numbers of five countries, each with two parameters."""
    plans = [("+49151", 8), ("+3361", 7), ("+447400", 6), ("+6591", 6), ("+4917", 9), ("+9198", 8)]
    chosen = random.Random(1)
    yield ["mobile", "1", "2"]
    for n in range(n_rows):
        prefix, n_digits = plans[n % len(plans)]
        yield [f"{prefix}{n:0{n_digits}}", f"{chosen.randrange(10**6):06}", str(chosen.choice([2, 5, 10]))]


def _write_many(path: Path, *, has_shared_strings: bool) -> None:
    """By hand: with openpyxl this would take longer than everything that is measured."""
    from tests.campaigns.spreadsheets.making import write_workbook

    left_out = [_SHEET, _STRINGS]
    write_workbook(path, "", shared_strings="" if has_shared_strings else None, without=left_out)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(_SHEET, "w", force_zip64=True) as part:
            part.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for number, row in enumerate(_different(), start=1):
                part.write(_row_xml(number, row, has_shared_strings=has_shared_strings).encode())
            part.write(b"</sheetData></worksheet>")
        if has_shared_strings:
            with archive.open(_STRINGS, "w", force_zip64=True) as part:
                part.write(f'<sst xmlns="{_MAIN}">'.encode())
                for row in _different():
                    part.write("".join(f"<si><t>{escape(text)}</t></si>" for text in row).encode())
                part.write(b"</sst>")


def _different() -> Iterator[list[str]]:
    for n in range(N_MANY_ROWS):
        yield [f"+4917{n:09}", f"customer {n * 7919 % 1_000_003} no. {n}", f"order-{n:09}"]


def _row_xml(number: int, row: list[str], *, has_shared_strings: bool) -> str:
    if has_shared_strings:
        cells = [f't="s"><v>{3 * (number - 1) + place}</v>' for place in range(3)]
    else:
        cells = [f't="inlineStr"><is><t>{escape(text)}</t></is>' for text in row]
    written = "".join(
        f'<c r="{letter}{number}" {cell}</c>' for letter, cell in zip("ABC", cells, strict=True)
    )
    return f'<row r="{number}">{written}</row>'


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _result(
    name: str, value: float, unit: str, *, most: float | None = None, least: float | None = None
) -> dict[str, Any]:
    bound, ok = None, None
    if most is not None:
        bound, ok = f"<= {most:g}", value <= most
    if least is not None:
        bound, ok = f">= {least:g}", value >= least
    return {"name": name, "value": round(value, 3), "unit": unit, "bound": bound, "ok": ok}


class _MemoryWatch(threading.Thread):
    """The most memory that this process and its children held at one time.

    `getrusage` would not do: a child's peak begins with what its parent held when it was started.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.is_over = threading.Event()
        self.peak_bytes = 0

    def run(self) -> None:
        ourselves = psutil.Process()
        while not self.is_over.wait(0.05):
            n_bytes = 0
            for process in [ourselves, *ourselves.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    n_bytes += process.memory_info().rss
            self.peak_bytes = max(self.peak_bytes, n_bytes)


def main(upload_id: int) -> None:
    """One import in this process: prints its megabytes, those of its reader included, and its seconds."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsconsole.settings")
    django.setup()
    from campaigns import services

    watch = _MemoryWatch()
    watch.start()
    seconds = _seconds(lambda: services.import_recipients(upload_id=upload_id))
    watch.is_over.set()
    watch.join()
    print(watch.peak_bytes / (1 << 20), seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]))
