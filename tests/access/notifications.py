"""Rows of the access table: the bell, alarm contacts, the log of notifications, security settings."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from notifications.models import Delivery, Notification
from notifications.statuses import Channel, DeliveryState, Topic
from projects.models import AlarmContact
from projects.statuses import AlarmEvent
from tests.access.kit import (
    ADMINS,
    MEMBERS_AND_STAFF,
    SIGNED_IN,
    Row,
    Things,
    no_arguments,
    of_project,
)


def of_contact(things: Things) -> list[Any]:
    contact = AlarmContact.objects.create(
        project=things.project, name="Night watch", email="night@example.com", events=[AlarmEvent.CAP_REACHED]
    )
    return [things.project.slug, contact.uuid]


def notification(things: Things) -> Notification:
    now = timezone.now()
    return Notification.objects.create(
        organization=things.organization,
        project=things.project,
        kind="cap.reached",
        topic=Topic.LIMITS,
        first_event_at=now,
        last_event_at=now,
    )


def of_delivery(things: Things) -> list[Any]:
    delivery = Delivery.objects.create(
        notification=notification(things),
        channel=Channel.MAIL,
        name="Night watch",
        address="night@example.com",
        state=DeliveryState.FAILED,
    )
    Delivery.objects.filter(pk=delivery.pk).update(created_at="2026-01-01T00:00Z")
    return [things.project.slug, delivery.uuid]


def of_notification(things: Things) -> list[Any]:
    """In nobody's bell: to open it one must have been told."""
    return [notification(things).uuid]


ADMINS_REFUSED = ("in", 403, 403, 422, 403, 404)

ROWS: list[Row] = [
    ("notifications", "get", no_arguments, SIGNED_IN),
    ("bell", "get", no_arguments, SIGNED_IN),
    ("notifications-read", "post", no_arguments, SIGNED_IN),
    ("notification-preference", "post", no_arguments, SIGNED_IN),
    ("notification-open", "post", of_notification, ("in", 404, 404, 404, 404, 404)),
    ("project-notifications", "get", of_project, MEMBERS_AND_STAFF),
    ("delivery-again", "post", of_delivery, ADMINS),
    ("security-settings", "get", of_project, MEMBERS_AND_STAFF),
    ("security-settings", "post", of_project, ADMINS_REFUSED),
    ("alarm-contacts", "get", of_project, MEMBERS_AND_STAFF),
    ("alarm-contact-add", "get", of_project, ADMINS),
    ("alarm-contact-add", "post", of_project, ADMINS_REFUSED),
    ("alarm-contact-edit", "get", of_contact, ADMINS),
    ("alarm-contact-edit", "post", of_contact, ADMINS_REFUSED),
    ("alarm-contact-remove", "post", of_contact, ADMINS),
    ("alarm-contact-test", "post", of_contact, ADMINS),
]
