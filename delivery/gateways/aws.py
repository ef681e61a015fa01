"""Amazon Web Services, through boto3: End User Messaging SMS, or SNS by which text messages were sent before it.

The SDK builds, signs and parses; its event `before-send` hands the request to the line. End User Messaging reports
through an SNS topic that pushes to the console (`sns_push`); SNS itself reports to CloudWatch only, so messages sent
by it stay without receipts.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from delivery.gateways import sns_push
from delivery.gateways.aws_codes import RECEIPT_REASONS, RECEIPT_STATES, SUBMIT_REASONS, THROTTLES
from delivery.gateways.base import (
    OutboundMessage,
    Outcome,
    Push,
    PushedEvents,
    ReceiptEvent,
    ReceivesPushes,
    ReplyEvent,
    SubmitResult,
)
from delivery.gateways.errors import GatewayMisconfigured, PushRefused
from delivery.gateways.fields import SettingField, SettingKind, Words
from delivery.gateways.http import CONNECTION_FIELDS, Group, HttpDriver
from delivery.gateways.http_line import Refused, Throttled, Verdict, current_trip
from delivery.gateways.sdk import refuse_without_sdk
from delivery.gateways.settings import setting_of
from delivery.statuses import Reason

# No receipt is older: Amazon's clock or ours would be wrong.
LONGEST_WAY = timedelta(days=14)
# What SNS takes as a sender ID: up to 11 letters and digits, not digits alone.
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")

_ACCOUNT = gettext_lazy("Account")
_SENDING = pgettext_lazy("gateway", "Sending")
_RECEIPTS = gettext_lazy("Receipts and replies")


class Service(StrEnum):
    """By which of its services Amazon is to send."""

    END_USER_MESSAGING = "pinpoint-sms-voice-v2"
    SNS = "sns"


FIELDS = (
    SettingField(
        name="service",
        label=gettext_lazy("Service"),
        kind=SettingKind.CHOICE,
        help=gettext_lazy("Amazon reports receipts and replies only for End User Messaging."),
        default=Service.END_USER_MESSAGING.value,
        is_required=True,
        choices=(
            (Service.END_USER_MESSAGING.value, gettext_lazy("End User Messaging SMS")),
            (Service.SNS.value, "SNS"),
        ),
        group=_ACCOUNT,
    ),
    SettingField(
        name="region",
        label=pgettext_lazy("cloud", "Region"),
        help=gettext_lazy("For example eu-west-1."),
        is_required=True,
        group=_ACCOUNT,
    ),
    SettingField(
        name="access_key_id",
        label=gettext_lazy("Access key ID"),
        help=gettext_lazy("Empty: the role of the machine that the console runs on."),
        group=_ACCOUNT,
    ),
    SettingField(
        name="secret_access_key",
        label=gettext_lazy("Secret access key"),
        kind=SettingKind.SECRET,
        group=_ACCOUNT,
    ),
    SettingField(
        name="message_type",
        label=gettext_lazy("Message type"),
        kind=SettingKind.CHOICE,
        default="TRANSACTIONAL",
        is_required=True,
        choices=(
            ("TRANSACTIONAL", gettext_lazy("Transactional")),
            ("PROMOTIONAL", gettext_lazy("Promotional")),
        ),
        group=_SENDING,
    ),
    SettingField(
        name="origination_identity",
        label=gettext_lazy("Origination identity"),
        help=gettext_lazy(
            "A pool, number or sender ID that all messages come from. Empty: each message’s own sender."
        ),
        max_length=256,
        group=_SENDING,
    ),
    SettingField(
        name="configuration_set",
        label=gettext_lazy("Configuration set"),
        help=gettext_lazy("The one whose event destination is the SNS topic that reports to the console."),
        max_length=256,
        group=_SENDING,
    ),
    SettingField(
        name="max_price",
        label=gettext_lazy("Highest price of a segment, in US dollars"),
        help=gettext_lazy("For example 0.05. Empty: that of the account."),
        max_length=8,
        group=_SENDING,
    ),
    SettingField(
        name="endpoint_url",
        label=gettext_lazy("Address of the API"),
        kind=SettingKind.URL,
        help=gettext_lazy("Empty: Amazon’s own in the region. Another one for a private endpoint."),
        group=_SENDING,
    ),
    SettingField(
        name="topic_arns",
        label=gettext_lazy("SNS topics that may report"),
        kind=SettingKind.LINES,
        help=gettext_lazy(
            "One ARN a line. Empty: any topic of SNS; its signature is checked, and the address it reports to is "
            "secret."
        ),
        max_length=2000,
        group=_RECEIPTS,
    ),
    SettingField(
        name="successful_is_delivered",
        label=gettext_lazy("Taken by the recipient’s carrier counts as delivered"),
        kind=SettingKind.SWITCH,
        help=gettext_lazy("Many countries report nothing better."),
        default=True,
        group=_RECEIPTS,
    ),
    *CONNECTION_FIELDS,
)


class AwsDriver(HttpDriver, ReceivesPushes):
    """One message per request; Amazon splits long texts itself and names the whole with one id."""

    kind: ClassVar[str] = "aws"
    label: ClassVar[Words] = "Amazon Web Services"
    fields = FIELDS
    receipt_reasons = RECEIPT_REASONS
    what = "SendTextMessage"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        text = functools.partial(setting_of, settings, FIELDS)
        self._service = Service(text("service"))
        self._region = text("region")
        if not _REGION.fullmatch(self._region):
            raise GatewayMisconfigured(
                _("“%(region)s” is not a region. Write it like eu-west-1.") % {"region": self._region}
            )
        self._key_id, self._secret_key = text("access_key_id"), text("secret_access_key")
        if bool(self._key_id) != bool(self._secret_key):
            raise GatewayMisconfigured(_("An access key has an ID and a secret: type both, or neither."))
        self._message_type = text("message_type")
        self._origination = text("origination_identity")
        self._configuration_set = text("configuration_set")
        self._max_price = text("max_price")
        if self._max_price and not re.fullmatch(r"\d{1,2}\.\d{1,5}", self._max_price):
            raise GatewayMisconfigured(_("Write the highest price like 0.05."))
        self._topic_arns = frozenset(str(settings.get("topic_arns") or "").split())
        self._successful_is_delivered = bool(settings.get("successful_is_delivered", True))
        self._endpoint_url = text("endpoint_url")
        try:
            import boto3  # noqa: F401 - a line that cannot send is to say so before it has to
        except ImportError:
            refuse_without_sdk("aws")
        if self._service is Service.SNS:
            self.what = "Publish"  # type: ignore[misc]

    @property
    def url(self) -> str:
        return str(self._client.meta.endpoint_url)

    # --- Sending ---

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        # Made on no message's time: the first client takes the SDK a second or two.
        _client = self._client
        yield from super().submit(messages, keep_going=keep_going)

    @functools.cached_property
    def _client(self) -> Any:
        """The SDK's client; what it sends goes by the line of the current trip, and once. Too dear for each push."""
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        try:
            client = boto3.session.Session().client(
                self._service.value,
                region_name=self._region,
                aws_access_key_id=self._key_id or None,
                aws_secret_access_key=self._secret_key or None,
                endpoint_url=self._endpoint_url or None,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": 1},
                    # What is wrong with one message is for Amazon to say; here it would hold back the line.
                    parameter_validation=False,
                    ignore_configured_endpoint_urls=True,
                    connect_timeout=self.timeout_seconds,
                    read_timeout=self.timeout_seconds,
                ),
            )
        except (BotoCoreError, ValueError) as error:
            raise GatewayMisconfigured(
                _("Amazon’s library does not take these settings: %(why)s") % {"why": error}
            ) from None
        client.meta.events.register("before-send", _carry)
        return client

    def send(self, group: Group) -> Iterable[SubmitResult]:
        from botocore.exceptions import ClientError

        [message] = group.messages
        try:
            answer = self._publish(message) if self._service is Service.SNS else self._send_text(message)
        except ClientError as error:
            verdict = _verdict_of(error.response)
            if verdict is None:
                raise
            raise verdict from None
        return (SubmitResult(message.id, Outcome.ACCEPTED, (str(answer["MessageId"]),)),)

    def _send_text(self, message: OutboundMessage) -> Mapping[str, Any]:
        request = {
            "DestinationPhoneNumber": message.msisdn,
            "OriginationIdentity": self._origination or message.sender,
            "MessageBody": message.text,
            "MessageType": self._message_type,
            "ConfigurationSetName": self._configuration_set,
            "MaxPrice": self._max_price,
            "Context": {"reference": message.reference},
        }
        answer: Mapping[str, Any] = self._client.send_text_message(**_without_empty(request, "MessageBody"))
        return answer

    def _publish(self, message: OutboundMessage) -> Mapping[str, Any]:
        sender = self._origination or message.sender
        words = {
            "AWS.SNS.SMS.SMSType": self._message_type.capitalize(),
            "AWS.SNS.SMS.SenderID": sender if _SENDER_ID.fullmatch(sender) else "",
            "AWS.MM.SMS.OriginationNumber": sender if re.fullmatch(r"\+?\d{3,15}", sender) else "",
        }
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in words.items() if value
        }
        if self._max_price:
            attributes["AWS.SNS.SMS.MaxPrice"] = {"DataType": "Number", "StringValue": self._max_price}
        answer: Mapping[str, Any] = self._client.publish(
            PhoneNumber=message.msisdn, Message=message.text, MessageAttributes=attributes
        )
        return answer

    # --- Receipts and replies ---

    def read_push(self, push: Push) -> PushedEvents:
        """Unlike other drivers it may call Amazon meanwhile: see `sns_push`."""
        envelope = sns_push.opened(push.body)
        if self._topic_arns and envelope.topic_arn not in self._topic_arns:
            raise PushRefused("The topic is not one of those that may report.")
        if envelope.kind == "SubscriptionConfirmation":
            sns_push.confirm(envelope)
        if envelope.kind != "Notification":
            return PushedEvents(answer=b"OK")
        try:
            event = json.loads(envelope.message)
        except (ValueError, RecursionError):
            return PushedEvents(answer=b"OK")  # somebody tried the topic by hand
        if isinstance(event, dict) and isinstance(event.get("detail"), dict):
            event = event["detail"]  # by way of EventBridge
        if not isinstance(event, dict):
            return PushedEvents(answer=b"OK")
        return PushedEvents(list(self._receipts_in(event)), list(_replies_in(event)), b"OK")

    def _receipts_in(self, event: Mapping[str, Any]) -> Iterator[ReceiptEvent]:
        event_type = str(event.get("eventType", ""))
        status = str(event.get("messageStatus") or event_type.removeprefix("TEXT_"))
        state = RECEIPT_STATES.get(status)
        if state is None or not event_type.startswith("TEXT_") or event.get("isFinal") is False:
            return
        if status == "SUCCESSFUL" and not self._successful_is_delivered:
            return
        context = event.get("context")
        yield ReceiptEvent(
            gateway_message_id=str(event.get("messageId", "")),
            state=state,
            code="" if status in ("DELIVERED", "SUCCESSFUL") else status,
            reported_at=_moment(event.get("eventTimestamp")),
            reference=str(context.get("reference", "")) if isinstance(context, dict) else "",
            msisdn=str(event.get("destinationPhoneNumber", "")),
        )


def _carry(request: Any, **_kwargs: Any) -> Any:
    """The SDK's request on its way: by the line, and back as the SDK reads it."""
    from botocore.awsrequest import AWSResponse

    body = request.body or b""
    answer = current_trip().line.send(
        request.method,
        request.url,
        headers={
            name: value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        },
        body=body.encode() if isinstance(body, str) else bytes(body),
    )
    return AWSResponse(request.url, answer.status, dict(answer.headers), _Raw(answer.body))


class _Raw:
    """A body that was read already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


def _verdict_of(response: Mapping[str, Any]) -> Verdict | None:
    """What an error says that Amazon gave a code; None for any other, and for faults of its own."""
    error = response.get("Error") or {}
    code = str(error.get("Code") or "")
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    if code in THROTTLES:
        return Throttled(code)
    # Where the body held no code, the SDK puts the status in its place.
    if not 400 <= status < 500 or not code or code == str(status):
        return None
    named = [str(field.get("Name")) for field in response.get("Fields") or () if isinstance(field, dict)]
    is_number = "DestinationPhoneNumber" in named or "PhoneNumber" in str(error.get("Message") or "")
    word = str(response.get("Reason") or code)
    reason = SUBMIT_REASONS.get(word) or SUBMIT_REASONS.get(code) or Reason.UNKNOWN_CODE
    if reason is Reason.GATEWAY_REFUSED and is_number:
        reason = Reason.INVALID_NUMBER
    return Refused(word, reason)


def _replies_in(event: Mapping[str, Any]) -> Iterator[ReplyEvent]:
    msisdn, text = event.get("originationNumber"), event.get("messageBody")
    if isinstance(msisdn, str) and isinstance(text, str):
        destination, reply_id = event.get("destinationNumber"), event.get("inboundMessageId")
        yield ReplyEvent(msisdn, text, str(destination or ""), str(reply_id or ""))


def _without_empty(request: Mapping[str, Any], *kept: str) -> dict[str, Any]:
    return {name: value for name, value in request.items() if value or name in kept}


def _moment(milliseconds: Any) -> datetime:
    """When Amazon reports it; now if it does not say so, or cannot be right."""
    now = datetime.now(UTC)
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return now
    return moment if timedelta(0) <= now - moment < LONGEST_WAY else now
