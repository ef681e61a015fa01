"""Counters derived from status changes, and how far readers have come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from delivery.statuses import MessageStatus


class CounterDelta(models.Model):
    """So many messages went from one status to another; appended with the change, folded by a beat."""

    id = models.BigAutoField(primary_key=True)
    dispatch_id = models.BigIntegerField(db_index=True)
    hour = models.DateTimeField()
    gateway_id = models.BigIntegerField()
    country = models.CharField(max_length=2)
    from_status = models.SmallIntegerField(null=True)
    to_status = models.SmallIntegerField()
    n = models.IntegerField()
    n_segments = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.n} from {self.from_status} to {self.to_status}"


class DispatchCount(models.Model):
    """The folded counters of a dispatch: messages and segments by status."""

    pk = models.CompositePrimaryKey("dispatch_id", "status")
    dispatch_id = models.BigIntegerField()
    status = models.SmallIntegerField(choices=MessageStatus.choices)
    n = models.IntegerField()
    n_segments = models.IntegerField()

    class Meta:
        # `n` stays out of the condition, so that folding stays a HOT update.
        indexes = [
            models.Index(
                "dispatch_id", condition=models.Q(status=MessageStatus.UNCERTAIN), name="count_of_uncertain"
            )
        ]

    def __str__(self) -> str:
        return _("%(n)s messages") % {"n": self.n}


class DispatchSample(models.Model):
    """How many messages of a running dispatch had left at a moment; two of them make its rate."""

    dispatch_id = models.BigIntegerField()
    at = models.DateTimeField()
    n_left_console = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["dispatch_id", "-at"], name="sample_newest")]

    def __str__(self) -> str:
        return f"{self.n_left_console} at {self.at}"


class ReadCursor(models.Model):
    """How far a reader of an append-only table has come."""

    name = models.CharField(max_length=40, primary_key=True)
    xid = models.BigIntegerField(default=0)
    last_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.last_id}"
