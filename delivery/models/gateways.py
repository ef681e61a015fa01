"""Ways out: the configured gateways and the clock of their lines."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import User
from smsconsole.lib.fields import EncryptedTextField

SIMULATOR_KIND = "simulator"


class Gateway(models.Model):
    """A configured way out. `settings` and `secret` (JSON, encrypted) are what its driver is built from."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    settings = models.JSONField(default=dict, blank=True)
    secret = EncryptedTextField(default="", blank=True)
    is_enabled = models.BooleanField(default=True)
    # Segments per second, shared by all workers; empty means as fast as the gateway answers.
    rate_per_second = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name

    @property
    def is_simulated(self) -> bool:
        """Whether no phone receives what goes out through it."""
        return self.kind == SIMULATOR_KIND


class GatewayPace(models.Model):
    """When the gateway's line is free again. A row of its own, so that pacing locks nothing else."""

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, primary_key=True, related_name="pace")
    next_free_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"pace of {self.gateway}"
