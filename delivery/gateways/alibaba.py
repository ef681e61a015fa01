"""Alibaba Cloud SMS for the Chinese mainland (API 2017-05-25), through the official SDK.

The carrier takes a template and its values, as Tencent Cloud does. It has one id ("BizId") for all numbers of a
request, and reports by that and the number: `gateway_message_id` is the two joined by a colon, "9006…^0:13800000001".

Same text: SendSms. Different texts of the same template: SendBatchSms. A request is taken as a whole or not at all.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple

from django.utils import timezone

from delivery.gateways.alibaba_fields import DOMESTIC_FIELDS, DOMESTIC_LABEL
from delivery.gateways.alibaba_line import (
    CARRIER_OFFSET,
    CONFIRMED,
    MAINLAND,
    call,
    carrier_time,
    imported,
    new_client,
)
from delivery.gateways.base import (
    OutboundMessage,
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
from delivery.gateways.carrier_templates import ALIBABA_PLACEHOLDER, split_signature, templates_of
from delivery.gateways.errors import PushRefused
from delivery.gateways.fields import Words
from delivery.gateways.http import Group, HttpDriver, grouped
from delivery.gateways.http_line import Refused, Unclear
from delivery.gateways.settings import number_setting, setting_of
from delivery.statuses import Reason

MAX_TEXTS_PER_BATCH = 100
DETAILS_PER_PAGE = 50
MAX_PAGES = 10
TEMPLATES_PER_PAGE = 50
APPROVED = "AUDIT_STATE_PASS"
# How far the carrier's time of sending may be from ours.
SEND_SLACK = timedelta(minutes=2)
WAITING, FAILED, DELIVERED = 1, 2, 3


class _Same(NamedTuple):
    """Numbers that get the same text."""

    template_id: str
    signature: str
    values: str  # JSON, "" where the template has none


class _Different(NamedTuple):
    """Numbers that get texts of the same template."""

    template_id: str


class _Unsendable(NamedTuple):
    """Why these messages cannot be handed to the carrier at all."""

    code: str
    reason: Reason


class AlibabaDriver(HttpDriver, QueriesMessages, ReceivesPushes):
    """An account at Alibaba Cloud that sends to the Chinese mainland."""

    kind: ClassVar[str] = "alibaba"
    label: ClassVar[Words] = DOMESTIC_LABEL
    fields = DOMESTIC_FIELDS
    what: ClassVar[str] = "SendSms"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        text = functools.partial(setting_of, settings, DOMESTIC_FIELDS)
        self._endpoint = text("endpoint")
        self._key_id, self._key_secret = text("access_key_id"), text("access_key_secret")
        self._signature = text("sign_name")
        self._extend_code = text("extend_code")
        self._batches = bool(settings.get("batches", True))
        self.n_per_request = int(number_setting(settings, DOMESTIC_FIELDS, "n_per_request"))
        self._templates = templates_of(settings, ALIBABA_PLACEHOLDER)
        self._models = imported("alibabacloud_dysmsapi20170525.models")
        self._client = new_client(
            imported("alibabacloud_dysmsapi20170525.client").Client,
            imported("alibabacloud_tea_openapi.utils_models").Config,
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

    # --- Submit ---

    def groups(self, messages: Sequence[OutboundMessage]) -> Iterator[Group]:
        contents = {message.id: self._content_of(message) for message in messages}
        lonely: dict[str, list[OutboundMessage]] = defaultdict(list)  # by template
        for group in grouped(messages, lambda message: contents[message.id], self.n_per_request):
            content = group.content
            if self._batches and len(group.messages) == 1 and isinstance(content, _Same):
                lonely[content.template_id] += group.messages
            else:
                yield group
        most = min(self.n_per_request, MAX_TEXTS_PER_BATCH)
        for template_id, alone in lonely.items():
            for group in grouped(alone, lambda _: _Different(template_id), most):  # noqa: B023 - used up at once
                first = group.messages[0]
                yield group if len(group.messages) > 1 else Group(group.messages, contents[first.id])

    def send(self, group: Group) -> Iterator[SubmitResult]:
        if isinstance(group.content, _Unsendable):
            raise Refused(group.content.code, group.content.reason)
        if isinstance(group.content, _Same):
            action = functools.partial(self._send_same, group.messages, group.content)
        else:
            action = functools.partial(self._send_different, group.messages)
        biz_id = call(self.kind, action).body.biz_id
        if not biz_id:
            raise Unclear("no BizId", Reason.UNKNOWN_CODE)
        for message in group.messages:
            name = f"{biz_id}:{_national(message.msisdn)}"
            yield SubmitResult(message.id, Outcome.ACCEPTED, (name,))

    def texts_of(self, group: Group) -> list[str]:
        contents = [self._content_of(message) for message in group.messages]
        values = [
            value for content in contents if isinstance(content, _Same) for value in _values_in(content)
        ]
        return [*(message.text for message in group.messages), *values]

    def _content_of(self, message: OutboundMessage) -> _Same | _Unsendable:
        if not message.msisdn.startswith(MAINLAND):
            return _Unsendable("other region", Reason.ROUTE_ERROR)
        signed = split_signature(message.text)
        match = self._templates.find(signed.body) if signed.signature else None
        signature = signed.signature
        if match is None:
            match, signature = self._templates.find(message.text), self._signature
        if match is None:
            return _Unsendable("no template", Reason.NO_CARRIER_TEMPLATE)
        if not signature:
            return _Unsendable("no signature", Reason.SENDER_REFUSED)
        return _Same(match.template_id, signature, _json(dict(match.values)) if match.values else "")

    def _send_same(self, messages: Sequence[OutboundMessage], content: _Same) -> Any:
        request = self._models.SendSmsRequest(
            phone_numbers=",".join(_national(message.msisdn) for message in messages),
            sign_name=content.signature,
            template_code=content.template_id,
            template_param=content.values or None,
            sms_up_extend_code=self._extend_code or None,
            # One for the whole request, and every receipt repeats it: it may name only a message that stands alone.
            out_id=messages[0].reference if len(messages) == 1 else None,
        )
        return self._client.send_sms_with_options(request, self._options())

    def _send_different(self, messages: Sequence[OutboundMessage]) -> Any:
        contents = [self._content_of(message) for message in messages]
        same = [content for content in contents if isinstance(content, _Same)]
        request = self._models.SendBatchSmsRequest(
            phone_number_json=_json([_national(message.msisdn) for message in messages]),
            sign_name_json=_json([content.signature for content in same]),
            template_code=same[0].template_id,
            template_param_json="[" + ",".join(content.values or "{}" for content in same) + "]",
            sms_up_extend_code_json=_json([self._extend_code] * len(same)) if self._extend_code else None,
            out_id=messages[0].reference if len(messages) == 1 else None,
        )
        return self._client.send_batch_sms_with_options(request, self._options())

    # --- Templates ---

    def fetch_templates(self) -> list[tuple[str, str]]:
        """Code and text of every approved template."""
        found: list[tuple[str, str]] = []
        for page in range(1, 201):
            request = self._models.QuerySmsTemplateListRequest(page_index=page, page_size=TEMPLATES_PER_PAGE)
            action = functools.partial(
                self._client.query_sms_template_list_with_options, request, self._options()
            )
            body = self.ask("QuerySmsTemplateList", functools.partial(call, self.kind, action)).body
            rows = body.sms_template_list or []
            found += [
                (row.template_code, row.template_content) for row in rows if row.audit_status == APPROVED
            ]
            if len(rows) < TEMPLATES_PER_PAGE:
                break
        return found

    # --- What became of it ---

    def query(self, messages: Sequence[SubmittedMessage]) -> Iterator[QueryAnswer]:
        """Ask for all that the carrier sent to the number on that day."""
        for message in messages:
            yield _answer_about(message, self._details_of(message))

    def _details_of(self, message: SubmittedMessage) -> list[Any] | None:
        """What the carrier sent to the number around then; None when there is too much of it to be sure."""
        biz_ids = [name.rpartition(":")[0] for name in message.gateway_message_ids]
        first = (message.submitted_at - SEND_SLACK + CARRIER_OFFSET).date()
        last = (message.submitted_at + SEND_SLACK + CARRIER_OFFSET).date()
        found: list[Any] = []
        for day in sorted({first, last}):
            for page in range(1, MAX_PAGES + 1):
                request = self._models.QuerySendDetailsRequest(
                    phone_number=_national(message.msisdn),
                    send_date=day.strftime("%Y%m%d"),
                    page_size=DETAILS_PER_PAGE,
                    current_page=page,
                    biz_id=biz_ids[0] if biz_ids else None,
                )
                action = functools.partial(
                    self._client.query_send_details_with_options, request, self._options()
                )
                body = self.ask(
                    "QuerySendDetails", functools.partial(call, self.kind, action), texts=[message.text]
                ).body
                rows = (body.sms_send_detail_dtos and body.sms_send_detail_dtos.sms_send_detail_dto) or []
                found += rows
                if len(rows) < DETAILS_PER_PAGE:
                    break
            else:
                return None
        return found

    def read_push(self, push: Push) -> PushedEvents:
        """Arrays of receipts (SmsReport) or replies (SmsUp). The carrier signs neither; the address is the secret."""
        rows = rows_of(push)
        receipts = [receipt for row in rows if (receipt := _pushed_receipt(row)) is not None]
        replies = [reply for row in rows if (reply := _pushed_reply(row)) is not None]
        if rows and not receipts and not replies:
            raise PushRefused("The push is neither receipts nor replies.")
        return PushedEvents(receipts, replies, CONFIRMED, "application/json")


def rows_of(push: Push) -> list[Mapping[str, Any]]:
    """The objects of a pushed array, or the one object; raises `PushRefused`."""
    try:
        brought = json.loads(push.body)
    except ValueError:
        raise PushRefused("The push is not JSON.") from None
    rows = brought if isinstance(brought, list) else [brought]
    if not all(isinstance(row, dict) for row in rows):
        raise PushRefused("The push is neither receipts nor replies.")
    return rows


def state_of(*, is_delivered: bool, code: str) -> ReceiptState:
    if is_delivered:
        return ReceiptState.DELIVERED
    if code.startswith("EXPIRED"):
        return ReceiptState.EXPIRED
    return ReceiptState.REJECTED if code.startswith("REJECTD") else ReceiptState.UNDELIVERED


def reply_name(*parts: Any) -> str:
    """A name for a reply that the carrier gave none: the same one brought twice must be known again."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


def _answer_about(message: SubmittedMessage, details: list[Any] | None) -> QueryAnswer:
    """Which of the day's messages to the number is this one: by our reference, else by its text and time."""

    def answer(outcome: QueryOutcome, *rest: Any) -> QueryAnswer:
        return QueryAnswer(message.id, message.attempt, outcome, *rest)

    if details is None:
        return answer(QueryOutcome.UNKNOWN)
    ours = [row for row in details if row.out_id == message.reference]
    if not ours and message.gateway_message_ids:
        ours = details
    if not ours:
        near = [row for row in details if not row.out_id and _is_near(row, message)]
        if not near:
            return answer(QueryOutcome.MISSING)
        ours = [row for row in near if str(row.content or "").strip() == message.text.strip()]
    if len(ours) != 1:
        return answer(QueryOutcome.UNKNOWN)
    [row] = ours
    code = str(row.err_code or "")
    ids = message.gateway_message_ids
    if row.send_status not in (FAILED, DELIVERED):
        return answer(QueryOutcome.TAKEN, None, code, ids)
    state = state_of(is_delivered=row.send_status == DELIVERED, code=code)
    return answer(QueryOutcome.FINAL, state, code, ids, carrier_time(row.receive_date) or timezone.now())


def _is_near(row: Any, message: SubmittedMessage) -> bool:
    sent_at = carrier_time(row.send_date)
    return sent_at is None or abs(sent_at - message.submitted_at) <= SEND_SLACK


def _pushed_receipt(row: Mapping[str, Any]) -> ReceiptEvent | None:
    biz_id, number = str(row.get("biz_id") or ""), _national(str(row.get("phone_number") or ""))
    if not biz_id or not number.isdigit() or "success" not in row:
        return None
    code = str(row.get("err_code") or "")
    is_delivered = str(row["success"]).lower() == "true"
    return ReceiptEvent(
        f"{biz_id}:{number}",
        state_of(is_delivered=is_delivered, code=code),
        code,
        carrier_time(row.get("report_time")) or timezone.now(),
        str(row.get("out_id") or ""),
        f"{MAINLAND}{number}",
    )


def _pushed_reply(row: Mapping[str, Any]) -> ReplyEvent | None:
    number = _national(str(row.get("phone_number") or ""))
    if "content" not in row or not number.isdigit():
        return None
    text, destination = str(row["content"] or ""), str(row.get("dest_code") or "")
    name = str(row.get("sequence_id") or "") or reply_name(number, text, row.get("send_time"))
    return ReplyEvent(f"{MAINLAND}{number}", text, destination, name)


def _national(number: str) -> str:
    """A number as the carrier writes it: eleven digits, without the country."""
    digits = number.removeprefix("+")
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) == 11 + len(prefix):
            return digits[len(prefix) :]
    return digits


def _values_in(content: _Same) -> list[str]:
    return [*map(str, json.loads(content.values).values()), content.values] if content.values else []


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
