"""What the interfaces remember of requests."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from projects.models import ApiKey, Project


class Answer(models.Model):
    """The answer to a request that must not be carried out twice, written in the transaction of what it did.

    `key` names the request within its project: `idempotency:<Idempotency-Key>` of the native API, `v5:<sig>:…` and
    `v3:<signature>` of Tencent's, whose repeated bytes are the same request. Another body under the same key is
    refused.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    body_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="answer_once")]

    def __str__(self) -> str:
        return self.key


class MessageBatch(models.Model):
    """Messages of one request of the native API, single ones too; their ids are consecutive.

    It is how the native API knows when a message was taken, and lists them by time.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    first_id = models.BigIntegerField(null=True)
    n_messages = models.PositiveIntegerField()
    n_refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "message batches"
        indexes = [
            models.Index(fields=["project", "-created_at", "-id"], name="message_batch_newest"),
            models.Index(fields=["first_id"], name="message_batch_of_message"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class Conversion(models.Model):
    """A program's word that the person used what the message brought (a code, say)."""

    message_id = models.BigIntegerField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    converted_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"conversion of message {self.message_id}"
