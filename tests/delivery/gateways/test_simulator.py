from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.gateways import open_driver
from delivery.gateways.base import GatewayDriver, OutboundMessage, Outcome
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable
from delivery.gateways.simulator import GROUP_SIZE, SimulatorDriver
from delivery.statuses import Reason
from tests.delivery.gateways.contract import (
    LATE_SECONDS,
    Behaviour,
    GatewayContract,
    Line,
    always,
    messages,
    outcomes,
    submit,
)
from tests.delivery.simulation.running import RunningGateway

ALL = 100
SCRIPTS: dict[Behaviour, dict[str, object]] = {
    Behaviour.ACCEPT: {},
    Behaviour.REFUSE: {"refuse": ALL},
    Behaviour.THROTTLE: {"throttle": ALL},
    Behaviour.STAY_SILENT: {"silence": ALL},
    Behaviour.ANSWER_LATE: {"delay_ms": round(LATE_SECONDS * 1000)},
    Behaviour.MIX: {"refuse": 20, "throttle": 20, "silence": 20, "reverse_answers": True},
}
HONEST: dict[str, object] = {
    "refuse": 0,
    "throttle": 0,
    "silence": 0,
    "delay_ms": 0,
    "reverse_answers": False,
    "receipt_min_ms": 0,
    "receipt_max_ms": 0,
}


class SimulatedLine(Line):
    """The true server in a process of its own, over a true socket."""

    def __init__(self, gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gateway = gateway
        self._monkeypatch = monkeypatch

    def driver(self, *, patient: bool = True) -> GatewayDriver:
        return open_driver(
            "simulator", {"address": self.gateway.socket, "timeout_seconds": 20 if patient else 0.8}
        )

    def behave(self, behaviour: Behaviour) -> None:
        if behaviour is Behaviour.REFUSE_WITH_UNKNOWN_CODE:
            self._monkeypatch.setattr("delivery.gateways.simulator.REFUSAL_REASONS", {})
            behaviour = Behaviour.REFUSE
        self.gateway.script(**HONEST | SCRIPTS[behaviour])

    def arrived(self) -> list[OutboundMessage]:
        return [
            OutboundMessage(
                line.message_id, line.attempt, line.msisdn, line.sender, line.text, line.n_segments
            )
            for line in self.gateway.lines()
        ]

    def hang_up(self) -> None:
        self.gateway.kill()

    def come_back(self) -> None:
        self.gateway.start(**HONEST)


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedLine]:
    gateway = RunningGateway(tmp_path)
    gateway.start(**HONEST)
    yield SimulatedLine(gateway, monkeypatch)
    gateway.stop()


class TestSimulator(GatewayContract):
    pass


def test_it_speaks_over_tcp_as_well(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gateway = RunningGateway(tmp_path, address=f"127.0.0.1:{port}")
    gateway.start(**HONEST)
    try:
        driver = open_driver("simulator", {"address": f"127.0.0.1:{port}"})
        assert outcomes(submit(driver, messages())) == {Outcome.ACCEPTED}
        driver.close()
    finally:
        gateway.stop()
    with pytest.raises(GatewayUnavailable):
        submit(driver, messages())


@pytest.mark.parametrize(
    "settings",
    [
        {"address": "not an address"},
        {"address": "/" + "x" * 200},
        {"address": "127.0.0.1:7777", "timeout_seconds": "soon"},
        {"address": "127.0.0.1:7777", "timeout_seconds": 0},
    ],
    ids=["address", "long", "words", "zero"],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(GatewayMisconfigured):
        open_driver("simulator", settings)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(GatewayMisconfigured, match="pigeon"):
        open_driver("pigeon", {})


def test_without_an_address_it_looks_below_the_data_folder(tmp_path: Path, settings: pytest.Item) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    driver = SimulatorDriver({})
    with pytest.raises(GatewayUnavailable, match=str(tmp_path)):
        driver.open()


def test_a_half_written_group_is_uncertain_and_its_connection_is_given_up(tmp_path: Path) -> None:
    window = [message._replace(text="x" * 100_000) for message in messages()]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.bind(str(tmp_path / "socket"))
        deaf.listen()
        driver = open_driver("simulator", {"address": str(tmp_path / "socket"), "timeout_seconds": 0.5})
        results = submit(driver, window)
        assert [message.id for message in window if results[message.id].outcome == Outcome.UNCERTAIN] == list(
            range(1, GROUP_SIZE + 1)
        )
        assert outcomes(results) == {Outcome.UNCERTAIN, Outcome.UNSENT}
        first, _ = deaf.accept()
        driver.open()
        second, _ = deaf.accept()
        driver.close()
        first.close()
        second.close()


def _answer_with(answers: bytes, path: Path) -> threading.Thread:
    """Another side that gives these bytes to the first line it reads, and hangs up."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen()

    def serve() -> None:
        connection, _ = server.accept()
        with server, connection, connection.makefile("rb") as stream:
            stream.readline()
            connection.sendall(answers)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "answers",
    [b"hello\n", b'{"control": 1}\n', b"[[1]]\n", b'[[1, 0, "accep', b""],
    ids=["words", "object", "short", "torn", "nothing"],
)
def test_answers_that_cannot_be_read_leave_messages_uncertain(tmp_path: Path, answers: bytes) -> None:
    thread = _answer_with(answers, tmp_path / "socket")
    driver = open_driver("simulator", {"address": str(tmp_path / "socket")})
    assert outcomes(submit(driver, messages(GROUP_SIZE))) == {Outcome.UNCERTAIN}
    thread.join()


def test_an_answer_in_unknown_words_is_uncertain_and_its_code_is_kept(tmp_path: Path) -> None:
    answer = json.dumps([[1, 0, "perhaps", [], "MAYBE", 0]]).encode() + b"\n"
    thread = _answer_with(answer, tmp_path / "socket")
    driver = open_driver("simulator", {"address": str(tmp_path / "socket")})
    [result] = driver.submit(messages(1), keep_going=always)
    thread.join()
    assert (result.outcome, result.code, result.reason) == (Outcome.UNCERTAIN, "MAYBE", Reason.UNKNOWN_CODE)
