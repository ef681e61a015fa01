"""Who changed what: one append-only table over all configuration, people, reviews and campaigns."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Operation(models.TextChoices):
    INSERT = "insert", _("Added")
    UPDATE = "update", _("Changed")
    DELETE = "delete", _("Removed")


class Entry(models.Model):
    """One change of one row, written by a trigger of the database (`audit.recording`), never by code.

    `before` and `after` hold the columns that changed (all of them when a row is added or removed). Secrets appear
    as changed without their value, numbers of people masked. No foreign keys: an entry outlives what it tells of.
    Without `actor_id` the console did it itself. Triggers refuse every update and deletion.
    """

    id = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField()
    operation = models.CharField(max_length=6, choices=Operation.choices)
    # The model as "app.model", and the row's key.
    subject = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    organization_id = models.BigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    before: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    after: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    actor_id = models.BigIntegerField(null=True)
    address = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=36, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization_id", "-id"], name="audit_of_organization"),
            models.Index(fields=["project_id", "-id"], name="audit_of_project"),
            models.Index(fields=["subject", "object_id", "-id"], name="audit_of_object"),
            models.Index(fields=["actor_id", "-id"], name="audit_of_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} of {self.subject} {self.object_id}"
