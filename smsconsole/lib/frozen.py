"""A process that is frozen amid a transaction keeps its locks; PostgreSQL takes them away after a moment."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

# Longer than any process that lives thinks between two statements, shorter than a lease.
FROZEN_SECONDS = 5


def end_frozen_transactions() -> None:
    """From now on this process's connections lose a transaction in which nothing is asked for `FROZEN_SECONDS`.

    For processes that lock what others wait for. Once it is awake again the process sees a lost connection.
    """
    connection_created.connect(_limit, dispatch_uid="smsconsole.frozen")


def _limit(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = %s", [round(FROZEN_SECONDS * 1000)])
