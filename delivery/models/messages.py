"""The hot rows: windows, messages, their texts and parts."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Right

from delivery.statuses import MessageStatus, Reason, WindowState


class Window(models.Model):
    """What is claimed, submitted and settled together.

    A fresh window is a range of ids; a retry window lists its members by `Message.window_id`
    (`is_range` false) and waits until `not_before`. `holds_slots` says that its claim took slots for the frequency
    limits, `counted_on` on which day of the project's zone its messages count for the caps.
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
    holds_slots = models.BooleanField(default=False, db_default=False)
    counted_on = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index("dispatch_id", "claimed_at", name="window_by_claim"),
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
    # The gateway that it was last claimed for.
    gateway_id = models.IntegerField(null=True)
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
