"""Bodies as Standard Webhooks recommends them: a type, a time, and thin data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from callbacks.told import ReplyTold, StatusTold
from delivery.queries.messages import word_of


def status_body(statuses: Sequence[StatusTold], *, at: datetime, is_test: bool) -> str:
    """What became of messages. `at` is when the oldest of it happened."""
    data = {"messages": [_status(status) for status in statuses]}
    return _event("messages.status", data, at=at, is_test=is_test)


def reply_body(reply: ReplyTold, *, is_test: bool) -> str:
    """What somebody answered."""
    data = {
        "id": reply.id,
        "from": reply.msisdn,
        "to": reply.destination,
        "text": reply.text,
        "message_id": reply.message_id,
        "extend": reply.extend,
        "signature": reply.signature,
        "at": _moment(reply.at),
    }
    return _event("reply.received", data, at=reply.at, is_test=is_test)


def _status(status: StatusTold) -> dict[str, Any]:
    """In the words of the native API."""
    return {
        "id": status.id,
        "status": word_of(status.status).value,
        "reason": status.reason.name.lower() if status.reason else "",
        "carrier_code": status.code,
        "to": status.msisdn,
        "country": status.country,
        "segments": status.n_segments,
        "reference": status.context,
        "extend": status.extend,
        "sandbox": status.is_sandbox,
        "at": _moment(status.at),
        "sequence": status.sequence,
    }


def _event(kind: str, data: dict[str, Any], *, at: datetime, is_test: bool) -> str:
    event: dict[str, Any] = {"type": kind, "timestamp": _moment(at)}
    if is_test:
        event["test"] = True
    return json.dumps({**event, "data": data}, ensure_ascii=False, separators=(",", ":"))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
