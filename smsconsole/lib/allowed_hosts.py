"""Hosts that an installer allows the console to call although they are not of the public internet. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_PORT = re.compile(r":([0-9]{1,5}|\*)")
ANY_PORT = 0


class AllowedHost(NamedTuple):
    """A name (in lower case) or a network. `port` None: the usual ones; `ANY_PORT`: any."""

    name: str
    network: IPNetwork | None
    port: int | None

    def takes_port(self, port: int, *, usual: frozenset[int]) -> bool:
        if self.port is None:
            return port in usual
        return self.port in (ANY_PORT, port)


def parse_allowed_hosts(text: str) -> tuple[AllowedHost, ...]:
    """Entries separated by commas: `name`, an address or a network, each with `:port` or `:*` behind it if need be.

    IPv6 stands in brackets where a port follows: `[fd00::/8]:8443`. Raises `ValueError`.
    """
    return tuple(_parse(entry.strip()) for entry in text.split(",") if entry.strip())


def _parse(entry: str) -> AllowedHost:
    host, port = entry, ""
    if entry.startswith("["):
        host, bracket, port = entry[1:].partition("]")
        if not bracket:
            raise ValueError(entry)
    elif entry.count(":") == 1:
        host, _colon, number = entry.partition(":")
        port = f":{number}"
    try:
        network: IPNetwork | None = ipaddress.ip_network(host)
    except ValueError:
        network = None
    name = host.lower().rstrip(".")
    if network is None and not (_NAME.fullmatch(name) and not name.replace(".", "").isdigit()):
        raise ValueError(entry)
    return AllowedHost("" if network else name, network, _parse_port(port))


def _parse_port(text: str) -> int | None:
    if not text:
        return None
    match = _PORT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    if match[1] == "*":
        return ANY_PORT
    port = int(match[1])
    if not 0 < port < 65536:
        raise ValueError(text)
    return port


def parse_ports(text: str) -> frozenset[int]:
    """Numbers of ports separated by commas. Raises `ValueError`."""
    ports = frozenset(int(part) for part in text.split(",") if part.strip())
    if not all(0 < port < 65536 for port in ports):
        raise ValueError(text)
    return ports
