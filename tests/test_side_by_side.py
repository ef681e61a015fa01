"""How the suite is spread over processes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import side_by_side
from tests.side_by_side import (
    BROWSER,
    FAULTS,
    MOST_PROCESSES,
    PROCESSES,
    group_of,
    is_controller,
    n_processes,
)
from tests.timing import waits_for_others

TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def eight_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(8)), raising=False)
    for name in ("DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)


def asked(**options: object) -> Any:
    usual = {
        "numprocesses": "auto",
        "usepdb": False,
        "file_or_dir": [],
        "keyword": "",
        "markexpr": "",
        "collectonly": False,
    }
    return SimpleNamespace(known_args_namespace=SimpleNamespace(**{**usual, **options}))


def test_the_whole_suite_runs_side_by_side() -> None:
    assert n_processes(asked()) == MOST_PROCESSES
    assert is_controller(asked())


@pytest.mark.parametrize(
    "options",
    [{"file_or_dir": ["tests/lib"]}, {"keyword": "suspend"}, {"markexpr": "faults"}, {"collectonly": True}],
    ids=str,
)
def test_a_part_of_it_runs_in_one_process(options: dict[str, object]) -> None:
    assert n_processes(asked(**options)) == 0
    assert not is_controller(asked(**options))


def test_it_is_this_module_that_xdist_asks(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.hook.pytest_xdist_auto_num_workers(config=asked(keyword="suspend")) == 0


def test_given_stores_are_used_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    monkeypatch.setenv("REDIS_URL", "redis://somewhere/1")
    assert n_processes(asked()) == 0


def test_a_number_that_is_asked_for_holds() -> None:
    assert is_controller(asked(numprocesses=3, file_or_dir=["tests/lib"]))
    assert not is_controller(asked(numprocesses=0))


def test_a_worker_leads_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    assert not is_controller(asked())


def test_a_file_is_a_group_but_for_processes_and_browsers() -> None:
    lib, journey, race = (
        TESTS / "lib/test_msisdn.py",
        TESTS / "browser/test_journey.py",
        TESTS / "test_workers.py",
    )
    assert group_of(lib, frozenset()) == "lib/test_msisdn.py"
    assert group_of(journey, frozenset({"browser"})) == BROWSER
    assert group_of(race, frozenset()) == PROCESSES
    assert group_of(lib, frozenset({"faults"})) == FAULTS


@pytest.mark.parametrize("name", side_by_side.OF_PROCESSES)
def test_what_is_named_as_starting_processes_is_there(name: str) -> None:
    assert (TESTS / name).exists()


def test_whatever_uses_the_crowd_of_processes_is_named() -> None:
    users = {
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("test_*.py")
        if "from tests.delivery.crowd import" in path.read_text()
        or "tests.delivery import crowd" in path.read_text()
    } - {Path(__file__).name}
    assert users
    assert all(side_by_side.is_within(name, side_by_side.OF_PROCESSES) for name in users), users


@pytest.mark.skipif(not side_by_side.is_worker(), reason="only side by side")
def test_a_test_is_named_with_its_group(request: pytest.FixtureRequest) -> None:
    """Without that a file is torn apart, and several processes start consoles and browsers of their own."""
    assert request.node.nodeid.endswith("@test_side_by_side.py")


@pytest.mark.parametrize("value", [b"PK\x03\x04" + bytes(200), "x" * 200])
def test_no_long_value_is_in_the_name_of_a_test(value: str | bytes, request: pytest.FixtureRequest) -> None:
    assert "[value" in request.node.name


def test_fault_trials_do_not_begin_again_as_a_group() -> None:
    assert FAULTS not in side_by_side.MAY_BEGIN_AGAIN
    assert waits_for_others.mark.kwargs["reruns"] == 1
