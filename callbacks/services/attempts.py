"""One try: what is sent, and what its answer means."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping

from django.utils import timezone

from callbacks.models import Callback, CallbackAttempt
from callbacks.signing import secrets_of, signed_headers
from callbacks.statuses import CallbackFault
from callbacks.transport import ANSWER_KEPT_BYTES, Exchange
from projects.models import CallbackEndpoint
from projects.statuses import CallbackFormat

GONE = 410
# The receiver is too busy: it says when to come again.
_BUSY = frozenset({429, 502, 503, 504})


class Verdict(enum.Enum):
    """What an answer means."""

    TAKEN = "taken"
    # Nothing more is wanted there.
    GONE = "gone"
    # Not now; `Retry-After` says when.
    BUSY = "busy"
    FAILED = "failed"


def headers_of(callback: Callback, body: str) -> Mapping[str, str]:
    """The headers of a try that begins now; all of them but the time and the signature are the same at each one."""
    now = timezone.now()
    secrets = secrets_of(callback.endpoint, now=now)
    return {
        "Content-Type": "application/json; charset=utf-8",
        **signed_headers(callback.uuid, body, secrets=secrets, now=now),
    }


def verdict_of(exchange: Exchange, endpoint: CallbackEndpoint) -> Verdict:
    """Taken is 2xx; in Tencent's format the answer says `"result": 0` besides, whatever type it claims to have."""
    if exchange.status is None:
        return Verdict.FAILED
    if exchange.status == GONE:
        return Verdict.GONE
    if exchange.status in _BUSY:
        return Verdict.BUSY
    if not 200 <= exchange.status < 300:
        return Verdict.FAILED
    if endpoint.format == CallbackFormat.TENCENT and not _says_result_0(exchange):
        return Verdict.FAILED
    return Verdict.TAKEN


def _says_result_0(exchange: Exchange) -> bool:
    if exchange.fault:
        return False
    try:
        answer = json.loads(exchange.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    # `0` of whatever type: programs in the field answer "0", too.
    return isinstance(answer, dict) and str(answer.get("result")) in ("0", "0.0")


def attempt_of(callback: Callback, exchange: Exchange, verdict: Verdict) -> CallbackAttempt:
    """The row of the log, not saved yet."""
    return CallbackAttempt(
        callback=callback,
        milliseconds=exchange.milliseconds,
        status=exchange.status,
        fault="" if verdict is Verdict.TAKEN else _fault_of(exchange),
        answer=_kept(exchange.body),
    )


def _fault_of(exchange: Exchange) -> str:
    if exchange.status is None or exchange.fault:
        return exchange.fault
    if 300 <= exchange.status < 400:
        return CallbackFault.REDIRECT
    return CallbackFault.RESULT if 200 <= exchange.status < 300 else CallbackFault.STATUS


def _kept(body: bytes) -> str:
    """The front of an answer as text that can be stored and shown."""
    text = body[:ANSWER_KEPT_BYTES].decode("utf-8", errors="replace")
    return text.replace("\0", "\ufffd")
