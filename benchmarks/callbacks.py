"""How many receipts a second programs are told of, how soon, and whether a dead server beside it slows that down.

`manage.py run_callbacks` is a process of its own; statuses change here as receipts change them, a transaction each
for a hundred messages.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction

from accounts.models import Organization
from benchmarks.__main__ import Result
from benchmarks.delivery import result
from delivery import services
from delivery.message_ids import message_id_of
from delivery.models import Dispatch, Gateway
from projects.models import Project
from smsconsole.outbox.services import append_event
from tests.callbacks.conftest import endpoint_of
from tests.callbacks.receivers import Receiver, slow

ROOT = Path(__file__).resolve().parents[1]
SMALL = os.environ.get("BENCH_SMALL") == "1"
N_BURST = 4_000 if SMALL else 20_000
PER_SECOND = 1_000
SECONDS = 3 if SMALL else 8
GROUP = 100
WAIT_SECONDS = 60.0

_DELIVER = """
UPDATE delivery_message SET status = 3, final_at = clock_timestamp() WHERE id BETWEEN %s AND %s
"""


class Place(NamedTuple):
    """A project whose messages are told to a server."""

    project: Project
    gateway: Gateway
    receiver: Receiver

    def hand_over(self, n: int) -> Dispatch:
        dispatch = services.open_dispatch(
            owner=f"bench-callbacks:{Dispatch.objects.count()}",
            project=self.project,
            gateway=self.gateway,
            n_messages=n,
        )
        rows = [services.NewMessage(i, f"+86137{i:08d}", "CN", "", "Hello", 1) for i in range(n)]
        with transaction.atomic():
            services.append_messages(dispatch=dispatch, offset=0, rows=rows)
        return dispatch


def run() -> Iterator[Result]:
    organization = Organization.objects.create(name="Callback bench")
    # Disabled: nothing of it is sent.
    gateway = Gateway.objects.create(
        slug="callback-bench", name="Callback bench", kind="simulator", settings={}, is_enabled=False
    )
    with Receiver() as fast, Receiver(behaviour=slow(600)) as dead:
        quick, stuck = (
            Place(
                Project.objects.create(organization=organization, name=name, slug=f"callback-{name}"),
                gateway,
                receiver,
            )
            for name, receiver in (("fast", fast), ("dead", dead))
        )
        for place in (quick, stuck):
            endpoint_of(place.project, place.receiver.url)
        process = start_process()
        try:
            yield from measure(quick, stuck)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def measure(quick: Place, stuck: Place) -> Iterator[Result]:
    warm = quick.hand_over(GROUP)
    deliver(warm, 0)
    heard_at(quick.receiver, GROUP)
    yield result("receipts told a second to a fast server", burst(quick), "", at_least=1_000)
    waits = steady(quick, stuck)
    share = len(waits) * 95 // 100
    yield result("event to the first try beside a dead server, median", waits[len(waits) // 2], "s")
    yield result("event to the first try beside a dead server, 95 of 100", waits[share], "s", at_most=2.0)
    yield result("receipts told a second beside a dead server", burst(quick), "", at_least=1_000)
    yield result("requests that the dead server held at once", stuck.receiver.most_at_once, "", at_most=4)


def start_process() -> subprocess.Popen[bytes]:
    environment = {**os.environ, "CALLBACK_ALLOWED_HOSTS": "127.0.0.1:*", "CALLBACK_ALLOW_HTTP": "true"}
    return subprocess.Popen([sys.executable, "manage.py", "run_callbacks"], cwd=ROOT, env=environment)


def deliver(dispatch: Dispatch, offset: int) -> None:
    first = (dispatch.first_id or 0) + offset
    last = first + GROUP - 1
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DELIVER, [first, last])
        changes = {"changes": [[2, 3, [[first, last]]]]}
        append_event(kind="messages.receipted", subject=f"dispatch:{dispatch.pk}", payload=changes)


def burst(place: Place) -> float:
    """Receipts a second, from the first event to the last answer, when all come at once."""
    dispatch = place.hand_over(N_BURST)
    place.receiver.heard.clear()
    began = time.monotonic()
    for offset in range(0, N_BURST, GROUP):
        deliver(dispatch, offset)
    arrived = heard_at(place.receiver, N_BURST)
    return N_BURST / (max(arrived.values()) - began)


def steady(quick: Place, stuck: Place) -> list[float]:
    """How long each receipt took to its server, sorted, while the same number goes to a dead one."""
    n = PER_SECOND * SECONDS
    good, bad = quick.hand_over(n), stuck.hand_over(n)
    quick.receiver.heard.clear()
    told_at: dict[int, float] = {}

    def tell() -> None:
        began = time.monotonic()
        for offset in range(0, n, GROUP):
            time.sleep(max(0.0, began + offset / PER_SECOND - time.monotonic()))
            deliver(bad, offset)
            deliver(good, offset)
            told_at[(good.first_id or 0) + offset] = time.monotonic()
        connection.close()

    teller = threading.Thread(target=tell)
    teller.start()
    teller.join()
    arrived = heard_at(quick.receiver, n)
    first_id = good.first_id or 0
    return sorted(
        at - told_at[first_id + (message_id - first_id) // GROUP * GROUP]
        for message_id, at in arrived.items()
    )


def heard_at(receiver: Receiver, n: int) -> dict[int, float]:
    """When each message was told first; waits until so many were."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        n_told = sum(heard.body.count('"sequence"') for heard in list(receiver.heard))
        if n_told >= n:
            break
        assert time.monotonic() < deadline, f"{n_told} of {n} receipts were told"
        time.sleep(0.02)
    arrived: dict[int, float] = {}
    for heard in list(receiver.heard):
        for public in heard.message_ids:
            arrived.setdefault(message_id_of(public) or 0, heard.at)
    return arrived
