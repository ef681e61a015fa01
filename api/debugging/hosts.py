"""Hosts that programs sign although they call another."""

from __future__ import annotations

from collections.abc import Iterator

# The SDKs know these; whoever sends their requests elsewhere by a proxy or a hosts file goes on signing them.
TENCENT_HOSTS = (
    "sms.tencentcloudapi.com",
    "sms.intl.tencentcloudapi.com",
    "sms.ap-guangzhou.tencentcloudapi.com",
)
_USUAL_PORTS = (":443", ":80", ":8000")


def other_hosts(host: str) -> Iterator[str]:
    """The same host without its port, with one, or in another case."""
    name, colon, _port = host.rpartition(":")
    if colon and "]" not in _port:
        yield name
    else:
        yield from (host + port for port in _USUAL_PORTS)
    if host != host.lower():
        yield host.lower()
