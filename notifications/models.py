"""Notifications: what happened, who was told, by which way, and whether it arrived."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Organization
from notifications.statuses import Channel, DeliveryState, Topic
from projects.models import AlarmContact, Project


class ReadPosition(models.Model):
    """How far the outbox has been read; one row, moved in the transaction that writes the notifications."""

    name = models.CharField(max_length=40, primary_key=True)
    xid = models.BigIntegerField(default=0)
    last_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.last_id}"


class Notification(models.Model):
    """Something that somebody is told. Made once for each event, or for several of one kind that came together.

    `params` are the names and values that the words of `kind` (`notifications.kinds`) are made with; `path` is the
    page it leads to. While `collects_until` is set nobody was told yet: more events of this kind are counted in
    `n_events`, and one summary leaves when that time has come.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Whose it is; neither for what concerns the installation.
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, null=True, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=60)
    topic = models.CharField(max_length=12, choices=Topic.choices)
    params = models.JSONField(default=dict)
    path = models.CharField(max_length=300, blank=True)
    n_events = models.IntegerField(default=1)
    first_event_at = models.DateTimeField()
    last_event_at = models.DateTimeField()
    collects_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="notification_of_project"),
            models.Index(
                "collects_until",
                condition=models.Q(collects_until__isnull=False),
                name="notification_collecting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class QuietTime(models.Model):
    """After an alarm the same kind waits in the same place: what comes before `until` is collected.

    `key` is project and kind as one word.
    """

    key = models.CharField(max_length=100, primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key} until {self.until}"


class BellEntry(models.Model):
    """A notification in somebody's bell."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="bell_entries")
    topic = models.CharField(max_length=12, choices=Topic.choices)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "notification"], name="bell_rings_once_for_each")
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="bell_newest"),
            models.Index("user", condition=models.Q(read_at=None), name="bell_unread"),
        ]

    def __str__(self) -> str:
        return f"bell of {self.user_id}: {self.notification_id}"


class Delivery(models.Model):
    """One mail or text message about a notification, to one address. Kept for good, with what became of it.

    `contact` or `user` says whose address it was; `address` and `name` stay when those are gone. A text message is
    a dispatch of its own, whose owner names this row: it can be opened once only.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=4, choices=Channel.choices)
    contact = models.ForeignKey(AlarmContact, on_delete=models.SET_NULL, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=7, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    n_attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, default=timezone.now)
    error = models.CharField(max_length=300, blank=True)
    dispatch_id = models.BigIntegerField(null=True)
    # Somebody asked for it to be sent once more.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                "next_try_at", condition=models.Q(state=DeliveryState.WAITING), name="delivery_waiting"
            ),
            models.Index("id", condition=models.Q(state=DeliveryState.SENDING), name="delivery_sending"),
            models.Index(fields=["contact", "channel", "-id"], name="delivery_of_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} of {self.notification_id}"


class Preference(models.Model):
    """What a person chose: whether the bell's notifications come by mail, too. No row: they do."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    by_mail = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"preference of {self.user_id}"


class AbuseAlarm(models.Model):
    """The alarm about abused verification codes of one hour was given; there is one an hour."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "hour"], name="one_abuse_alarm_an_hour")]

    def __str__(self) -> str:
        return f"abuse of project {self.project_id} at {self.hour}"
