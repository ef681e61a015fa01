"""How messages, receipts and replies look in v5: wall-clock times of the project, numbers in two parts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from api.services.lookups import MessageTold, ReplyTold
from api.tencent_v5.calls import Answer
from api.tencent_v5.errors import Code, Refused
from api.tencent_v5.requests import Phone
from callbacks.formats.tencent import status_fields
from callbacks.told import StatusTold, split_number
from delivery.message_ids import public_message_id
from delivery.statuses import MessageStatus, Reason
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from templates_app.statuses import TextKind

_TIME: Final = "%Y-%m-%d %H:%M:%S"
_DIGITS: Final = re.compile(r"[0-9]{2,}")
_TEXT_MAX: Final = 100

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


def wall_clock(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime(_TIME) if moment is not None else ""


def receipt(told: MessageTold, zone: ZoneInfo) -> Answer:
    """A message's receipt, as callbacks and the queue have it."""
    return status_fields(_as_status(told), zone=zone)


def reply(told: ReplyTold) -> Answer:
    """A reply, as callbacks and the queue have it."""
    nationcode, mobile = split_number(told.msisdn)
    return {
        "extend": told.extend,
        "mobile": mobile,
        "nationcode": nationcode,
        "sign": told.signature,
        "text": told.text,
        "time": int(told.received_at.timestamp()),
    }


def message(told: MessageTold, zone: ZoneInfo) -> Answer:
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
        words = str(told.reason.label or told.status.label)
        return {**shown, "result": int(_CODES.get(told.reason, Code.OTHER)), "errmsg": words}
    sent = {**shown, "result": int(Code.OK), "errmsg": "OK", "sid": public_message_id(told.message_id)}
    if told.status not in _RECEIPTED:
        return {**sent, "user_receive_time": "", "report_status": "", "status": "", "description": ""}
    fields = receipt(told, zone)
    return {
        **sent,
        "user_receive_time": fields["user_receive_time"],
        "report_status": fields["report_status"],
        "status": fields["errmsg"],
        "description": fields["description"],
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


def _as_status(told: MessageTold) -> StatusTold:
    return StatusTold(
        message_id=told.message_id,
        id=public_message_id(told.message_id),
        project_id=0,
        msisdn=told.msisdn,
        country=told.country,
        n_segments=told.n_segments,
        status=told.status,
        reason=told.reason,
        code=told.code,
        at=told.final_at or told.submitted_at or timezone.now(),
        sequence=0,
        context=told.context,
        extend=told.extend,
        is_sandbox=told.is_sandbox,
    )
