"""`manage.py read_recipients` as a shell sees it, without any database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns.spreadsheets.making import BERLIN_LANDLINE, BRITAIN, CHINA, write_rows

_PROJECT = Path(__file__).resolve().parents[3]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "read_recipients", *map(str, arguments)],
        cwd=_PROJECT,
        # Nobody listens there: the command must not even try.
        env={
            **os.environ,
            "DATABASE_URL": "postgresql://x@127.0.0.1:1/x",
            "REDIS_URL": "redis://127.0.0.1:1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def verdict(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    rows = [
        ["mobile", "name"],
        [CHINA, "Ann"],
        [CHINA, "Ann"],
        [CHINA, "Bob"],
        ["n/a", "Cem"],
        ["0170 1234567", "Dan"],
        [BERLIN_LANDLINE, ""],
    ]
    return write_rows(tmp_path / "people.xlsx", *rows)


def test_it_says_what_would_be_taken_and_refused(workbook: Path) -> None:
    done = run(workbook, "--json")
    assert done.returncode == 0, done.stderr
    assert verdict(done) == {
        "file": "people.xlsx",
        "kind": "xlsx",
        "sheet": "Recipients",
        "encoding": "",
        "separator": "",
        "header_row": 1,
        "number_column": "mobile",
        "parameter_columns": ["name"],
        "surplus_columns": [],
        "n_columns_beyond": 0,
        "rows": 6,
        "taken": 4,
        "refused": 2,
        "by_reason": {"no_default_country": 1, "not_a_number": 1},
        "landlines": 1,
        "duplicates": 1,
        "hidden_rows": 0,
        "is_sheet_hidden": False,
    }


def test_a_country_reads_national_numbers(workbook: Path) -> None:
    assert verdict(run(workbook, "--json", "--country", "de"))["by_reason"] == {"not_a_number": 1}


def test_people_get_a_table_with_the_refused_rows(workbook: Path) -> None:
    done = run(workbook)
    assert done.returncode == 0
    assert "people.xlsx: xlsx (Recipients)" in done.stdout
    assert "row 5, mobile: 'n/a' - Not a number" in done.stdout


def test_a_refused_file_exits_with_1_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text(f"{BRITAIN}\n")
    done = run(tmp_path / "a.xlsx", "--json")
    assert done.returncode == 1
    assert verdict(done)["refused"] == {
        "reason": "wrong_extension",
        "sentence": "The file is called .xlsx, but its content is a text file (.csv).",
        "advice": "Rename it so that it ends with .csv and upload it again.",
    }
    assert "is a text file" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["nowhere.xlsx"], [__file__, "--country", "XX"], ["."]])
def test_a_wrong_call_exits_with_2(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2
