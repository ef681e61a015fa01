"""Lists of addresses from which something may be used: reading what a person typed, and asking them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from django.utils.translation import gettext as _

MOST_NETWORKS = 20


class NetworkRefused(ValueError):
    """A line is no network; the words say which line and what would be right."""


def read_networks(text: str) -> list[str]:
    """The addresses and networks of a text (one a line, or separated by commas), each once, in one spelling.

    A single address stays one (`203.0.113.7`), a network is in CIDR form (`203.0.113.0/24`). Raises
    `NetworkRefused` for the first that is neither, and when there are too many.
    """
    written = [part for part in text.replace(",", " ").replace(";", " ").split() if part]
    networks = list(dict.fromkeys(_network(part) for part in written))
    if len(networks) > MOST_NETWORKS:
        raise NetworkRefused(
            _("These are %(n)s addresses; at most %(most)s are possible. Join neighbours to a network.")
            % {"n": len(networks), "most": MOST_NETWORKS}
        )
    return networks


def contains(networks: Iterable[str], address: str) -> bool:
    """Whether the address lies in one of the networks; False for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A listener for both families sees a caller of the old one in the new one's clothes.
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return any((mapped or found) in ipaddress.ip_network(network) for network in networks)


def _network(written: str) -> str:
    try:
        network = ipaddress.ip_network(written, strict=False)
    except ValueError:
        raise NetworkRefused(
            _(
                "“%(written)s” is no address. Write one like 203.0.113.7, or a network like "
                "203.0.113.0/24 or 2001:db8::/32."
            )
            % {"written": written[:60]}
        ) from None
    if not written.isascii() or "%" in written or "/" in written.partition("/")[2]:
        raise NetworkRefused(_("“%(written)s” is no address.") % {"written": written[:60]})
    if network.prefixlen == 0:
        raise NetworkRefused(
            _("“%(written)s” means every address. Leave the list empty for that.") % {"written": written[:60]}
        )
    if "/" in written and ipaddress.ip_address(written.partition("/")[0]) != network.network_address:
        raise NetworkRefused(
            _("“%(written)s” begins in the middle of a network. Do you mean %(network)s?")
            % {"written": written[:60], "network": network}
        )
    return str(network.network_address) if network.num_addresses == 1 else str(network)
