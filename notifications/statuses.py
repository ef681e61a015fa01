"""How somebody is told, and how far that has come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    MAIL = "mail", _("E-mail")
    SMS = "sms", _("SMS")


class DeliveryState(models.TextChoices):
    """waiting -> sent | kept | failed; a text message is sending while the gateway has not answered.

    `kept` means that no mail server is set up: the notification stands in the console and nowhere else. Sent
    and failed are ends: sending it again makes a new delivery.
    """

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    KEPT = "kept", _("Not mailed: no mail server")
    FAILED = "failed", _("Failed")


class Topic(models.TextChoices):
    """What a notification is about; the bell's page filters by it."""

    REVIEWS = "reviews", _("Reviews")
    LIMITS = "limits", _("Limits and alarms")
    CAMPAIGNS = "campaigns", _("Campaigns")
    ORGANIZATION = "organization", _("Organization")
