"""One SMPP session against an SMSC that takes everything: window 100, receipts on, every row durable.

The session, the scheduler that applies the receipts, PostgreSQL and the SMSC are processes of this machine. Beside it
the client library aiosmpplib by itself, which stores nothing. `SMSC_ADDRESS=host:port` names another SMSC; then its
own counts are not read.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from benchmarks.__main__ import Result
from benchmarks._neutral_smsc import STATS
from benchmarks.delivery import (
    is_sent,
    n_delivered,
    result,
    safeties,
    sending_seconds,
    wait_for_all_receipts,
)
from delivery import services
from delivery.ledger import check_dispatch
from delivery.models import BindState, Dispatch, Gateway, GatewayPace, LineState
from delivery.statuses import DispatchState
from tests.faults.stack import ROOT, FaultStack, fault_stack

SMALL = os.environ.get("BENCH_SMALL") == "1"
MESSAGES = 3_000 if SMALL else 30_000
BARE_MESSAGES = 2_000 if SMALL else 10_000
REPEATS = 1 if SMALL else 3
WINDOW = 100
CHUNK = 5_000
WAIT_SECONDS = 300.0


def run() -> Iterator[Result]:
    with _smsc() as (host, port), fault_stack(n_delivery_workers=0) as stack:
        yield from safeties()
        bare = statistics.median(_bare_rate(host, port) for _ in range(REPEATS))
        yield result(
            f"aiosmpplib by itself, window {WINDOW}, receipts on, nothing stored", bare, "messages/s"
        )
        _read_counts(host, port)
        yield from _session(stack, host, port)


def _session(stack: FaultStack, host: str, port: int) -> Iterator[Result]:
    gateway = Gateway.objects.create(
        slug="bench",
        name="Bench",
        kind="smpp",
        settings={"host": host, "port": port, "system_id": "bench", "window": WINDOW},
    )
    GatewayPace.objects.create(gateway=gateway)
    with (stack.folder / "session.log").open("ab") as log:
        session = subprocess.Popen(
            [sys.executable, "manage.py", "run_smpp_session", "bench"],
            cwd=ROOT,
            env=stack.environment,
            stdout=log,
            stderr=log,
        )
    try:
        is_bound = LineState.objects.filter(gateway=gateway, state=BindState.BOUND).exists
        stack.wait_for(is_bound, what="the session is bound")
        runs = [_run_once(stack, gateway) for _ in range(REPEATS)]
    finally:
        session.terminate()
        session.wait(30)
    yield result(
        f"one session, window {WINDOW}, receipts on, durable",
        statistics.median(rate for rate, _, _ in runs),
        "messages/s",
        at_least=2_500,
    )
    yield result(
        "the same until every receipt is applied", statistics.median(w for _, w, _ in runs), "messages/s"
    )
    yield result("receipts applied when the last message left", statistics.median(s for _, _, s in runs), "%")
    counts = _read_counts(host, port)
    if counts:
        yield result("submits that the SMSC saw twice", counts["doubles"], "", at_most=0)
        yield result("receipts not acknowledged", counts["taken"] - counts["acknowledged"], "", at_most=0)


def _run_once(stack: FaultStack, gateway: Gateway) -> tuple[float, float, float]:
    """Messages a second until the last left, and until the last receipt was applied; % applied at the former."""
    dispatch = _hand_over(stack, gateway)
    began = time.monotonic()
    services.resume_dispatch(dispatch_id=dispatch.pk)
    stack.wait_for(lambda: is_sent(dispatch), what="everything is sent", seconds=WAIT_SECONDS)
    share = 100 * n_delivered(dispatch) / MESSAGES
    wait_for_all_receipts(stack, dispatch)
    whole = time.monotonic() - began
    assert check_dispatch(dispatch.pk) == []
    return MESSAGES / sending_seconds(dispatch), MESSAGES / whole, share


def _hand_over(stack: FaultStack, gateway: Gateway) -> Dispatch:
    """As `FaultStack.hand_over`, with numbers that no other run has: the SMSC counts doubles."""
    first = time.monotonic_ns() // 1_000_000 % 1_000
    dispatch = services.open_dispatch(
        owner=f"bench:{time.monotonic_ns()}",
        project=stack.project,
        gateway=gateway,
        n_messages=MESSAGES,
        state=DispatchState.SUSPENDED,
    )
    rows = [
        services.NewMessage(i, f"+861{first:03d}{i:07d}", "CN", "Acme", f"Trial message {i}", 1)
        for i in range(MESSAGES)
    ]
    for offset in range(0, MESSAGES, CHUNK):
        services.append_messages(dispatch=dispatch, offset=offset, rows=rows[offset : offset + CHUNK])
    services.finish_fanout(dispatch_id=dispatch.pk)
    dispatch.refresh_from_db()
    return dispatch


def _bare_rate(host: str, port: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._bare_client", host, str(port), str(BARE_MESSAGES), str(WINDOW)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=WAIT_SECONDS,
    )
    return float(done.stdout.split()[-1])


@contextmanager
def _smsc() -> Iterator[tuple[str, int]]:
    if address := os.environ.get("SMSC_ADDRESS"):
        host, _, given = address.rpartition(":")
        yield host, int(given)
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks._neutral_smsc", str(port)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield "127.0.0.1", port
    finally:
        process.kill()
        process.wait()


def _read_counts(host: str, port: int) -> dict[str, float]:
    """What the SMSC counted since it was last asked; empty for one of somebody else's."""
    if os.environ.get("SMSC_ADDRESS"):
        return {}
    with closing(socket.create_connection((host, port), timeout=5)) as connection:
        connection.sendall(struct.pack(">IIII", 16, STATS, 0, 1))
        answer = b""
        while len(answer) < 16 or len(answer) < struct.unpack_from(">I", answer)[0]:
            answer += connection.recv(65_536)
    counts: dict[str, float] = json.loads(answer[16:])
    return counts
