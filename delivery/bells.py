"""PostgreSQL's own doorbell, for those who cannot wait for a look at the tables: LISTEN and NOTIFY.

Losing a ring costs the time until the next look, nothing more.
"""

from __future__ import annotations

import logging
import select
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from smsconsole.queue import stop_requested

log = logging.getLogger(__name__)

# Whoever gathers what programs hand over listens to this.
URGENT_CHANNEL = "delivery_urgent"
# Processes that hold a gateway's line listen to this; what is said is the gateway's id.
WORK_CHANNEL = "delivery_work"

# A process that is asked to stop looks up so often.
SLICE_SECONDS = 0.2

# A statement of its own, after the commit: a NOTIFY within the request's transaction would let one commit at a time
# through. It need not survive anything, so it waits for no disk.
_RING = "SELECT set_config('synchronous_commit', 'off', true), pg_notify(%(channel)s, %(payload)s)"


def ring(channel: str, payload: str = "") -> None:
    """Wake whoever listens, outside of any transaction. Never raises: nobody depends on it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_RING, {"channel": channel, "payload": payload})
    except (DatabaseError, InterfaceError) as error:
        log.warning("ring lost channel=%s error=%s", channel, type(error).__name__)


class Ear:
    """Listens on the calling thread's connection to the database, and again when that is another one."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._heard_on: Any = None

    def listen(self) -> None:
        """Listen from now on; listening already does nothing. Look at the tables after this, not before."""
        connection.ensure_connection()
        if connection.connection is not self._heard_on:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {self._channel}")
            self._heard_on = connection.connection

    def wait(self, seconds: float) -> list[str]:
        """What was said since the last time; waits for the first so long. Ends early when the process is to stop.

        Raises `DatabaseError` or `InterfaceError` when the database is away.
        """
        self.listen()
        deadline = time.monotonic() + seconds
        while not (heard := self._heard()):
            left = deadline - time.monotonic()
            if left <= 0 or stop_requested.is_set():
                break
            with connection.wrap_database_errors:
                select.select([self._heard_on], [], [], min(left, SLICE_SECONDS))
        return heard

    def _heard(self) -> list[str]:
        with connection.wrap_database_errors:
            self._heard_on.poll()
            notifies = self._heard_on.notifies
            heard = [notify.payload for notify in notifies]
            notifies.clear()
        return heard
