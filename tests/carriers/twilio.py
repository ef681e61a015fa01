"""Twilio's Messages API, as documented at twilio.com/docs/messaging/api/message-resource."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from delivery.gateways.base import OutboundMessage
from tests.carriers.one_by_one import OneByOneCarrier
from tests.carriers.server import Received, Reply

ACCOUNT_SID = "AC" + "0" * 30 + "a1"
AUTH_TOKEN = "a-token-of-32-characters-0123456"
PUSH_URL = "https://console.example.com/push/t0ken/"
API_VERSION = "2010-04-01"


def signature(url: str, fields: Mapping[str, str], token: str = AUTH_TOKEN) -> str:
    """The X-Twilio-Signature as the documents define it: HMAC-SHA1 over the URL and the sorted fields."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


class TwilioApi(OneByOneCarrier):
    def __init__(self) -> None:
        super().__init__()
        self.user, self.password = ACCOUNT_SID, AUTH_TOKEN
        self.resources: list[dict[str, Any]] = []  # the newest first
        self.forms: list[dict[str, str]] = []

    def answer(self, request: Received) -> Reply:
        if request.method == "POST":
            return super().answer(request)
        self._check_access(request)
        found = re.fullmatch(
            rf"/{API_VERSION}/Accounts/{ACCOUNT_SID}/Messages(?:/(\w+))?\.json", request.path
        )
        assert found is not None, request.path
        if sid := found[1]:
            resources = [resource for resource in self.resources if resource["sid"] == sid]
            return Reply.json(resources[0]) if resources else self.error(404, 20404, "was not found")
        assert set(request.query) == {"To", "PageSize"}
        resources = [resource for resource in self.resources if resource["to"] == request.query["To"]]
        return Reply.json(
            {
                "messages": resources[: int(request.query["PageSize"])],
                "page": 0,
                "page_size": int(request.query["PageSize"]),
                "next_page_uri": None,
            }
        )

    def read(self, request: Received) -> OutboundMessage:
        self._check_access(request)
        assert request.path == f"/{API_VERSION}/Accounts/{ACCOUNT_SID}/Messages.json"
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        form = request.form()
        self.forms.append(form)
        assert set(form) <= {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}
        assert re.fullmatch(r"\+[1-9]\d{1,14}", form["To"])
        assert ("From" in form) != ("MessagingServiceSid" in form)
        [reference] = parse_qs(urlsplit(form["StatusCallback"]).query)["reference"]
        message_id, attempt = map(int, reference.split("-"))
        return OutboundMessage(message_id, attempt, form["To"], form.get("From", ""), form["Body"], 1)

    def _check_access(self, request: Received) -> None:
        basic = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        assert request.headers["authorization"] == f"Basic {basic}"

    def accept(self, message: OutboundMessage) -> Reply:
        resource = self.resource(message, sid=f"SM{len(self.resources):032x}")
        self.resources.insert(0, resource)
        return Reply.json(resource, status=201)

    def refuse(self, message: OutboundMessage, *, is_known: bool) -> Reply:
        return self.error(400, 21610 if is_known else 29999, f"The number {message.msisdn} cannot be reached")

    def throttle(self, message: OutboundMessage) -> Reply:
        return self.error(400, 21611, "The 'From' number has exceeded the maximum number of queued messages")

    @staticmethod
    def error(status: int, code: int, words: str) -> Reply:
        more = f"https://www.twilio.com/docs/errors/{code}"
        return Reply.json(
            {"code": code, "message": words, "more_info": more, "status": status}, status=status
        )

    @staticmethod
    def resource(
        message: OutboundMessage,
        *,
        sid: str,
        status: str = "queued",
        error_code: int | None = None,
        created_at: datetime | None = None,
        body: str | None = None,
        direction: str = "outbound-api",
    ) -> dict[str, Any]:
        """A message resource with every property that the documents list."""
        moment = format_datetime(created_at or datetime.now(UTC))
        path = f"/{API_VERSION}/Accounts/{ACCOUNT_SID}/Messages/{sid}"
        return {
            "account_sid": ACCOUNT_SID,
            "api_version": API_VERSION,
            "body": message.text if body is None else body,
            "date_created": moment,
            "date_sent": None,
            "date_updated": moment,
            "direction": direction,
            "error_code": error_code,
            "error_message": None,
            "from": message.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(message.n_segments),
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": status,
            "subresource_uris": {"media": f"{path}/Media.json"},
            "to": message.msisdn,
            "uri": f"{path}.json",
        }
