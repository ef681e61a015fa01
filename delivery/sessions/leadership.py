"""One process per gateway: whoever holds the lock leads, the others stand by. The lock dies with its connection."""

from __future__ import annotations

import logging

from django.db import DatabaseError, InterfaceError, connection

log = logging.getLogger(__name__)

_TRY = "SELECT pg_try_advisory_lock(hashtext('delivery.session'), %s)"


class Leadership:
    """Belongs to one thread, whose database connection holds the lock."""

    def __init__(self, gateway_id: int) -> None:
        self._gateway_id = gateway_id
        self._backend: int | None = None

    def check(self) -> bool | None:
        """Whether this process leads now; None while the database cannot be asked.

        Takes the lock when it is free. A connection that is not the one that took it has lost it.
        """
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backend = cursor.fetchone()[0]
                if backend != self._backend:
                    cursor.execute(_TRY, [self._gateway_id])
                    self._backend = backend if cursor.fetchone()[0] else None
                return self._backend is not None
        except (DatabaseError, InterfaceError) as error:
            log.warning("session of gateway=%d: no database error=%s", self._gateway_id, type(error).__name__)
            self._backend = None
            drop_connection()
            return None

    def release(self) -> None:
        self._backend = None
        drop_connection()


def drop_connection() -> None:
    """Close this thread's connection even when it is broken."""
    try:
        connection.close()
    except (DatabaseError, InterfaceError):
        connection.connection = None
