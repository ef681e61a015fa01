"""The table of faults names a test for every row, and the test is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs/faults.md").read_text()
NAMED = sorted(set(re.findall(r"`(\w+)::(test_\w+)`", DOCUMENT)))
# The last table has figures.
TABLES = re.findall(r"(?:^\|.*\n)+", DOCUMENT, re.MULTILINE)[:-1]
ROWS = [row for table in TABLES for row in table.splitlines()[2:]]


def path_of(file: str) -> Path:
    return ROOT / ("tests/carriers/faults.py" if file == "carrier_faults" else f"tests/faults/test_{file}.py")


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_each_named_test_exists(file: str, test: str) -> None:
    assert re.search(rf"^ *def {test}\(", path_of(file).read_text(), re.MULTILINE)


@pytest.mark.parametrize("row", ROWS)
def test_each_row_names_a_test(row: str) -> None:
    assert re.search(r"`\w+::test_\w+` \|$", row)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/faults").glob("test_sm*.py")), ids=lambda path: path.stem
)
def test_each_trial_of_a_line_has_a_row(path: Path) -> None:
    tests = set(re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE))
    told = {test for file, test in NAMED if path_of(file) == path}
    # What every other one begins with, and what suspending alone does: no faults.
    no_faults = {
        "test_everything_leaves_once_and_every_receipt_comes_back",
        "test_suspending_leaves_the_rest_unsent",
        "test_a_session_is_killed_mid_window",
        "test_a_session_that_is_asked_to_stop_leaves_nothing_unknown",
    }
    assert tests - told <= no_faults
