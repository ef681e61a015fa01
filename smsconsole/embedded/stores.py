"""Starting and stopping the two stores: under a supervisor for the console, by themselves for tests."""

from __future__ import annotations

import contextlib
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
_POSTGRES_STOP = signal.SIGINT
_VALKEY_STOP = signal.SIGTERM
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
        supervisor.start(_program("postgres", postgres, stop=_POSTGRES_STOP, stage=stage, grace_seconds=60))
    if with_valkey:
        supervisor.start(_program("valkey", valkey, stop=_VALKEY_STOP, stage=stage, grace_seconds=20))
    for store, name, wanted in [(postgres, "postgres", with_postgres), (valkey, "valkey", with_valkey)]:
        if wanted and not supervisor.wait_for(store.is_ready, of=name, timeout_seconds=_READY_TIMEOUT_SECONDS):
            raise _did_not_start(name, "Its own words are in the lines above.")
    if with_postgres:
        postgres.ensure_database()


class LooseStores:
    """Stores without a supervisor, for the tests: they log to a file and are stopped by `stop`."""

    def __init__(self, data_dir: Path, *, durable: bool) -> None:
        self.home = prepare_home(data_dir)
        self.log = data_dir / "stores.log"
        self._postgres = Postgres(self.home, durable=durable)
        self._valkey = Valkey(self.home)
        self._processes: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []

    def start(self) -> StoreUrls:
        self._run(self._postgres, stop=_POSTGRES_STOP)
        self._run(self._valkey, stop=_VALKEY_STOP)
        self._postgres.ensure_database()
        return StoreUrls(database_url=self._postgres.url, redis_url=self._valkey.url)

    def stop(self) -> None:
        for process, stop in self._processes:
            process.send_signal(stop)
        for process, _ in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            process.wait()

    def _run(self, store: Postgres | Valkey, *, stop: signal.Signals) -> None:
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
                preexec_fn=child_setup(stop),
                **self.home.account.run_as,
            )
        self._processes.append((process, stop))
        deadline = time.monotonic() + _READY_TIMEOUT_SECONDS
        while not store.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise _did_not_start(type(store).__name__, self.log.read_text()[-2000:])
            time.sleep(0.02)


def _program(
    name: str, store: Postgres | Valkey, *, stop: signal.Signals, stage: int, grace_seconds: float
) -> Program:
    return Program(
        name=name,
        command=store.command,
        stage=stage,
        grace_seconds=grace_seconds,
        stop_signal=stop,
        death_signal=stop,
        account=store.home.account,
        env=store_environment(),
        before_start=store.prepare,
    )


def _did_not_start(name: str, hint: str) -> StartRefused:
    return StartRefused(f"{name} did not start.", "The console cannot work without it.", hint)
