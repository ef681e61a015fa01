"""What projects are told by callbacks, how each try ended, and what waits to be fetched."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from callbacks.statuses import CallbackState
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackKind


class Callback(models.Model):
    """One request to an endpoint, the same at each try: up to 100 receipts, or one reply.

    `items` holds ids and words, never a number or a text: `[message id, status, reason, code, unix time, sequence]` for
    each receipt, `[reply id]` for a reply. `uuid` is the receiver's key against doubles (`webhook-id`).

    `next_try_at` is when it is due; while a try is under way, when it is taken for lost.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(CallbackEndpoint, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=CallbackKind.choices)
    items = models.JSONField()
    n_items = models.PositiveSmallIntegerField()
    # When the oldest of its events happened.
    event_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=CallbackState.choices, default=CallbackState.WAITING)
    n_attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    is_test = models.BooleanField(default=False)
    # Told again because a person asked for it.
    is_replay = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                "endpoint", "next_try_at", condition=models.Q(state="waiting"), name="callback_waiting"
            ),
            models.Index(fields=["endpoint", "-id"], name="callback_log"),
            # Few among many: the log looks for them.
            models.Index(
                fields=["endpoint", "-id"],
                condition=models.Q(state__in=["given_up", "dropped"]),
                name="callback_lost",
            ),
            models.Index(fields=["created_at"], name="callback_oldest"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class CallbackAttempt(models.Model):
    """One try: the answer's status, or in `fault` why there was none; the first kilobyte of what was said."""

    callback = models.ForeignKey(Callback, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(db_default=Now())
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    # A short word (`timeout`, `refused`, `tls`, `address`, `redirect`, `too_long`, …); empty: it was taken.
    fault = models.CharField(max_length=20, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.fault or str(self.status)


class EndpointHealth(models.Model):
    """The circuit breaker of an endpoint: it opens after failures in a row, and one request tries it again."""

    endpoint = models.OneToOneField(
        CallbackEndpoint, on_delete=models.CASCADE, primary_key=True, related_name="health"
    )
    n_failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    # Nothing is sent before; then a single request goes out and decides.
    open_until = models.DateTimeField(null=True)
    # When people were told that it fails; once until it works again.
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "endpoints' health"

    def __str__(self) -> str:
        return f"{self.n_failures} failures in a row"


class PullItem(models.Model):
    """A receipt or reply that a program may fetch once. `row` is a message's or a reply's id."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=CallbackKind.choices)
    row = models.BigIntegerField()
    status = models.SmallIntegerField(default=0)
    reason = models.SmallIntegerField(default=0)
    code = models.TextField(blank=True)
    event_at = models.DateTimeField()
    pulled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index("project", "kind", "id", condition=models.Q(pulled_at=None), name="pull_waiting"),
            models.Index("pulled_at", condition=models.Q(pulled_at__isnull=False), name="pull_done"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"
