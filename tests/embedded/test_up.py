"""`manage.py up`, the real thing: everything comes up, stays up and goes down."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import psycopg2.errors
import pytest
from django.conf import settings

from smsconsole.embedded.location import embedded_database_url

WAIT_SECONDS = 120.0
PROGRAMS = {
    "gunicorn",
    "simulated_gateway",
    "run_smpp_sessions",
    "run_callbacks",
    "run_urgent",
    "scheduler",
    "ImportsWorker",
    "DeliveryWorker",
    "postgres",
    "valkey",
}


class Console:
    """One `manage.py up` with its lines and its processes."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self.lines: list[str] = []
        self._new_lines: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=settings.BASE_DIR,
            env=environment(data_dir, port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, pattern: str) -> str:
        """The next line that matches; fails with everything that was said when none comes."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            try:
                line = self._new_lines.get(timeout=1)
            except queue.Empty:
                continue
            if line is None:
                break
            if re.search(pattern, line):
                return line
        raise AssertionError(f"never said {pattern!r}:\n" + "\n".join(self.lines))

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def command_lines(self) -> list[tuple[psutil.Process, str]]:
        """What each process was started as; one that is just ending is left out."""
        found = []
        for child in self.children():
            with contextlib.suppress(psutil.NoSuchProcess):  # a zombie is one, too
                found.append((child, " ".join(child.cmdline())))
        return found

    def find_child(self, word: str) -> psutil.Process | None:
        """The first process whose command line has this word in it."""
        return next((child for child, line in self.command_lines() if word in line), None)

    def child(self, word: str) -> psutil.Process:
        found = self.find_child(word)
        assert found is not None, f"no process of {word!r}"
        return found

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return int(answer.status)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._new_lines.put(self.lines[-1])
        self._new_lines.put(None)


def environment(data_dir: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {**kept, "DATA_DIR": str(data_dir), "PORT": str(port), "DEMO": "0"}


def manage(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A second shell."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        env=environment(data_dir, free_port()),
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def ended(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=20)
    return not alive


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="smsconsole-up-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="module")
def console(data_dir: Path) -> Iterator[Console]:
    started = Console(data_dir, free_port())
    started.wait_for("The console is ready")
    yield started
    started.stop()


def test_every_process_runs_and_the_pages_answer(console: Console) -> None:
    said = " ".join(line for _, line in console.command_lines())

    assert {name for name in PROGRAMS if name not in said} == set()
    assert said.count("DeliveryWorker") == 2
    assert console.get("/") == 200


def test_it_opens_at_the_setup_page_and_says_the_code(console: Console) -> None:
    console.wait_for("Set it up there with: +[A-Za-z0-9-]{6,}")

    with urllib.request.urlopen(f"http://127.0.0.1:{console.port}/", timeout=10) as answer:
        assert answer.url.endswith("/setup/")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_id = 1",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DROP TRIGGER keep_entries ON audit_entry",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "ALTER TABLE audit_entry OWNER TO CURRENT_USER",
        "CREATE OR REPLACE FUNCTION audit_keep_entries() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "DROP TABLE audit_entry CASCADE",
        "DROP SCHEMA public CASCADE",
    ],
)
def test_the_running_console_can_only_append_to_its_audit(
    console: Console, data_dir: Path, statement: str
) -> None:
    connection = psycopg2.connect(embedded_database_url(data_dir))
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_entry (created_at, operation, subject, object_id, address, request_id)"
                " VALUES (now(), 'insert', 'a test', '1', '', '')"
            )
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
    finally:
        connection.rollback()
        connection.close()


def test_a_second_shell_finds_it_by_data_dir(console: Console, data_dir: Path) -> None:
    done = manage(data_dir, "scheduler", "--check")

    assert (done.returncode, done.stdout.strip()) == (0, "A scheduler is at work.")


def test_a_second_start_on_the_same_data_dir_is_refused(console: Console, data_dir: Path) -> None:
    done = manage(data_dir, "up")

    assert done.returncode == 1
    assert f"already running: process {console.process.pid}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_refused(console: Console) -> None:
    with tempfile.TemporaryDirectory() as other:
        done = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=settings.BASE_DIR,
            env=environment(Path(other), console.port),
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
        )

    assert done.returncode == 1
    assert f"Port {console.port} on 127.0.0.1 is in use" in done.stderr


@pytest.mark.parametrize("word", ["scheduler", "valkey-server"])
def test_what_is_killed_comes_back(console: Console, word: str) -> None:
    killed = console.child(word)
    killed.kill()

    console.wait_for(r"ended \(SIGKILL\); starting it again")
    deadline = time.monotonic() + WAIT_SECONDS
    while (again := console.find_child(word)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert again.pid != killed.pid


def test_sigterm_ends_everything_and_a_second_start_keeps_the_secrets(
    console: Console, data_dir: Path
) -> None:
    children = console.children()
    secret = (data_dir / "secret-key").read_text()

    console.stop()

    assert console.process.returncode == 0
    assert ended(children)
    assert not (data_dir / "run" / "stores.json").exists()

    again = Console(data_dir, free_port())
    try:
        again.wait_for("No migrations to apply")
        again.wait_for("The console is ready")
        assert (data_dir / "secret-key").read_text() == secret
        children = again.children()
        assert json.loads((data_dir / "run" / "stores.json").read_text())["redis_url"].startswith("unix://")

        again.process.kill()

        assert ended(children)
    finally:
        again.stop()


def test_an_interrupt_ends_it_also_in_a_scripts_background(console: Console, data_dir: Path) -> None:
    """A shell without job control has the interrupt ignored for what it starts in the background."""
    console.stop()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        started = Console(data_dir, free_port())
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        started.wait_for("The console is ready")
        started.process.send_signal(signal.SIGINT)
        assert started.process.wait(60) == 0
    finally:
        started.stop()


def test_a_shell_without_a_console_is_told_so(tmp_path: Path) -> None:
    done = manage(tmp_path, "scheduler", "--check")

    assert done.returncode == 1
    assert "The console is not running" in done.stderr
    assert "Traceback" not in done.stderr
