"""What has to happen again and again: each app lists its beats, one scheduler process runs them.

A beat is a function that finds its work in PostgreSQL, so it may be late, run twice or be cut off: the next
one finds what is left. Redis is not needed. Of several schedulers one leads, the others stand by.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module

from django.apps import apps
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection
from django.utils.module_loading import module_has_submodule

log = logging.getLogger(__name__)

# Any number will do, as long as every scheduler of this database asks for the same one.
LEADER_LOCK_ID = 7_306_922_614_501
_LEADER_CHECK_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0
# No code, shutdown, crash, starting up: the server is away, and where we noticed it does not matter.
_OUTAGES = ("", "57P01", "57P02", "57P03")


@dataclass(frozen=True, slots=True)
class Beat:
    """A function that is called every so many seconds, counted from start to start.

    Each beat has a thread and a database connection of its own: a slow one delays only itself.
    """

    name: str
    every_seconds: float
    function: Callable[[], object]


def all_beats() -> list[Beat]:
    """The beats of every installed app that has a module `beats` with a list `BEATS`."""
    found: list[Beat] = []
    for config in apps.get_app_configs():
        if config.name != "smsconsole" and config.module and module_has_submodule(config.module, "beats"):
            found += import_module(f"{config.name}.beats").BEATS
    return found


class Scheduler:
    """Runs beats while it leads; `stop` ends it within a second, whatever a beat is doing."""

    def __init__(self, beats: Iterable[Beat]) -> None:
        self._beats = list(beats)
        self._stopping = threading.Event()
        self._leading = threading.Event()

    def stop(self) -> None:
        self._stopping.set()
        # Wakes the threads that stand by.
        self._leading.set()

    def run(self) -> None:
        """Lead, or stand by until the leader is gone, until `stop` is called.

        The threads are daemons: a beat that is amid a transaction when the process ends is rolled back.
        """
        for beat in self._beats:
            threading.Thread(
                target=self._run_beat, args=[beat], name=f"beat-{beat.name}", daemon=True
            ).start()
        pause = _LEADER_CHECK_SECONDS
        while not self._stopping.is_set():
            try:
                self._check_leadership()
                pause = _LEADER_CHECK_SECONDS
            except (DatabaseError, InterfaceError) as error:
                self._leading.clear()
                log.warning("scheduler lost the database error=%s", type(error).__name__)
                _drop_connection()
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            self._stopping.wait(pause)
        _drop_connection()

    def _check_leadership(self) -> None:
        """Take the lock, or see that the connection that holds it still lives: the lock dies with it."""
        with connection.cursor() as cursor:
            if self._leading.is_set():
                cursor.execute("SELECT 1")
                return
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK_ID])
            row = cursor.fetchone()
        if row is not None and row[0] and not self._stopping.is_set():
            log.info("scheduler leads beats=%d", len(self._beats))
            self._leading.set()

    def _run_beat(self, beat: Beat) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            self._leading.wait()
            if self._stopping.is_set():
                return
            started = time.monotonic()
            is_well = run_beat(beat)
            elapsed = time.monotonic() - started
            pause = max(0.0, beat.every_seconds - elapsed)
            if not is_well:
                # A beat of half a second that always fails would flood the log.
                pause = max(pause, min(_LONGEST_PAUSE_SECONDS, beat.every_seconds * 4))


def run_beat(beat: Beat) -> bool:
    """Call the beat once; whatever it raises is logged and reported as false."""
    close_old_connections()
    try:
        beat.function()
    except (DatabaseError, InterfaceError) as error:
        _log_failure(beat, error)
        _drop_connection()
        return False
    except Exception as error:
        _log_failure(beat, error)
        return False
    finally:
        close_old_connections()
    return True


def is_led() -> bool:
    """Whether a scheduler holds the lead at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND classid = %s AND objid = %s AND objsubid = 1)",
            [LEADER_LOCK_ID >> 32, LEADER_LOCK_ID & 0xFFFFFFFF],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _log_failure(beat: Beat, error: Exception) -> None:
    """Say what failed and where. The error's own words stay out: they may quote a row with its number."""
    code = getattr(error.__cause__, "pgcode", None) or ""
    is_outage = isinstance(error, OperationalError | InterfaceError) and code in _OUTAGES
    frames = "" if is_outage else "\n" + "".join(traceback.format_tb(error.__traceback__)).rstrip()
    log.error("beat failed name=%s error=%s code=%s%s", beat.name, type(error).__name__, code, frames)


def _drop_connection() -> None:
    """Close this thread's connection even when it is broken."""
    try:
        connection.close()
    except (DatabaseError, InterfaceError):
        connection.connection = None
