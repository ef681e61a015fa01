"""Tencent Cloud SMS by its API 3.0 (2021-01-11), through the official SDK.

The carrier takes a template and its values: each text is matched with the templates approved there, and its
signature is handed over by name. Texts that are the same share a request of up to 200 numbers.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

from django.utils import timezone

from delivery.gateways.base import (
    OutboundMessage,
    Outcome,
    PolledEvents,
    PollsEvents,
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
from delivery.gateways.carrier_templates import TENCENT_PLACEHOLDER, split_signature, templates_of
from delivery.gateways.errors import GatewayUnavailable, PushRefused
from delivery.gateways.fields import Words
from delivery.gateways.http import Group, HttpDriver, grouped
from delivery.gateways.http_line import Refused, Throttled, Unclear, current_trip
from delivery.gateways.sdk import refuse_without_sdk, response_of
from delivery.gateways.settings import number_setting, setting_of
from delivery.gateways.tencent_codes import verdict_on
from delivery.gateways.tencent_fields import FIELDS, LABEL, Region
from delivery.gateways.tencent_reports import e164, pushed_receipt, pushed_reply, receipts_of, replies_of
from delivery.statuses import Reason

# What the carrier hands out at once, of templates as well as of receipts.
PAGE_SIZE = 100
# The carrier knows the receipts of a number for seven days; clocks may differ by minutes.
QUERY_SLACK = timedelta(minutes=5)
QUERY_SPAN = timedelta(hours=12)
PUSH_ANSWER = b'{"result":0,"errmsg":"OK"}'


class _Content(NamedTuple):
    """What the messages of a request have in common, as the carrier wants it."""

    template_id: str
    values: tuple[str, ...]
    signature: str
    sender: str


class _Unsendable(NamedTuple):
    """Why these messages cannot be handed to the carrier at all."""

    code: str
    reason: Reason


class TencentDriver(HttpDriver, QueriesMessages, ReceivesPushes, PollsEvents):
    """An application ("SdkAppId") of an account at Tencent Cloud, for the Chinese mainland or for the rest."""

    kind: ClassVar[str] = "tencent"
    label: ClassVar[Words] = LABEL
    fields = FIELDS
    what: ClassVar[str] = "SendSms"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        text = functools.partial(setting_of, settings, FIELDS)
        self._secret_id = text("secret_id")
        self._secret_key = text("secret_key")
        self._app_id = text("sdk_app_id")
        self._endpoint = text("endpoint")
        self._api_region = text("api_region")
        self._region = Region(text("region"))
        self._signature = text("sign_name")
        self._sender_id = text("sender_id")
        self._extend_code = text("extend_code")
        self._polls = bool(settings.get("polls"))
        self.n_per_request = int(number_setting(settings, FIELDS, "n_per_request"))
        self._templates = templates_of(settings, TENCENT_PLACEHOLDER)
        self._client = self._new_client()

    @property
    def url(self) -> str:
        return self._endpoint

    def secrets(self) -> Iterable[str]:
        return (self._secret_id, self._secret_key)

    # --- Submit ---

    def groups(self, messages: Sequence[OutboundMessage]) -> Iterator[Group]:
        return grouped(messages, self._content_of, self.n_per_request)

    def send(self, group: Group) -> Iterator[SubmitResult]:
        content = group.content
        if isinstance(content, _Unsendable):
            raise Refused(content.code, content.reason)
        from tencentcloud.sms.v20210111 import models

        request = models.SendSmsRequest()
        request.PhoneNumberSet = [message.msisdn for message in group.messages]
        request.SmsSdkAppId = self._app_id
        request.TemplateId = content.template_id
        request.TemplateParamSet = list(content.values)
        if content.signature:
            request.SignName = content.signature
        if content.sender:
            request.SenderId = content.sender
        if self._extend_code:
            request.ExtendCode = self._extend_code
        # One for the whole request: a message's own where it stands alone, else what all of them have in common.
        first = group.messages[0]
        request.SessionContext = first.reference if len(group.messages) == 1 else _name_of(first.text)
        response = self._call(self._client.SendSms, request)
        by_number = {message.msisdn: message for message in group.messages}
        for status in response.SendStatusSet or ():
            message = by_number.get(e164(str(status.PhoneNumber or "")))
            if message is not None:
                yield _result(message, status)

    def texts_of(self, group: Group) -> list[str]:
        values = group.content.values if isinstance(group.content, _Content) else ()
        return [*(message.text for message in group.messages), *values]

    def _content_of(self, message: OutboundMessage) -> _Content | _Unsendable:
        if self._region.is_elsewhere(message.msisdn):
            return _Unsendable("other region", Reason.ROUTE_ERROR)
        signed = split_signature(message.text)
        match = self._templates.find(signed.body) if signed.signature else None
        signature = signed.signature
        if match is None:
            match, signature = self._templates.find(message.text), self._signature
        if match is None:
            return _Unsendable("no template", Reason.NO_CARRIER_TEMPLATE)
        values = tuple(match.values[name] for name in sorted(match.values, key=int))
        sender = message.sender or self._sender_id if self._region is Region.INTERNATIONAL else ""
        return _Content(match.template_id, values, signature, sender)

    # --- The SDK ---

    def _new_client(self) -> Any:
        try:
            from tencentcloud.common.credential import Credential
            from tencentcloud.common.profile.client_profile import ClientProfile
            from tencentcloud.common.profile.http_profile import HttpProfile
            from tencentcloud.common.retry import NoopRetryer
            from tencentcloud.sms.v20210111.sms_client import SmsClient
        except ImportError:
            refuse_without_sdk("tencent")
        parts = urlsplit(self._endpoint)
        profile = ClientProfile(
            httpProfile=HttpProfile(protocol=parts.scheme, endpoint=parts.netloc),
            disable_region_breaker=True,
            retryer=NoopRetryer(),
        )
        client = SmsClient(Credential(self._secret_id, self._secret_key), self._api_region, profile)
        client.request = _carried_request(parts.scheme, parts.netloc)
        return client

    def _call(self, action: Callable[[Any], Any], request: Any) -> Any:
        """Call the action. A refusal that the carrier has written into its answer becomes a verdict.

        The SDK's exceptions are not asked: it wraps whatever happens in its own and calls it a code.
        """
        try:
            return action(request)
        except Exception:
            answer = current_trip().answer
            if answer is None or not (code := _code_in(answer.body)):
                raise
            raise verdict_on(code) from None

    # --- Templates ---

    def fetch_templates(self) -> list[tuple[str, str]]:
        """Id and text of every template that is approved and in effect for this gateway's region."""
        from tencentcloud.sms.v20210111 import models

        found: list[tuple[str, str]] = []
        for offset in range(0, 10_000, PAGE_SIZE):
            request = models.DescribeSmsTemplateListRequest()
            request.International = self._region.number
            request.Limit, request.Offset = PAGE_SIZE, offset
            response = self.ask(
                "DescribeSmsTemplateList",
                functools.partial(self._call, self._client.DescribeSmsTemplateList, request),
            )
            page = response.DescribeTemplateStatusSet or []
            found += [(str(row.TemplateId), row.TemplateContent) for row in page if row.StatusCode == 0]
            if len(page) < PAGE_SIZE:
                break
        return found

    # --- What became of it ---

    def query(self, messages: Sequence[SubmittedMessage]) -> Iterator[QueryAnswer]:
        """Ask by number. The carrier tells receipts alone, so that nothing found means nothing known."""
        for message in messages:
            yield _answer_about(message, self._receipts_of(message))

    def _receipts_of(self, message: SubmittedMessage) -> list[ReceiptEvent]:
        from tencentcloud.sms.v20210111 import models

        request = models.PullSmsSendStatusByPhoneNumberRequest()
        request.BeginTime = int((message.submitted_at - QUERY_SLACK).timestamp())
        # The same text a day later is another message.
        request.EndTime = int(min(timezone.now(), message.submitted_at + QUERY_SPAN).timestamp())
        request.Offset, request.Limit = 0, PAGE_SIZE
        request.PhoneNumber = message.msisdn
        request.SmsSdkAppId = self._app_id
        response = self.ask(
            "PullSmsSendStatusByPhoneNumber",
            functools.partial(self._call, self._client.PullSmsSendStatusByPhoneNumber, request),
        )
        return receipts_of(response.PullSmsSendStatusSet)

    def poll(self) -> PolledEvents:
        """Take what the carrier kept for us. It hands out each receipt once, and only where it was asked to keep them.

        When replies cannot be had any more, the receipts that came before are not lost for it.
        """
        if not self._polls:
            return PolledEvents()
        from tencentcloud.sms.v20210111 import models

        request = models.PullSmsSendStatusRequest()
        request.Limit, request.SmsSdkAppId = PAGE_SIZE, self._app_id
        statuses = self.ask(
            "PullSmsSendStatus", functools.partial(self._call, self._client.PullSmsSendStatus, request)
        ).PullSmsSendStatusSet
        request = models.PullSmsReplyStatusRequest()
        request.Limit, request.SmsSdkAppId = PAGE_SIZE, self._app_id
        try:
            replied = self.ask(
                "PullSmsReplyStatus", functools.partial(self._call, self._client.PullSmsReplyStatus, request)
            ).PullSmsReplyStatusSet
        except GatewayUnavailable:
            if not statuses:
                raise
            replied = []
        has_more = max(len(statuses or ()), len(replied or ())) >= PAGE_SIZE
        return PolledEvents(receipts_of(statuses), replies_of(replied), has_more)

    def read_push(self, push: Push) -> PushedEvents:
        """Receipts come as an array, a reply as an object. The carrier signs neither; the address is the secret."""
        try:
            brought = json.loads(push.body)
        except ValueError:
            raise PushRefused("The push is not JSON.") from None
        rows = brought if isinstance(brought, list) else [brought]
        if not all(isinstance(row, dict) for row in rows):
            raise PushRefused("The push is neither receipts nor a reply.")
        receipts = [receipt for row in rows if (receipt := pushed_receipt(row)) is not None]
        replies = [reply for row in rows if (reply := pushed_reply(row)) is not None]
        if rows and not receipts and not replies:
            raise PushRefused("The push is neither receipts nor a reply.")
        return PushedEvents(receipts, replies, PUSH_ANSWER, "application/json")


def _carried_request(scheme: str, host: str) -> Any:
    """What the SDK sends its requests with, by way of the line. The seam is the client's `request`."""
    from requests import PreparedRequest
    from tencentcloud.common.http.request import ApiRequest

    class CarriedRequest(ApiRequest):  # type: ignore[misc]
        def send_request(self, req_inter: Any) -> Any:
            body = req_inter.data or b""
            answer = current_trip().line.send(
                req_inter.method,
                f"{scheme}://{req_inter.host}{req_inter.uri}",
                headers={str(name): str(value) for name, value in req_inter.header.items()},
                body=body.encode() if isinstance(body, str) else body,
            )
            response = response_of(PreparedRequest(), answer)
            # With any parameter behind the type the SDK would take an error for an answer.
            response.headers["Content-Type"] = "application/json"
            return response

    return CarriedRequest(host, is_http=scheme == "http")


def _code_in(body: bytes) -> str:
    """The code of the error in an answer of API 3.0; "" when there is none."""
    try:
        return str(json.loads(body)["Response"]["Error"]["Code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _result(message: OutboundMessage, status: Any) -> SubmitResult:
    code = str(status.Code or "")
    if code.lower() == "ok" and status.SerialNo:
        return SubmitResult(message.id, Outcome.ACCEPTED, (str(status.SerialNo),))
    verdict = (
        Unclear(code or "no code", Reason.UNKNOWN_CODE) if code.lower() in ("", "ok") else verdict_on(code)
    )
    if isinstance(verdict, Throttled):
        return SubmitResult(
            message.id, Outcome.THROTTLED, (), code, verdict.reason, verdict.retry_after_seconds
        )
    outcome = Outcome.REFUSED if isinstance(verdict, Refused) else Outcome.UNCERTAIN
    return SubmitResult(message.id, outcome, (), code, verdict.reason)


def _name_of(text: str) -> str:
    """What the receipts of a shared request are known by, together with the number."""
    return "text-" + hashlib.sha256(text.encode()).hexdigest()[:24]


def _answer_about(message: SubmittedMessage, receipts: Sequence[ReceiptEvent]) -> QueryAnswer:
    """The receipt of this message among those of its number: by its id, by our reference, else by its text.

    Two with the same text may be two messages, and one that names nothing may be anybody's: then nothing is known.
    """
    ours = [receipt for receipt in receipts if receipt.gateway_message_id in message.gateway_message_ids]
    ours = ours or [receipt for receipt in receipts if receipt.reference == message.reference]
    ours = ours or [receipt for receipt in receipts if receipt.reference == _name_of(message.text)]
    if len({receipt.gateway_message_id for receipt in ours}) != 1:
        return QueryAnswer(message.id, message.attempt, QueryOutcome.UNKNOWN)
    final = ours[-1]
    return QueryAnswer(
        message.id,
        message.attempt,
        QueryOutcome.FINAL,
        final.state,
        final.code,
        (final.gateway_message_id,),
        final.reported_at,
    )
