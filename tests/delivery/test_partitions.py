"""Daily partitions: made ahead, dropped when they are old, and nothing else is touched."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from delivery.partitions import PARTITIONED_TABLES, maintain_partitions
from smsconsole.lib.partitions import create_partition, partition_day

pytestmark = pytest.mark.django_db


def partitions(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table]
        )
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize("table", PARTITIONED_TABLES)
def test_days_ahead_are_made_and_old_ones_dropped(table: str) -> None:
    today = timezone.now().date()
    kept = today - timedelta(days=settings.EVENT_RETENTION_DAYS)
    old = kept - timedelta(days=1)
    with connection.cursor() as cursor:
        for day in (kept, old):
            cursor.execute(create_partition(table, day))
    maintain_partitions()
    maintain_partitions()
    days = {partition_day(table, name) for name in partitions(table)}
    assert days == {None, kept, *(today + timedelta(days=n) for n in (1, 2, 3))}
