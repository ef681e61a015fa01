"""Receipts over a line while PostgreSQL is slow or away, and a cable that is pulled."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from delivery.models import LineState, Receipt
from delivery.statuses import MessageStatus
from tests.delivery.smpp.smsc import free_port, receipt
from tests.faults.lines import TrialLine, trial_line
from tests.faults.stack import ROOT, FaultStack
from tests.timing import measures_time

pytestmark = pytest.mark.faults

N_FLOOD = 10_000
FLOOD_PER_SECOND = 5_000
Table = Callable[..., None]

SLOW_DOWN = """
CREATE FUNCTION trial_slow() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END $$;
CREATE TRIGGER trial_slow AFTER INSERT ON delivery_receipt FOR EACH STATEMENT EXECUTE FUNCTION trial_slow();
"""
SPEED_UP = "DROP TRIGGER trial_slow ON delivery_receipt; DROP FUNCTION trial_slow()"


@pytest.fixture
def slow_postgres(stack: FaultStack) -> Iterator[None]:
    """Storing a group of receipts takes four tenths of a second."""
    with connection.cursor() as cursor:
        cursor.execute(SLOW_DOWN)
    yield
    with connection.cursor() as cursor:
        cursor.execute(SPEED_UP)


class SignsOfLife:
    """Asks the console by enquire_link every tenth of a second, and keeps how long each answer took."""

    def __init__(self, line: TrialLine) -> None:
        self._smsc = line.smsc
        self._asked: dict[int, float] = {}
        self.seconds: list[float] = []
        self._over = threading.Event()
        for peer in self._smsc._connections.values():
            self._listen_to(peer)
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _listen_to(self, peer: Any) -> None:
        take = peer._take

        def listen(command: int, status: int, sequence: int, body: bytes) -> bytes:
            if command == 0x80000015 and sequence in self._asked:
                self.seconds.append(time.monotonic() - self._asked[sequence])
            return bytes(take(command, status, sequence, body))

        peer._take = listen

    def _ask(self) -> None:
        sequence = 0x10000000
        while not self._over.wait(0.1):
            sequence += 1
            self._asked[sequence] = time.monotonic()
            self._smsc.send_raw(struct.pack(">IIII", 16, 0x15, 0, sequence))

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


def n_stored(line: TrialLine) -> int:
    return Receipt.objects.filter(gateway_id=line.gateway.pk).count()


def receipts_for(line: TrialLine, n: int) -> list[bytes]:
    """Receipts for what the SMSC has taken, as often as it takes to make `n`."""
    answered = list(line.smsc.answered.items())
    return [
        receipt(message_id, source=one.destination, destination=one.source)
        for message_id, one in (answered[i % len(answered)] for i in range(n))
    ]


@measures_time
def test_a_flood_of_receipts_while_postgres_is_slow(
    stack: FaultStack, table: Table, slow_postgres: None
) -> None:
    """Nothing is acknowledged before it is stored, and signs of life are answered all the while."""
    with trial_line(stack, window=100, enquire_seconds=60) as line:
        dispatch = line.hand_over(1_000)
        row = line.assert_whole(dispatch, max_uncertain=0)
        flood = receipts_for(line, N_FLOOD)
        signs = SignsOfLife(line)
        step = FLOOD_PER_SECOND // 10
        began = time.monotonic()
        for at in range(0, N_FLOOD, step):
            line.smsc.deliver_many(flood[at : at + step])
            n_acknowledged = len(line.smsc.acknowledged)
            assert n_acknowledged <= n_stored(line)
            time.sleep(max(0.0, began + (at + step) / FLOOD_PER_SECOND - time.monotonic()))
        stack.wait_for(lambda: len(line.smsc.acknowledged) == N_FLOOD, what="all are acknowledged")
        signs.stop()
        assert n_stored(line) == N_FLOOD
        assert len(signs.seconds) >= 10
        assert sorted(signs.seconds)[int(len(signs.seconds) * 0.95)] < 1.0
        line.wait_until_all(dispatch, MessageStatus.DELIVERED)
        assert len(line.smsc.binds) == 1
    row["slowest_sign_of_life"] = round(max(signs.seconds), 2)
    table(fault="SMPP: 5 000 receipts/s while PostgreSQL is slow", **row)


@measures_time
def test_receipts_while_postgres_is_away(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=100, enquire_seconds=60) as line:
        dispatch = line.hand_over(1_000)
        row = line.assert_whole(dispatch, max_uncertain=0)
        signs = SignsOfLife(line)
        stack.stores.stop_one("postgres")
        connection.close()
        line.smsc.deliver_many(receipts_for(line, 1_000))
        time.sleep(2.0)
        assert line.smsc.acknowledged == []
        stack.stores.start_one("postgres")
        stack.wait_for(lambda: len(line.smsc.acknowledged) == 1_000, what="all are acknowledged")
        signs.stop()
        assert max(signs.seconds) < 1.0
        line.wait_until_all(dispatch, MessageStatus.DELIVERED)
        assert n_stored(line) == 1_000
        assert len(line.smsc.binds) == 1
    table(fault="SMPP: PostgreSQL away for seconds while receipts come", **row)


def test_sending_goes_on_after_postgres_was_away(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=20) as line:
        dispatch = line.hand_over(2_000)
        for n_submits, how in ((300, None), (1_000, signal.SIGQUIT)):
            line.wait_for_submits(n_submits)
            stack.restart_postgres(by=how)
        row = line.assert_whole(dispatch, max_uncertain=400)
        assert len(line.smsc.binds) == 1
    table(fault="SMPP: PostgreSQL restarted twice while sending", **row)


@measures_time
def test_a_receipt_is_on_the_page_within_two_seconds(stack: FaultStack, table: Table) -> None:
    with trial_line(stack, window=100) as line:
        dispatch = line.hand_over(2_000)
        line.assert_whole(dispatch, max_uncertain=0)
        bodies = receipts_for(line, 2_000)
        # A thousand a second for two seconds.
        for at in range(0, 2_000, 100):
            line.smsc.deliver_many(bodies[at : at + 100])
            time.sleep(0.1)
        seconds = stack.wait_for(
            lambda: line.counts(dispatch) == {MessageStatus.DELIVERED: 2_000}, what="all are on the page"
        )
    assert seconds < 4.0  # two, on a machine with nothing else to do
    table(fault="SMPP: receipts at 1 000/s, the last one visible after", seconds=round(seconds, 2))


# --- A cable ----------------------------------------------------------------------------------------------------


def run(*words: str) -> bool:
    return subprocess.run(words, capture_output=True).returncode == 0


@contextlib.contextmanager
def other_end_of_a_cable() -> Iterator[tuple[str, str, str] | None]:
    """The name of a network namespace, its address, and our interface; None where there may be none."""
    name = f"smsc{os.getpid()}"
    ours, theirs = f"a{os.getpid()}", f"b{os.getpid()}"
    if not shutil.which("ip") or not run("ip", "netns", "add", name):
        yield None
        return
    try:
        done = (
            run("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs)
            and run("ip", "link", "set", theirs, "netns", name)
            and run("ip", "addr", "add", "10.213.77.1/30", "dev", ours)
            and run("ip", "link", "set", ours, "up")
            and run("ip", "netns", "exec", name, "ip", "addr", "add", "10.213.77.2/30", "dev", theirs)
            and run("ip", "netns", "exec", name, "ip", "link", "set", theirs, "up")
        )
        yield (name, "10.213.77.2", ours) if done else None
    finally:
        run("ip", "link", "del", ours)
        run("ip", "netns", "del", name)


def test_a_cable_that_is_pulled(stack: FaultStack, table: Table) -> None:
    """Half-open: no end of the connection is told. Without the right to make networks the SMSC is frozen instead."""
    with other_end_of_a_cable() as cable:
        host = cable[1] if cable else "127.0.0.1"
        port = free_port()
        command = [sys.executable, "-m", "tests.delivery.smpp.smsc", f"--port={port}", f"--host={host}"]
        if cable:
            command = ["ip", "netns", "exec", cable[0], *command]
        said = stack.folder / "cable-smsc.log"
        with said.open("wb") as log:
            smsc = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            with trial_line(stack, window=20, host=host, port=port, enquire_seconds=1) as line:
                stack.wait_for(lambda: heard(said)["binds"] == 1, what="it is bound")
                dispatch = line.hand_over(3_000)
                stack.wait_for(lambda: len(heard(said)["destinations"]) > 300, what="it sends")
                pull(cable, smsc)
                stack.wait_for(
                    lambda: LineState.objects.get(gateway=line.gateway).state in ("waiting", "connecting"),
                    what="the session has noticed",
                    seconds=20,
                )
                plug_in(cable, smsc)
                seconds = stack.wait_until_sent(dispatch)
                time.sleep(0.5)
                destinations = heard(said)["destinations"]
                uncertain = line.counts(dispatch).get(MessageStatus.UNCERTAIN, 0)
        finally:
            smsc.send_signal(signal.SIGCONT)
            smsc.kill()
            smsc.wait()
    n_doubled = len(destinations) - len(set(destinations))
    assert n_doubled == 0
    # A window's worth on the line, and what the attempts to come back have cost.
    assert uncertain <= 40
    assert len(set(destinations)) >= 3_000 - uncertain
    table(
        fault=f"SMPP: half-open connection ({'a cable is pulled' if cable else 'the SMSC is frozen'})",
        doubled=n_doubled,
        missing=0,
        uncertain=uncertain,
        seconds=round(seconds, 1),
    )


def heard(said: Any) -> dict[str, Any]:
    lines = said.read_text().splitlines()
    for text in reversed(lines):
        with contextlib.suppress(ValueError):
            found: dict[str, Any] = json.loads(text)
            return found
    return {"binds": 0, "destinations": []}


def pull(cable: tuple[str, str, str] | None, smsc: subprocess.Popen[bytes]) -> None:
    if cable:
        assert run("ip", "link", "set", cable[2], "down")
    else:
        smsc.send_signal(signal.SIGSTOP)


def plug_in(cable: tuple[str, str, str] | None, smsc: subprocess.Popen[bytes]) -> None:
    if cable:
        assert run("ip", "link", "set", cable[2], "up")
    else:
        smsc.send_signal(signal.SIGCONT)
