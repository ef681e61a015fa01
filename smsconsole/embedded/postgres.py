"""The embedded PostgreSQL: real, durable, reachable through a private socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from smsconsole.embedded.home import StoresHome
from smsconsole.embedded.location import DATABASE_NAME, DATABASE_ROLE, database_url_at
from smsconsole.embedded.processes import end_leftover, machine_memory_bytes
from smsconsole.embedded.refusal import StartRefused
from smsconsole.embedded.sealing import own_nothing

_MAJOR_VERSION = "18"
_SUPERUSER = "postgres"
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Postgres:
    """One PostgreSQL below a `StoresHome`. `durable=False` is for tests that never lose power."""

    home: StoresHome
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.home.data / "postgres" / "data"

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def url(self) -> str:
        return database_url_at(self.home.sockets)

    @property
    def command(self) -> list[str]:
        return [str(self.home.postgres_bin / "postgres"), "-D", str(self.data)]

    def prepare(self) -> None:
        """Make the cluster on the first start, clear what a crash left, write this version's settings."""
        if not self.data.exists():
            self._make_cluster()
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != _MAJOR_VERSION:
            raise StartRefused(
                f"{self.data} was made by PostgreSQL {found}; this console brings {_MAJOR_VERSION}.",
                "A newer server cannot open an older one's files.",
                "Dump it with the earlier console's pg_dump, start with a new DATA_DIR, restore.",
            )
        self._end_leftover()
        self._write_settings()

    def is_ready(self) -> bool:
        # The server says so in its pid file; connecting earlier fills its log with complaints.
        try:
            status = self._pid_file.read_text().splitlines()[7].strip()
        except (OSError, IndexError):
            return False
        if status != "ready":
            return False
        try:
            psycopg2.connect(self._superuser_dsn, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def ensure_database(self) -> None:
        """Make the console's role and database if they are missing. The role is no superuser and owns neither."""
        connection = psycopg2.connect(self._superuser_dsn)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [DATABASE_ROLE])
                role = sql.Identifier(DATABASE_ROLE)
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
                    cursor.execute(
                        sql.SQL("GRANT pg_monitor, pg_checkpoint, pg_signal_backend TO {}").format(role)
                    )
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE_NAME)))
        finally:
            connection.close()
        own_nothing(self.superuser_dsn_of_console)

    @property
    def superuser_dsn_of_console(self) -> str:
        """The console's database as the cluster's superuser, for what its own role must not do."""
        return database_url_at(self.home.sockets, role=_SUPERUSER)

    @property
    def _superuser_dsn(self) -> str:
        return database_url_at(self.home.sockets, database="postgres", role=_SUPERUSER)

    def _make_cluster(self) -> None:
        """Run initdb beside the final place and move it there, so that a half-made cluster is never used."""
        parent = self.data.parent
        draft = parent / "data.new"
        # An initdb that was killed leaves a half-made folder behind.
        shutil.rmtree(draft, ignore_errors=True)
        command = [
            *(str(self.home.postgres_bin / "initdb"), "-D", str(draft), "-U", _SUPERUSER),
            *("--auth=peer", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
        ]
        done = subprocess.run(
            command,
            cwd="/",
            env=store_environment(),
            capture_output=True,
            text=True,
            **self.home.account.run_as,
        )
        if done.returncode != 0:
            raise StartRefused(
                f"PostgreSQL could not make its database: {done.stderr.strip() or done.stdout.strip()}",
                f"The console keeps everything it knows in it, in {self.data}.",
                "Free the disk or mend the folder's rights, or set DATABASE_URL.",
            )
        draft.rename(self.data)

    def _end_leftover(self) -> None:
        """After a kill -9 the old server may still be ending, or its pid file names a stranger."""
        try:
            pid = int(self._pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        try:
            end_leftover(pid, mark=str(self.data), by=signal.SIGINT, timeout_seconds=30)
        except TimeoutError as error:
            raise StartRefused(
                f"An earlier PostgreSQL (process {pid}) still uses {self.data} and does not end.",
                "Two servers on one database would destroy it.",
                f"Look at process {pid}; end it with: kill -INT {pid}",
            ) from error
        self._pid_file.unlink(missing_ok=True)

    def _write_settings(self) -> None:
        memory = machine_memory_bytes()
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": _quote(str(self.home.sockets)),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": f"{max(64, min(512, memory // _MIB // 8))}MB",
            "effective_cache_size": f"{max(128, memory // _MIB // 2)}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "random_page_cost": "1.1",
            "autovacuum_naptime": "15s",
            "timezone": "'UTC'",
            "log_timezone": "'UTC'",
            "log_line_prefix": "''",
            # A failed statement would write numbers and texts into the log.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_checkpoints": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        lines = [f"{name} = {value}" for name, value in settings.items()]
        system_users = {self.home.account.name, pwd.getpwuid(os.geteuid()).pw_name, "root"}
        self._write(
            "console.conf", "\n".join(["# Written at every start; your own go to local.conf.", *lines, ""])
        )
        self._write("postgresql.conf", "include 'console.conf'\ninclude 'local.conf'\n")
        if not (self.data / "local.conf").exists():
            self._write("local.conf", "# Settings of yours; they win over console.conf.\n")
        self._write("pg_hba.conf", "local all all peer map=console\n")
        roles = (_SUPERUSER, DATABASE_ROLE)
        self._write(
            "pg_ident.conf",
            "".join(f'console "{user}" {role}\n' for user in sorted(system_users) for role in roles),
        )

    def _write(self, name: str, text: str) -> None:
        """Replace a settings file as a whole, owned by the server's user."""
        account = self.home.account
        with tempfile.NamedTemporaryFile("w", dir=self.data, delete=False) as draft:
            draft.write(text)
        if account.run_as:
            os.chown(draft.name, account.uid, account.gid)
        Path(draft.name).replace(self.data / name)


def store_environment() -> dict[str, str]:
    """What a store gets to see: no secrets of the console, no locale of the shell."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _quote(value: str) -> str:
    """A string for postgresql.conf, where a backslash escapes."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
