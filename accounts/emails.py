"""Mails about accounts: a subject and a plain text from `templates/accounts/mails/<name>_{subject,body}.txt`."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User

log = logging.getLogger(__name__)


def has_mail() -> bool:
    """Whether this console can send mails at all."""
    return bool(settings.EMAIL_URL)


def send(name: str, *, to: str, **context: object) -> bool:
    """Whether the mail server took the mail, written in the reader's language.

    Call it outside transactions; without a mail server nothing is sent.
    """
    if not has_mail():
        return False
    with translation.override(_language_of(to)):
        subject = " ".join(render_to_string(f"accounts/mails/{name}_subject.txt", context).split())
        body = render_to_string(f"accounts/mails/{name}_body.txt", context)
    try:
        return bool(send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [to]))
    except (SMTPException, OSError) as error:
        log.warning("mail not sent name=%s error=%s", name, type(error).__name__)
        return False


def _language_of(email: str) -> str:
    """What the reader chose; somebody unknown gets the language of whoever lets the mail be sent."""
    chosen = User.objects.filter(email__iexact=email).values_list("language", flat=True).first()
    return chosen or translation.get_language() or settings.LANGUAGE_CODE
