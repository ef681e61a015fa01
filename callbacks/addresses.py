"""Which addresses are called: those of the public internet, over https, and what the installer allows besides.

Asked when an address is saved, and again at each request, when the name may mean another address.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from callbacks.errors import AddressRefused
from delivery.gateways.public_hosts import is_public, look_up

URL_MAX = 500
# Visible ASCII without the backslash, which browsers and libraries read differently.
_WRITTEN = re.compile(r"[!-\[\]-~]+")
_HOST_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)
_HTTP_PORT = 80

# Ends of names that are nobody's in the public internet.
_INNER = ("localhost", "localdomain", "local", "internal", "intranet", "home", "lan", "corp", "arpa")


class Target(NamedTuple):
    """Where a URL leads. The host is in lower case and without brackets."""

    scheme: str
    host: str
    port: int


def read_target(url: str) -> Target:
    """Host and port of a URL that may be called as far as its words tell; looks nothing up. Raises `AddressRefused`."""
    if not url:
        raise AddressRefused(_("Enter the address that is to be called."))
    if len(url) > URL_MAX:
        raise AddressRefused(_("The address is longer than %(n)s characters.") % {"n": URL_MAX})
    if not _WRITTEN.fullmatch(url):
        raise AddressRefused(
            _(
                "The address holds a space or a character that addresses do not have. "
                "Write names in their international form (xn--…) and everything else percent-encoded."
            )
        )
    target, has_user = _split(url)
    if has_user:
        raise AddressRefused(
            _("The address holds a user name or a password. Check the signature of requests instead.")
        )
    if target.scheme != "https" and not (target.scheme == "http" and settings.CALLBACK_ALLOW_HTTP):
        raise AddressRefused(_("The address must begin with https://."))
    _check_host(target)
    return target


def _split(url: str) -> tuple[Target, bool]:
    """Two libraries read the address; where they disagree, somebody means to be misread."""
    try:
        parts, other = urlsplit(url), parse_url(url)
        port = parts.port
    except (ValueError, LocationParseError):
        raise AddressRefused(_("“%(url)s” is not an address.") % {"url": url}) from None
    host = (parts.hostname or "").lower().rstrip(".")
    other_host = (other.host or "").strip("[]").lower().rstrip(".")
    if not host or host != other_host or port != other.port or port == 0:
        raise AddressRefused(_("“%(url)s” is not an address.") % {"url": url})
    scheme = parts.scheme.lower()
    usual = _HTTP_PORT if scheme == "http" else 443
    return Target(scheme, host, port or usual), "@" in parts.netloc


def _check_host(target: Target) -> None:
    host, port = target.host, target.port
    if is_allowed_by_name(target) or is_allowed_address(host, port):
        return
    if _address(host) is not None:
        raise AddressRefused(_("Write the name of the host instead of its number."))
    if not _is_public_name(host):
        raise AddressRefused(
            _("“%(host)s” is no name of the public internet, so it is not called.") % {"host": host}
        )
    if port not in usual_ports() and not _any_network_takes(port):
        raise AddressRefused(
            _("Port %(port)s is not called. Use one of these: %(ports)s.")
            % {"port": port, "ports": ", ".join(map(str, sorted(usual_ports())))}
        )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_public_name(host: str) -> bool:
    """Whether it is a name with a dot that no system takes for a number (0x7f.1, 2130706433, 127.1)."""
    last = host.rsplit(".", 1)[-1]
    is_number = last.isdigit() or last.startswith("0x")
    return "." in host and not is_number and last not in _INNER and _HOST_NAME.fullmatch(host) is not None


def check_url(url: str) -> None:
    """Whether this address may be saved: its words, and every address that its name has now.

    Raises `AddressRefused`. Looks the name up, so no transaction should be open.
    """
    target = read_target(url)
    if is_allowed_by_name(target):
        return
    try:
        addresses = look_up(target.host, target.port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise AddressRefused(
            _("The name %(host)s is not known. Check how it is spelled, or try again later.")
            % {"host": target.host}
        )
    if not all(may_connect(address, target.port) for address in addresses):
        raise AddressRefused(
            _("%(host)s leads into a network of its own instead of the public internet, so it is not called.")
            % {"host": target.host}
        )


def may_connect(address: str, port: int) -> bool:
    """Whether a connection may go to this address: a public one at a usual port, or one that is allowed besides."""
    return (is_public(address) and port in usual_ports()) or is_allowed_address(address, port)


def usual_ports() -> frozenset[int]:
    ports: frozenset[int] = settings.CALLBACK_PORTS
    return ports | {_HTTP_PORT} if settings.CALLBACK_ALLOW_HTTP else ports


def is_allowed_by_name(target: Target) -> bool:
    """Whether the installer allows this very name; then its addresses may be any."""
    return any(
        entry.name == target.host and entry.takes_port(target.port, usual=usual_ports())
        for entry in settings.CALLBACK_ALLOWED_HOSTS
        if entry.network is None
    )


def is_allowed_address(address: str, port: int) -> bool:
    """Whether the address lies in a network that the installer allows."""
    ip = _address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip is not None and any(
        ip.version == entry.network.version
        and ip in entry.network
        and entry.takes_port(port, usual=usual_ports())
        for entry in settings.CALLBACK_ALLOWED_HOSTS
        if entry.network is not None
    )


def _any_network_takes(port: int) -> bool:
    """Whether a name could lead to an allowed network at this port."""
    return any(
        entry.network is not None and entry.takes_port(port, usual=frozenset())
        for entry in settings.CALLBACK_ALLOWED_HOSTS
    )
