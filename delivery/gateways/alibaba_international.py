"""Alibaba Cloud SMS outside the Chinese mainland (API 2018-05-01), through the official SDK: free text, one by one."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.utils import timezone

from delivery.gateways.alibaba import rows_of, state_of
from delivery.gateways.alibaba_fields import INTERNATIONAL_FIELDS, INTERNATIONAL_LABEL
from delivery.gateways.alibaba_line import CONFIRMED, MAINLAND, call, carrier_time, imported, new_client
from delivery.gateways.base import (
    Outcome,
    Push,
    PushedEvents,
    QueriesMessages,
    QueryAnswer,
    QueryOutcome,
    ReceiptEvent,
    ReceivesPushes,
    SubmitResult,
    SubmittedMessage,
)
from delivery.gateways.errors import PushRefused
from delivery.gateways.fields import Words
from delivery.gateways.http import Group, HttpDriver
from delivery.gateways.http_line import Refused, Unclear
from delivery.gateways.settings import number_setting, setting_of
from delivery.statuses import Reason

# The documents disagree on what 1 and 3 mean (sent, delivered, being sent); the code beside them does not.
FAILED = 2
DELIVERED_CODES = frozenset({"DELIVERED", "DELIVRD"})


class AlibabaInternationalDriver(HttpDriver, QueriesMessages, ReceivesPushes):
    """An account at Alibaba Cloud that sends to all countries and regions but the Chinese mainland."""

    kind: ClassVar[str] = "alibaba_intl"
    label: ClassVar[Words] = INTERNATIONAL_LABEL
    fields = INTERNATIONAL_FIELDS
    what: ClassVar[str] = "SendMessageToGlobe"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        text = functools.partial(setting_of, settings, INTERNATIONAL_FIELDS)
        self._endpoint = text("endpoint")
        self._key_id, self._key_secret = text("access_key_id"), text("access_key_secret")
        self._sender_id = text("sender_id")
        self._type = text("type")
        self._channel_id = text("channel_id")
        self._validity_seconds = int(number_setting(settings, INTERNATIONAL_FIELDS, "validity_seconds"))
        self._models = imported("alibabacloud_dysmsapi20180501.models")
        self._client = new_client(
            imported("alibabacloud_dysmsapi20180501.client").Client,
            imported("alibabacloud_tea_openapi.models").Config,
            endpoint=self._endpoint,
            key_id=self._key_id,
            key_secret=self._key_secret,
        )
        self._options = imported("darabonba.runtime").RuntimeOptions

    @property
    def url(self) -> str:
        return self._endpoint

    def secrets(self) -> tuple[str, ...]:
        return (self._key_id, self._key_secret)

    def send(self, group: Group) -> Iterator[SubmitResult]:
        [message] = group.messages
        if message.msisdn.startswith(MAINLAND):
            raise Refused("other region", Reason.ROUTE_ERROR)
        request = self._models.SendMessageToGlobeRequest(
            to=message.msisdn.removeprefix("+"),
            from_=message.sender or self._sender_id or None,
            message=message.text,
            type=self._type,
            task_id=message.reference,
            channel_id=self._channel_id or None,
            validity_period=self._validity_seconds or None,
        )
        action = functools.partial(self._client.send_message_to_globe_with_options, request, self._options())
        message_id = call(self.kind, action).body.message_id
        if not message_id:
            raise Unclear("no MessageId", Reason.UNKNOWN_CODE)
        yield SubmitResult(message.id, Outcome.ACCEPTED, (str(message_id),))

    def query(self, messages: Sequence[SubmittedMessage]) -> Iterator[QueryAnswer]:
        """Ask by the carrier's id. Without one, as after a lost answer, the carrier cannot be asked."""
        for message in messages:
            if not message.gateway_message_ids:
                yield QueryAnswer(message.id, message.attempt, QueryOutcome.UNKNOWN)
                continue
            request = self._models.QueryMessageRequest(message_id=message.gateway_message_ids[0])
            action = functools.partial(self._client.query_message_with_options, request, self._options())
            body = self.ask(
                "QueryMessage", functools.partial(call, self.kind, action), texts=[message.text]
            ).body
            yield _answer_about(message, body)

    def read_push(self, push: Push) -> PushedEvents:
        """Receipts (GlobeSmsReport), one or several. The carrier does not sign them; the address is the secret."""
        rows = [_loose(row) for row in rows_of(push)]
        if any(not row.get("messageid") for row in rows):
            raise PushRefused("The push is no receipt.")
        receipts = [receipt for row in rows if (receipt := _pushed_receipt(row)) is not None]
        return PushedEvents(receipts, (), CONFIRMED, "application/json")


def _answer_about(message: SubmittedMessage, body: Any) -> QueryAnswer:
    code = str(body.error_code or "")
    is_delivered = code in DELIVERED_CODES
    if str(body.status) != str(FAILED) and not is_delivered:
        return QueryAnswer(
            message.id, message.attempt, QueryOutcome.TAKEN, None, code, message.gateway_message_ids
        )
    return QueryAnswer(
        message.id,
        message.attempt,
        QueryOutcome.FINAL,
        state_of(is_delivered=is_delivered, code=code),
        code,
        message.gateway_message_ids,
        carrier_time(body.receive_date) or timezone.now(),
    )


def _pushed_receipt(row: Mapping[str, Any]) -> ReceiptEvent | None:
    """None for what is no end: the carrier also says that it has sent a message."""
    code = str(row.get("errorcode") or "")
    is_delivered = code in DELIVERED_CODES
    if not is_delivered and str(row.get("status")) != str(FAILED):
        return None
    number = str(row.get("to") or "")
    return ReceiptEvent(
        str(row["messageid"]),
        state_of(is_delivered=is_delivered, code=code),
        code,
        carrier_time(row.get("receivedate")) or timezone.now(),
        str(row.get("taskid") or ""),
        f"+{number}" if number.isdigit() else "",
    )


def _loose(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its names as one may compare them: the documents write message_id and MessageId."""
    return {name.replace("_", "").lower(): value for name, value in row.items()}
