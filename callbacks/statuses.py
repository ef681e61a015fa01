"""The words of callbacks."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CallbackState(models.TextChoices):
    """waiting -> delivered | given_up | dropped ; given_up -> waiting again by a replay of its own row's contents."""

    WAITING = "waiting", pgettext_lazy("callback", "Waiting")
    DELIVERED = "delivered", pgettext_lazy("callback", "Delivered")
    GIVEN_UP = "given_up", _("Given up")
    # Its endpoint was switched off or removed before it got through.
    DROPPED = "dropped", _("Dropped")
