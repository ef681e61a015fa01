from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from delivery.simulation.address import parse_address
from delivery.simulation.control import SimulationUnavailable, read_stats
from tests.delivery.simulation.running import REPOSITORY
from tests.delivery.simulation.running_smsc import RunningSmsc, free_port
from tests.delivery.simulation.test_smsc_server import bound, submit
from tests.loops import run_coroutine

PATIENCE_SECONDS = 60


@pytest.fixture
def smsc(tmp_path: Path) -> Iterator[RunningSmsc]:
    smsc = RunningSmsc(tmp_path)
    smsc.start()
    yield smsc
    smsc.stop()


def say(smsc: RunningSmsc, *options: str) -> dict:
    out = StringIO()
    call_command("smsc_simulator", f"--control={smsc.control}", *options, stdout=out)
    return json.loads(out.getvalue())


async def send(smsc: RunningSmsc) -> None:
    async with bound(smsc) as session:
        await submit(session, 1)


def test_it_changes_the_running_script(smsc: RunningSmsc) -> None:
    script = say(smsc, "--change", "--refuse=12.5", "--receipt-copies=3", "--id-notation=hex")
    assert (script["refuse"], script["receipt_copies"], script["id_notation"]) == (12.5, 3, "hex")


def test_it_fails_when_a_message_was_submitted_twice(smsc: RunningSmsc) -> None:
    run_coroutine(send(smsc))
    assert say(smsc, "--stats")["n_submits"] == 1
    assert say(smsc, "--check")["n_doubles"] == 0
    run_coroutine(send(smsc))
    with pytest.raises(CommandError):
        say(smsc, "--check")


def test_a_socket_is_all_that_it_is_asked_at() -> None:
    with pytest.raises(CommandError, match="path of a socket"):
        call_command("smsc_simulator", "--control=127.0.0.1:9", "--stats")


def test_it_runs_as_a_process_and_says_when_its_port_is_taken(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "manage.py", "smsc_simulator", f"--port={port}"]
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    }

    def start(name: str) -> subprocess.Popen[str]:
        options = [f"--control={tmp_path}/{name}.sock", f"--ledger={tmp_path}/{name}.jsonl"]
        return subprocess.Popen(
            [*command, *options], cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, text=True
        )

    first = start("first")
    try:
        wait_until_it_answers(tmp_path / "first.sock")
        second = start("second")
        assert "SMPP cannot be served" in second.communicate(timeout=PATIENCE_SECONDS)[1]
        assert second.returncode == 1
    finally:
        first.terminate()
        first.communicate(timeout=PATIENCE_SECONDS)
    assert first.returncode == 0


def wait_until_it_answers(path: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            read_stats(parse_address(str(path)))
        except SimulationUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return
