"""Vonage's SMS API, as documented at developer.vonage.com/en/api/sms."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from delivery.gateways.base import OutboundMessage
from smsconsole.lib.gsm0338 import is_gsm7
from tests.carriers.one_by_one import OneByOneCarrier
from tests.carriers.server import Received, Reply

API_KEY = "abcd1234"
API_SECRET = "s3cr3t-of-the-account"
SIGNATURE_SECRET = "signature-secret-0123456789"
PUSH_URL = "https://console.example.com/push/t0ken/"


def signature(fields: Mapping[str, str], method: str, secret: str = SIGNATURE_SECRET) -> str:
    """The documents' “manually generate a signature”: &name=value by name, & and = in values replaced."""
    text = ""
    for name, value in sorted(fields.items()):
        if name != "sig":
            text += "&" + name + "=" + value.translate({ord("&"): "_", ord("="): "_"})
    if method == "md5hash":
        return hashlib.md5((text + secret).encode()).hexdigest()  # noqa: S324 - as the documents have it
    return hmac.new(secret.encode(), text.encode(), getattr(hashlib, method)).hexdigest()


class VonageApi(OneByOneCarrier):
    """Answers as `n_parts` segments; `part_statuses` says what becomes of each when it accepts."""

    def __init__(self) -> None:
        super().__init__()
        self.n_parts = 1
        self.part_statuses: list[str] = []
        self.signed_by = ""  # a method, when requests must be signed
        self.forms: list[dict[str, str]] = []

    def read(self, request: Received) -> OutboundMessage:
        assert (request.method, request.path) == ("POST", "/sms/json")
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        form = request.form()
        self.forms.append(form)
        if self.signed_by:
            assert form["api_key"] == API_KEY
            assert int(form["timestamp"]) > 1_700_000_000
            assert form["sig"] == signature(form, self.signed_by)
        else:
            basic = base64.b64encode(f"{API_KEY}:{API_SECRET}".encode()).decode()
            assert request.headers["authorization"] == f"Basic {basic}"
            assert set(form) <= {"from", "to", "text", "type", "client-ref", "callback"}
        assert form["to"].isdigit()
        assert form["type"] == ("text" if is_gsm7(form["text"]) else "unicode")
        message_id, attempt = map(int, form["client-ref"].split("-"))
        return OutboundMessage(message_id, attempt, f"+{form['to']}", form["from"], form["text"], 1)

    def accept(self, message: OutboundMessage) -> Reply:
        return self.reply(message, self.part_statuses or ["0"] * self.n_parts)

    def refuse(self, message: OutboundMessage, *, is_known: bool) -> Reply:
        return self.reply(message, ["15" if is_known else "77"])

    def throttle(self, message: OutboundMessage) -> Reply:
        return self.reply(message, ["1"])

    @staticmethod
    def reply(message: OutboundMessage, statuses: list[str]) -> Reply:
        parts: list[dict[str, Any]] = []
        for n, status in enumerate(statuses):
            part = {"to": message.msisdn[1:], "status": status, "client-ref": message.reference}
            if status == "0":
                part |= {
                    "message-id": f"{message.id:06X}{n:02X}",
                    "remaining-balance": "3.14",
                    "message-price": "0.03",
                    "network": "46000",
                }
            else:
                part["error-text"] = f"The message to {message.msisdn} was not accepted"
            parts.append(part)
        return Reply.json({"message-count": str(len(parts)), "messages": parts})
