"""Tell programs what became of their messages."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from callbacks.desk import Desk
from callbacks.services.following import BATCH_SIZE, follow_events
from smsconsole.queue import stop_requested

log = logging.getLogger(__name__)

FOLLOW_SECONDS = 0.2
STAND_BY_SECONDS = 1.0
OUTAGE_SECONDS = 1.0

# Whoever holds it sends; it dies with its connection.
_LEAD = "SELECT pg_try_advisory_lock(hashtext('callbacks.sending'))"


class Command(BaseCommand):
    help = (
        "Follow what happens to messages and call back whoever wants to be told. Of several processes one works and "
        "the others stand by."
    )
    # It has no pages.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: stop_requested.set())
        desk = Desk(n_threads=settings.CALLBACK_THREADS)
        leads = threading.Event()
        follower = threading.Thread(target=_follow, args=[desk, leads], name="follower", daemon=True)
        follower.start()
        try:
            while not stop_requested.is_set():
                _work(desk, leads)
        finally:
            leads.clear()
            _finish(desk)
            _drop_connection()


def _work(desk: Desk, leads: threading.Event) -> None:
    """Lead while the connection that holds the lock lives; else stand by."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_LEAD)
            is_leader = bool(cursor.fetchone()[0])
        if not is_leader:
            stop_requested.wait(STAND_BY_SECONDS)
            return
        log.info("callbacks: this process sends")
        leads.set()
        while not stop_requested.is_set():
            desk.turn(wait_seconds=FOLLOW_SECONDS)
    except (DatabaseError, InterfaceError) as error:
        # What was under way is settled when it comes back, or sent again.
        log.warning("callbacks: no database error=%s", type(error).__name__)
        leads.clear()
        _drop_connection()
        stop_requested.wait(OUTAGE_SECONDS)


def _follow(desk: Desk, leads: threading.Event) -> None:
    """Turn events into callbacks, in a thread of its own: a long list of endpoints must not hold it up."""
    while not stop_requested.is_set():
        if not leads.wait(STAND_BY_SECONDS):
            continue
        try:
            n_read = follow_events()
        except (DatabaseError, InterfaceError) as error:
            log.warning("callbacks: cannot follow error=%s", type(error).__name__)
            _drop_connection()
            stop_requested.wait(OUTAGE_SECONDS)
            continue
        except Exception:
            # A fault in one event must not end the process; it is tried again, and somebody reads the log.
            log.exception("callbacks: cannot follow")
            stop_requested.wait(OUTAGE_SECONDS)
            continue
        if n_read:
            desk.wake()
        if n_read < BATCH_SIZE:
            stop_requested.wait(FOLLOW_SECONDS)


def _finish(desk: Desk) -> None:
    try:
        desk.finish()
    except (DatabaseError, InterfaceError) as error:
        log.warning("callbacks: what was under way is sent again error=%s", type(error).__name__)


def _drop_connection() -> None:
    """Close this thread's connection even when it is broken."""
    try:
        connection.close()
    except (DatabaseError, InterfaceError):
        connection.connection = None
