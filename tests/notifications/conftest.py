"""A mail server that really listens, a gateway, and the beats that read the outbox and send."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from accounts.models import User
from delivery.models import Gateway
from notifications.beats import send_waiting, tell_news
from notifications.services import settle_texts
from projects.models import AlarmContact, Project
from projects.services.contacts import add_alarm_contact
from projects.statuses import AlarmEvent

CONTACT_NUMBER = "+8613800138000"


class MailServer:
    """Takes mails on a port of the loopback; `answer` is what it says to each of them."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.recipients: list[str] = []
        self.answer = "250 taken"
        self.rejected: dict[str, str] = {}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.rejected:
            return self.rejected[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(message_from_bytes(content, policy=default))
            self.recipients += envelope.rcpt_tos
        return self.answer

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]).strip() for mail in self.mails]

    def body(self, index: int = -1) -> str:
        return str(self.mails[index].get_content())  # type: ignore[attr-defined]


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    server.controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield server
    server.controller.stop()


@pytest.fixture
def gateway(db: None) -> Gateway:
    return Gateway.objects.create(slug="scripted", name="Scripted", kind="simulator")


@pytest.fixture
def contact(project: Project, admin: User) -> AlarmContact:
    """Told about everything by mail; tests that want text messages give it a number."""
    return add_alarm_contact(
        project=project,
        name="Night watch",
        msisdn="",
        email="night@example.com",
        events=[*AlarmEvent],
        by=admin,
    )


@pytest.fixture
def give_number(contact: AlarmContact) -> Callable[[], None]:
    def give() -> None:
        AlarmContact.objects.filter(pk=contact.pk).update(msisdn=CONTACT_NUMBER)

    return give


def work() -> None:
    """One round of the beats."""
    tell_news()
    send_waiting()
    settle_texts()
