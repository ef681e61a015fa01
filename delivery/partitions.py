"""Tomorrow's partitions are made and old ones dropped; rows of the append-only tables are never deleted one by one."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from smsconsole.lib.partitions import create_partition, partition_day

PARTITIONED_TABLES = ("delivery_receipt", "outbox_event")
DAYS_AHEAD = 3

_LIST = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass ORDER BY c.relname
"""


def maintain_partitions() -> None:
    """Make the next days' partitions and drop those older than `EVENT_RETENTION_DAYS`. Doing it twice is harmless.

    Days begin tomorrow: today's rows may already be in the default partition, which cannot be split under them.
    """
    today = timezone.now().date()
    oldest = today - timedelta(days=settings.EVENT_RETENTION_DAYS)
    with connection.cursor() as cursor:
        for table in PARTITIONED_TABLES:
            for day in range(1, DAYS_AHEAD + 1):
                cursor.execute(create_partition(table, today + timedelta(days=day)))
            cursor.execute(_LIST, [table])
            for (name,) in cursor.fetchall():
                day_of = partition_day(table, name)
                if day_of is not None and day_of < oldest:
                    cursor.execute(f"DROP TABLE {name}")
