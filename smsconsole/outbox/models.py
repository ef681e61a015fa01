"""What happened, in the transaction in which it happened. Append only."""

from __future__ import annotations

from django.db import models


class OutboxEvent(models.Model):
    """One thing that somebody may have to be told; never changed, dropped by daily partition.

    The table is made by hand in the first migration: PostgreSQL partitions it by `created_at`, and `xid`
    (the writing transaction) lets a reader follow behind `pg_snapshot_xmin` without missing a late commit.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    payload = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_event"

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
