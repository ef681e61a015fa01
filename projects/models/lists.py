"""Number lists of a project: who bypasses the frequency limits, and who gets nothing."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project
from projects.statuses import ListingSource, NumberList


class ListedNumber(models.Model):
    """A number on one of the project's lists.

    `consent_key` says for which signature and kind ("<signature uuid>:<kind>"); empty means for everything. It is
    opaque to delivery, which compares it with the one of the dispatch.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="listed_numbers")
    list = models.CharField(max_length=12, choices=NumberList.choices)
    msisdn = models.CharField(max_length=16)
    consent_key = models.CharField(max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    source = models.CharField(max_length=8, choices=ListingSource.choices, default=ListingSource.PERSON)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "msisdn", "list", "consent_key"], name="number_once_on_a_list"
            )
        ]
        indexes = [models.Index(fields=["project", "list", "-id"], name="listed_newest")]

    def __str__(self) -> str:
        return f"listed number {self.pk}"
