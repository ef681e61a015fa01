"""What a process remembers for a moment, so that not every request reads it again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from delivery.routing import Router, router_for
from projects.limits import Limits, limits_of
from projects.models import Project

V = TypeVar("V")

# As long as a lease remembers its rules: a change holds after two seconds at the latest. 0: nothing is remembered.
SECONDS = 2.0
# Far more than a process ever meets within two seconds.
_MOST = 2_000


class Remembered(Generic[V]):
    """Values by key, each for `SECONDS`; several threads may read the same one at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[object, tuple[float, V]] = {}

    def get(self, key: object, read: Callable[[], V]) -> V:
        """The value of this key, read now if it is not known or too old."""
        kept = self._kept.get(key)
        now = time.monotonic()
        if kept is not None and now - kept[0] < SECONDS:
            return kept[1]
        value = read()
        with self._lock:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[key] = (now, value)
        return value

    def age(self, key: object) -> float:
        """Seconds since it was read; infinite when it is not known."""
        kept = self._kept.get(key)
        return time.monotonic() - kept[0] if kept is not None else float("inf")

    def forget(self, key: object) -> None:
        with self._lock:
            self._kept.pop(key, None)


_limits: Remembered[Limits] = Remembered()
_routers: Remembered[Router] = Remembered()


def limits_now(project: Project) -> Limits:
    """The project's limits, two seconds old at most; the claim decides by its own."""
    return _limits.get(project.pk, lambda: limits_of(project))


def router_now(project: Project, kind: str) -> Router:
    """The ways out for messages of this kind, two seconds old at most."""
    return _routers.get((project.pk, kind), lambda: router_for(project, kind))
