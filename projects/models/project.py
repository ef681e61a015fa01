"""Projects: the rooms in which an organization works, and the keys with which programs enter them."""

from __future__ import annotations

import secrets
import uuid
import zoneinfo
from datetime import time

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from projects.statuses import RecipientZone, UncertainPolicy
from smsconsole.lib.fields import EncryptedTextField

MARKETING_FROM = time(8, 0)
MARKETING_UNTIL = time(22, 0)


def new_sdk_app_id() -> int:
    """Ten digits beginning with 14, as existing clients expect them."""
    return 1_400_000_000 + secrets.randbelow(100_000_000)


class Project(models.Model):
    """One application or shop of an organization, with its own texts, campaigns and SDK AppID.

    A disabled project can be read but sends nothing and changes nothing; only then may it be deleted.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="projects")
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=60)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    default_country = models.CharField(_("default country"), max_length=2, blank=True)
    sdk_app_id = models.BigIntegerField(default=new_sdk_app_id, unique=True, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True)
    # Stop everything: nothing leaves until somebody allows it again.
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Only allowed countries may be sent to.
    limits_countries = models.BooleanField(default=False)
    # Marketing leaves between these times of day.
    marketing_from = models.TimeField(default=MARKETING_FROM)
    marketing_until = models.TimeField(default=MARKETING_UNTIL)
    marketing_zone = models.CharField(
        max_length=9, choices=RecipientZone.choices, default=RecipientZone.PROJECT
    )
    # Whether programs may fetch receipts and replies, each once, instead of being called back.
    pulls_status = models.BooleanField(default=False, db_default=False)
    pulls_replies = models.BooleanField(default=False, db_default=False)
    # What happens to a message of which nothing is heard after it was submitted, and after how many minutes.
    uncertain_policy = models.CharField(
        max_length=5, choices=UncertainPolicy.choices, default=UncertainPolicy.LEAVE
    )
    uncertain_after_minutes = models.PositiveIntegerField(default=60)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Of the settings above; pages compare it with what their form was filled from.
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="project_name_in_organization")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class AppKey(models.Model):
    """The secret half of a project's SDK AppID. Two may be valid while programs move to the new one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="app_keys")
    secret = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    # Networks in CIDR form from which it may be used; empty: from anywhere.
    addresses = ArrayField(
        models.CharField(max_length=43), verbose_name=_("addresses"), default=list, db_default=[], blank=True
    )
    # Of the addresses; pages compare it with what their form was filled from.
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"AppKey of {self.project}"
