"""Ways out: the configured gateways and the clock of their lines."""

from __future__ import annotations

import secrets
import uuid

from django.db import models
from django.utils import timezone

from accounts.models import User
from smsconsole.lib.fields import EncryptedTextField

SIMULATOR_KIND = "simulator"
# Where the messages of programs end that only try the interfaces. Nobody sets it up, and no route leads there.
SANDBOX_KIND = "sandbox"
# Kinds through which no phone receives anything.
SIMULATED_KINDS = frozenset({SIMULATOR_KIND, SANDBOX_KIND})
SIMULATION_HOST = "127.0.0.1"


def new_push_token() -> str:
    """What makes the address unguessable at which a carrier reports."""
    return secrets.token_urlsafe(32)


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
    # The share of the rate that only verification codes may use, from 0 to below 1.
    verification_share = models.FloatField(default=0, db_default=0)
    push_token = models.CharField(max_length=60, unique=True, default=new_push_token, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name

    @property
    def is_simulated(self) -> bool:
        """Whether no phone receives what goes out through it."""
        # A simulation listens on this machine only. A line that was set up for a real SMSC since is not one.
        is_marked = (
            self.settings.get("simulated") is True
            and self.settings.get("host", SIMULATION_HOST) == SIMULATION_HOST
        )
        return self.kind in SIMULATED_KINDS or is_marked

    def rate_for(self, *, is_urgent: bool) -> float | None:
        """Segments per second that verification codes, or all others, can count on; None without a limit."""
        if self.rate_per_second is None:
            return None
        return self.rate_per_second * (1 if is_urgent else 1 - self.verification_share)


class GatewayPace(models.Model):
    """When the gateway's line is free again. A row of its own, so that pacing locks nothing else."""

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, primary_key=True, related_name="pace")
    next_free_at = models.DateTimeField(default=timezone.now)
    # The same clock for everything but verification codes, where a share of the rate is kept for them.
    next_bulk_at = models.DateTimeField(null=True)
    # Segments per second since the gateway last asked to slow down; it climbs back from there.
    slowed_rate = models.FloatField(null=True)
    slowed_at = models.DateTimeField(null=True)
    # What a gateway without a rate of its own climbs back to: what passed when it was first asked to slow down.
    slowed_from = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"pace of {self.gateway}"


class GatewayExchange(models.Model):
    """What went over a gateway's line, newest kept: numbers and texts are masked before they get here."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(max_length=60)
    request = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    is_fault = models.BooleanField(default=False)
    milliseconds = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["gateway", "-id"], name="exchange_newest")]

    def __str__(self) -> str:
        return self.what


class CarrierTemplate(models.Model):
    """A text approved at the carrier, for carriers that take template and parameters instead of a text.

    `text` has the carrier's own placeholders, such as {1} or ${name}.
    """

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="carrier_templates")
    template_id = models.CharField(max_length=80)
    text = models.TextField()
    fetched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "template_id"], name="carrier_template_once")
        ]

    def __str__(self) -> str:
        return self.template_id
