"""Twilio's Messages API, through its own SDK: one message per request, receipts and replies pushed and signed.

Each message names its own status callback with our reference in it, so that a receipt finds its message even when
Twilio's answer to the submit was lost. Where receipts cannot reach the console, the list of messages is asked.
"""

from __future__ import annotations

import functools
import hmac
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from delivery.gateways.base import (
    Outcome,
    Push,
    PushedEvents,
    QueriesMessages,
    QueryAnswer,
    QueryOutcome,
    ReceiptEvent,
    ReceiptState,
    ReceivesPushes,
    ReplyEvent,
    SubmitResult,
    SubmittedMessage,
)
from delivery.gateways.errors import GatewayMisconfigured, PushRefused
from delivery.gateways.fields import SettingField, SettingKind, Words
from delivery.gateways.http import CONNECTION_FIELDS, Group, HttpDriver
from delivery.gateways.http_line import Refused, Throttled, Verdict
from delivery.gateways.public_hosts import url_problem
from delivery.gateways.sdk import carried, refuse_without_sdk
from delivery.gateways.settings import setting_of
from delivery.gateways.twilio_codes import REASONS, THROTTLES
from delivery.statuses import Reason

API_URL = "https://api.twilio.com"

# All others (accepted, queued, sending, sent, …) are no news.
RECEIPT_STATES: Mapping[str, ReceiptState] = {
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.DELIVERED,
    "undelivered": ReceiptState.UNDELIVERED,
    "failed": ReceiptState.REJECTED,
    "canceled": ReceiptState.REJECTED,
}
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
TWIML_TYPE = "text/xml"
TRIAL_PREFIX = "Sent from your Twilio trial account - "

# A message that is looked for in Twilio's list was created within this span around its submit.
SPAN_BEFORE = timedelta(minutes=1)
SPAN_AFTER = timedelta(minutes=10)
N_LISTED = 100
# No receipt is older: Twilio's clock or ours would be wrong.
LONGEST_WAY = timedelta(days=14)

_ACCOUNT = gettext_lazy("Account")
_SENDING = pgettext_lazy("gateway", "Sending")

FIELDS = (
    SettingField(
        name="account_sid",
        label=gettext_lazy("Account SID"),
        help=gettext_lazy("Begins with AC."),
        is_required=True,
        group=_ACCOUNT,
    ),
    SettingField(
        name="auth_token",
        label=gettext_lazy("Auth token"),
        kind=SettingKind.SECRET,
        help=gettext_lazy("Also proves that receipts and replies come from Twilio."),
        is_required=True,
        group=_ACCOUNT,
    ),
    SettingField(
        name="api_key_sid",
        label=gettext_lazy("API key SID"),
        help=gettext_lazy(
            "If messages are to be sent with an API key instead of the auth token. Begins with SK."
        ),
        group=_ACCOUNT,
    ),
    SettingField(
        name="api_key_secret",
        label=gettext_lazy("API key secret"),
        kind=SettingKind.SECRET,
        group=_ACCOUNT,
    ),
    SettingField(
        name="messaging_service_sid",
        label=gettext_lazy("Messaging service SID"),
        help=gettext_lazy(
            "If Twilio is to choose the sender. Begins with MG. Empty: the message’s own sender is used."
        ),
        group=_SENDING,
    ),
    SettingField(
        name="sender",
        label=gettext_lazy("Sender for messages that name none"),
        help=gettext_lazy("A number of the account, such as +14155550100, or an alphanumeric sender."),
        max_length=20,
        group=_SENDING,
    ),
    SettingField(
        name="url",
        label=gettext_lazy("Address of the API"),
        kind=SettingKind.URL,
        help=gettext_lazy("Another one for another region, such as https://api.dublin.ie1.twilio.com."),
        default=API_URL,
        group=_SENDING,
    ),
    *CONNECTION_FIELDS,
)


class TwilioDriver(HttpDriver, ReceivesPushes, QueriesMessages):
    """One message per request. Twilio joins and splits long texts itself and names the whole with one SID."""

    kind: ClassVar[str] = "twilio"
    label: ClassVar[Words] = "Twilio"
    fields = FIELDS
    receipt_reasons = REASONS
    what = "Messages.create"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        text = functools.partial(setting_of, settings, FIELDS)
        self._account_sid = text("account_sid")
        self._auth_token = text("auth_token")
        self._key_sid = text("api_key_sid")
        self._key_secret = text("api_key_secret")
        if bool(self._key_sid) != bool(self._key_secret):
            raise GatewayMisconfigured(_("An API key has a SID and a secret: type both, or neither."))
        self._service_sid = text("messaging_service_sid")
        self._sender = text("sender")
        self._url = text("url").rstrip("/")
        push_url = str(settings.get("push_url") or "")
        # Twilio refuses every message with a callback that it could not call (21609).
        self._push_url = "" if url_problem(push_url, is_internal=False) else push_url
        self._client = self._new_client()

    @property
    def url(self) -> str:
        return self._url

    def secrets(self) -> Iterable[str]:
        return (self._push_url,)

    # --- Sending ---

    def _new_client(self) -> Any:
        """The SDK's client; what it sends goes by the line of the current trip."""
        try:
            from requests import Request
            from twilio.http import HttpClient
            from twilio.http.response import Response
            from twilio.rest import Client
        except ImportError:
            refuse_without_sdk("twilio")
        own_url = self._url

        class LineClient(HttpClient):  # type: ignore[misc]
            def request(
                self,
                method: str,
                url: str,
                params: Any = None,
                data: Any = None,
                headers: Mapping[str, str] | None = None,
                auth: tuple[str, str] | None = None,
                timeout: float | None = None,
                allow_redirects: bool = False,
            ) -> Any:
                url = own_url + url.removeprefix(API_URL)
                request = Request(method.upper(), url, headers, data=data, params=params, auth=auth).prepare()
                answer = carried(request)
                return Response(answer.status, answer.body.decode("utf-8"), answer.headers)

        return Client(
            username=self._key_sid or self._account_sid,
            password=self._key_secret or self._auth_token,
            account_sid=self._account_sid,
            http_client=LineClient(logging.getLogger(__name__), is_async=False),
            # Not empty, or the SDK looks for edge and region in the environment of the console.
            environment={"TWILIO_EDGE": ""},
        )

    def send(self, group: Group) -> Iterable[SubmitResult]:
        from twilio.base.exceptions import TwilioException

        [message] = group.messages
        origin: dict[str, str] = {"from_": message.sender or self._sender}
        if self._service_sid:
            origin = {"messaging_service_sid": self._service_sid}
        if self._push_url:
            origin["status_callback"] = f"{self._push_url}?reference={quote(message.reference)}"
        try:
            created = self._client.messages.create(to=message.msisdn, body=message.text, **origin)
        except TwilioException as error:
            verdict = _verdict_of(error)
            if verdict is None:
                raise
            raise verdict from None
        if not created.sid:
            raise ValueError("no SID")
        return (SubmitResult(message.id, Outcome.ACCEPTED, (str(created.sid),)),)

    # --- Receipts and replies ---

    def read_push(self, push: Push) -> PushedEvents:
        fields = dict(parse_qsl(push.body.decode("utf-8", "replace"), keep_blank_values=True))
        self._check_signature(push, fields)
        if push.method == "GET":
            fields = dict(push.query)
        sid = fields.get("MessageSid") or fields.get("SmsSid") or ""
        status = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()
        if not sid:
            raise PushRefused("This is neither a receipt nor a reply of Twilio's.")
        receipts: list[ReceiptEvent] = []
        replies: list[ReplyEvent] = []
        if status == "received" or ("Body" in fields and "MessageStatus" not in fields):
            replies.append(
                ReplyEvent(fields.get("From", ""), fields.get("Body", ""), fields.get("To", ""), sid)
            )
        elif status in RECEIPT_STATES:
            receipts.append(
                ReceiptEvent(
                    gateway_message_id=sid,
                    state=RECEIPT_STATES[status],
                    code=fields.get("ErrorCode", ""),
                    reported_at=_done_at(fields.get("RawDlrDoneDate", "")),
                    reference=push.query.get("reference", ""),
                    msisdn=fields.get("To", ""),
                )
            )
        return PushedEvents(receipts, replies, TWIML, TWIML_TYPE)

    def _check_signature(self, push: Push, fields: Mapping[str, str]) -> None:
        try:
            from twilio.request_validator import RequestValidator
        except ImportError:
            refuse_without_sdk("twilio")
        shown = push.headers.get("x-twilio-signature", "")
        if not shown or not RequestValidator(self._auth_token).validate(push.url, fields, shown):
            raise PushRefused("The signature is not Twilio's.")
        # Signatures prove that Twilio sent it, not to which of its accounts it belongs.
        account = fields.get("AccountSid") or push.query.get("AccountSid") or self._account_sid
        if not hmac.compare_digest(account.encode(), self._account_sid.encode()):
            raise PushRefused("The push belongs to another account.")

    # --- Asking ---

    def query(self, messages: Sequence[SubmittedMessage]) -> Iterator[QueryAnswer]:
        for message in messages:
            if message.gateway_message_ids:
                yield self.ask(
                    "Messages.fetch", functools.partial(self._fetched, message), texts=[message.text]
                )
            else:
                yield self.ask(
                    "Messages.list", functools.partial(self._listed, message), texts=[message.text]
                )

    def _fetched(self, message: SubmittedMessage) -> QueryAnswer:
        from twilio.base.exceptions import TwilioRestException

        try:
            found = self._client.messages(message.gateway_message_ids[0]).fetch()
        except TwilioRestException as error:
            if error.status == 404:
                return QueryAnswer(message.id, message.attempt, QueryOutcome.MISSING)
            raise
        return _answer_about(message, found)

    def _listed(self, message: SubmittedMessage) -> QueryAnswer:
        """Twilio's list has no reference of ours: a message is known by number, text and time, if only one fits."""
        earliest, latest = message.submitted_at - SPAN_BEFORE, message.submitted_at + SPAN_AFTER
        listed = self._client.messages.list(to=message.msisdn, limit=N_LISTED, page_size=N_LISTED)
        created = [found for found in listed if found.date_created is not None]
        fitting = [
            found
            for found in created
            if earliest <= found.date_created <= latest
            and str(found.direction or "").startswith("outbound")
            and (found.body or "").removeprefix(TRIAL_PREFIX) == message.text
        ]
        if len(fitting) == 1:
            return _answer_about(message, fitting[0])
        # The newest come first. A list that ends before the span began cannot say that the message is missing.
        reaches = len(listed) < N_LISTED or min(found.date_created for found in created) < earliest
        outcome = QueryOutcome.UNKNOWN if fitting or not reaches else QueryOutcome.MISSING
        return QueryAnswer(message.id, message.attempt, outcome)


def _verdict_of(error: Exception) -> Verdict | None:
    """What an error says that Twilio gave a code of its own; None for any other."""
    status, code = getattr(error, "status", 0), getattr(error, "code", None)
    # Where the body held no code, the SDK puts the status in its place.
    if not 400 <= status < 500 or code in (None, status):
        return None
    word = str(code)
    if word in THROTTLES:
        return Throttled(word)
    return Refused(word, REASONS.get(word, Reason.UNKNOWN_CODE))


def _answer_about(message: SubmittedMessage, found: Any) -> QueryAnswer:
    state = RECEIPT_STATES.get(str(found.status or "").lower())
    return QueryAnswer(
        message.id,
        message.attempt,
        QueryOutcome.FINAL if state else QueryOutcome.TAKEN,
        state,
        "" if found.error_code is None else str(found.error_code),
        (str(found.sid),),
        found.date_updated if state else None,
    )


def _done_at(written: str) -> datetime:
    """When the carrier was done (YYMMDDhhmm, UTC); now if it does not say so, or cannot be right."""
    now = datetime.now(UTC)
    try:
        moment = datetime.strptime(written, "%y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return now
    return moment if timedelta(0) <= now - moment < LONGEST_WAY else now
