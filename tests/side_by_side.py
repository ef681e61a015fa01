"""The whole suite as processes side by side, each with stores of its own: a pytest plugin.

Without a file or folder named, `pytest` (and `make test`) runs one process a processor and one more, up to four;
whatever else is asked runs in one, which starts quickest. `-n 0` and `-n 3` say it otherwise, on the command line or
in PYTEST_ADDOPTS.

A file is the unit that a process takes. Three groups are taken as one each and at the very beginning, because they
last longest: the faults, which mostly wait; what else starts, kills and times processes; what drives a browser. None
of them runs beside the like of it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.timing import waits_for_others

MOST_PROCESSES = 4
LONGEST_VALUE_IN_A_NAME = 120
FAULTS, BROWSER, PROCESSES = "faults", "browser", "processes"
LONG_GROUPS = (FAULTS, BROWSER, PROCESSES)
MAY_BEGIN_AGAIN = (BROWSER, PROCESSES)
ROOT = Path(__file__).resolve().parents[1]
# Folders and files under `tests/` that start, kill and time processes, besides what is marked `faults`.
OF_PROCESSES = (
    "embedded",
    "delivery/sessions/test_children.py",
    "delivery/simulation/test_command.py",
    "delivery/simulation/test_smsc_command.py",
    "delivery/test_carriers_all_the_way.py",
    "delivery/test_failover_races.py",
    "delivery/test_limit_races.py",
    "delivery/lines/test_pace.py",
    "delivery/test_races.py",
    "test_workers.py",
)


def is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def is_controller(config: pytest.Config) -> bool:
    """Whether this process only hands tests to others; asked before xdist has made up its mind."""
    wanted = config.known_args_namespace
    n = n_processes(config) if wanted.numprocesses in ("auto", "logical") else wanted.numprocesses
    return not is_worker() and bool(n) and not wanted.usepdb


def n_processes(config: pytest.Config) -> int:
    """How many processes `-n auto` means: none beside this one unless the whole suite runs on stores of its own."""
    wanted = config.known_args_namespace
    is_whole = not (wanted.file_or_dir or wanted.keyword or wanted.markexpr or wanted.collectonly)
    # Given stores are shared by nobody: every test empties the queues of Redis.
    has_stores = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
    n_processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(n_processors + 1, MOST_PROCESSES) if is_whole and not has_stores and n_processors > 1 else 0


# First: xdist, loaded later, would answer with the number of processors.
@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    return n_processes(config)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long values by their argument: every process must give a test one name, and a made file holds its second."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_VALUE_IN_A_NAME else None


# First: xdist writes the groups into the names of the tests.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of each test; side by side, the long groups first and otherwise in the order they stand."""
    groups = {item: group_of(item.path, marks_of(item)) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
        if group in MAY_BEGIN_AGAIN:
            item.add_marker(waits_for_others)
    if is_worker():
        items.sort(key=lambda item: order_of(groups[item]))


def group_of(path: Path, marks: frozenset[str]) -> str:
    """One of `LONG_GROUPS`, or the file itself."""
    name = path.relative_to(ROOT / "tests").as_posix()
    if FAULTS in marks:
        return FAULTS
    if is_within(name, OF_PROCESSES):
        return PROCESSES
    return BROWSER if BROWSER in marks else name


def marks_of(item: pytest.Item) -> frozenset[str]:
    return frozenset(mark.name for mark in item.iter_markers())


def is_within(name: str, places: Sequence[str]) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


def order_of(group: str) -> int:
    return LONG_GROUPS.index(group) if group in LONG_GROUPS else len(LONG_GROUPS)
