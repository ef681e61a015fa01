"""What is looked at before anything is started, so that the refusal is one clear message."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import TextIO

from smsconsole.embedded.location import make_data_dir, make_private_dir, run_dir
from smsconsole.embedded.refusal import StartRefused


def check_data_dir(data_dir: Path) -> None:
    """Raise when nothing can be written below `data_dir`."""
    make_data_dir(data_dir)
    try:
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        raise StartRefused(
            f"{data_dir} cannot be written: {error.strerror}.",
            "The console keeps its database, its keys and uploaded files there.",
            "Give it a folder it may write to: DATA_DIR=$HOME/smsconsole-data make run",
        ) from error


def take_lock(data_dir: Path, *, address: str) -> TextIO:
    """The lock of this `data_dir`, held until the returned file is closed or this process ends."""
    make_private_dir(run_dir(data_dir))
    path = run_dir(data_dir) / "up.lock"
    lock = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise StartRefused(
            f"The console of {data_dir} is already running: {holder}.",
            "Two of them would use one database folder.",
            "Use that one, stop it with Ctrl-C, or start this one with another DATA_DIR and PORT.",
        ) from error
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, {address}")
    lock.flush()
    return lock


def check_port(host: str, port: int) -> None:
    """Raise when `host`:`port` cannot be bound."""
    if not 0 < port < 1 << 16:
        # The resolver would quietly take the number modulo 65536.
        raise _port_refused(host, port, OverflowError("ports end at 65535"))
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise StartRefused(
            f"HOST={host} is no address of this machine: {error.strerror}.",
            "The pages are served there.",
            "Use 127.0.0.1 for this machine only, or 0.0.0.0 for every network it is in.",
        ) from error
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise _port_refused(host, port, error) from error


def _port_refused(host: str, port: int, error: OSError | OverflowError) -> StartRefused:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return StartRefused(
            f"Port {port} on {host} is in use by another program.",
            "The pages are served there.",
            f"Stop that program, or choose another port: PORT={port + 1} make run",
        )
    if number == errno.EACCES:
        return StartRefused(
            f"Port {port} on {host} may not be opened by this user.",
            "Ports below 1024 are kept for root.",
            "Choose a higher one: PORT=8000 make run",
        )
    return StartRefused(
        f"Port {port} on {host} cannot be opened: {error}.",
        "The pages are served there.",
        "Check HOST and PORT: HOST=127.0.0.1 PORT=8000 make run",
    )
