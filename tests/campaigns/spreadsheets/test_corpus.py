"""Sixty-eight damaged or odd workbooks, each with its expected verdict.

The files are Apache POI's test data and not kept here: `CORPUS_DIR` names the folder that holds
`hostile-workbooks/`. What to expect of each is in `hostile_expectations.json`.
"""

from __future__ import annotations

import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from campaigns.refused_files import describe_refusal
from campaigns.spreadsheets import FileRefused, ReadOptions, import_rows
from tests.campaigns.spreadsheets.test_workbook_rows import assert_same_cells

_CORPUS = Path(os.environ.get("CORPUS_DIR", "/nonexistent")) / "hostile-workbooks"
_EXPECTATIONS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("hostile_expectations.json").read_text()
)
_MAX_SECONDS = 120

pytestmark = pytest.mark.skipif(
    not _CORPUS.is_dir(), reason="CORPUS_DIR names no folder of hostile workbooks"
)


def read_verdict(path: Path) -> dict[str, Any]:
    try:
        with import_rows(path, ReadOptions(placeholders=None), original_name=path.name) as reading:
            chunks = list(reading.chunks())
    except FileRefused as refusal:
        words = describe_refusal(refusal)
        assert words.sentence
        assert words.advice
        return {"refused": refusal.reason.value}
    facts, report = reading.facts, reading.report
    assert sum(len(chunk.rows) for chunk in chunks) == report.n_taken
    assert sum(len(chunk.errors) for chunk in chunks) == report.n_refused == report.n_rows - report.n_taken
    return {
        "sheet": facts.sheet,
        "header_row": report.header_row,
        "number_column": facts.number_column,
        "rows": report.n_rows,
        "taken": report.n_taken,
        "by_reason": {reason.value: n_rows for reason, n_rows in sorted(report.by_reason.items())},
    }


@pytest.mark.parametrize("name", sorted(_EXPECTATIONS))
def test_the_verdict_is_the_expected_one(name: str) -> None:
    started = time.monotonic()
    assert read_verdict(_CORPUS / name) == _EXPECTATIONS[name]
    assert time.monotonic() - started < _MAX_SECONDS


def test_every_file_of_the_corpus_has_an_expectation() -> None:
    assert {path.name for path in _CORPUS.glob("*.xls*")} == set(_EXPECTATIONS)


@pytest.mark.parametrize(
    "name", sorted(name for name, verdict in _EXPECTATIONS.items() if "sheet" in verdict)
)
def test_no_cell_differs_from_what_openpyxl_reads(name: str) -> None:
    try:
        assert_same_cells(_CORPUS / name)
    except (zipfile.BadZipFile, TypeError) as error:
        # Two that openpyxl gives up on: a later sheet is damaged, a style has no name.
        assert name in {  # noqa: PT017
            "clusterfuzz-testcase-minimized-POIXSSFFuzzer-5937385319563264.xlsx",
            "style-alternate-content.xlsx",
        }, error
