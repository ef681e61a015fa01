"""What all fake carriers share: a server over true sockets that keeps what it was sent, and misbehaves on request.

A carrier's module derives `Carrier` and says in `answer` what its API does with a request. Faults happen outside
of it, at the socket: so each carrier has the same ones.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class Fault(Enum):
    """What goes wrong with a request. The carrier takes it in all but the first three."""

    RESET_BEFORE_READING = auto()  # the connection is reset before the request was read
    THROTTLED = auto()  # 429 with Retry-After
    NOT_FOUND = auto()  # a web server that knows nothing of the API
    TIMEOUT = auto()  # taken, no answer
    SERVER_ERROR = auto()  # taken, 500 with a page for people
    RESET_BEFORE_BODY = auto()  # taken, the connection is reset before the answer
    RESET_IN_BODY = auto()  # taken, the connection is reset within the answer
    HALF_JSON = auto()  # taken, the answer ends early but claims to be whole
    REDIRECT = auto()  # taken, and sent elsewhere
    GZIP_BOMB = auto()  # taken, a small answer that unpacks to 20 MB
    ENDLESS = auto()  # taken, the answer comes byte by byte and never ends


TAKEN = frozenset(Fault) - {Fault.RESET_BEFORE_READING, Fault.THROTTLED, Fault.NOT_FOUND}
RETRY_AFTER_SECONDS = 7
# JSON may end with them, so that the answer is one for whoever unpacks it whole.
_BLANKS = b" " * (20 << 20)


@dataclass(frozen=True)
class Received:
    """A request as it came over the line. Header names are in lower case."""

    method: str
    path: str  # without the query
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Reply:
    """What the carrier answers."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @classmethod
    def json(cls, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        body = json.dumps(value, ensure_ascii=False).encode()
        return cls(body, status, {"Content-Type": "application/json", **(headers or {})})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    carrier: Carrier

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that give up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are written one after the other: the second would wait 40 ms for the first to be acknowledged.
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.carrier.connections.add(self.connection)

    def finish(self) -> None:
        self.server.carrier.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self.server.carrier.serve(self)

    do_POST = do_PUT = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """The ledger tells more."""


class Carrier(ABC):
    """A carrier's API on a port of this machine. Use as a context manager."""

    def __init__(self) -> None:
        self.received: list[Received] = []  # every request that was read
        self.fault: Fault | None = None
        self.faults: list[Fault | None] = []  # one for each request to come; `fault` when there is none left
        self.delay_seconds = 0.0
        self.connections: set[socket.socket] = set()
        self.problems: list[BaseException] = []  # what the carrier's own code stumbled over
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server: _Server | None = None
        self._port = 0

    @abstractmethod
    def answer(self, request: Received) -> Reply:
        """Take the request and answer it as documented. Called under a lock."""

    # --- Life ---

    def __enter__(self) -> Carrier:
        self.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.hang_up()
        if self.problems:
            raise self.problems[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen; after `hang_up` on the same port as before."""
        self._over.clear()
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._server.carrier = self
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        assert self._server is not None
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )

    def hang_up(self) -> None:
        """End at once, with all that is not answered."""
        if self._server is None:
            return
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self.connections):
            _hang_up(connection)
        self._server = None

    # --- One request ---

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            fault = self.faults.pop(0) if self.faults else self.fault
        if fault is Fault.RESET_BEFORE_READING:
            return self._break_off(handler)
        request = _read(handler)
        if self._over.is_set():
            return None
        if fault is Fault.THROTTLED:
            return _write(handler, Reply(b"slow down", 429, {"Retry-After": str(RETRY_AFTER_SECONDS)}))
        if fault is Fault.NOT_FOUND:
            return _write(handler, Reply(b"<h1>Not here</h1>", 404, {"Content-Type": "text/html"}))
        with self._lock:
            self.received.append(request)
            try:
                reply = self.answer(request)
            except BaseException as problem:
                self.problems.append(problem)
                raise
        if self.delay_seconds and self._over.wait(self.delay_seconds):
            return None
        if fault is None:
            return _write(handler, reply)
        return self._spoil(handler, reply, fault)

    def _spoil(self, handler: BaseHTTPRequestHandler, reply: Reply, fault: Fault) -> None:
        if fault is Fault.TIMEOUT:
            self._over.wait(60)
            self._break_off(handler)
        elif fault is Fault.SERVER_ERROR:
            _write(handler, Reply(b"<h1>Internal error</h1>", 500, {"Content-Type": "text/html"}))
        elif fault is Fault.RESET_BEFORE_BODY:
            self._break_off(handler)
        elif fault is Fault.RESET_IN_BODY:
            _write(handler, reply, n_bytes=len(reply.body) // 2)
            self._break_off(handler)
        elif fault is Fault.HALF_JSON:
            _write(handler, Reply(reply.body[: len(reply.body) // 2], reply.status, reply.headers))
        elif fault is Fault.REDIRECT:
            _write(handler, Reply(reply.body, 302, {**reply.headers, "Location": f"{self.url}/elsewhere"}))
        elif fault is Fault.GZIP_BOMB:
            headers = {**reply.headers, "Content-Encoding": "gzip"}
            _write(handler, Reply(gzip.compress(reply.body + _BLANKS, 1), 200, headers))
        elif fault is Fault.ENDLESS:
            _write(handler, Reply(b" " * 100_000, 200, reply.headers), n_bytes=0)
            while not self._over.wait(0.05):
                handler.wfile.write(b" ")

    def _break_off(self, handler: BaseHTTPRequestHandler) -> None:
        """End the connection so that the other side hears a reset."""
        handler.close_connection = True
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.rfile.close()
        handler.connection.close()


def _read(handler: BaseHTTPRequestHandler) -> Received:
    parts = urlsplit(handler.path)
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    headers = {name.lower(): value for name, value in handler.headers.items()}
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Received(handler.command, parts.path, query, headers, body)


def _write(handler: BaseHTTPRequestHandler, reply: Reply, *, n_bytes: int | None = None) -> None:
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(reply.body)))
    handler.end_headers()
    handler.wfile.write(reply.body[:n_bytes])
    handler.wfile.flush()


def _hang_up(connection: socket.socket) -> None:
    """End a connection although its thread may be reading from it: the other side hears it at once."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
