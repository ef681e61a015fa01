"""What carriers report, and what came too late to be a result."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from delivery.statuses import MessageStatus, Reason


class Receipt(models.Model):
    """A carrier's report exactly as it came, stored before it is acknowledged. Partitioned by day.

    `gateway_message_id` is the key of its id in the gateway's id form, `written_id` the id itself where that differs: a
    form that was set wrongly can be changed, and the receipts that came meanwhile still find their messages.

    Read behind `pg_snapshot_xmin` by a cursor on (`xid`, `id`); never updated, dropped by partition.
    """

    id = models.BigAutoField(primary_key=True)
    gateway_id = models.BigIntegerField()
    gateway_message_id = models.CharField(max_length=80)
    written_id = models.CharField(max_length=80, blank=True, default="", db_default="")
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
    written_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    reference = models.CharField(max_length=80)
    msisdn = models.CharField(max_length=16, default="", db_default="")
    state = models.SmallIntegerField(choices=MessageStatus.choices)
    reason = models.SmallIntegerField(choices=Reason.choices)
    code = models.TextField()
    reported_at = models.DateTimeField()
    received_at = models.DateTimeField()
    n_tries = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["gateway_id", "-receipt_id"], name="unmatched_newest"),
            models.Index(fields=["gateway_id", "msisdn"], name="unmatched_by_number"),
        ]

    def __str__(self) -> str:
        return f"unmatched receipt {self.receipt_id}"


class EvidenceSource(models.TextChoices):
    """Who says something about a message besides its own settle and its own receipts."""

    SUBMIT = "submit"  # a submit whose window had been taken from it
    RECEIPT = "receipt"  # a receipt of an earlier attempt
    QUERY = "query"  # the carrier, when asked
    NUMBER = "number"  # a receipt that named only the number, and this message alone could be meant


class Evidence(models.Model):
    """What was heard of a message beside its settle and receipts; may settle an uncertain one.

    `outcome` is an `Outcome`, a `ReceiptState` or a `QueryOutcome`, as `source` says.
    """

    message_id = models.BigIntegerField(db_index=True)
    attempt = models.SmallIntegerField()
    source = models.CharField(
        max_length=8,
        choices=EvidenceSource.choices,
        default=EvidenceSource.SUBMIT,
        db_default=EvidenceSource.SUBMIT,
    )
    outcome = models.CharField(max_length=12)
    gateway_message_ids = ArrayField(models.CharField(max_length=80))
    code = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.outcome} for message {self.message_id}, attempt {self.attempt}"


class Inquiry(models.Model):
    """When a carrier was asked about an uncertain message, what it said last, and when it is asked again."""

    message_id = models.BigIntegerField(primary_key=True)
    attempt = models.SmallIntegerField()
    gateway_id = models.BigIntegerField()
    n_asked = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, blank=True)  # a `QueryOutcome`
    code = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "inquiries"

    def __str__(self) -> str:
        return f"inquiry about message {self.message_id}"
