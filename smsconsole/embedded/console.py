"""Everything that `manage.py up` runs on one machine, from the first start to the last goodbye."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smsconsole.embedded.home import StoresHome, prepare_home
from smsconsole.embedded.location import database_url_at, forget_stores, record_stores, redis_url_at
from smsconsole.embedded.postgres import Postgres
from smsconsole.embedded.preflight import check_data_dir, check_port, take_lock
from smsconsole.embedded.refusal import StartRefused
from smsconsole.embedded.sealing import seal_audit, unseal_audit
from smsconsole.embedded.stores import start_supervised
from smsconsole.embedded.supervisor import Program, Supervisor

# Stopped in this order: what makes work, then what the workers still talk to, then the stores.
_WORK, _GATEWAY, _STORES = 0, 1, 2
_N_DELIVERY_WORKERS = 2
_WEB_TIMEOUT_SECONDS = 60.0
# A line hears the answers of what is under way, and unbinds.
_LINES_GRACE_SECONDS = 30.0
# It settles what is under way.
_URGENT_GRACE_SECONDS = 15.0
# A callback that is under way is heard to its end, so that it is not sent twice.
_CALLBACKS_GRACE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """Where and how the console runs. A given store's address means: do not start one."""

    base_dir: Path
    data_dir: Path
    host: str
    port: int
    demo: bool
    given_database_url: str
    given_redis_url: str

    @property
    def address(self) -> str:
        host = "localhost" if self.host in ("", "0.0.0.0", "::") else self.host  # nosec B104 # noqa: S104 - only compared
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def run_console(options: ConsoleOptions) -> None:
    """Start everything, watch over it until Ctrl-C or SIGTERM, stop it in order."""
    with _supervised_stores(options, serves_pages=True) as (supervisor, home):
        _must_succeed(supervisor, options, "check", "check", "--fail-level", "ERROR", "--verbosity", "0")
        _migrate(supervisor, options, home)
        _must_succeed(supervisor, options, "static", "collectstatic", "--no-input", "--verbosity", "0")
        for program in _programs(options):
            supervisor.start(program)
        if not supervisor.wait_for(
            lambda: _web_answers(options), of="web", timeout_seconds=_WEB_TIMEOUT_SECONDS
        ):
            raise StartRefused(
                "The web process did not start.", "Nothing can be seen without it.", "Its words are above."
            )
        _welcome(supervisor, options, _first_start(supervisor, options))
        supervisor.run()


def run_stores(options: ConsoleOptions) -> None:
    """Start the stores alone, for a shell that wants only the database."""
    with _supervised_stores(options, serves_pages=False) as (supervisor, _home):
        supervisor.say("The stores are ready. A second shell finds them by DATA_DIR. Stop them with Ctrl-C.")
        supervisor.run()


@contextmanager
def _supervised_stores(
    options: ConsoleOptions, *, serves_pages: bool
) -> Iterator[tuple[Supervisor, StoresHome | None]]:
    """The supervisor, and the home of the stores that it started, if any."""
    check_data_dir(options.data_dir)
    with take_lock(options.data_dir, address=options.address):
        if serves_pages:
            check_port(options.host, options.port)
        supervisor = Supervisor()
        try:
            home = None
            if not (options.given_database_url and options.given_redis_url):
                home = _start_stores(supervisor, options)
            yield supervisor, home
        finally:
            supervisor.say("stopping")
            supervisor.stop_all()
            forget_stores(options.data_dir)


def _start_stores(supervisor: Supervisor, options: ConsoleOptions) -> StoresHome:
    home = prepare_home(options.data_dir)
    for notice in home.notices:
        supervisor.say(notice)
    supervisor.say("starting the stores")
    start_supervised(
        supervisor,
        home,
        with_postgres=not options.given_database_url,
        with_valkey=not options.given_redis_url,
        stage=_STORES,
    )
    record_stores(
        options.data_dir,
        database_url=options.given_database_url or database_url_at(home.sockets),
        redis_url=options.given_redis_url or redis_url_at(home.sockets),
    )
    return home


def web_command(bind: str, base_dir: Path) -> list[str]:
    """How the web processes are started at this address."""
    return [
        *(sys.executable, "-m", "gunicorn", "smsconsole.wsgi", "--bind", bind),
        *("--chdir", str(base_dir), "--worker-class", "gthread", "--workers", "2", "--threads", "8"),
        *("--graceful-timeout", "5", "--log-level", "warning", "--no-control-socket"),
    ]


def _programs(options: ConsoleOptions) -> list[Program]:
    bind = f"[{options.host}]" if ":" in options.host else options.host
    # The checks ran once before; without them a worker need not load the pages.
    rqworker = ["rqworker", "--skip-checks", "--verbosity", "0", "--worker-class"]
    return [
        Program(
            "web", web_command(f"{bind}:{options.port}", options.base_dir), stage=_WORK, env=_environment()
        ),
        _manage(options, "gateway", "simulated_gateway", stage=_GATEWAY),
        # Only where nobody could take it for a carrier's line.
        *([_manage(options, "smsc", "smsc_simulator", stage=_GATEWAY)] if options.demo else []),
        _manage(options, "lines", "run_smpp_sessions", grace_seconds=_LINES_GRACE_SECONDS),
        _manage(options, "urgent", "run_urgent", grace_seconds=_URGENT_GRACE_SECONDS),
        _manage(options, "callbacks", "run_callbacks", grace_seconds=_CALLBACKS_GRACE_SECONDS),
        _manage(options, "scheduler", "scheduler", "--skip-checks"),
        _manage(options, "imports", *rqworker, "smsconsole.workers.ImportsWorker", "imports"),
        *(
            _manage(options, f"delivery{n}", *rqworker, "smsconsole.workers.DeliveryWorker", "delivery")
            for n in range(1, _N_DELIVERY_WORKERS + 1)
        ),
    ]


def _manage(
    options: ConsoleOptions, name: str, *words: str, stage: int = _WORK, grace_seconds: float = 10.0
) -> Program:
    command = [sys.executable, str(options.base_dir / "manage.py"), *words]
    return Program(name, command, stage=stage, env=_environment(), grace_seconds=grace_seconds)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


def _migrate(supervisor: Supervisor, options: ConsoleOptions, home: StoresHome | None) -> None:
    """Bring the database to this version. In the embedded one the audit is sealed again at once."""
    dsn = Postgres(home).superuser_dsn_of_console if home and not options.given_database_url else ""
    if dsn:
        unseal_audit(dsn)
    _must_succeed(supervisor, options, "migrate", "migrate", "--no-input", "--verbosity", "1")
    if dsn:
        seal_audit(dsn)


def _must_succeed(supervisor: Supervisor, options: ConsoleOptions, name: str, *words: str) -> None:
    if supervisor.run_once(_manage(options, name, *words)) != 0:
        raise StartRefused(
            f"`manage.py {words[0]}` failed.",
            "The console does not start on a database or files that do not fit it.",
            "Its own words are in the lines above.",
        )


def _web_answers(options: ConsoleOptions) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(options.host, options.host)  # nosec B104 # noqa: S104
    connection = http.client.HTTPConnection(host, options.port, timeout=5)
    try:
        connection.request("HEAD", "/", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _first_start(supervisor: Supervisor, options: ConsoleOptions) -> list[str]:
    """Load the demo once, or make a code for the setup page; what the person at the shell has to know."""
    if not options.demo:
        setup = _manage(options, "setup", "setup_code")
        done = subprocess.run(setup.command, env=setup.env, capture_output=True, text=True)
        # It refuses once somebody can sign in.
        code = done.stdout.strip() if done.returncode == 0 else ""
        return [f"Set it up there with:  {code}"] if code else []
    loaded = options.data_dir / "demo-loaded"
    if not loaded.exists() and supervisor.run_once(_manage(options, "demo", "load_demo")) == 0:
        loaded.touch()
    sign_ins = options.data_dir / "first-sign-in.txt"
    return [f"First sign-ins:        {sign_ins}"] if sign_ins.exists() else []


def _welcome(supervisor: Supervisor, options: ConsoleOptions, first_start: list[str]) -> None:
    lines = ["", f"The console is ready:  {options.address}", *first_start]
    if options.host not in ("127.0.0.1", "localhost", "::1"):
        lines.append("Under other names:     set ALLOWED_HOSTS to the names people will use, with commas")
    supervisor.say("\n".join([*lines, "Stop it with:          Ctrl-C", ""]))
