"""A port of one's own: free when it was chosen, the same ever after unless somebody else has taken it."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

# Below the ports that systems give to outgoing connections, so that none of those stands in the way.
FIRST, LAST = 20_775, 29_775


def own_port(file: Path, *, host: str = "127.0.0.1") -> int:
    """The port kept in the file if it is still free, else the next one that is, which is kept there."""
    try:
        kept = int(file.read_text())
    except (FileNotFoundError, ValueError):
        kept = 0
    if FIRST <= kept <= LAST and is_free(host, kept):
        return kept
    for port in range(FIRST, LAST + 1):
        if is_free(host, port):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_text(str(port))
            return port
    raise OSError(errno.EADDRINUSE, f"no port from {FIRST} to {LAST} is free")


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do it: connections that just ended are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
