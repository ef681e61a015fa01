"""Whether a way out can be used at all, and what verification codes and other kinds came to by the hour."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from delivery.models.gateways import Gateway
from delivery.statuses import MessageStatus


class GatewayHealth(models.Model):
    """Since when a gateway refuses to be used. A row of its own, so that noting it locks nothing else.

    `down_since` is None while it works; `failed_at` is the newest failure. `told_at` is set while people know
    that it is down.
    """

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, primary_key=True, related_name="health")
    down_since = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    # The breaker: failures in a row; while it is open nothing leaves before `probe_at`, and then one small window.
    n_failures = models.IntegerField(default=0, db_default=0)
    probe_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"health of {self.gateway}"


class GatewayPolling(models.Model):
    """When a gateway's carrier is asked next for receipts and replies; `reason` is why it could not be asked."""

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, primary_key=True, related_name="+")
    next_at = models.DateTimeField(default=timezone.now)
    polled_at = models.DateTimeField(null=True)
    n_failures = models.IntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"polling of {self.gateway}"


class HourCount(models.Model):
    """How many messages of a kind came to a status within an hour, in a project; folded from the counter deltas.

    `kind` is that of the dispatch's tags. `queued` counts what was asked for. Nothing is ever subtracted.
    """

    pk = models.CompositePrimaryKey("project_id", "hour", "kind", "status")
    project_id = models.BigIntegerField()
    hour = models.DateTimeField()
    kind = models.CharField(max_length=12)
    status = models.SmallIntegerField(choices=MessageStatus.choices)
    n = models.IntegerField()
    n_segments = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.n} of project {self.project_id} at {self.hour}"
