"""A console of real processes that can be killed one by one: stores, gateway, workers, scheduler.

The stores keep every safety on. The test's own Django connection is switched to them, so a test hands over
messages and reads rows as a web process would.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import environ
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from accounts.models import Organization
from delivery import services
from delivery.models import Dispatch, Gateway, GatewayPace
from delivery.queries import read_counts
from delivery.simulation.ledger import find_doubles, read_ledger
from delivery.statuses import OPEN_STATUSES, MessageStatus
from projects.models import Project
from smsconsole.embedded.stores import LooseStores

ROOT = Path(__file__).resolve().parents[2]
WORKER = "smsconsole.workers.DeliveryWorker"
IMPORTS_WORKER = "smsconsole.workers.ImportsWorker"
# Short, so that a trial does not wait half a minute for what a killed worker held.
LEASE_SECONDS = 6
DEADLINE_SECONDS = 60


class FaultStack:
    """The processes, respawned when they end, until `close`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="smsconsole-faults-"))
        self.folder.chmod(0o711)
        self.stores = LooseStores(self.folder, durable=True)
        self.ledger = self.folder / "ledger.jsonl"
        self._commands: dict[str, list[str]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._fail_points: dict[str, str] = {}
        self._closing = threading.Event()
        self._lock = threading.RLock()

    def open(self) -> None:
        urls = self.stores.start()
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | {
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": urls.database_url,
            "REDIS_URL": urls.redis_url,
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "ENCRYPTION_KEYS": settings.ENCRYPTION_KEYS[0],
            "SECRET_KEY": settings.SECRET_KEY,
            "LOG_LEVEL": "WARNING",
        }
        self._manage("migrate", "--verbosity=0")
        self._use_stores(urls.database_url, urls.redis_url)
        self._prepare_rows()
        self._commands = {
            "gateway": ["simulated_gateway", f"--address={self._socket}", f"--ledger={self.ledger}"],
            "scheduler": ["scheduler"],
            "delivery-1": ["rqworker", "delivery", "--worker-class", WORKER],
            "delivery-2": ["rqworker", "delivery", "--worker-class", WORKER],
            "imports": ["rqworker", "imports", "--worker-class", IMPORTS_WORKER],
        }
        for name in self._commands:
            self.spawn(name)
        self._watcher = threading.Thread(target=self._respawn, daemon=True)
        self._watcher.start()

    def close(self) -> None:
        self._closing.set()
        self._watcher.join()
        with self._lock:
            for process in self._processes.values():
                process.kill()
                process.wait()
        connection.close()
        self.stores.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _socket(self) -> Path:
        return self.folder / "gateway.sock"

    def _manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, check=True, timeout=120
        )

    def _use_stores(self, database_url: str, redis_url: str) -> None:
        connection.close()
        connection.settings_dict.update(environ.Env.db_url_config(database_url))
        for queue in settings.RQ_QUEUES.values():
            queue["URL"] = redis_url

    def _prepare_rows(self) -> None:
        organization = Organization.objects.create(name="Fault trials")
        self.project = Project.objects.create(organization=organization, name="Trial", slug="trial")
        self.gateway = Gateway.objects.create(
            slug="simulated",
            name="Simulated",
            kind="simulator",
            settings={"address": str(self._socket), "timeout_seconds": 2},
        )
        GatewayPace.objects.create(gateway=self.gateway)

    # --- Processes ---------------------------------------------------------------------------------------

    def spawn(self, name: str) -> None:
        with self._lock:
            environment = dict(self.environment)
            if name in self._fail_points:
                environment["FAIL_POINTS"] = self._fail_points.pop(name)
            with (self.folder / f"{name}.log").open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    [sys.executable, "manage.py", *self._commands[name]],
                    cwd=ROOT,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def start_gateway(self, address: Path, ledger: Path) -> subprocess.Popen[bytes]:
        """Another simulated gateway beside the stack's own; the caller ends it."""
        with (self.folder / "another-gateway.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "manage.py",
                    "simulated_gateway",
                    f"--address={address}",
                    f"--ledger={ledger}",
                ],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        while not address.exists():
            assert process.poll() is None
            time.sleep(0.05)
        return process

    def _respawn(self) -> None:
        while not self._closing.wait(0.1):
            with self._lock:
                for name, process in list(self._processes.items()):
                    if process.poll() is not None and not self._closing.is_set():
                        self.spawn(name)

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End a process; it is started again at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid(name), how)

    def respawn_with_fail_point(self, name: str, fail_point: str) -> None:
        """Start the worker anew so that it kills itself at the named place."""
        self._fail_points[name] = fail_point
        self.kill(name)

    def restart_postgres(self, *, by: signal.Signals | None = None) -> None:
        """Stop PostgreSQL, cleanly or by the given signal, and start it again on its data."""
        self.stores.stop_one("postgres", by=by)
        self.stores.start_one("postgres")
        # This process's own connection died with it.
        connection.close()

    # --- Trials ------------------------------------------------------------------------------------------

    def set_rate(self, rate: float | None) -> None:
        Gateway.objects.update(rate_per_second=rate)

    def hand_over(self, n: int, *, batch: int = 500) -> Dispatch:
        """A dispatch of `n` messages, all appended."""
        owner = f"trial:{time.monotonic_ns()}"
        dispatch = services.open_dispatch(
            owner=owner, project=self.project, gateway=self.gateway, n_messages=n
        )
        rows = [services.NewMessage(i, f"+86138{i:08d}", "CN", "", f"Trial {i}", 1) for i in range(n)]
        for offset in range(0, n, batch):
            with transaction.atomic():
                services.append_messages(dispatch=dispatch, offset=offset, rows=rows[offset : offset + batch])
        services.finish_fanout(dispatch_id=dispatch.pk)
        dispatch.refresh_from_db()
        return dispatch

    def share_done(self, dispatch: Dispatch) -> float:
        """How much of the dispatch has left, from 0 to 1."""
        counts = read_counts(dispatch.pk)[0]
        return 1 - sum(counts[status] for status in OPEN_STATUSES) / dispatch.n_total

    def wait_for_share(self, dispatch: Dispatch, share: float) -> float:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (done := self.share_done(dispatch)) < share:
            assert time.monotonic() < deadline, f"it stands still at {done:.0%}"
            time.sleep(0.02)
        return done

    def wait_until_sent(self, dispatch: Dispatch) -> float:
        """Seconds until everything was submitted, without any help; at most a minute."""
        started = time.monotonic()
        while True:
            with contextlib.suppress(OperationalError, InterfaceError):
                dispatch.refresh_from_db()
                if dispatch.sent_at is not None:
                    return time.monotonic() - started
            if connection.errors_occurred or not connection.is_usable():
                connection.close()
            assert time.monotonic() - started < DEADLINE_SECONDS, "it was not sent within a minute"
            time.sleep(0.1)

    def wait_for_receipts(self, dispatch: Dispatch, *, seconds: float = 30) -> dict[MessageStatus, int]:
        """The counts when every receipt that comes has come."""
        deadline = time.monotonic() + seconds
        while True:
            counts = {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}
            if set(counts) == {MessageStatus.DELIVERED} or time.monotonic() > deadline:
                return counts
            time.sleep(0.2)

    def submits(self, dispatch: Dispatch) -> dict[int, int]:
        """How often the gateway saw each message of the dispatch, from its own file."""
        seen: dict[int, int] = {}
        first, last = dispatch.first_id, dispatch.first_id + dispatch.n_reserved
        for line in read_ledger(self.ledger):
            if first <= line.message_id < last:
                seen[line.message_id] = seen.get(line.message_id, 0) + 1
        return seen

    def doubles(self) -> int:
        return len(find_doubles(self.ledger))


def random_shares(n: int, *, seed: int) -> list[float]:
    """`n` moments between 12 % and 85 % of a dispatch, in order."""
    return sorted(random.Random(seed).uniform(0.12, 0.85) for _ in range(n))


@contextlib.contextmanager
def fault_stack() -> Iterator[FaultStack]:
    """The stack, with this process's connection and queues given back afterwards."""
    before = dict(connection.settings_dict)
    urls = {name: queue["URL"] for name, queue in settings.RQ_QUEUES.items()}
    stack = FaultStack()
    try:
        stack.open()
        yield stack
    finally:
        stack.close()
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)
        for name, url in urls.items():
            settings.RQ_QUEUES[name]["URL"] = url
