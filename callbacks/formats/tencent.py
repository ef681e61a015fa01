"""Bodies as Tencent Cloud sends them: receipts as an array, a reply as an object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from callbacks.told import ReplyTold, StatusTold, split_number
from delivery.statuses import MessageStatus

# What a receipt says where the carrier gave no code of its own.
_CODES = {
    MessageStatus.DELIVERED: "DELIVRD",
    MessageStatus.UNDELIVERED: "UNDELIV",
    MessageStatus.EXPIRED: "EXPIRED",
    MessageStatus.REJECTED: "REJECTD",
    MessageStatus.FAILED: "REJECTD",
    MessageStatus.BLOCKED: "BLOCKED",
}


def status_body(statuses: Sequence[StatusTold], *, zone: ZoneInfo) -> str:
    """`zone` is that of the clock in `user_receive_time`."""
    return _dump([status_fields(status, zone=zone) for status in statuses])


def reply_body(reply: ReplyTold) -> str:
    return _dump(reply_fields(reply))


def status_fields(status: StatusTold, *, zone: ZoneInfo) -> dict[str, Any]:
    """One receipt in the words of Tencent's callbacks and pulls."""
    calling_code, national = split_number(status.msisdn)
    is_delivered = status.status == MessageStatus.DELIVERED
    return {
        "user_receive_time": status.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        "nationcode": calling_code,
        "mobile": national,
        "report_status": "SUCCESS" if is_delivered else "FAIL",
        "errmsg": _code(status),
        "description": "Received by the phone"
        if is_delivered
        else str(status.reason.label or status.status.label),
        "sid": status.id,
    }


def _code(status: StatusTold) -> str:
    # What is kept with a blocked message is the console's own note on the rule.
    code = "" if status.status == MessageStatus.BLOCKED else status.code
    return code or _CODES[status.status]


def reply_fields(reply: ReplyTold) -> dict[str, Any]:
    """One reply in the words of Tencent's callbacks and pulls."""
    calling_code, national = split_number(reply.msisdn)
    return {
        "extend": reply.extend,
        "mobile": national,
        "nationcode": calling_code,
        "sign": reply.signature,
        "text": reply.text,
        "time": int(reply.at.timestamp()),
    }


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
