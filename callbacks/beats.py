"""What is kept of callbacks goes after its time."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from callbacks import sql
from smsconsole.beats import Beat

CHUNK = 10_000


def drop_old() -> int:
    """Delete the oldest of the log and of what was put aside, in small pieces; how many rows.

    What still waits for its try stays; what nobody fetched goes after the same time.
    """
    before = timezone.now() - timedelta(days=settings.CALLBACK_RETENTION_DAYS)
    n_dropped = 0
    with connection.cursor() as cursor:
        for statement in (sql.DROP_ATTEMPTS, sql.DROP_CALLBACKS, sql.DROP_PULLED, sql.DROP_UNPULLED):
            while True:
                cursor.execute(statement, {"before": before, "limit": CHUNK})
                n_dropped += cursor.rowcount
                if cursor.rowcount < CHUNK:
                    break
    return n_dropped


BEATS = [Beat("drop-old-callbacks", 3600.0, drop_old)]
