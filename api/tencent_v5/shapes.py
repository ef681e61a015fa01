"""How messages, receipts and replies look in v5: wall-clock times of the project, numbers in two parts."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Final

from api.services.lookups import MessageTold
from api.tencent_v5.calls import Answer
from api.tencent_v5.errors import Code, Refused
from api.tencent_v5.requests import Phone
from callbacks.told import split_number
from delivery.message_ids import public_message_id
from delivery.statuses import MessageStatus, Reason
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from templates_app.statuses import TextKind

_TIME: Final = "%Y-%m-%d %H:%M:%S"
_DIGITS: Final = re.compile(r"[0-9]{2,}")
_TEXT_MAX: Final = 100

# What a receipt says where the carrier gave no code of its own.
_WORDS: Final = {
    MessageStatus.DELIVERED: "DELIVRD",
    MessageStatus.UNDELIVERED: "UNDELIV",
    MessageStatus.EXPIRED: "EXPIRED",
    MessageStatus.REJECTED: "REJECTD",
    MessageStatus.FAILED: "REJECTD",
    MessageStatus.BLOCKED: "BLOCKED",
}
# Of messages that were not sent, as they would be answered at once.
_CODES: Final = {
    Reason.SAME_CONTENT: Code.NUMBER_30_SECONDS,
    Reason.PER_HOUR: Code.NUMBER_HOUR,
    Reason.PER_DAY: Code.NUMBER_DAY,
    Reason.SAME_CONTENT_PER_DAY: Code.NUMBER_SAME_TEXT,
    Reason.ON_BLACKLIST: Code.NUMBER_LISTED,
    Reason.HAS_UNSUBSCRIBED: Code.NUMBER_LISTED,
    Reason.BLACKLISTED: Code.NUMBER_LISTED,
    Reason.UNSUBSCRIBED: Code.NUMBER_LISTED,
    Reason.COUNTRY_NOT_ALLOWED: Code.REGION_UNSUPPORTED,
    Reason.CAP_REACHED: Code.APP_DAILY_LIMIT,
    Reason.INVALID_NUMBER: Code.NUMBER_INVALID,
    Reason.CONTENT_BLOCKED: Code.SENSITIVE_WORD,
}
_RECEIPTED: Final = frozenset(
    {MessageStatus.DELIVERED, MessageStatus.UNDELIVERED, MessageStatus.EXPIRED, MessageStatus.REJECTED}
)


def read_number(phone: Phone) -> str:
    """The number in E.164, or code 1016."""
    try:
        return read_msisdn(phone.number, default_country=None).e164
    except MsisdnError:
        raise Refused(Code.NUMBER_INVALID, "nationcode and mobile together are no phone number.") from None


def wall_clock(moment: datetime | None, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime(_TIME) if moment is not None else ""


def receipt(
    *,
    message_id: int,
    msisdn: str,
    status: MessageStatus,
    reason: Reason,
    code: str,
    at: datetime | None,
    zone: tzinfo,
) -> Answer:
    """An item of pullstatus; callbacks in Tencent's format say the same."""
    nationcode, mobile = split_number(msisdn)
    return {
        "user_receive_time": wall_clock(at, zone),
        "nationcode": nationcode,
        "mobile": mobile,
        "report_status": _report_status(status),
        "errmsg": code or _WORDS.get(status, "UNKNOWN"),
        "description": _description(status, reason),
        "sid": public_message_id(message_id),
    }


def reply(*, msisdn: str, signature: str, text: str, extend: str, at: datetime) -> Answer:
    nationcode, mobile = split_number(msisdn)
    return {
        "nationcode": nationcode,
        "mobile": mobile,
        "text": text,
        "sign": signature,
        "time": int(at.timestamp()),
        "extend": extend,
    }


def message(told: MessageTold, zone: tzinfo) -> Answer:
    """An item of querysms4mobile. What never left has a code of its own and neither sid nor receipt."""
    nationcode, mobile = split_number(told.msisdn)
    shown: Answer = {
        "nationcode": nationcode,
        "mobile": mobile,
        "sign": told.signature,
        "text": masked_text(told.text),
        "send_time": wall_clock(told.submitted_at or told.final_at, zone),
        "type": 1 if told.kind == TextKind.MARKETING else 0,
    }
    if told.status in (MessageStatus.FAILED, MessageStatus.BLOCKED, MessageStatus.CANCELLED):
        code = _CODES.get(told.reason, Code.OTHER)
        return {**shown, "result": int(code), "errmsg": _description(told.status, told.reason)}
    has_receipt = told.status in _RECEIPTED
    return {
        **shown,
        "result": int(Code.OK),
        "errmsg": "OK",
        "sid": public_message_id(told.message_id),
        "user_receive_time": wall_clock(told.final_at, zone) if has_receipt else "",
        "report_status": _report_status(told.status) if has_receipt else "",
        "status": (told.code or _WORDS[told.status]) if has_receipt else "",
        "description": _description(told.status, told.reason) if has_receipt else "",
    }


def masked_text(text: str) -> str:
    """The text with digits hidden inside its numbers, and cut: codes and amounts are nobody else's."""
    hidden = _DIGITS.sub(_hide, text)
    return hidden if len(hidden) <= _TEXT_MAX else hidden[:_TEXT_MAX] + "..."


def _hide(match: re.Match[str]) -> str:
    digits = match[0]
    if len(digits) == 2:
        return f"{digits[0]}*"
    return f"{digits[0]}{'*' * (len(digits) - 2)}{digits[-1]}"


def _report_status(status: MessageStatus) -> str:
    return "SUCCESS" if status == MessageStatus.DELIVERED else "FAIL"


def _description(status: MessageStatus, reason: Reason) -> str:
    if status == MessageStatus.DELIVERED:
        return "Received by the phone"
    return str(reason.label or status.label)
