"""Who is told when something goes wrong in a project, and when verification codes look abused."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project
from projects.statuses import AlarmEvent


class AlarmContact(models.Model):
    """Somebody outside or inside the organization who gets a mail, a text message or both when `events` happen."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alarm_contacts")
    name = models.CharField(_("name"), max_length=80)
    msisdn = models.CharField(_("mobile number"), max_length=16, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    events = ArrayField(
        models.CharField(max_length=16, choices=AlarmEvent.choices), verbose_name=_("told about")
    )
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = _("alarm contacts")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(msisdn="", email=""), name="alarm_contact_can_be_reached"
            )
        ]

    def __str__(self) -> str:
        return self.name


class AbuseWatch(models.Model):
    """When requests for verification codes look like abuse: all three thresholds reached within an hour.

    Without a row the defaults hold. `min_growth_percent` compares with the same hour of the day before.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="abuse_watch")
    is_on = models.BooleanField(_("watch for abuse"), default=True)
    min_requests = models.PositiveIntegerField(_("requests in an hour, at least"), default=500)
    max_success_percent = models.PositiveIntegerField(_("delivered in percent, at most"), default=50)
    min_growth_percent = models.PositiveIntegerField(_("growth in percent, at least"), default=200)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"abuse watch of {self.project}"
