"""Counters: deltas are appended with each change and folded here, so a page never counts messages."""

from __future__ import annotations

from django.db import connection, transaction

from delivery.sql import counters as sql_counters

FOLD_SIZE = 20_000


def fold_deltas() -> int:
    """Fold appended deltas into `DispatchCount`; returns how many were folded.

    A delta is deleted in the transaction that adds it, so each counts once whatever dies.
    """
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql_counters.FOLD_LOCK)
            if not cursor.fetchone()[0]:
                return total
            cursor.execute(sql_counters.FOLD_DELTAS, {"limit": FOLD_SIZE})
            n: int = cursor.fetchone()[0]
        total += n
        if n < FOLD_SIZE:
            return total


def sample_rates() -> None:
    """Note how far each dispatch that is being sent has come; samples older than ten minutes are dropped."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql_counters.ADD_SAMPLES)
        cursor.execute(sql_counters.DROP_OLD_SAMPLES)
