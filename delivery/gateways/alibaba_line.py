"""What the two SMS APIs of Alibaba Cloud have in common: one way to sign, one way to refuse."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery.gateways.errors import GatewayMisconfigured
from delivery.gateways.fields import SettingField, SettingKind
from delivery.gateways.http_line import (
    RETRY_AFTER_SECONDS,
    Refused,
    RefusedForOne,
    Throttled,
    Unclear,
    Verdict,
    current_trip,
)
from delivery.gateways.sdk import carrying_adapter, refuse_without_sdk
from delivery.reason_codes import find_reason
from delivery.statuses import Reason

T = TypeVar("T")

CONFIRMED = b'{"code":0,"msg":"OK"}'
MAINLAND = "+86"
# Times without a zone are those of the carrier.
CARRIER_OFFSET = timedelta(hours=8)
# Of the SDK's pools of connections the one that is ours: it is known by its size.
_POOL_SIZE = 7

# What the gate in front of the APIs answers: families of codes of one meaning.
_ACCOUNT = (
    "InvalidAccessKeyId", "InvalidAccessKeySecret", "SignatureDoesNotMatch", "IncompleteSignature",
    "SignatureNonceUsed", "InvalidTimeStamp", "InvalidSecurityToken", "MissingAccessKeyId", "Forbidden",
    "NoPermission", "InvalidAction", "InvalidVersion", "InvalidProduct", "InvalidApi", "UnauthorizedOperation",
)  # fmt: skip
_UNCLEAR = ("ServiceUnavailable", "InternalError", "isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "SYSTEM_ERROR")
_THROTTLES = ("Throttling", "QPS_LIMIT_CONTROL", "isv.QPS_LIMIT_CONTROL")
# Reasons that lie in one number or one text, never in the account.
_OF_ONE = frozenset(
    {
        Reason.INVALID_NUMBER,
        Reason.BLACKLISTED,
        Reason.UNSUBSCRIBED,
        Reason.FREQUENCY_LIMIT,
        Reason.CONTENT_BLOCKED,
        Reason.ROUTE_ERROR,
    }
)

_ACCOUNT_GROUP = gettext_lazy("Account")
ACCOUNT_FIELDS = (
    SettingField(
        "access_key_id",
        gettext_lazy("AccessKey ID"),
        SettingKind.SECRET,
        is_required=True,
        group=_ACCOUNT_GROUP,
    ),
    SettingField(
        "access_key_secret",
        gettext_lazy("AccessKey secret"),
        SettingKind.SECRET,
        is_required=True,
        group=_ACCOUNT_GROUP,
    ),
)


def new_client(client_class: Any, config_class: Any, *, endpoint: str, key_id: str, key_secret: str) -> Any:
    """A client of one of the SDKs whose requests go by the line of the current trip; it never retries."""
    from darabonba.policy.retry import RetryOptions

    parts = urlsplit(endpoint)
    _carry(parts.scheme, parts.netloc)
    return client_class(
        config_class(
            access_key_id=key_id,
            access_key_secret=key_secret,
            endpoint=parts.netloc,
            protocol=parts.scheme,
            max_idle_conns=_POOL_SIZE,
            retry_options=RetryOptions({"retryable": False}),
        )
    )


def _carry(scheme: str, host: str) -> None:
    """Give the SDK, for this host, a session that sends by the line.

    It keeps one session per host and size of pool in a table; there is no other seam. An SDK that does so no more
    must not send by itself, for then nobody would know what it had sent.
    """
    from darabonba.core import DaraCore
    from darabonba.request import DaraRequest
    from requests import Session

    key = f"{scheme}://{host}:{DaraRequest().port}:pool={_POOL_SIZE}"
    sessions = getattr(DaraCore, "_sessions", None)
    if not isinstance(sessions, dict):
        raise GatewayMisconfigured(_("This version of the carrier's library cannot be used."))
    if key not in sessions:
        session = Session()
        session.mount(f"{scheme}://", carrying_adapter())
        sessions[key] = session


def call(kind: str, action: Callable[[], T]) -> T:
    """Call the API. A refusal that is written in its answer becomes a verdict, whatever the SDK made of it."""
    try:
        value = action()
    except Verdict:
        raise
    except Exception:
        answer = current_trip().answer
        if answer is None or not (code := code_in(answer.body)):
            raise
        raise verdict_on(code, kind=kind, status=answer.status, headers=answer.headers) from None
    answer = current_trip().answer
    if answer is None:
        raise Unclear("sent past the line", Reason.UNKNOWN_CODE)
    code = code_in(answer.body)
    if code != "OK":
        raise verdict_on(code, kind=kind, status=answer.status, headers=answer.headers)
    return value


def code_in(body: bytes) -> str:
    """`Code` of the domestic API, `ResponseCode` of the international one; "" when there is none."""
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(said, dict):
        return ""
    return str(said.get("ResponseCode") or said.get("Code") or "")


def verdict_on(
    code: str, *, kind: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Verdict:
    """What a code other than OK says about a whole request."""
    if not code:
        return Unclear("no code", Reason.UNKNOWN_CODE)
    if _is_of(code, _THROTTLES):
        return Throttled(code, _time_left(headers or {}))
    if status >= 500 or _is_of(code, _UNCLEAR):
        return Unclear(code, Reason.UNKNOWN_CODE)
    if _is_of(code, _ACCOUNT):
        return Refused(code, Reason.ACCOUNT_PROBLEM)
    reason = find_reason(code, kind=kind) or Reason.UNKNOWN_CODE
    return RefusedForOne(code, reason) if reason in _OF_ONE else Refused(code, reason)


def _is_of(code: str, families: tuple[str, ...]) -> bool:
    return any(code == family or code.startswith(f"{family}.") for family in families)


def _time_left(headers: Mapping[str, str]) -> float:
    """When the account may ask again, from "Limit:100,Remain:0,TimeLeft:2000" (milliseconds); else a second."""
    for name in ("x-ratelimit-user-api", "x-ratelimit-user"):
        for pair in headers.get(name, "").split(","):
            key, _colon, value = pair.partition(":")
            if key.strip().lower() == "timeleft" and value.strip().isdigit() and int(value) > 0:
                return min(int(value) / 1000, 60.0)
    return RETRY_AFTER_SECONDS


def carrier_time(value: Any) -> datetime | None:
    """A time as the carrier writes it: in China without a zone, or as mail does; None for anything else."""
    text = str(value or "")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - CARRIER_OFFSET
    except ValueError:
        pass
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC) - CARRIER_OFFSET


def imported(name: str) -> Any:
    """A module of an SDK; raises `GatewayMisconfigured` when it is not installed."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        refuse_without_sdk("alibaba")
