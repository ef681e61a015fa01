"""A mail server that really listens, and what people do with their mail: open the link in it."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_LINK = re.compile(r"https?://\S+")
PATIENCE_SECONDS = 20


class Mailbox:
    """Everybody's mails, in the order in which they came."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 taken"

    def mail_to(self, email: str) -> EmailMessage:
        """The newest mail to them; waits for one a little."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            theirs = [mail for mail in self.mails if mail["To"] == email]
            if theirs:
                return theirs[-1]
            assert time.monotonic() < deadline, f"no mail came to {email}"
            time.sleep(0.1)

    def link_to(self, email: str) -> str:
        """The link in the newest mail to them."""
        found = _LINK.search(self.mail_to(email).get_content())
        assert found
        return found[0]


@contextlib.contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
