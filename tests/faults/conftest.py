"""One stack of real processes for all fault tests; `make faults` asks for more moments by FAULT_MOMENTS."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.faults.stack import FaultStack, fault_stack


# Not for the whole session: this process's connection and queues are the stack's while it runs.
@pytest.fixture(scope="package")
def stack(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[FaultStack]:
    with django_db_blocker.unblock(), fault_stack() as stack:
        yield stack
        assert stack.doubles() == 0, "the gateway's whole file holds a second submit"


@pytest.fixture(scope="session")
def table() -> Iterator[Callable[..., None]]:
    """Notes a row of the fault table; printed and written to `test-results/faults.json` at the end."""
    rows: list[dict[str, object]] = []

    def note(**row: object) -> None:
        rows.append(row)

    yield note
    results = Path("test-results")
    results.mkdir(exist_ok=True)
    (results / "faults.json").write_text(json.dumps(rows, indent=1))


@pytest.fixture
def n_moments() -> int:
    """At how many random moments a fault strikes."""
    return int(os.environ.get("FAULT_MOMENTS", "2"))
