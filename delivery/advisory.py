"""One at a time for one gateway, across processes and without a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection

_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext(%s), %s)"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext(%s), %s)"


@contextmanager
def alone(what: str, gateway_id: int) -> Iterator[bool]:
    """Whether nobody else does this for the gateway now; the lock goes with the connection if this process dies."""
    with connection.cursor() as cursor:
        cursor.execute(_TRY_LOCK, [what, gateway_id])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            _unlock(what, gateway_id)


def _unlock(what: str, gateway_id: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_UNLOCK, [what, gateway_id])
    except (OperationalError, InterfaceError):
        connection.close()
