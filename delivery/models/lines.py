"""How the binds of a held line are, as its session last said."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from delivery.models.gateways import Gateway


class BindState(models.TextChoices):
    """connecting -> bound -> leaving -> waiting; a waiting bind tries again at `tries_again_at`."""

    CONNECTING = "connecting", _("Connecting")
    BOUND = "bound", _("Bound")
    LEAVING = "leaving", _("Unbinding")
    WAITING = "waiting", _("Waits to connect again")
    CLOSED = "closed", _("Closed")


class LineState(models.Model):
    """One bind of a gateway, written by its session every two seconds at most.

    A row that is not renewed (`is_stale`) belongs to a session that has died or hangs.
    """

    STALE_SECONDS = 10

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="line_states")
    number = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=12)  # "transceiver", "transmitter", "receiver"
    state = models.CharField(max_length=10, choices=BindState.choices)
    since = models.DateTimeField(default=timezone.now)
    # Submits without an answer, of `window` that may be.
    n_outstanding = models.PositiveIntegerField(default=0)
    window = models.PositiveIntegerField(default=0)
    # Within the last minute, and since the bind stands.
    n_throttled = models.PositiveIntegerField(default=0)
    n_submitted = models.PositiveBigIntegerField(default=0)
    n_delivered = models.PositiveBigIntegerField(default=0)
    # Receipts and replies that wait to be stored before they are acknowledged.
    n_waiting = models.PositiveIntegerField(default=0)
    tries_again_at = models.DateTimeField(null=True)
    # The last thing that went wrong, for a person.
    words = models.CharField(max_length=300, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "number"], name="line_state_once")]

    def __str__(self) -> str:
        return f"bind {self.number} of {self.gateway}"

    @property
    def is_stale(self) -> bool:
        return (timezone.now() - self.updated_at).total_seconds() > self.STALE_SECONDS
