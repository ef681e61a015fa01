"""What is handed over together and sent as one: dispatches and their batches."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from delivery.models.gateways import Gateway
from delivery.statuses import DispatchState, HoldCause
from projects.models import Project


class Dispatch(models.Model):
    """One campaign's (or one test's) messages as delivery sees them: an opaque owner and a state.

    `gateway` is where its messages go unless a route says otherwise; the batches know where they really go.

    Suspending is an update of `state`: no claim commits afterwards. `n_open` counts messages that are queued
    or submitting; who closes the last one after `fanout_done` sets `sent_at`.
    """

    owner = models.CharField(max_length=80, unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=DispatchState.choices, default=DispatchState.RUNNING)
    not_before = models.DateTimeField(null=True, blank=True)
    # Why the console itself holds it (a `HoldCause`); empty when a person suspended it.
    hold_cause = models.CharField(max_length=10, choices=HoldCause.choices, blank=True)
    # Opaque words of the owner: whose consent counts (number lists), and what statistics and alarms go by ("kind").
    consent_key = models.CharField(max_length=60, blank=True)
    tags = models.JSONField(default=dict, blank=True)
    # Verification codes: leased before others, and the share of a line that is kept for them is theirs.
    is_urgent = models.BooleanField(default=False, db_default=False)
    # A program's stream: messages come one by one for a day, and a process of its own sends them at once.
    is_stream = models.BooleanField(default=False, db_default=False)
    # Messages leave between these times of day only; both empty: at any time. `hours_zone` is a zone's name, or
    # empty for the zone of each number.
    hours_from = models.TimeField(null=True, blank=True)
    hours_until = models.TimeField(null=True, blank=True)
    hours_zone = models.CharField(max_length=60, blank=True)
    # The reserved block of message ids: [first_id, first_id + n_reserved).
    first_id = models.BigIntegerField(null=True)
    n_reserved = models.IntegerField(default=0)
    n_total = models.IntegerField(default=0)
    n_open = models.IntegerField(default=0)
    fanout_done = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_served_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index("last_served_at", condition=models.Q(sent_at=None), name="dispatch_open"),
            models.Index("id", condition=models.Q(sent_at=None, is_urgent=True), name="dispatch_urgent"),
            models.Index("id", condition=models.Q(sent_at=None, is_stream=True), name="dispatch_stream"),
            models.Index("sent_at", condition=models.Q(closed_at=None), name="dispatch_awaiting"),
        ]

    def __str__(self) -> str:
        return self.owner


class Batch(models.Model):
    """Messages that go the same way: the unit of leasing.

    Either consecutive ones handed over together, where ids below `next_id` have been claimed at least once; or, without
    `first_id`, what another gateway refused and this one may take, all of it in waiting windows. An open message
    belongs to the batch of its window, or else to that of its id. The lease is two columns, never a state.
    """

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="batches")
    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Gateways that its messages may leave by when the present one cannot take them, in this order.
    fallbacks = ArrayField(models.IntegerField(), default=list, db_default=[], blank=True)
    first_id = models.BigIntegerField(unique=True, null=True)
    last_id = models.BigIntegerField(default=0)
    next_id = models.BigIntegerField(default=1)
    n_open = models.IntegerField()
    lease_token = models.BigIntegerField(null=True)
    leased_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index("gateway", "dispatch", "id", condition=models.Q(n_open__gt=0), name="batch_open")
        ]

    def __str__(self) -> str:
        return f"batch {self.pk}" if self.first_id is None else f"batch {self.first_id}-{self.last_id}"
