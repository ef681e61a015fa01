"""What programs get: single sends and batches of 200 by Tencent v5, through the web processes of `up`, into rows.

Each number is a new one; the console's own limits hold, so slots are looked at as in earnest.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db import connection

from api.tencent_v5.signing import signature, signed_numbers
from benchmarks.__main__ import Result
from delivery.models import Message, MessageBody
from projects.models import AppKey
from smsconsole.embedded.console import web_command
from tests.api.sending.offers import Shop
from tests.factories import AppKeyFactory

SMALL = os.environ.get("BENCH_SMALL") == "1"
SINGLES = 300 if SMALL else 4_000
BATCHES = 10 if SMALL else 150
PER_BATCH = 200
CONNECTIONS = 16
AT_LEAST_REQUESTS = 300
AT_LEAST_MESSAGES = 3_000
WAIT_SECONDS = 30


def run() -> Iterator[Result]:
    shop = Shop()
    key = AppKeyFactory(project=shop.project)
    template_id = shop.notice.body_template_id
    with served() as (port, web):
        # The first requests load what every process loads once.
        ask(port, [request(port, key, template_id, i, 1) for i in range(64)], 0, web)
        singles = [request(port, key, template_id, 1_000 + i, 1) for i in range(SINGLES)]
        yield from figures("single sends", singles, 1, port, web)
        batches = [
            request(port, key, template_id, 100_000 + i * PER_BATCH, PER_BATCH) for i in range(BATCHES)
        ]
        yield from figures(f"batches of {PER_BATCH}", batches, PER_BATCH, port, web)


def figures(name: str, requests: list[str], n_each: int, port: int, web: psutil.Process) -> Iterator[Result]:
    found = ask(port, requests, n_each, web)
    n = len(requests) * n_each
    rate = n / found["seconds"]
    unit, bound = ("requests/s", AT_LEAST_REQUESTS) if n_each == 1 else ("messages/s", AT_LEAST_MESSAGES)
    yield Result(name=f"{name} into rows", value=rate, unit=unit, bound=f"≥ {bound:,}", ok=rate >= bound)
    yield Result(name=f"{name}, answered", value=found["p50"], unit="ms (median)", bound=None, ok=None)
    yield Result(name=f"{name}, answered", value=found["p99"], unit="ms (p99)", bound=None, ok=None)
    for what in ("web", "database"):
        each = 1000 * found[what] / len(requests)
        yield Result(name=f"{name}, processor of {what}", value=each, unit="ms/request", bound=None, ok=None)


def ask(port: int, requests: list[str], n_each: int, web: psutil.Process) -> dict[str, Any]:
    """Send them all, and make sure that each message is a row before it was answered."""
    before = Message.objects.count()
    of_web, of_database = cpu_seconds(web), cpu_seconds(postmaster())
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(requests, file)
        file.flush()
        client = [sys.executable, "-m", "benchmarks._api_client", str(port), str(CONNECTIONS)]
        done = subprocess.run([*client, file.name, '"sid"'], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    found["web"] = cpu_seconds(web) - of_web
    found["database"] = cpu_seconds(postmaster()) - of_database
    n_new = Message.objects.count() - before
    assert found["n"] == len(requests)
    assert found["taken"] == n_new == len(requests) * (n_each or 1), (found, n_new)
    assert MessageBody.objects.count() == Message.objects.count()
    return found


def cpu_seconds(process: psutil.Process) -> float:
    """Of it and its children, those that ended included: what others do on the machine does not count."""
    return sum(sum(each.cpu_times()[:2]) for each in [process, *process.children()])


def postmaster() -> psutil.Process:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        parent = psutil.Process(cursor.fetchone()[0]).parent()
    assert parent is not None
    return parent


def request(port: int, key: AppKey, template_id: int, first: int, n: int) -> str:
    """A whole signed request to `n` new numbers."""
    phones = [{"nationcode": "86", "mobile": f"138{first + i:08d}"} for i in range(n)]
    method = "sendsms" if n == 1 else "sendmultisms2"
    random, now = str(10_000_000 + first), int(time.time())
    body: dict[str, Any] = {
        "tel": phones[0] if n == 1 else phones,
        "sign": "演示商城",
        "tpl_id": template_id,
        "params": ["A1234", f"SF{first}"],
        "ext": "order 7",
        "extend": "",
        "time": now,
    }
    body["sig"] = signature(app_key=key.secret, random=random, time=now, numbers=signed_numbers(method, body))
    text = json.dumps(body)
    return (
        f"POST /v5/tlssmssvr/{method}?sdkappid={key.project.sdk_app_id}&random={random} HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\nContent-Type: application/json;charset=utf-8\r\n"
        f"Content-Length: {len(text.encode())}\r\n\r\n{text}"
    )


@contextmanager
def served() -> Iterator[tuple[int, psutil.Process]]:
    """The web processes as `up` starts them, on a port of their own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "API_REQUESTS_PER_SECOND": "1000000"}
    web = subprocess.Popen(web_command(f"127.0.0.1:{port}", Path(settings.BASE_DIR)), env=environment)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield port, psutil.Process(web.pid)
    finally:
        web.terminate()
        web.wait(WAIT_SECONDS)
