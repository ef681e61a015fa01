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
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import django_rq
import environ
import psutil
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test import override_settings
from rq import Worker

from delivery import services
from delivery.models import Dispatch, Gateway, GatewayPace
from delivery.queries import read_counts
from delivery.simulation.ledger import find_doubles, read_ledger
from delivery.statuses import OPEN_STATUSES, DispatchState, MessageStatus
from projects.models import Project
from smsconsole.embedded.stores import LooseStores
from tests.factories import OrganizationFactory, lift_limits

ROOT = Path(__file__).resolve().parents[2]
WORKER = "smsconsole.workers.DeliveryWorker"
IMPORTS_WORKER = "smsconsole.workers.ImportsWorker"
# Short, so that a trial does not wait half a minute for what a killed worker held.
LEASE_SECONDS = 6
SILENCE_SECONDS = 4
DEADLINE_SECONDS = 60
# After a suspension a drain ends when it next looks, which is after a message's time at 1/s.
DRAINS_END_SECONDS = 1.2


class FaultStack:
    """The processes, respawned when they end, until `close`."""

    def __init__(self, *, n_delivery_workers: int = 2) -> None:
        self._n_delivery_workers = n_delivery_workers
        self.folder = Path(tempfile.mkdtemp(prefix="smsconsole-faults-"))
        self.folder.chmod(0o711)
        self.stores = LooseStores(self.folder, durable=True)
        self.ledger = self.folder / "ledger.jsonl"
        self._commands: dict[str, list[str]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._n_starts: Counter[str] = Counter()
        self._fail_points: dict[str, list[str]] = {}
        # Where the gateway's file ended when a dispatch was opened: its submits come after.
        self._ledger_starts: dict[int, int] = {}
        self._closing = threading.Event()
        self._lock = threading.RLock()

    def open(self) -> None:
        urls = self.stores.start()
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | {
            "DATA_DIR": str(self.folder),
            "MEDIA_ROOT": str(self.media_root),
            "DATABASE_URL": urls.database_url,
            "REDIS_URL": urls.redis_url,
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "SILENCE_SECONDS": str(SILENCE_SECONDS),
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
            "urgent": ["run_urgent"],
            "imports": ["rqworker", "imports", "--worker-class", IMPORTS_WORKER],
        }
        for number in range(1, self._n_delivery_workers + 1):
            self._commands[f"delivery-{number}"] = ["rqworker", "delivery", "--worker-class", WORKER]
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
    def media_root(self) -> Path:
        return self.folder / "files"

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
        organization = OrganizationFactory(name="Fault trials")
        self.project = Project.objects.create(organization=organization, name="Trial", slug="trial")
        lift_limits(self.project)
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
            if self._fail_points.get(name):
                environment["FAIL_POINTS"] = self._fail_points[name].pop(0)
            self._n_starts[name] += 1
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

    def children(self, name: str) -> list[psutil.Process]:
        """What the process has forked: an imports worker its child for the job, if it has one."""
        try:
            return psutil.Process(self.pid(name)).children()
        except psutil.NoSuchProcess:
            return []

    def longest_running(self, *names: str) -> str:
        """Which of these processes was started first."""
        return min(names, key=lambda name: psutil.Process(self.pid(name)).create_time())

    def wait_until_listening(self, name: str) -> int:
        """Wait until the worker takes jobs; its pid."""
        connection_of_queue = django_rq.get_connection("delivery")

        def listens() -> bool:
            return self.pid(name) in {worker.pid for worker in Worker.all(connection=connection_of_queue)}

        self.wait_for(listens, what=f"{name} listens")
        return self.pid(name)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End a process; it is started again at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid(name), how)

    def respawn_with_fail_points(self, name: str, fail_points: Sequence[str]) -> Callable[[], bool]:
        """Start the worker anew so that it kills itself at the first place, the next one at the second, and so on.

        The answer tells whether all have died.
        """
        n_before = self._n_starts[name]
        self._fail_points[name] = list(fail_points)
        self.kill(name)
        self.wait_for(lambda: self._n_starts[name] > n_before, what=f"{name} is started again")
        return lambda: self._n_starts[name] > n_before + len(fail_points)

    def restart_postgres(self, *, by: signal.Signals | None = None) -> None:
        """Stop PostgreSQL, cleanly or by the given signal, and start it again on its data."""
        self.stores.stop_one("postgres", by=by)
        self.stores.start_one("postgres")
        # This process's own connection died with it.
        connection.close()

    # --- Trials ------------------------------------------------------------------------------------------

    def set_rate(self, rate: float | None) -> None:
        """Of drains that begin from now on."""
        Gateway.objects.update(rate_per_second=rate)

    def hand_over(
        self,
        n: int,
        *,
        batch: int = 500,
        state: DispatchState = DispatchState.RUNNING,
        gateway: Gateway | None = None,
    ) -> Dispatch:
        """A dispatch of `n` messages, all appended."""
        owner = f"trial:{time.monotonic_ns()}"
        dispatch = services.open_dispatch(
            owner=owner,
            project=self.project,
            gateway=gateway or self.gateway,
            n_messages=n,
            state=state,
        )
        self.note_opening(dispatch, ledger_end=self.ledger_end())
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
        n_left = sum(n for status, n in counts.items() if status not in OPEN_STATUSES)
        return n_left / dispatch.n_reserved

    def wait_for_share(self, dispatch: Dispatch, share: float) -> float:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (done := self.share_done(dispatch)) < share:
            assert time.monotonic() < deadline, f"it stands still at {done:.0%}"
            time.sleep(0.02)
        return done

    def wait_for(
        self, is_so: Callable[[], bool], *, what: str, seconds: float = DEADLINE_SECONDS, pause: float = 0.05
    ) -> float:
        """Seconds until it is so, looking on through outages of the database; fails after `seconds`."""
        started = time.monotonic()
        while True:
            try:
                if is_so():
                    return time.monotonic() - started
            except (OperationalError, InterfaceError):
                connection.close()
            assert time.monotonic() - started < seconds, f"not within {seconds:.0f} s: {what}"
            time.sleep(pause)

    def wait_until_sent(self, dispatch: Dispatch) -> float:
        """Seconds until everything was submitted, without any help; at most a minute."""

        def is_sent() -> bool:
            dispatch.refresh_from_db()
            return dispatch.sent_at is not None

        return self.wait_for(is_sent, what="everything is sent")

    def wait_for_receipts(self, dispatch: Dispatch, *, seconds: float = 30) -> dict[MessageStatus, int]:
        """The counts when every receipt has come: one for each message that the gateway's file holds."""
        n_submitted = len(self.submits(dispatch))
        deadline = time.monotonic() + seconds
        while True:
            counts = {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}
            is_complete = counts.get(MessageStatus.DELIVERED, 0) == n_submitted
            if is_complete or time.monotonic() > deadline:
                return counts
            time.sleep(0.1)

    def note_opening(self, dispatch: Dispatch, *, ledger_end: int) -> None:
        """Remember where the gateway's file ended before anything of the dispatch could leave."""
        self._ledger_starts[dispatch.pk] = ledger_end

    def ledger_end(self) -> int:
        """Where the gateway's file ends now."""
        return self.ledger.stat().st_size if self.ledger.exists() else 0

    def submits(self, dispatch: Dispatch) -> dict[int, int]:
        """How often the gateway saw each message of the dispatch, from its own file."""
        seen: dict[int, int] = {}
        first, last = dispatch.first_id or 0, (dispatch.first_id or 0) + dispatch.n_reserved
        for line in read_ledger(self.ledger, start=self._ledger_starts[dispatch.pk]):
            if first <= line.message_id < last:
                seen[line.message_id] = seen.get(line.message_id, 0) + 1
        return seen

    def doubles(self) -> int:
        return len(find_doubles(self.ledger))


def random_shares(n: int, *, seed: int) -> list[float]:
    """`n` moments between 12 % and 85 % of a dispatch, in order."""
    return sorted(random.Random(seed).uniform(0.12, 0.85) for _ in range(n))


@contextlib.contextmanager
def fault_stack(*, n_delivery_workers: int = 2) -> Iterator[FaultStack]:
    """The stack, with this process's connection, queues and files given back afterwards."""
    before = dict(connection.settings_dict)
    urls = {name: queue["URL"] for name, queue in settings.RQ_QUEUES.items()}
    stack = FaultStack(n_delivery_workers=n_delivery_workers)
    try:
        with override_settings(MEDIA_ROOT=stack.media_root):
            stack.open()
            yield stack
    finally:
        stack.close()
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)
        for name, url in urls.items():
            settings.RQ_QUEUES[name]["URL"] = url
