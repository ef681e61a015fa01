"""What carriers report, and what came too late to be a result."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from delivery.statuses import MessageStatus, Reason


class Receipt(models.Model):
    """A carrier's report exactly as it came, stored before it is acknowledged. Partitioned by day.

    Read behind `pg_snapshot_xmin` by a cursor on (`xid`, `id`); never updated, dropped by partition.
    """

    id = models.BigAutoField(primary_key=True)
    gateway_id = models.BigIntegerField()
    gateway_message_id = models.CharField(max_length=80)
    reference = models.CharField(max_length=80)
    msisdn = models.CharField(max_length=16)
    state = models.SmallIntegerField(choices=MessageStatus.choices)
    reason = models.SmallIntegerField(choices=Reason.choices)
    code = models.TextField()
    reported_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_receipt"

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class UnmatchedReceipt(models.Model):
    """A receipt whose message is not known yet; asked again from 1 s to 72 h, never dropped unseen."""

    receipt_id = models.BigIntegerField(primary_key=True)
    gateway_id = models.BigIntegerField()
    gateway_message_id = models.CharField(max_length=80)
    reference = models.CharField(max_length=80)
    state = models.SmallIntegerField(choices=MessageStatus.choices)
    reason = models.SmallIntegerField(choices=Reason.choices)
    code = models.TextField()
    reported_at = models.DateTimeField()
    received_at = models.DateTimeField()
    n_tries = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"unmatched receipt {self.receipt_id}"


class Evidence(models.Model):
    """What a submit said after its window had been taken from it; may settle an uncertain message."""

    message_id = models.BigIntegerField(db_index=True)
    attempt = models.SmallIntegerField()
    outcome = models.CharField(max_length=10)
    gateway_message_ids = ArrayField(models.CharField(max_length=80))
    code = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.outcome} for message {self.message_id}, attempt {self.attempt}"
