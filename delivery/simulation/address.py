"""Where a simulated gateway listens: the path of a unix socket, or host:port."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple

from smsconsole.embedded.location import fits_a_socket


class Address(NamedTuple):
    """One of the two is set."""

    path: str
    host: str
    port: int

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read `/a/path`, `host:port` or `[::1]:port`; raises ValueError with words for a person."""
    host, colon, port = text.rpartition(":")
    if colon and port.isdecimal() and "/" not in text:
        return Address(path="", host=host.strip("[]") or "127.0.0.1", port=int(port))
    if not text.startswith("/"):
        raise ValueError(f"“{text}” is neither an absolute path nor host:port.")
    if not fits_a_socket(Path(text)):
        raise ValueError(f"“{text}” is too long for a socket's path. Use a shorter folder or host:port.")
    return Address(path=text, host="", port=0)


def connect(address: Address, *, timeout_seconds: float) -> socket.socket:
    """A connected blocking socket; raises OSError."""
    if not address.path:
        connection = socket.create_connection((address.host, address.port), timeout=timeout_seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        connection.connect(address.path)
    except BaseException:
        connection.close()
        raise
    return connection
