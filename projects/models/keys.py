"""With what programs prove which project they speak for. (The AppKey stands beside the project.)"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project
from projects.statuses import ApiScope
from smsconsole.lib.fields import EncryptedTextField


class ProgramKey(models.Model):
    """What all keys of programs share. `addresses` (networks in CIDR form): from where it may be used; empty: anywhere.

    What the program does with texts and campaigns it does for `created_by`, and only while that person may.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="%(class)ss")
    name = models.CharField(_("name"), max_length=60, blank=True)
    addresses = ArrayField(
        models.CharField(max_length=43), verbose_name=_("addresses"), default=list, db_default=[], blank=True
    )
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    # Of name, scopes, addresses and expiry; pages compare it with what their form was filled from.
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # To the minute, so that a busy key is not written with each request.
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-created_at"]


class SecretKey(ProgramKey):
    """A SecretId and its SecretKey, by which programs sign requests of Tencent's API 3.0."""

    secret_id = models.CharField(max_length=36, unique=True)
    secret = EncryptedTextField()

    def __str__(self) -> str:
        return self.secret_id


class ApiKey(ProgramKey):
    """A bearer key of the console's own API. Only its hash is kept; `prefix` is how people recognize it.

    A sandbox key does all that another does, but nothing it sends leaves the console.
    """

    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(
        max_length=64
    )  # SHA-256, hexadecimal: the secret is random, not a password
    scopes = ArrayField(models.CharField(max_length=20, choices=ApiScope.choices), verbose_name=_("scopes"))
    is_sandbox = models.BooleanField(_("sandbox"), default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Requests; None: the console's own limit.
    rate_per_second = models.PositiveIntegerField(_("requests per second"), null=True, blank=True)

    def __str__(self) -> str:
        return self.prefix
