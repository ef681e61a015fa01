"""Carriers' codes that the console's own table does not know, and what staff made of them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import User
from delivery.statuses import Reason


class CarrierCode(models.Model):
    """A code as a kind of gateway reports it. Without `reason` it waits for somebody to say what it means."""

    kind = models.CharField(max_length=20)  # `Gateway.kind`
    code = models.CharField(max_length=80)
    reason = models.SmallIntegerField(choices=Reason.choices, null=True, blank=True)
    n_seen = models.BigIntegerField(default=0)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="carrier_code_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
