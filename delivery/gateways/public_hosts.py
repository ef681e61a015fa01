"""Which hosts a gateway set up by form may call: those of the public internet, unless it is told otherwise.

A name is looked up once, every address it has must be public, and the connection goes to one of exactly these
addresses: a name that answers differently a moment later gains nothing by it.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from delivery.gateways.http_line import NotWritten

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where an IPv4 address hides in an IPv6 one.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# What the standard library counts as global although it leads to private addresses or nowhere: 6to4 and its relays,
# site-local addresses, local NAT64, IPv4 written as IPv6, protocol assignments, segment routing, documentation.
_NOT_PUBLIC = (
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("fec0::/10"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("::/96"),
    ipaddress.IPv6Network("5f00::/16"),
    ipaddress.IPv6Network("3fff::/20"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv4Network("192.0.0.0/24"),
)
_WEB_PORTS = (80, 443)
_FIRST_FREE_PORT = 1024


def is_public(address: str) -> bool:
    """Whether an address (without brackets) belongs to the public internet."""
    try:
        ip: IPAddress = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip in _NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if any(ip.version == network.version and ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast


def url_problem(url: str, *, is_internal: bool) -> str:
    """What is wrong with an address that a gateway is to call, in words; "" when nothing is. Looks nothing up."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _("“%(url)s” is not an address.") % {"url": url}
    if parts.scheme not in ("http", "https") or not host:
        return _("The address must begin with https:// or http:// and name a host.")
    if parts.username is not None or parts.password is not None:
        return _("The address holds a password. Put it into a header instead.")
    if is_internal:
        return ""
    if host == "localhost" or host.endswith(".localhost") or (_is_numeric(host) and not is_public(host)):
        return _(
            "%(host)s is inside our own network. Choose a public host, or switch “Inside our own network” on."
        ) % {"host": host}
    if port is not None and port not in _WEB_PORTS and port < _FIRST_FREE_PORT:
        return _("Port %(port)s is not one of a web service.") % {"port": port}
    return ""


def _is_numeric(host: str) -> bool:
    """Whether a host is an address already, in any of the spellings that systems understand (0x7f.1, 2130706433)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rsplit(".", 1)[-1]
        return last.isdigit() or last.startswith("0x")
    return True


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system's resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def public_addresses(
    host: str, port: int, *, resolve: Callable[[str, int], list[str]] = look_up
) -> Sequence[str]:
    """The addresses of a host of the public internet; raises `NotWritten` when it is none, or not only that."""
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise NotWritten(_("The name %(host)s is not known.") % {"host": host})
    if not all(is_public(address) for address in addresses):
        raise NotWritten(
            _("%(host)s is inside our own network, where this gateway must not call.") % {"host": host}
        )
    return addresses
