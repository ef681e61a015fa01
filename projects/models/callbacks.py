"""Where a project wants to be told what became of its messages."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project
from projects.statuses import CallbackFormat, CallbackKind, CallbackTrouble
from smsconsole.lib.fields import EncryptedTextField


class CallbackEndpoint(models.Model):
    """One URL of a project for one kind of events, on or off.

    `trouble` says why the console itself switched it off. While a secret is being rotated requests are signed with
    both, until `previous_secret_until`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="callback_endpoints")
    kind = models.CharField(max_length=6, choices=CallbackKind.choices)
    is_on = models.BooleanField(default=True)
    url = models.URLField(_("URL"), max_length=500)
    format = models.CharField(max_length=8, choices=CallbackFormat.choices, default=CallbackFormat.STANDARD)
    # `whsec_` and 32 random bytes in base64.
    secret = EncryptedTextField()
    previous_secret = EncryptedTextField(blank=True)
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    # Whether campaigns' messages are told of too, and not only those of programs.
    includes_campaigns = models.BooleanField(default=True)
    # Most receipts in one request.
    n_per_request = models.PositiveSmallIntegerField(default=100)
    trouble = models.CharField(max_length=8, choices=CallbackTrouble.choices, blank=True)
    troubled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["project", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["project", "kind"], name="callback_endpoint_of_project")
        ]

    def __str__(self) -> str:
        return f"{self.kind} callback of {self.project}"
