"""Named places where a test may end the process, to prove that dying there loses and doubles nothing.

Off unless `FAIL_POINTS` is set, as `name:n` — the process is killed the n-th time it comes by.
"""

from __future__ import annotations

import os
import signal

_name, _, _count = os.environ.get("FAIL_POINTS", "").partition(":")
_left = int(_count or 1)


def fail_point(name: str) -> None:
    """End this process by SIGKILL if `FAIL_POINTS` names this place and its turn has come."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
