"""A whole console as `make run` starts it, for the browser: its stores, web, workers, gateway and demo.

It mails to a real server, and strangers may register.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from playwright.sync_api import BrowserContext, Page

from smsconsole.embedded.location import embedded_database_url
from tests.browser.mailbox import Mailbox, open_mailbox

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240
STOP_SECONDS = 40
# The tests send thousands of messages to the same numbers again and again.
_UNLIMITED = {
    "INTERNATIONAL_DAILY_CAP": "0",
    "MESSAGES_PER_NUMBER_AND_DAY": "1000",
    "SAME_CONTENT_MAX": "1000",
}
# Callbacks reach the servers of tests.
_LOOPBACK = {"CALLBACK_ALLOWED_HOSTS": "127.0.0.1:*", "CALLBACK_ALLOW_HTTP": "true"}
_SIGN_IN = re.compile(r"(\S+@\S+)\s+(\S+)")
_SETUP_CODE = re.compile(r"Set it up there with:\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Console:
    """A running console: where it is, where its files are, who may sign in."""

    url: str
    data_dir: Path
    passwords: dict[str, str]
    setup_code: str
    mailbox: Mailbox

    @property
    def ledger(self) -> Path:
        """What the simulated gateway took, one line for each submit."""
        return self.data_dir / "simulated-gateway" / "ledger.jsonl"

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into (or change) its database, where a person has no way to."""
        connection = psycopg2.connect(embedded_database_url(self.data_dir))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def verification_code(self, campaign: str) -> str:
        """What the picture shows; machines are not meant to read it."""
        found = self.ask(
            "SELECT answer FROM campaigns_verification v JOIN campaigns_campaign c ON c.id = v.campaign_id"
            " WHERE c.uuid = %s AND used_at IS NULL ORDER BY v.id DESC LIMIT 1",
            campaign,
        )
        return str(found[0][0])

    def script(self, **options: object) -> None:
        """Change how the simulated gateway behaves from now on."""
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "simulated_gateway", "--change", *words],
            env=_environment(self.data_dir, 0, demo=True),
            check=True,
            capture_output=True,
        )

    def add_staff(self, email: str, password: str) -> None:
        """Platform staff, made as whoever runs the server makes them."""
        subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "staff_user", email, "--name", "Sam Staff"],
            env=_environment(self.data_dir, 0, demo=True),
            input=password.encode(),
            check=True,
            capture_output=True,
        )

    def sign_in(self, context: BrowserContext, who: str) -> Page:
        """A page of somebody of the demo ("operator", "reviewer", "admin"), signed in."""
        email = next(email for email in self.passwords if email.startswith(who))
        page = context.new_page()
        page.goto(f"{self.url}/sign-in/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(self.passwords[email])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page


@contextlib.contextmanager
def running_console(*, demo: bool = True) -> Iterator[Console]:
    """Start `manage.py up` in a folder of its own, with stores of its own; stop it as Ctrl-C does."""
    with (
        tempfile.TemporaryDirectory(prefix="smsconsole-browser-", ignore_cleanup_errors=True) as folder,
        open_mailbox() as mailbox,
    ):
        data_dir = Path(folder) / "data"
        Path(folder).chmod(0o711)
        log = Path(folder) / "console.log"
        port = _free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up"],
                env=_environment(data_dir, port, demo=demo)
                | _UNLIMITED
                | _LOOPBACK
                | {"EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}", "REGISTRATION_OPEN": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_until_ready(process, log, port)
            code = _SETUP_CODE.search(log.read_text(errors="replace"))
            yield Console(
                url=f"http://127.0.0.1:{port}",
                data_dir=data_dir,
                passwords=_passwords(data_dir),
                setup_code=code[1] if code else "",
                mailbox=mailbox,
            )
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environment(data_dir: Path, port: int, *, demo: bool) -> dict[str, str]:
    own = {
        "DATA_DIR": str(data_dir),
        "STATIC_ROOT": str(data_dir / "static"),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DEMO": "1" if demo else "0",
        # The test's own stores belong to the tests.
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | own


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while b"The console is ready" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the console did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.2)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("HEAD", "/")
    assert connection.getresponse().status < 500
    connection.close()


def _passwords(data_dir: Path) -> dict[str, str]:
    file = data_dir / "first-sign-in.txt"
    return dict(_SIGN_IN.findall(file.read_text())) if file.exists() else {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
