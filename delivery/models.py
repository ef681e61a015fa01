"""Ways out, and what goes through them: dispatches, batches, windows, messages, receipts.

The hot tables (`Window`, `Message`, `MessageBody`, `MessagePart`, `Receipt`, `CounterDelta`) are written by the
statements in `sql.py`, never by model instances. No foreign key points to `Message`: it is written to be
partitioned by ranges of its id. Fill factors and the partitioned tables are in migration 0002.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Right
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from delivery.statuses import DispatchState, HoldCause, MessageStatus, Reason, WindowState
from projects.models import Project
from smsconsole.lib.fields import EncryptedTextField

SIMULATOR_KIND = "simulator"


class Gateway(models.Model):
    """A configured way out. `settings` and `secret` (JSON, encrypted) are what its driver is built from."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    settings = models.JSONField(default=dict, blank=True)
    secret = EncryptedTextField(default="", blank=True)
    is_enabled = models.BooleanField(default=True)
    # Segments per second, shared by all workers; empty means as fast as the gateway answers.
    rate_per_second = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @property
    def is_simulated(self) -> bool:
        """Whether no phone receives what goes out through it."""
        return self.kind == SIMULATOR_KIND


class GatewayPace(models.Model):
    """When the gateway's line is free again. A row of its own, so that pacing locks nothing else."""

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, primary_key=True, related_name="pace")
    next_free_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"pace of {self.gateway}"


class Dispatch(models.Model):
    """One campaign's (or one test's) messages as delivery sees them: an opaque owner and a state.

    Suspending is an update of `state`: no claim commits afterwards. `n_open` counts messages that are queued
    or submitting; who closes the last one after `fanout_done` sets `sent_at`.
    """

    owner = models.CharField(max_length=80, unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=DispatchState.choices, default=DispatchState.RUNNING)
    not_before = models.DateTimeField(null=True, blank=True)
    # Why the console itself holds it (a `HoldCause`); empty when a person suspended it.
    hold_cause = models.CharField(max_length=10, choices=HoldCause.choices, blank=True)
    # Opaque words of the owner: whose consent counts (number lists), and what statistics and alarms go by ("kind").
    consent_key = models.CharField(max_length=60, blank=True)
    tags = models.JSONField(default=dict, blank=True)
    # Messages leave between these times of day only; both empty: at any time. `hours_zone` is a zone's name, or
    # empty for the zone of each number.
    hours_from = models.TimeField(null=True, blank=True)
    hours_until = models.TimeField(null=True, blank=True)
    hours_zone = models.CharField(max_length=60, blank=True)
    # The reserved block of message ids: [first_id, first_id + n_reserved).
    first_id = models.BigIntegerField(null=True)
    n_reserved = models.IntegerField(default=0)
    n_total = models.IntegerField(default=0)
    n_open = models.IntegerField(default=0)
    fanout_done = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_served_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index("gateway", "last_served_at", condition=models.Q(sent_at=None), name="dispatch_open"),
            models.Index("sent_at", condition=models.Q(closed_at=None), name="dispatch_awaiting"),
        ]

    def __str__(self) -> str:
        return self.owner


class Batch(models.Model):
    """Consecutive messages handed over together: the unit of leasing.

    Ids below `next_id` have been claimed at least once. The lease is two columns, never a state.
    """

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="batches")
    first_id = models.BigIntegerField(unique=True)
    last_id = models.BigIntegerField()
    next_id = models.BigIntegerField()
    n_open = models.IntegerField()
    lease_token = models.BigIntegerField(null=True)
    leased_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index("dispatch", "id", condition=models.Q(n_open__gt=0), name="batch_open")]

    def __str__(self) -> str:
        return f"batch {self.first_id}-{self.last_id}"


class Window(models.Model):
    """What is claimed, submitted and settled together.

    A fresh window is a range of ids; a retry window lists its members by `Message.window_id`
    (`is_range` false) and waits until `not_before`.
    """

    id = models.BigAutoField(primary_key=True)
    batch_id = models.BigIntegerField()
    dispatch_id = models.BigIntegerField()
    gateway_id = models.BigIntegerField()
    state = models.SmallIntegerField(choices=WindowState.choices)
    is_range = models.BooleanField(default=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    n_messages = models.IntegerField()
    token = models.BigIntegerField(null=True)
    not_before = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                "batch_id", "id", condition=models.Q(state=WindowState.WAITING), name="window_waiting"
            ),
            models.Index(
                "expires_at", condition=models.Q(state=WindowState.SUBMITTING), name="window_submitting"
            ),
            models.Index(
                "dispatch_id", "id", condition=models.Q(state=WindowState.SUBMITTING), name="window_in_flight"
            ),
        ]

    def __str__(self) -> str:
        return f"window {self.pk}"


class Message(models.Model):
    """One message to one number; see `MessageStatus` for its life.

    Only the primary key and `rare_status` are indexed, so that ordinary progress stays a HOT update:
    `rare_status` repeats the status when it is one of `RARE_STATUSES` and is null otherwise.
    """

    id = models.BigIntegerField(primary_key=True)
    dispatch_id = models.BigIntegerField()
    window_id = models.BigIntegerField(null=True)
    submitted_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)
    status = models.SmallIntegerField(choices=MessageStatus.choices, default=MessageStatus.QUEUED)
    reason = models.SmallIntegerField(choices=Reason.choices, default=Reason.NONE)
    attempt = models.SmallIntegerField(default=1)
    n_segments = models.SmallIntegerField()
    rare_status = models.SmallIntegerField(null=True)
    may_be_double = models.BooleanField(default=False)
    country = models.CharField(max_length=2)
    code = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(
                "dispatch_id",
                "rare_status",
                "id",
                condition=models.Q(rare_status__isnull=False),
                name="message_rare",
            ),
            models.Index("window_id", condition=models.Q(window_id__isnull=False), name="message_in_window"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class MessageBody(models.Model):
    """What leaves and to whom; written once. `owner_row` is the owner's own number for it, opaque here."""

    message_id = models.BigIntegerField(primary_key=True)
    project_id = models.BigIntegerField()
    owner_row = models.IntegerField()
    msisdn = models.CharField(max_length=16)
    sender = models.CharField(max_length=20)
    text = models.TextField()

    class Meta:
        indexes = [
            models.Index("project_id", "msisdn", "message_id", name="body_by_msisdn"),
            models.Index("project_id", Right("msisdn", 4), "message_id", name="body_by_last_digits"),
        ]

    def __str__(self) -> str:
        return f"body of message {self.message_id}"


class MessagePart(models.Model):
    """One submitted segment and the id the other side gave it. Appended; the newest wins."""

    id = models.BigAutoField(primary_key=True)
    gateway_id = models.BigIntegerField()
    gateway_message_id = models.CharField(max_length=80)
    message_id = models.BigIntegerField()
    seq = models.SmallIntegerField()
    attempt = models.SmallIntegerField()

    class Meta:
        indexes = [
            models.Index("gateway_id", "gateway_message_id", name="part_by_gateway_id"),
            models.Index("message_id", name="part_by_message"),
        ]

    def __str__(self) -> str:
        return f"part {self.seq} of message {self.message_id}"


class DeliveredPart(models.Model):
    """A segment of a long message whose receipt said delivered; the message is, when all of them are."""

    pk = models.CompositePrimaryKey("message_id", "attempt", "seq")
    message_id = models.BigIntegerField()
    attempt = models.SmallIntegerField()
    seq = models.SmallIntegerField()

    def __str__(self) -> str:
        return f"delivered part {self.seq} of message {self.message_id}"


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
