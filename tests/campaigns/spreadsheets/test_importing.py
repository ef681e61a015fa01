"""The import as a worker uses it: chunks, reports, and a child process that may fail in every way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from campaigns.spreadsheets import (
    FileRefusal,
    FileRefused,
    ParsedRow,
    ReadOptions,
    import_rows,
    inspect_file,
    read_rows,
)
from campaigns.spreadsheets.importing import Import
from smsconsole.lib.types import RefusalReason
from tests.campaigns.spreadsheets.making import (
    BERLIN_LANDLINE,
    BRITAIN,
    CHINA,
    refusal_of,
    sheet,
    text_rows,
    write_rows,
    write_workbook,
)

N_ROWS = 25_000


@pytest.fixture(scope="module")
def large_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.csv"
    lines = [f"+4917{n:09},name {n}" for n in range(N_ROWS)]
    path.write_text("mobile,name\n" + "\n".join(lines) + "\n")
    return path


def reader_of(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """A reader that does something else first. It is the same module, run by `-c`."""
    code = f"import campaigns.spreadsheets.reader as reader\n{program}\nreader.main()"
    monkeypatch.setattr("campaigns.spreadsheets.process.READER_COMMAND", (sys.executable, "-c", code))


def all_rows(reading: Import) -> list[ParsedRow]:
    return [each for chunk in reading.chunks() for each in chunk.rows]


def test_it_gives_chunks_and_a_report(tmp_path: Path) -> None:
    rows = [["mobile", "name", "note"], [CHINA, "Ann", "x"], ["n/a", "Bob", ""], [BERLIN_LANDLINE, "Cem", ""]]
    options = ReadOptions(placeholders=("name",))
    with import_rows(write_rows(tmp_path / "a.xlsx", *rows), options, original_name="a.xlsx") as reading:
        (chunk,) = reading.chunks()
    assert chunk.rows == [
        ParsedRow(2, CHINA, "CN", False, ("Ann",)),
        ParsedRow(4, BERLIN_LANDLINE, "DE", True, ("Cem",)),
    ]
    assert [(each.row_number, each.column, each.value) for each in chunk.errors] == [(3, "mobile", "n/a")]
    assert (chunk.last_row, chunk.n_landlines, chunk.progress) == (4, 1, 1.0)
    report = reading.report
    assert (report.n_rows, report.n_taken, report.n_refused, report.n_landlines) == (3, 2, 1, 1)
    assert report.by_reason == {RefusalReason.NOT_A_NUMBER: 1}
    assert report.surplus_columns == ["note"]


def test_the_process_and_the_generator_give_the_same_rows(large_csv: Path) -> None:
    options = ReadOptions(placeholders=("name",))
    with import_rows(large_csv, options, original_name="large.csv") as reading:
        chunks = list(reading.chunks(n_rows=5_000))
    rows = sorted([each for chunk in chunks for each in (*chunk.rows, *chunk.errors)])
    assert rows == list(read_rows(large_csv, options))
    assert len(rows) == N_ROWS
    # The reader answers by 2 000 rows, here the header among them.
    assert [chunk.last_row for chunk in chunks] == [6_000, 12_000, 18_000, 24_000, 25_001]
    assert [chunk.progress for chunk in chunks] == sorted(chunk.progress for chunk in chunks)
    assert 0 < chunks[0].progress < 1 == chunks[-1].progress


def test_it_continues_after_a_row(large_csv: Path) -> None:
    options = ReadOptions(placeholders=("name",), after_row=24_990)
    with import_rows(large_csv, options, original_name="large.csv") as reading:
        (chunk,) = reading.chunks()
    assert [each.row_number for each in chunk.rows + chunk.errors] == list(range(24_991, 25_002))
    assert reading.report.n_rows == 11


def test_a_run_that_has_nothing_left_is_no_refusal(large_csv: Path) -> None:
    options = ReadOptions(placeholders=("name",), after_row=25_001)
    with import_rows(large_csv, options, original_name="large.csv") as reading:
        assert list(reading.chunks()) == []


@pytest.mark.parametrize("header", [["mobile"], [BRITAIN]])
def test_a_file_of_more_rows_than_allowed_is_refused_and_never_cut(tmp_path: Path, header: list[str]) -> None:
    path = write_rows(tmp_path / "a.xlsx", header, [CHINA], [BRITAIN])
    n_rows = 3 - (header == ["mobile"])
    with import_rows(path, ReadOptions(max_rows=n_rows), original_name="a.xlsx") as reading:
        assert len(all_rows(reading)) == n_rows
    with (
        pytest.raises(FileRefused) as refused,
        import_rows(path, ReadOptions(max_rows=n_rows - 1), original_name="a.xlsx") as reading,
    ):
        all_rows(reading)
    assert refused.value.reason is FileRefusal.TOO_MANY_ROWS
    assert refused.value.details == {"limit": n_rows - 1}


def test_damage_further_down_refuses_the_file_while_the_chunks_come(tmp_path: Path) -> None:
    rows = text_rows([[f"+86138001{n:05}"] for n in range(20_000)])
    path = write_workbook(tmp_path / "a.xlsx", sheet(rows)[:-40])
    with import_rows(path, ReadOptions(), original_name="a.xlsx") as reading:
        chunks = reading.chunks()
        assert next(chunks).rows[0].row_number == 1
        with pytest.raises(FileRefused, match="damaged_part"):
            list(chunks)


def test_inspecting_reads_no_further_than_the_beginning(tmp_path: Path) -> None:
    rows = text_rows([["mobile", "name"], *[[f"+86138001{n:05}", "x"] for n in range(20_000)]])
    path = write_workbook(tmp_path / "a.xlsx", sheet(rows)[:-40])
    facts = inspect_file(path, original_name="a.xlsx")
    assert (facts.kind, facts.sheet, facts.header, facts.header_row) == (
        "xlsx",
        "Recipients",
        ("mobile", "name"),
        1,
    )
    assert [number for number, _ in facts.first_rows] == [1, 2, 3, 4, 5]


# --- The child ------------------------------------------------------------------------------------------


def test_the_reader_gets_no_secret_and_no_open_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    seen = tmp_path / "seen"
    program = (
        "import os\n"
        f"open({str(seen)!r}, 'w').write(' '.join(os.environ) + '|' + ' '.join(os.listdir('/proc/self/fd')))"
    )
    reader_of(monkeypatch, program)
    with (tmp_path / "held").open("w"):
        inspect_file(write_rows(tmp_path / "a.xlsx", [CHINA]), original_name="a.xlsx")
    environment, _, descriptors = seen.read_text().partition("|")
    assert "PATH" in environment.split()
    assert not {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} & set(environment.split())
    # Its three standard streams, the file it writes here and the folder it lists.
    assert len(descriptors.split()) <= 5


def test_the_reader_is_limited(large_csv: Path) -> None:
    with import_rows(large_csv, ReadOptions(), original_name="large.csv") as reading:
        child = psutil.Process(reading._reader.process.pid)
        assert child.rlimit(psutil.RLIMIT_AS) == (1 << 30, 1 << 30)
        assert child.rlimit(psutil.RLIMIT_CPU)[0] == 100
    assert not child.is_running()


def test_a_file_that_needs_too_much_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    used = "int(open('/proc/self/statm').read().split()[0]) * 4096"
    reader_of(monkeypatch, f"reader.MAX_MEMORY_BYTES = {used} + (40 << 20)")
    refusal = refusal_of(write_rows(tmp_path / "a.xlsx", [CHINA, os.urandom(12 << 20).hex()]))
    assert refusal.reason is FileRefusal.TOO_MUCH_MEMORY


def test_a_reader_out_of_processor_time_is_a_refusal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reader_of(
        monkeypatch,
        "import os, itertools\nreader.MAX_CPU_SECONDS = 1\nreader._serve = lambda: all(itertools.count(1))",
    )
    refusal = refusal_of(write_rows(tmp_path / "a.xlsx", [CHINA]))
    assert refusal.reason is FileRefusal.TOO_SLOW


def test_a_reader_that_is_silent_too_long_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("campaigns.spreadsheets.process.MAX_WAIT_SECONDS", 0.5)
    reader_of(monkeypatch, "__import__('time').sleep(60)")
    assert refusal_of(write_rows(tmp_path / "a.xlsx", [CHINA])).reason is FileRefusal.TOO_SLOW


@pytest.mark.parametrize(
    ("program", "detail"),
    [
        ("__import__('os').abort()", "signal SIGABRT"),
        ("__import__('sys').exit(3)", "exit status 3"),
        ("__import__('os').write(1, b'\\xff' * 8)", "its answer makes no sense"),
        ("reader._serve = lambda: 1 / 0", "ZeroDivisionError in <string>"),
    ],
)
def test_a_reader_that_crashes_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, detail: str
) -> None:
    reader_of(monkeypatch, program)
    refusal = refusal_of(write_rows(tmp_path / "a.xlsx", [CHINA]))
    assert (refusal.reason, refusal.details) == (FileRefusal.READER_DIED, {"detail": detail})


def test_a_reader_killed_from_outside_is_started_again_and_no_row_comes_twice(
    large_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The file must not fit into the pipe: the reader would be done with it before it is killed.
    monkeypatch.setattr("campaigns.spreadsheets.process._PIPE_BYTES", 65_536)
    options = ReadOptions(placeholders=("name",))
    with import_rows(large_csv, options, original_name="large.csv") as reading:
        chunks = reading.chunks(n_rows=2_000)
        rows = list(next(chunks).rows)
        first = reading._reader.process
        os.kill(first.pid, signal.SIGKILL)
        for chunk in chunks:
            rows += chunk.rows
            rows += chunk.errors  # type: ignore[arg-type]
        assert reading._reader.process.pid != first.pid
    assert [each.row_number for each in rows] == list(range(2, N_ROWS + 2))
    assert reading.report.n_rows == N_ROWS


def test_leaving_early_ends_the_reader(large_csv: Path) -> None:
    with import_rows(large_csv, ReadOptions(), original_name="large.csv") as reading:
        next(reading.chunks(n_rows=2_000))
        child = reading._reader.process
    assert child.returncode is not None


def test_the_reader_ends_with_its_parent(large_csv: Path, tmp_path: Path) -> None:
    """Linux only, as the console's workers are."""
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from campaigns.spreadsheets import ReadOptions, import_rows\n"
        f"with import_rows(Path({str(large_csv)!r}), ReadOptions(), original_name='a.csv') as reading:\n"
        "    print(reading._reader.process.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    child = int(done.stdout)
    _, alive = psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=10)
    assert not alive
