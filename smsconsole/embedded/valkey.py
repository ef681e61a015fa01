"""The embedded Valkey: the doorbell of the workers, append-only, reachable through a private socket only."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import redis

from smsconsole.embedded.home import StoresHome
from smsconsole.embedded.location import VALKEY_SOCKET, redis_url_at
from smsconsole.embedded.processes import end_leftover
from smsconsole.embedded.refusal import StartRefused


@dataclass(frozen=True, slots=True)
class Valkey:
    """One Valkey below a `StoresHome`."""

    home: StoresHome

    @property
    def data(self) -> Path:
        return self.home.data / "valkey"

    @property
    def url(self) -> str:
        return redis_url_at(self.home.sockets)

    @property
    def command(self) -> list[str]:
        return [str(self.home.valkey_server), str(self._config)]

    @property
    def _config(self) -> Path:
        return self.data / "valkey.conf"

    @property
    def _pid_file(self) -> Path:
        return self.data / "valkey.pid"

    def prepare(self) -> None:
        """Clear what a crash left and write this version's settings."""
        self._end_leftover()
        settings = {
            "port": "0",
            "unixsocket": self.home.sockets / VALKEY_SOCKET,
            "unixsocketperm": "700",
            "dir": self.data,
            "pidfile": self._pid_file,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            # Keeps the path of its settings in the process list, by which a leftover is known.
            "set-proc-title": "no",
            # Losing keys silently would lose rings; refusing to write is seen and rung again.
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        self._config.write_text("".join(f"{name} {_quote(str(value))}\n" for name, value in settings.items()))
        self._config.chmod(0o600)
        if self.home.account.run_as:
            os.chown(self._config, self.home.account.uid, self.home.account.gid)

    def is_ready(self) -> bool:
        """Whether it answers; while it still reads its file it does not."""
        client = redis.Redis.from_url(self.url, socket_timeout=2)
        try:
            return bool(client.ping())
        except (redis.RedisError, OSError):
            return False
        finally:
            client.close()

    def _end_leftover(self) -> None:
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return
        try:
            end_leftover(pid, mark=str(self._config), by=signal.SIGTERM, timeout_seconds=15)
        except TimeoutError as error:
            raise StartRefused(
                f"An earlier Valkey (process {pid}) still uses {self.data} and does not end.",
                "Two servers on one append-only file would destroy it.",
                f"Look at process {pid}; end it with: kill {pid}",
            ) from error


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
