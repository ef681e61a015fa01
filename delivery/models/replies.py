"""What people answer to messages."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now, Right
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from delivery.models.gateways import Gateway
from delivery.statuses import ReplyOutcome
from projects.models import Project


class Reply(models.Model):
    """A message from a phone exactly as the carrier handed it over, stored before anything is made of it.

    waiting -> unsubscribed | repeated | noted | unmatched. Until it is applied, project and dispatch are unknown:
    they are those of the newest message to the number through this gateway.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="+")
    # The carrier's own id, where it gives one: the same reply handed over twice is stored once.
    gateway_reply_id = models.CharField(max_length=80, blank=True)
    msisdn = models.CharField(max_length=16)
    destination = models.CharField(max_length=20, blank=True)
    text = models.TextField()
    received_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=12, choices=ReplyOutcome.choices, default=ReplyOutcome.WAITING)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="+")
    dispatch_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    consent_key = models.CharField(max_length=60, blank=True)
    next_try_at = models.DateTimeField(null=True, db_default=Now())

    class Meta:
        verbose_name_plural = _("replies")
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "gateway_reply_id"],
                condition=~models.Q(gateway_reply_id=""),
                name="reply_of_a_gateway_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=models.Q(next_try_at__isnull=False), name="reply_waiting"
            ),
            models.Index(fields=["project", "msisdn", "-id"], name="reply_of_number"),
            models.Index(fields=["project", "-received_at", "-id"], name="reply_newest"),
            models.Index("project", Right("msisdn", 4), name="reply_by_last_digits"),
        ]

    def __str__(self) -> str:
        return f"reply {self.pk}"


class StoredReplyPart(models.Model):
    """A part of a reply that came in several; they become one `Reply` when all are here, or after a while."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+")
    msisdn = models.CharField(max_length=16)
    destination = models.CharField(max_length=20, blank=True)
    reference = models.CharField(max_length=40)
    n_parts = models.SmallIntegerField()
    seq = models.SmallIntegerField()
    text = models.TextField()
    gateway_reply_id = models.CharField(max_length=80, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    # A part is kept for a while after it became a reply, so that it is recognized when it comes again.
    joined_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "msisdn", "destination", "reference", "n_parts", "seq"],
                name="reply_part_once",
            )
        ]
        indexes = [models.Index(fields=["received_at"], name="reply_part_oldest")]

    def __str__(self) -> str:
        return f"part {self.seq} of {self.n_parts}"
