"""Number lists of a project: who bypasses the frequency limits, and who gets nothing."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Right
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project
from projects.statuses import ListingSource, NumberList, RemovalStatus


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
        indexes = [
            models.Index(fields=["project", "list", "-id"], name="listed_newest"),
            models.Index(
                "project", "list", Right("msisdn", 4), models.F("id").desc(), name="listed_by_last_digits"
            ),
        ]

    def __str__(self) -> str:
        return f"listed number {self.pk}"


class RemovalRequest(models.Model):
    """An unsubscribed number that somebody asks to send to again; a reviewer, never who asked, decides.

    pending -> approved | refused. Approving takes the number off the list; the request keeps what it was about.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="removal_requests")
    msisdn = models.CharField(max_length=16)
    consent_key = models.CharField(max_length=60, blank=True)
    unsubscribed_at = models.DateTimeField()
    reason = models.TextField(_("reason"))
    status = models.CharField(max_length=8, choices=RemovalStatus.choices, default=RemovalStatus.PENDING)
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name_plural = _("removal requests")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "msisdn", "consent_key"],
                condition=models.Q(status="pending"),
                name="one_pending_removal_of_a_number",
            )
        ]
        indexes = [models.Index(fields=["project", "status", "-id"], name="removal_newest")]

    def __str__(self) -> str:
        return f"removal request {self.uuid}"
