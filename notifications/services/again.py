"""Sending on request: a test to an alarm contact, and something once more."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from notifications.errors import NotificationsError
from notifications.models import Delivery, Notification
from notifications.services.telling import deliveries_to
from notifications.statuses import Channel, DeliveryState, Topic
from projects.models import AlarmContact, Project
from projects.services import require_enabled

# Whoever clicks twice gets one message.
PAUSE_SECONDS = 60
TEST_KIND = "contact.tested"


def send_test(*, contact: AlarmContact, by: User) -> Notification:
    """A mail and a text message to this contact now, as an alarm would be sent. One test a minute."""
    require_enabled(contact.project)
    with transaction.atomic():
        AlarmContact.objects.select_for_update().get(pk=contact.pk)
        _refuse_soon(Delivery.objects.filter(contact=contact, notification__kind=TEST_KIND))
        now = timezone.now()
        notification = Notification.objects.create(
            organization_id=contact.project.organization_id,
            project=contact.project,
            kind=TEST_KIND,
            topic=Topic.LIMITS,
            params={"by": str(by)},
            first_event_at=now,
            last_event_at=now,
        )
        deliveries = deliveries_to([contact], notification)
        for delivery in deliveries:
            delivery.asked_by = by
        Delivery.objects.bulk_create(deliveries)
    return notification


def send_again(*, delivery: Delivery, by: User) -> Delivery:
    """The same once more, to the address that the person has now; the first one stays in the log as it is.

    Raises `NotificationsError` while it is still on its way, and within a minute of the last time.
    """
    project = delivery.notification.project
    if project is not None:
        require_enabled(project)
    with transaction.atomic():
        _lock(delivery.notification)
        same = Delivery.objects.filter(
            notification=delivery.notification, channel=delivery.channel, name=delivery.name
        )
        if same.filter(state__in=[DeliveryState.WAITING, DeliveryState.SENDING]).exists():
            raise NotificationsError(_("It is still on its way. Wait until it is sent or has failed."))
        _refuse_soon(same)
        return Delivery.objects.create(
            notification=delivery.notification,
            channel=delivery.channel,
            contact=delivery.contact,
            user=delivery.user,
            name=delivery.name,
            address=_address_now(delivery),
            asked_by=by,
        )


def _lock(notification: Notification) -> None:
    """Two people who click at once wait for each other."""
    if notification.project_id:
        Project.objects.select_for_update(no_key=True).get(pk=notification.project_id)


def _refuse_soon(deliveries: object) -> None:
    since = timezone.now() - timedelta(seconds=PAUSE_SECONDS)
    if deliveries.filter(created_at__gt=since).exists():  # type: ignore[attr-defined]
        raise NotificationsError(
            _("It was sent less than a minute ago. Look whether it arrived, then try again.")
        )


def _address_now(delivery: Delivery) -> str:
    if delivery.contact is not None:
        is_mail = delivery.channel == Channel.MAIL
        return (delivery.contact.email if is_mail else delivery.contact.msisdn) or delivery.address
    return delivery.user.email if delivery.user is not None else delivery.address
