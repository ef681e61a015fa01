"""Small truths about processes: they die with their parent, and leftovers are known by what they run."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
# Loaded once, before any fork: a child between fork and exec should do as little as possible.
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(death_signal: signal.Signals, *, parent: int) -> None:
    """Ask the kernel for this signal once the parent is gone, however it ends (Linux; elsewhere nothing).

    Call it in the child, after any change of user: changing the user forgets the wish. `parent` is the
    parent's pid as it knew itself before the fork; if it is gone already, this process ends here.
    """
    if not sys.platform.startswith("linux"):
        return
    if _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os._exit(1)


def child_setup(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` for a child that must not outlive this process."""
    parent = os.getpid()
    return lambda: die_with_parent(death_signal, parent=parent)


def end_leftover(pid: int, *, mark: str, by: signal.Signals, timeout_seconds: float) -> None:
    """End process `pid` if its command line names `mark`; a pid that others have inherited is left alone.

    Raises `TimeoutError` when it is still there afterwards.
    """
    try:
        process = psutil.Process(pid)
        if not any(mark in word for word in process.cmdline()):
            return
        process.send_signal(by)
        process.wait(timeout_seconds)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired as error:
        raise TimeoutError(f"process {pid} does not end") from error


def machine_memory_bytes() -> int:
    """The memory this machine, or this container, may use."""
    total = int(psutil.virtual_memory().total)
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total
