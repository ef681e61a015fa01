"""Daily partitions of append-only tables: the SQL that makes, extends and drops them."""

from __future__ import annotations

from datetime import date, timedelta


def create_partition(table: str, day: date) -> str:
    """The statement that makes the partition of `table` for one day (UTC); harmless if it is there."""
    name = f"{table}_{day:%Y%m%d}"
    return (
        f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} "
        f"FOR VALUES FROM ('{day:%Y-%m-%d} 00:00+00') TO ('{day + timedelta(days=1):%Y-%m-%d} 00:00+00')"
    )


def partition_day(table: str, partition: str) -> date | None:
    """The day a partition of `table` holds; None for the default partition."""
    suffix = partition.removeprefix(f"{table}_")
    return date.fromisoformat(suffix) if len(suffix) == 8 and suffix.isdigit() else None
