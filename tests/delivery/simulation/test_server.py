from __future__ import annotations

import json
import resource
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from delivery.gateways import open_driver
from delivery.gateways.base import OutboundMessage, Outcome
from delivery.simulation import control
from delivery.simulation.address import connect
from delivery.simulation.ledger import Verdict
from tests.delivery.gateways.contract import messages, outcomes, submit
from tests.delivery.simulation.running import RunningGateway

PATIENCE_SECONDS = 30


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[RunningGateway]:
    gateway = RunningGateway(tmp_path)
    yield gateway
    gateway.stop()


def wait_until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def send(
    gateway: RunningGateway, window: list[OutboundMessage], *, timeout_seconds: float = 20
) -> set[Outcome]:
    driver = open_driver("simulator", {"address": gateway.socket, "timeout_seconds": timeout_seconds})
    try:
        return outcomes(submit(driver, window))
    finally:
        driver.close()


def receipts_per_part(gateway: RunningGateway) -> Counter[str]:
    return Counter(receipt["gateway_message_id"] for receipt in gateway.receipts())


def test_every_taken_segment_gets_one_receipt(gateway: RunningGateway) -> None:
    gateway.start(receipt_max_ms=300, refuse=20, throttle=20)
    send(gateway, messages(n_segments=2))
    parts = {part for line in gateway.lines() for part in line.gateway_message_ids}
    wait_until(lambda: len(gateway.receipts()) >= len(parts))
    assert receipts_per_part(gateway) == Counter(parts)
    assert 0 < len(parts) < 400


def test_a_receipt_names_the_submit_unless_told_not_to(gateway: RunningGateway) -> None:
    gateway.start(receipt_min_ms=0, receipt_max_ms=0)
    send(gateway, messages(1))
    wait_until(lambda: len(gateway.receipts()) == 1)
    gateway.script(echo_reference=False)
    send(gateway, messages(1, first_id=2))
    wait_until(lambda: len(gateway.receipts()) == 2)
    assert [receipt["reference"] for receipt in gateway.receipts()] == ["1-0", ""]
    assert [receipt["msisdn"] for receipt in gateway.receipts()] == [line.msisdn for line in gateway.lines()]


def test_early_receipts_are_there_before_the_answer(gateway: RunningGateway) -> None:
    gateway.start(early_receipts=100, receipt_min_ms=3_600_000, receipt_max_ms=3_600_000)
    assert send(gateway, messages()) == {Outcome.ACCEPTED}
    assert len(gateway.receipts()) == 200


def test_double_receipts_come_twice(gateway: RunningGateway) -> None:
    gateway.start(double_receipts=100, receipt_min_ms=0, receipt_max_ms=0)
    send(gateway, messages(50))
    wait_until(lambda: len(gateway.receipts()) == 100)
    assert set(receipts_per_part(gateway).values()) == {2}


def test_a_silent_submit_is_in_the_ledger_and_gets_its_receipt(gateway: RunningGateway) -> None:
    gateway.start(silence=100, receipt_min_ms=0, receipt_max_ms=0)
    assert send(gateway, messages(10), timeout_seconds=0.5) == {Outcome.UNCERTAIN}
    assert {line.verdict for line in gateway.lines()} == {Verdict.SILENT}
    wait_until(lambda: len(gateway.receipts()) == 10)


def test_a_second_submit_of_a_message_is_written_down_and_found(gateway: RunningGateway) -> None:
    gateway.start()
    send(gateway, messages(100))
    assert control.check_doubles(gateway.address) == []
    send(gateway, messages(1, first_id=42))
    send(gateway, [message._replace(attempt=1) for message in messages(1, first_id=7)])
    assert len(gateway.lines()) == 102
    assert control.check_doubles(gateway.address) == ["42-0", "7-1"]


def test_ids_stay_unique_over_a_restart(gateway: RunningGateway) -> None:
    gateway.start()
    send(gateway, messages(20))
    gateway.stop()
    gateway.start()
    send(gateway, messages(20, first_id=101))
    parts = [part for line in gateway.lines() for part in line.gateway_message_ids]
    assert len(parts) == len(set(parts)) == 40


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_receipts_that_are_due_survive_a_restart(gateway: RunningGateway, end: str) -> None:
    gateway.start(receipt_min_ms=600, receipt_max_ms=1200)
    send(gateway, messages())
    getattr(gateway, end)()
    gateway.start(receipt_min_ms=600, receipt_max_ms=1200)
    wait_until(lambda: len(receipts_per_part(gateway)) == 200)


def test_receipts_that_arrived_do_not_come_again_after_a_restart(gateway: RunningGateway) -> None:
    gateway.start(receipt_min_ms=0, receipt_max_ms=0)
    send(gateway, messages())
    wait_until(lambda: control.read_stats(gateway.address)["n_receipts_waiting"] == 0)
    gateway.stop()
    gateway.start(receipt_min_ms=0, receipt_max_ms=0)
    send(gateway, messages(1, first_id=1001))
    wait_until(lambda: len(gateway.receipts()) > 200)
    assert receipts_per_part(gateway).total() == 201


def test_receipts_wait_until_the_console_is_back(gateway: RunningGateway) -> None:
    gateway.start(receipt_min_ms=0, receipt_max_ms=0)
    gateway.console_is_away.touch()
    send(gateway, messages())
    assert control.read_stats(gateway.address)["n_receipts_waiting"] == 200
    gateway.console_is_away.unlink()
    wait_until(lambda: len(gateway.receipts()) == 200)
    assert set(receipts_per_part(gateway).values()) == {1}


def test_the_handset_shows_what_arrived_newest_first(gateway: RunningGateway) -> None:
    gateway.start(refuse=50)
    window = messages()
    send(gateway, window)
    taken = [line for line in gateway.lines() if line.verdict == Verdict.ACCEPTED]
    assert control.read_recent(gateway.address, limit=1000) == taken[::-1]
    assert control.read_recent(gateway.address, limit=3) == taken[:-4:-1]
    assert control.read_recent(gateway.address, digits=taken[5].msisdn) == [taken[5]]
    assert control.read_recent(gateway.address, digits=taken[5].msisdn[-4:]) == [taken[5]]
    assert control.read_recent(gateway.address, digits="+1") == []
    gateway.kill()
    gateway.start()
    assert control.read_recent(gateway.address, limit=1000) == taken[::-1]


def test_the_handset_shows_nothing_that_never_reached_the_phone(gateway: RunningGateway) -> None:
    gateway.start(undelivered=100)
    send(gateway, messages(5))
    assert control.read_recent(gateway.address) == []
    gateway.script(undelivered=0, lose_receipts=100)
    assert len(control.read_recent(gateway.address)) == 5


def test_it_counts(gateway: RunningGateway) -> None:
    gateway.start(refuse=100)
    send(gateway, messages(30))
    gateway.script(refuse=0, receipt_min_ms=0, receipt_max_ms=0)
    send(gateway, messages(20, first_id=101))
    wait_until(lambda: control.read_stats(gateway.address)["n_receipts_sent"] == 20)
    stats = control.read_stats(gateway.address)
    assert (stats["n_submits"], stats["n_refused"], stats["n_accepted"]) == (50, 30, 20)
    assert stats["ledger_bytes"] == gateway.ledger.stat().st_size


def test_the_script_changes_while_it_runs(gateway: RunningGateway) -> None:
    gateway.start()
    assert send(gateway, messages(20)) == {Outcome.ACCEPTED}
    assert control.change_script(gateway.address, {"throttle": 100})["throttle"] == 100
    assert send(gateway, messages(20, first_id=101)) == {Outcome.THROTTLED}
    with pytest.raises(ValueError, match="refuse"):
        control.change_script(gateway.address, {"refuse": 1000})
    assert control.change_script(gateway.address, {})["throttle"] == 100


@pytest.mark.parametrize(
    "request_line",
    [
        b"hello\n",
        b"[[1, 2]]\n",
        b"[1]\n",
        b"7\n",
        b'{"control": "nothing"}\n',
        b'{"control": "recent", "limit": []}\n',
    ],
)
def test_it_survives_requests_it_cannot_read(gateway: RunningGateway, request_line: bytes) -> None:
    gateway.start()
    with connect(gateway.address, timeout_seconds=PATIENCE_SECONDS) as connection:
        connection.sendall(request_line)
        connection.recv(1000)
    assert send(gateway, messages(5)) == {Outcome.ACCEPTED}
    assert len(gateway.lines()) == 5


def test_a_request_may_arrive_byte_by_byte(gateway: RunningGateway) -> None:
    gateway.start()
    with connect(gateway.address, timeout_seconds=PATIENCE_SECONDS) as connection:
        for byte in json.dumps(messages(1)).encode() + b"\n":
            connection.send(bytes([byte]))
        assert json.loads(connection.recv(1000))[0][2] == "accepted"


def test_nobody_else_may_connect(gateway: RunningGateway) -> None:
    gateway.start()
    assert stat.S_IMODE(Path(gateway.socket).stat().st_mode) == 0o600


def test_a_second_server_on_the_same_socket_is_refused(gateway: RunningGateway, tmp_path: Path) -> None:
    gateway.start()
    second = RunningGateway(tmp_path)
    second.ledger = tmp_path / "other.jsonl"
    with pytest.raises(AssertionError):
        second.start()
    second.stop()
    assert send(gateway, messages(5)) == {Outcome.ACCEPTED}


def test_what_a_full_disk_does_not_take_is_not_answered(gateway: RunningGateway) -> None:
    gateway.start()
    send(gateway, messages(100))
    size = gateway.ledger.stat().st_size
    gateway.limit_file_size(size + 1000)
    assert send(gateway, messages(50, first_id=101)) == {Outcome.UNCERTAIN}
    n_torn = len(gateway.lines()) - 100
    assert 0 < n_torn < 50
    gateway.limit_file_size(resource.RLIM_INFINITY)
    assert send(gateway, messages(50, first_id=201)) == {Outcome.ACCEPTED}
    assert len(gateway.lines()) == 150 + n_torn
