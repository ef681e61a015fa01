"""Mails: what they say, and handing them to the mail server."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from contextlib import suppress

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from notifications.models import Delivery
from notifications.words import local_moment, words_of

LOG_BACKEND = "django.core.mail.backends.console.EmailBackend"
# The server's own words about a refusal, cut to what a person reads.
ERROR_MAX_CHARACTERS = 300


class Refused(Exception):
    """The server will never take this mail; trying again would not help."""


def mails_stay_here() -> bool:
    """Whether no mail server is set up: a mail is not written then, also not to the log, which holds no names."""
    return bool(settings.EMAIL_BACKEND == LOG_BACKEND)


def mail_for(delivery: Delivery) -> EmailMessage:
    """The mail of a delivery: plain text, the words of its notification, and where to look.

    In the language that the person chose; alarm contacts, who chose none, get the console's own.
    """
    chosen = delivery.user.language if delivery.user is not None else ""
    with translation.override(chosen or settings.LANGUAGE_CODE):
        return _mail_in_language(delivery)


def _mail_in_language(delivery: Delivery) -> EmailMessage:
    notification = delivery.notification
    words = words_of(notification)
    where = notification.project or notification.organization
    context = {
        "name": delivery.name,
        "words": words,
        "notification": notification,
        "when": local_moment(notification.last_event_at, notification.project),
        "url": f"{settings.CONSOLE_URL}{notification.path}" if notification.path else "",
        "is_contact": delivery.user_id is None,
    }
    subject = (
        _("[SMS Console] %(title)s - %(where)s") % {"title": words.title, "where": where}
        if where
        else _("[SMS Console] %(title)s") % {"title": words.title}
    )
    # Names come from people: a line break in one must not become a header.
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string("notifications/mail.txt", context),
        to=[delivery.address],
        # The same for every try: a mail program shows a mail that was sent twice once.
        headers={"Message-ID": f"<{delivery.uuid}@smsconsole>", "Auto-Submitted": "auto-generated"},
    )


def send_mails(deliveries: Sequence[Delivery]) -> dict[int, Exception | None]:
    """Hand each mail to the server over one connection: None, or what went wrong, by delivery."""
    outcomes: dict[int, Exception | None] = {}
    connection = get_connection()
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        return {delivery.pk: error for delivery in deliveries}
    try:
        for delivery in deliveries:
            outcomes[delivery.pk] = _send_one(delivery, connection)
    finally:
        _close(connection)
    return outcomes


def _send_one(delivery: Delivery, connection: BaseEmailBackend) -> Exception | None:
    mail = mail_for(delivery)
    mail.connection = connection
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return Refused(words) if code >= 500 else smtplib.SMTPException(words)
    except (smtplib.SMTPException, OSError) as error:
        return error
    return None


def _close(connection: BaseEmailBackend) -> None:
    with suppress(smtplib.SMTPException, OSError):
        connection.close()


def error_words(error: Exception) -> str:
    """What went wrong, for the log of notifications: in the server's own words where it gave some."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        text = f"{error.smtp_code} {words}"
    elif isinstance(error, TimeoutError):
        text = _("The mail server did not answer in time.")
    elif isinstance(error, ConnectionRefusedError):
        text = _("The mail server refused the connection.")
    else:
        text = str(error) or type(error).__name__
    return " ".join(text.split())[:ERROR_MAX_CHARACTERS]
