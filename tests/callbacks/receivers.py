"""Servers that callbacks go to: real ones, on the loopback, that answer as a test wants and remember what came."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from standardwebhooks import Webhook

# What a server does with a connection whose request it has read.
Behaviour = Callable[[socket.socket], None]


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as it came."""

    at: float
    headers: Mapping[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message_ids(self) -> list[str]:
        """The public ids of the messages that it tells of, in either format."""
        told = self.json
        if isinstance(told, list):
            return [item["sid"] for item in told]
        return [message["id"] for message in told["data"]["messages"]]

    def is_signed_with(self, secret: str) -> bool:
        try:
            Webhook(secret).verify(self.body, dict(self.headers))
        except Exception:  # the library also raises bare errors
            return False
        return True


def answer(status: int = 200, body: bytes = b'{"result":0,"errmsg":"OK"}', **headers: str) -> Behaviour:
    """Answer at once; `Retry_After="5"` is a header."""

    def behave(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    return behave


def slow(seconds: float, then: Behaviour | None = None) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        time.sleep(seconds)
        (then or answer())(connection)

    return behave


def drip(octets: bytes, *, every_seconds: float = 0.1) -> Behaviour:
    """One octet at a time, for ever; never an end."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(octets)
        while True:
            connection.sendall(b"x")
            time.sleep(every_seconds)

    return behave


def huge(n_bytes: int) -> Behaviour:
    """A success with an answer of so many bytes."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {n_bytes}\r\n\r\n".encode())
        for _ in range(n_bytes >> 16):
            connection.sendall(b"x" * (1 << 16))

    return behave


def hang_up(connection: socket.socket) -> None:
    """Close without a word."""


def babble(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")


@dataclass
class Receiver:
    """A server with one thread for each connection. `behaviour` may be changed at any time."""

    behaviour: Behaviour = field(default_factory=lambda: answer())
    tls: ssl.SSLContext | None = None
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    n_connections: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._n_now = 0
        self._listener: socket.socket | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/sms/status"

    @property
    def ids(self) -> list[str]:
        return [heard.id for heard in self.heard]

    @property
    def message_ids(self) -> list[str]:
        return [message_id for heard in self.heard for message_id in heard.message_ids]

    def start(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()

    def stop(self) -> None:
        """Nothing listens any more; `start` listens at the same port again."""
        if self._listener is not None:
            # Closing alone does not wake the thread that accepts.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def __enter__(self) -> Receiver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with self._lock:
            self.n_connections += 1
            self._n_now += 1
            self.most_at_once = max(self.most_at_once, self._n_now)
        try:
            connection = self.tls.wrap_socket(plain, server_side=True) if self.tls else plain
            with connection:
                heard = _read_request(connection)
                if heard is not None:
                    with self._lock:
                        self.heard.append(heard)
                    self.behaviour(connection)
        except OSError:
            pass
        finally:
            plain.close()
            with self._lock:
                self._n_now -= 1


def _read_request(connection: socket.socket) -> Heard | None:
    with connection.makefile("rb") as stream:
        if not stream.readline():
            return None
        headers = {}
        while (line := stream.readline().decode("latin-1").strip()) != "":
            name, _colon, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
    return Heard(time.monotonic(), headers, body.decode())
