"""The document says of every code and method what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from api.tencent_v5.errors import Code
from api.tencent_v5.methods import METHODS
from tests.api.tencent_v5.test_codes import NOT_YET

DOCUMENT = (Path(__file__).parents[3] / "docs" / "tencent.md").read_text()
V5 = DOCUMENT.partition("\n## v5\n")[2].partition("\n## ")[0]


def test_every_code_is_explained() -> None:
    rows = re.findall(r"^\| ([0-9, ]+) \|", V5, re.MULTILINE)
    explained = [int(code) for row in rows for code in row.split(",")]
    assert explained == sorted(int(code) for code in Code if code)


def test_every_code_that_cannot_be_is_named() -> None:
    absent = V5.partition("These do not occur yet:")[2].partition("`tests")[0]
    assert {int(code) for code in re.findall(r"\b1[0-9]{3}\b", absent)} == set(NOT_YET)


def test_every_method_is_there() -> None:
    table = V5.partition("### Methods")[2].partition("### ")[0]
    assert set(re.findall(r"`([a-z_0-9]+)`", table)) >= set(METHODS)
