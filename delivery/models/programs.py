"""What programs hand over message by message."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Handover(models.Model):
    """Messages of one request with consecutive ids that are in no batch yet: they are *loose*.

    Whoever gathers them puts what is there into waiting windows and deletes the row in the same transaction. Until
    then they are not counted in their dispatch. `gateways` are those they may leave by, first choice in front.
    """

    dispatch_id = models.BigIntegerField()
    gateways = ArrayField(models.IntegerField())
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"messages {self.first_id}-{self.last_id}"


class MessageNote(models.Model):
    """What a program said about its message and wants to hear again; written once, only where it said something."""

    message_id = models.BigIntegerField(primary_key=True)
    project_id = models.BigIntegerField()
    # `ext` or `SessionContext` of Tencent's APIs, `reference` of ours: up to 512 bytes.
    context = models.TextField(blank=True)
    # The digits behind the sender's number that a reply comes back with.
    extend = models.CharField(max_length=12, blank=True)

    def __str__(self) -> str:
        return f"note of message {self.message_id}"
