"""Vonage's SMS API, through its own SDK: one message per request, an id for each of its segments.

The SDK sends a request again when the connection breaks without an answer, up to ten times, although the message may
have been taken. Here nothing is sent twice: what the SDK sends goes by the line, which refuses a second request.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from delivery.gateways.base import (
    OutboundMessage,
    Outcome,
    Push,
    PushedEvents,
    ReceiptEvent,
    ReceiptState,
    ReceivesPushes,
    ReplyEvent,
    ReplyPart,
    SubmitResult,
)
from delivery.gateways.errors import GatewayMisconfigured, PushRefused
from delivery.gateways.fields import SettingField, SettingKind, Words
from delivery.gateways.generic_answers import msisdn_of
from delivery.gateways.http import CONNECTION_FIELDS, Group, HttpDriver
from delivery.gateways.http_line import RETRY_AFTER_SECONDS, current_trip
from delivery.gateways.public_hosts import url_problem
from delivery.gateways.sdk import carrying_adapter, refuse_without_sdk
from delivery.gateways.settings import setting_of
from delivery.gateways.vonage_codes import RECEIPT_REASONS, SUBMIT_REASONS, THROTTLES
from delivery.statuses import Reason
from smsconsole.lib.gsm0338 import is_gsm7

API_URL = "https://rest.nexmo.com"
MD5_HASH = "md5hash"  # the dashboard's default, which the SDK does not know
MAX_CALLBACK_LENGTH = 100

# All others (accepted, buffered, unknown) are no news.
RECEIPT_STATES: Mapping[str, ReceiptState] = {
    "delivered": ReceiptState.DELIVERED,
    "failed": ReceiptState.UNDELIVERED,
    "expired": ReceiptState.EXPIRED,
    "rejected": ReceiptState.REJECTED,
}
# No receipt is older: Vonage's clock or ours would be wrong.
LONGEST_WAY = timedelta(days=14)

_ACCOUNT = gettext_lazy("Account")
_SENDING = pgettext_lazy("gateway", "Sending")
_SIGNATURES = gettext_lazy("Signatures")

FIELDS = (
    SettingField(name="api_key", label=gettext_lazy("API key"), is_required=True, group=_ACCOUNT),
    SettingField(
        name="api_secret",
        label=gettext_lazy("API secret"),
        kind=SettingKind.SECRET,
        help=gettext_lazy("Empty, if requests are to be signed with the signature secret instead."),
        group=_ACCOUNT,
    ),
    SettingField(
        name="sender",
        label=gettext_lazy("Sender for messages that name none"),
        help=gettext_lazy("A number of the account without its plus sign, or an alphanumeric sender."),
        max_length=20,
        group=_SENDING,
    ),
    SettingField(
        name="url",
        label=gettext_lazy("Address of the API"),
        kind=SettingKind.URL,
        default=API_URL,
        group=_SENDING,
    ),
    SettingField(
        name="signature_secret",
        label=gettext_lazy("Signature secret"),
        kind=SettingKind.SECRET,
        help=gettext_lazy(
            "Once it is typed here, receipts and replies without a valid signature are refused. Have Vonage switch "
            "signed webhooks on first."
        ),
        group=_SIGNATURES,
    ),
    SettingField(
        name="signature_method",
        label=gettext_lazy("Signature method"),
        kind=SettingKind.CHOICE,
        help=gettext_lazy("As it is chosen in the dashboard."),
        default="sha256",
        is_required=True,
        choices=(
            ("sha256", "SHA-256 HMAC"),
            ("sha512", "SHA-512 HMAC"),
            ("sha1", "SHA-1 HMAC"),
            ("md5", "MD5 HMAC"),
            (MD5_HASH, gettext_lazy("MD5 hash")),
        ),
        group=_SIGNATURES,
    ),
    *CONNECTION_FIELDS,
)


class VonageDriver(HttpDriver, ReceivesPushes):
    """One message per request. Without `api_secret` requests are signed."""

    kind: ClassVar[str] = "vonage"
    label: ClassVar[Words] = "Vonage"
    fields = FIELDS
    receipt_reasons = RECEIPT_REASONS
    what = "sms/json"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        text = functools.partial(setting_of, settings, FIELDS)
        self._api_key = text("api_key")
        self._api_secret = text("api_secret")
        self._signature_secret = text("signature_secret")
        self._signature_method = text("signature_method")
        self._sender = text("sender")
        self._url = text("url").rstrip("/")
        if not self._api_secret and not self._signature_secret:
            raise GatewayMisconfigured(
                _("Type the API secret, or the signature secret to sign requests with.")
            )
        push_url = str(settings.get("push_url") or "")
        is_named = len(push_url) <= MAX_CALLBACK_LENGTH and not url_problem(push_url, is_internal=False)
        self._callback = push_url if is_named else None
        self._sms = self._new_sms()

    @property
    def url(self) -> str:
        return self._url

    def secrets(self) -> Iterable[str]:
        return (self._callback or "",)

    # --- Sending ---

    def _new_sms(self) -> Any:
        """The SDK's client of the SMS API; what it sends goes by the line of the current trip."""
        try:
            from vonage_http_client import HttpClient, HttpClientOptions
            from vonage_sms import Sms
        except ImportError:
            refuse_without_sdk("vonage")
        # It writes whole answers into the log, with the numbers in them.
        logging.getLogger("vonage").setLevel(logging.CRITICAL)

        class LineClient(HttpClient):  # type: ignore[misc]
            def post(self, host: str, path: str = "", params: Any = None, *args: Any, **kwargs: Any) -> Any:
                # What is not set is not sent, so it must not be signed either.
                params = {name: value for name, value in (params or {}).items() if value is not None}
                return super().post(host, path, params, *args, **kwargs)

        options = HttpClientOptions(rest_host=urlsplit(self._url).netloc, pool_maxsize=1, max_retries=0)
        client = LineClient(self._new_auth(is_signed=not self._api_secret), options)
        client._session.trust_env = False
        client._session.mount("https://", _adapter(urlsplit(self._url).scheme))
        return Sms(client)

    def _new_auth(self, *, is_signed: bool) -> Any:
        try:
            from vonage_http_client import Auth
        except ImportError:
            refuse_without_sdk("vonage")
        if not is_signed:
            return Auth(api_key=self._api_key, api_secret=self._api_secret)
        if self._signature_method != MD5_HASH:
            return Auth(
                api_key=self._api_key,
                signature_secret=self._signature_secret,
                signature_method=self._signature_method,
            )

        class HashAuth(Auth):  # type: ignore[misc]
            def sign_params(self, params: dict[str, Any]) -> str:
                params.setdefault("timestamp", int(datetime.now(UTC).timestamp()))
                return md5_hash(params, self._signature_secret)

        return HashAuth(api_key=self._api_key, signature_secret=self._signature_secret)

    def send(self, group: Group) -> Iterable[SubmitResult]:
        from vonage_sms import SmsError, SmsMessage

        [message] = group.messages
        request = SmsMessage(
            to=message.msisdn.removeprefix("+"),
            from_=(message.sender or self._sender).removeprefix("+"),
            text=message.text,
            type="text" if is_gsm7(message.text) else "unicode",
            client_ref=message.reference,
            callback=self._callback,
        )
        # Its words are lost on us, and it stumbles over answers that leave some out: the answer itself says more.
        with contextlib.suppress(SmsError, LookupError):
            self._sms.send(request)
        answer = current_trip().answer
        if answer is None:
            raise ValueError("nothing was asked")
        return (_result(message, json.loads(answer.body)["messages"]),)

    # --- Receipts and replies ---

    def read_push(self, push: Push) -> PushedEvents:
        fields = _fields(push)
        if self._signature_secret:
            self._check_signature(fields)
        if fields.get("api-key", self._api_key) != self._api_key:
            raise PushRefused("The push belongs to another account.")
        msisdn, message_id = msisdn_of(fields.get("msisdn", "")), fields.get("messageId", "")
        if not message_id:
            raise PushRefused("This is neither a receipt nor a reply of Vonage's.")
        if "status" in fields:
            state = RECEIPT_STATES.get(fields["status"].lower())
            if state is None:
                return PushedEvents()
            code = fields.get("err-code", "")
            return PushedEvents(
                [
                    ReceiptEvent(
                        gateway_message_id=message_id,
                        state=state,
                        code="" if state is ReceiptState.DELIVERED and code in ("0", "000") else code,
                        reported_at=_moment(fields.get("message-timestamp", "")),
                        reference=fields.get("client-ref", ""),
                        msisdn=msisdn,
                    )
                ]
            )
        if "text" not in fields or not msisdn:
            return PushedEvents()  # binary, or from no number
        reply = ReplyEvent(msisdn, fields["text"], fields.get("to", ""), message_id, _part(fields))
        return PushedEvents((), [reply])

    def _check_signature(self, fields: Mapping[str, str]) -> None:
        try:
            is_genuine = bool(fields.get("sig")) and self._new_auth(is_signed=True).check_signature(
                dict(fields)
            )
        except TypeError:  # a signature that is not ASCII
            is_genuine = False
        if not is_genuine:
            raise PushRefused("The signature is not Vonage's.")


def md5_hash(params: Mapping[str, Any], secret: str) -> str:
    """The signature by the method “MD5 hash”: of all parameters by name, and the secret behind them."""
    signed = "".join(
        f"&{name}={str(params[name]).replace('&', '_').replace('=', '_')}" for name in sorted(params)
    )
    return hashlib.md5((signed + secret).encode(), usedforsecurity=False).hexdigest()


def _adapter(scheme: str) -> Any:
    """The bridge to the line, for an API that is not behind https."""
    adapter = carrying_adapter()
    if scheme != "https":
        carry = adapter.send

        def send(request: Any, *args: Any, **kwargs: Any) -> Any:
            request.url = f"{scheme}{request.url.removeprefix('https')}"
            return carry(request, *args, **kwargs)

        adapter.send = send  # type: ignore[method-assign]
    return adapter


def _result(message: OutboundMessage, parts: list[dict[str, Any]]) -> SubmitResult:
    """What the answer says of the message: it names each segment, and may have taken some only."""
    statuses = [str(part["status"]) for part in parts]
    ids = tuple(str(part["message-id"]) for part in parts if str(part["status"]) == "0")
    if not statuses:
        raise ValueError("no segments")
    refusals = [status for status in statuses if status != "0"]
    if not refusals:
        return SubmitResult(message.id, Outcome.ACCEPTED, ids)
    final = next((status for status in refusals if status not in THROTTLES), None)
    code = f"status {final or refusals[0]}"
    if ids:
        return SubmitResult(message.id, Outcome.REFUSED, ids, code, Reason.PARTIAL)
    if final is None:
        return SubmitResult(message.id, Outcome.THROTTLED, (), code, Reason.THROTTLED, RETRY_AFTER_SECONDS)
    return SubmitResult(message.id, Outcome.REFUSED, (), code, SUBMIT_REASONS.get(final, Reason.UNKNOWN_CODE))


def _fields(push: Push) -> dict[str, str]:
    """What is pushed by GET, as a form or as JSON, however the account is set up."""
    fields = dict(push.query)
    text = push.body.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise PushRefused("The body is not JSON.") from None
        fields.update({str(name): _word(value) for name, value in data.items()})
    elif text:
        fields.update(parse_qsl(text, keep_blank_values=True))
    return fields


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _part(fields: Mapping[str, str]) -> ReplyPart | None:
    """Where a part of a long reply belongs; None for one that came whole."""
    if fields.get("concat", "").lower() != "true":
        return None
    try:
        n_parts, seq = int(fields["concat-total"]), int(fields["concat-part"])
    except (KeyError, ValueError):
        return None
    if not 1 <= seq <= n_parts <= 255:
        return None
    return ReplyPart(fields.get("concat-ref", ""), n_parts, seq)


def _moment(written: str) -> datetime:
    """When Vonage reports it (UTC); now if it does not say so, or cannot be right."""
    now = datetime.now(UTC)
    try:
        moment = datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return now
    return moment if timedelta(0) <= now - moment < LONGEST_WAY else now
