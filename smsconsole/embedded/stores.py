"""Starting and stopping the two stores: under a supervisor for the console, by themselves for tests."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from smsconsole.embedded.home import StoresHome, prepare_home
from smsconsole.embedded.postgres import Postgres, store_environment
from smsconsole.embedded.processes import child_setup
from smsconsole.embedded.refusal import StartRefused
from smsconsole.embedded.supervisor import Program, Supervisor
from smsconsole.embedded.valkey import Valkey

# Shut down cleanly: PostgreSQL's "fast" mode, Valkey's save and exit.
_STOP_SIGNALS = {"postgres": signal.SIGINT, "valkey": signal.SIGTERM}
_STOP_TIMEOUT_SECONDS = 30.0
_READY_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class StoreUrls:
    database_url: str
    redis_url: str


def start_supervised(
    supervisor: Supervisor, home: StoresHome, *, with_postgres: bool, with_valkey: bool, stage: int
) -> None:
    """Start the wanted stores and wait until they answer. Raises `StartRefused` when one does not."""
    postgres, valkey = Postgres(home), Valkey(home)
    if with_postgres:
        supervisor.start(_program("postgres", postgres, stage=stage, grace_seconds=60))
    if with_valkey:
        supervisor.start(_program("valkey", valkey, stage=stage, grace_seconds=20))
    if with_postgres:
        _wait(supervisor, "postgres", postgres)
        postgres.ensure_database()
    if with_valkey:
        _wait(supervisor, "valkey", valkey)


class LooseStores:
    """Stores without a supervisor, for tests and measurements: they log to a file and nobody restarts them.

    They end with this process at the latest.
    """

    def __init__(self, data_dir: Path, *, durable: bool) -> None:
        self.home = prepare_home(data_dir)
        self.log = data_dir / "stores.log"
        self._stores: dict[str, Postgres | Valkey] = {
            "postgres": Postgres(self.home, durable=durable),
            "valkey": Valkey(self.home),
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> StoreUrls:
        """Start both, each on the data it left."""
        for name in self._stores:
            self.start_one(name)
        Postgres(self.home).ensure_database()
        return StoreUrls(database_url=Postgres(self.home).url, redis_url=Valkey(self.home).url)

    def start_one(self, name: str) -> int:
        """Start `postgres` or `valkey` and wait until it answers; its pid."""
        store = self._stores[name]
        store.prepare()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                store.command,
                cwd="/",
                env=store_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=child_setup(_STOP_SIGNALS[name]),
                **self.home.account.run_as,
            )
        self._processes[name] = process
        deadline = time.monotonic() + _READY_TIMEOUT_SECONDS
        while not store.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise _did_not_start(name, self.log.read_text()[-2000:])
            time.sleep(0.02)
        return process.pid

    def stop_one(self, name: str, *, by: signal.Signals | None = None) -> None:
        """Stop it cleanly, or by the given signal, and wait for its end."""
        process = self._processes.pop(name)
        process.send_signal(by or _STOP_SIGNALS[name])
        try:
            process.wait(_STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self) -> None:
        for name in list(self._processes):
            self.stop_one(name)


def _program(name: str, store: Postgres | Valkey, *, stage: int, grace_seconds: float) -> Program:
    return Program(
        name=name,
        command=store.command,
        stage=stage,
        grace_seconds=grace_seconds,
        stop_signal=_STOP_SIGNALS[name],
        death_signal=_STOP_SIGNALS[name],
        account=store.home.account,
        env=store_environment(),
        before_start=store.prepare,
    )


def _wait(supervisor: Supervisor, name: str, store: Postgres | Valkey) -> None:
    if not supervisor.wait_for(store.is_ready, of=name, timeout_seconds=_READY_TIMEOUT_SECONDS):
        raise _did_not_start(name, "Its own words are in the lines above.")


def _did_not_start(name: str, hint: str) -> StartRefused:
    return StartRefused(f"{name} did not start.", "The console cannot work without it.", hint)
