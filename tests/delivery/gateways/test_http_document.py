"""docs/http-gateways.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs/http-gateways.md").read_text()
FILES = {"carriers": ROOT / "tests/delivery/test_carriers_all_the_way.py"}
NAMED = re.findall(r"`(\w+)::(test_\w+)`", DOCUMENT)
# What every driver inherits.
COMMON = (ROOT / "tests/delivery/gateways/contract.py").read_text() + (
    ROOT / "tests/carriers/faults.py"
).read_text()


def test_the_document_names_tests() -> None:
    assert len(NAMED) > 25


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_each_test_of_the_document_exists(file: str, name: str) -> None:
    path = FILES.get(file, ROOT / f"tests/delivery/gateways/test_{file}.py")
    assert f"def {name}(" in path.read_text() + COMMON
