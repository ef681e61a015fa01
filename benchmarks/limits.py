"""What number rules and caps cost in claim · submit · settle, in CPU of the worker and of its database together.

Beside each other on one database: the same windows without any rule and with all of them, on a table of a million
numbers, submitted to a simulated gateway that is a process of its own and not measured.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.db import connection, transaction

from accounts.models import Organization
from benchmarks.__main__ import Result
from benchmarks.delivery import result
from delivery import services
from delivery.claim import claim_window
from delivery.drain import lease_batch, release_batch, send_window
from delivery.gateways import open_driver
from delivery.gateways.base import GatewayDriver
from delivery.limits.frequency import KEEP_SECONDS, Slot, pack
from delivery.models import Dispatch, Gateway, NumberSlots
from delivery.windows import ClaimedWindow
from projects.models import AllowedCountry, Cap, FrequencyRule, ListedNumber, Project
from projects.statuses import CapPeriod, FrequencyDimension, NumberList

SMALL = os.environ.get("BENCH_SMALL") == "1"
NUMBERS = 50_000 if SMALL else 1_000_000
MESSAGES = 4_000 if SMALL else 20_000
LISTED = 1_000 if SMALL else 20_000
ROUNDS = 3
WINDOW = 200

# Three messages today for every number, in rows as the claim writes them.
FILL = """
INSERT INTO delivery_numberslots (project_id, msisdn, slots, touched_at)
SELECT %(project)s, '+86138' || lpad(i::text, 8, '0'), %(slots)s, now() FROM generate_series(0, %(n)s - 1) AS i
"""


def run() -> list[Result]:
    organization = Organization.objects.create(name="Measured limits")
    gateway = Gateway.objects.create(slug="limits", name="Limits", kind="simulator", is_enabled=False)
    free, limited = project(organization, "free"), project(organization, "limited")
    lift(free)
    impose(limited)
    fill(limited)
    with simulated_gateway() as driver:
        return list(compare(gateway, driver, free, limited))


@contextmanager
def simulated_gateway() -> Iterator[GatewayDriver]:
    """A driver whose gateway answers every submit."""
    with tempfile.TemporaryDirectory() as folder:
        address = Path(folder) / "gateway.sock"
        command = [
            "manage.py",
            "simulated_gateway",
            f"--address={address}",
            f"--ledger={folder}/ledger.jsonl",
        ]
        process = subprocess.Popen([sys.executable, *command])
        try:
            while not address.exists():
                assert process.poll() is None
                time.sleep(0.05)
            driver = open_driver("simulator", {"address": str(address)})
            yield driver
            driver.close()
        finally:
            process.terminate()
            process.wait()


def project(organization: Organization, slug: str) -> Project:
    return Project.objects.create(
        organization=organization, name=slug, slug=f"bench-{slug}", time_zone="Asia/Shanghai"
    )


def lift(project: Project) -> None:
    for dimension in FrequencyDimension:
        FrequencyRule.objects.create(project=project, dimension=dimension, is_on=False)


def impose(project: Project) -> None:
    """Every rule there is, each asked about the slots of each number, none of which blocks: that would be cheaper."""
    d = FrequencyDimension
    for dimension, n in ((d.SAME_CONTENT, 1), (d.PER_HOUR, 2), (d.PER_DAY, 10), (d.SAME_CONTENT_PER_DAY, 1)):
        FrequencyRule.objects.create(
            project=project, dimension=dimension, is_on=True, n_messages=n, n_seconds=30
        )
    for scope in ("all", "domestic", "CN"):
        for period in CapPeriod:
            Cap.objects.create(project=project, scope=scope, period=period, warn_at=10**8, cap=10**9)
    Project.objects.filter(pk=project.pk).update(limits_countries=True)
    AllowedCountry.objects.create(project=project, country="CN")
    ListedNumber.objects.bulk_create(
        ListedNumber(project=project, list=NumberList.WHITELIST, msisdn=f"+86139{i:08d}")
        for i in range(LISTED)
    )


def fill(project: Project) -> None:
    now = time.time()
    slots = pack(Slot(int((now - hours * 3_600) * 1e6), hours, -hours) for hours in (3, 2, 1))
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"project": project.pk, "n": NUMBERS, "slots": slots})
    assert KEEP_SECONDS > 3 * 3_600


def compare(gateway: Gateway, driver: GatewayDriver, free: Project, limited: Project) -> Iterator[Result]:
    """In turns, so that whatever else the machine does touches both."""
    seconds: dict[int, list[float]] = {free.pk: [], limited.pk: []}
    claims: dict[int, list[float]] = {free.pk: [], limited.pk: []}
    for turn in range(ROUNDS + 1):
        for each in (free, limited):
            cpu, claim_times = send(gateway, driver, each, turn)
            # The first turn warms caches and plans.
            if turn:
                seconds[each.pk].append(cpu)
                claims[each.pk] += claim_times
    without, with_all = (statistics.median(seconds[each.pk]) for each in (free, limited))
    n_windows = MESSAGES / WINDOW
    n = f"{NumberSlots.objects.filter(project_id=limited.pk).count():,}"
    yield result("CPU of claim, submit, settle without limits", 1_000 * without / n_windows, "ms/window")
    yield result(f"the same with all of them, {n} numbers", 1_000 * with_all / n_windows, "ms/window")
    yield result("the second by the first", with_all / without, "", at_most=1.6)
    yield result("a claim of 200 without limits", 1_000 * statistics.median(claims[free.pk]), "ms")
    yield result(
        f"a claim of 200 with all of them, {n} numbers",
        1_000 * statistics.median(claims[limited.pk]),
        "ms",
        at_most=15,
    )


def send(gateway: Gateway, driver: GatewayDriver, project: Project, turn: int) -> tuple[float, list[float]]:
    """CPU seconds of this process and its database connection, and the seconds of each claim."""
    hand_over(gateway, project, turn)
    backend = psutil.Process(backend_pid())
    lease = lease_batch(gateway.pk)
    assert lease is not None
    claim_times = []
    before = time.process_time() + cpu_of(backend)
    for _ in range(MESSAGES // WINDOW):
        started = time.perf_counter()
        window = claim_window(gateway, lease)
        claim_times.append(time.perf_counter() - started)
        assert isinstance(window, ClaimedWindow)
        assert len(window.messages) == WINDOW
        send_window(gateway, driver, window)
    cpu = time.process_time() + cpu_of(backend) - before
    release_batch(lease)
    return cpu, claim_times


def hand_over(gateway: Gateway, project: Project, turn: int) -> Dispatch:
    """Numbers far apart in the table, so that a window's slots lie on as many pages."""
    dispatch = services.open_dispatch(
        owner=f"bench-limits:{project.pk}:{turn}", project=project, gateway=gateway, n_messages=MESSAGES
    )
    step = NUMBERS // MESSAGES
    rows = [
        services.NewMessage(
            i, f"+86138{(i * step + turn) % NUMBERS:08d}", "CN", "", f"Notice {turn} for {i}", 1
        )
        for i in range(MESSAGES)
    ]
    with transaction.atomic():
        services.append_messages(dispatch=dispatch, offset=0, rows=rows)
    services.finish_fanout(dispatch_id=dispatch.pk)
    return dispatch


def backend_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


def cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
