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


class CallbackFault(models.TextChoices):
    """Why a try did not count as taken."""

    ADDRESS = "address", _("The address leads out of the public internet and was not called")
    DNS = "dns", _("The name of the host is not known")
    REFUSED = "refused", _("The server refused the connection")
    CONNECTION = "connection", _("The connection could not be made, or broke")
    TLS = "tls", _("The server's certificate is not valid for its name, or encryption failed")
    TIMEOUT = "timeout", _("No whole answer within 15 seconds")
    PROTOCOL = "protocol", _("The answer is not HTTP")
    REDIRECT = "redirect", _("It was sent elsewhere; redirects are not followed")
    STATUS = "status", _("The answer's status is no success")
    RESULT = "result", _("The answer's “result” is not 0")
    TOO_LONG = "too_long", _("The answer is longer than 64 kB")
    EMPTY = "empty", _("What it was to tell has been erased")
