"""One session process for each enabled gateway that is driven by one, as rows come and go."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from delivery.gateways import DRIVERS
from delivery.gateways.base import DrivenBy
from delivery.models import Gateway
from delivery.sessions.leadership import drop_connection
from smsconsole.embedded.processes import child_setup

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
WELL_AFTER_SECONDS = 60.0
# Time to hear the answers of what is under way, and to unbind.
GRACE_SECONDS = 25.0


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    started_at: float
    is_leaving: bool = False


class Children:
    """Starts and stops them from one thread, until `stopping` is set."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._children: dict[str, _Child] = {}
        self._pauses: dict[str, tuple[float, float]] = {}  # by slug: not before, and how long the next one

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                wanted = wanted_slugs()
                self._reap()
                if wanted is not None:
                    self._start(wanted)
                    self._stop(set(self._children) - wanted)
                self._stopping.wait(LOOK_SECONDS)
        finally:
            self._stop_all()

    def _start(self, wanted: set[str]) -> None:
        now = time.monotonic()
        for slug in sorted(wanted - set(self._children)):
            not_before, _next = self._pauses.get(slug, (0.0, FIRST_PAUSE_SECONDS))
            if now < not_before:
                continue
            log.info("session of gateway=%s is started", slug)
            self._children[slug] = _Child(_spawn(slug), now)

    def _stop(self, slugs: set[str]) -> None:
        for slug in slugs:
            child = self._children[slug]
            if not child.is_leaving:
                log.info("session of gateway=%s is stopped", slug)
                child.is_leaving = True
                child.process.send_signal(signal.SIGTERM)

    def _reap(self) -> None:
        now = time.monotonic()
        for slug, child in list(self._children.items()):
            if child.process.poll() is None:
                continue
            del self._children[slug]
            if child.is_leaving:
                self._pauses.pop(slug, None)
                continue
            _not_before, pause = self._pauses.get(slug, (0.0, FIRST_PAUSE_SECONDS))
            if now - child.started_at > WELL_AFTER_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            log.warning("session of gateway=%s ended code=%s", slug, child.process.returncode)
            self._pauses[slug] = (now + pause, min(LONGEST_PAUSE_SECONDS, 2 * pause))

    def _stop_all(self) -> None:
        self._stop(set(self._children))
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self._children.values():
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self._children.clear()


def wanted_slugs() -> set[str] | None:
    """The gateways that want a session; None while the database cannot be asked."""
    kinds = [kind for kind, driver in DRIVERS.items() if driver.driven_by == DrivenBy.SESSION]
    try:
        return set(Gateway.objects.filter(kind__in=kinds, is_enabled=True).values_list("slug", flat=True))
    except (DatabaseError, InterfaceError):
        drop_connection()
        return None


def _spawn(slug: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "run_smpp_session", slug],
        stdin=subprocess.DEVNULL,
        # Whoever ends us by force ends them, too: but they may finish what is under way.
        preexec_fn=child_setup(signal.SIGTERM),
    )
