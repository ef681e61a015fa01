"""Receipts and replies: from the queue, each once, and of one number as often as one asks."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from django.conf import settings

from api.sending.answers import answered_once, stored_answer
from api.services.lookups import describe_numbers, messages_of_number, replies_of_number
from api.tencent_v3.calls import APP_ID, Action, Call, require_own_app
from api.tencent_v3.errors import ApiError, in_version
from api.tencent_v3.fields import Field, Kind
from callbacks.models import PullItem
from callbacks.services.pulling import pull
from callbacks.told import TENCENT_STATUSES, split_number
from delivery.message_ids import public_message_id
from delivery.statuses import MessageStatus
from projects.statuses import CallbackKind

LIMIT_MAX: Final = 100
SPAN_DAYS: Final = 7
_SPAN_SECONDS: Final = SPAN_DAYS * 86_400
# How many of a number's messages are read at a time, until as many receipts are found as were asked for.
_STEP: Final = 200
# What a receipt says where the carrier gave no code of its own.
_CODES: Final = {
    MessageStatus.DELIVERED: "DELIVRD",
    MessageStatus.UNDELIVERED: "UNDELIV",
    MessageStatus.EXPIRED: "EXPIRED",
    MessageStatus.REJECTED: "REJECTD",
    MessageStatus.FAILED: "REJECTD",
    MessageStatus.BLOCKED: "BLOCKED",
}
Row = Mapping[str, object]


def pull_sms_send_status(call: Call) -> Row:
    require_own_app(call)
    limit = _limit(call)
    _require_pulling(call, CallbackKind.STATUS)
    return {"PullSmsSendStatusSet": _once(call, CallbackKind.STATUS, limit)}


def pull_sms_reply_status(call: Call) -> Row:
    require_own_app(call)
    limit = _limit(call)
    _require_pulling(call, CallbackKind.REPLY)
    return {"PullSmsReplyStatusSet": _once(call, CallbackKind.REPLY, limit)}


def pull_sms_send_status_by_phone_number(call: Call) -> Row:
    require_own_app(call)
    msisdn, begin, end = _number_and_span(call)
    limit, offset = _limit(call), _offset(call)
    rows: list[Row] = []
    n_read, n = 0, 1
    while n_read < n and len(rows) < offset + limit:
        found, n = messages_of_number(call.project, msisdn, begin, end, limit=_STEP, offset=n_read)
        n_read += _STEP
        rows += [
            _status(
                call,
                message_id=told.message_id,
                msisdn=told.msisdn,
                status=told.status,
                code=told.code,
                at=told.final_at,
                context=told.context,
            )
            for told in found
            if told.status in TENCENT_STATUSES
        ]
    return {"PullSmsSendStatusSet": rows[offset : offset + limit]}


def pull_sms_reply_status_by_phone_number(call: Call) -> Row:
    require_own_app(call)
    msisdn, begin, end = _number_and_span(call)
    told, _n = replies_of_number(call.project, msisdn, begin, end, limit=_limit(call), offset=_offset(call))
    rows = [_reply(call, one.msisdn, one.signature, one.text, one.extend, one.received_at) for one in told]
    return {"PullSmsReplyStatusSet": rows}


def _once(call: Call, kind: CallbackKind, limit: int) -> Sequence[Row]:
    """The next items. A request with a nonce that comes again gets the same ones again.

    Without a nonce two requests of one second are the same bytes, and a program that empties its queue in a loop
    would be given everything twice.
    """
    if not call.has_nonce:
        return _pulled(call, kind, limit)
    repeated = stored_answer(call.project, call.replay)
    if repeated is None:
        # Who asks every second and finds nothing leaves nothing behind.
        if not PullItem.objects.filter(project=call.project, kind=kind, pulled_at=None).exists():
            return []
        _status_code, body, _is_repeated = answered_once(
            call.project, call.replay, lambda: (200, json.dumps(_pulled(call, kind, limit)))
        )
    else:
        body = repeated.body
    rows: list[Row] = json.loads(body)
    return rows


def _pulled(call: Call, kind: CallbackKind, limit: int) -> list[Row]:
    if kind == CallbackKind.REPLY:
        return [
            _reply(call, one.msisdn, one.signature, one.text, one.extend, one.at)
            for one in pull(call.project, CallbackKind.REPLY, limit)
        ]
    return [
        _status(
            call,
            message_id=one.message_id,
            msisdn=one.msisdn,
            status=one.status,
            code=one.code,
            at=one.at,
            context=one.context,
        )
        for one in pull(call.project, CallbackKind.STATUS, limit)
        if one.status in TENCENT_STATUSES
    ]


def _status(
    call: Call,
    *,
    message_id: int,
    msisdn: str,
    status: MessageStatus,
    code: str,
    at: datetime | None,
    context: str,
) -> Row:
    calling_code, national = split_number(msisdn)
    row = {
        "SerialNo": public_message_id(message_id),
        "ReportStatus": "SUCCESS" if status == MessageStatus.DELIVERED else "FAIL",
        "Description": code or _CODES.get(status, "UNKNOWN"),
    }
    seconds = int(at.timestamp()) if at is not None else 0
    if call.is_old:
        # Of the two numbers here it is indeed the pure one that has the plus.
        return {
            **row,
            "UserReceiveTime": _wall_clock(call, at),
            "UserReceiveUnixTime": seconds,
            "NationCode": calling_code,
            "PurePhoneNumber": msisdn,
            "PhoneNumber": national,
        }
    return {
        **row,
        "UserReceiveTime": seconds,
        "CountryCode": calling_code,
        "SubscriberNumber": national,
        "PhoneNumber": msisdn,
        "SessionContext": context,
    }


def _reply(call: Call, msisdn: str, signature: str, text: str, extend: str, at: datetime) -> Row:
    calling_code, national = split_number(msisdn)
    row = {"ExtendCode": extend, "PhoneNumber": msisdn, "ReplyContent": text}
    seconds = int(at.timestamp())
    if call.is_old:
        return {
            **row,
            "NationCode": calling_code,
            "Sign": signature,
            "ReplyTime": _wall_clock(call, at),
            "ReplyUnixTime": seconds,
        }
    return {
        **row,
        "CountryCode": calling_code,
        "SignName": signature,
        "ReplyTime": seconds,
        "SubscriberNumber": national,
    }


def _wall_clock(call: Call, at: datetime | None) -> str:
    return at.astimezone(call.project.zone).strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""


def _number_and_span(call: Call) -> tuple[str, datetime, datetime]:
    """The number in E.164, and the time that was asked about: `EndTime` is now where it is left out."""
    [told] = describe_numbers([call.values["PhoneNumber"]], default_country=settings.HOME_COUNTRY)
    if told.refusal is not None:
        raise ApiError(
            "InvalidParameterValue.IncorrectPhoneNumber", "PhoneNumber must be in E.164, like +8613711112222."
        )
    now = int(time.time())
    begin, end = call.values["BeginTime"], call.values.get("EndTime", now)
    if not now - _SPAN_SECONDS - 60 <= begin <= now:
        name = call.by_version(new="BeginTime", old="SendDateTime")
        raise ApiError(
            "InvalidParameterValue.BeginTimeVerifyFail",
            f"{name} is a time of the last {SPAN_DAYS} days, in seconds since 1970.",
        )
    if end < begin:
        name = call.by_version(new="EndTime", old="EndDateTime")
        raise ApiError("InvalidParameterValue.InvalidStartTime", f"{name} lies before the beginning.")
    # Its second belongs to the span.
    last = min(end, now + 1) + 1
    return told.msisdn, datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(last, UTC)


def _limit(call: Call) -> int:
    limit: int = call.values["Limit"]
    if not 0 < limit <= LIMIT_MAX:
        code = in_version("InvalidParameterValue.LimitVerifyFail", call.version)
        raise ApiError(code, f"Limit is 1 to {LIMIT_MAX}.")
    return limit


def _offset(call: Call) -> int:
    offset: int = call.values["Offset"]
    if not 0 <= offset <= 10_000:
        code = in_version("InvalidParameterValue.OffsetVerifyFail", call.version)
        raise ApiError(code, "Offset is 0 to 10000.")
    return offset


def _require_pulling(call: Call, kind: CallbackKind) -> None:
    is_on = call.project.pulls_status if kind == CallbackKind.STATUS else call.project.pulls_replies
    if not is_on:
        what = "receipts" if kind == CallbackKind.STATUS else "replies"
        raise ApiError(
            "UnauthorizedOperation.RequestPermissionDeny",
            f"Fetching {what} is switched off for this project. An admin can switch it on in its settings.",
        )


_QUEUE = (Field("Limit", Kind.NUMBER), APP_ID)
_OF_NUMBER = (
    Field("BeginTime", Kind.NUMBER, old="SendDateTime"),
    Field("Offset", Kind.NUMBER),
    Field("Limit", Kind.NUMBER),
    Field("PhoneNumber", Kind.TEXT),
    APP_ID,
    Field("EndTime", Kind.NUMBER, required=False, old="EndDateTime"),
)
ACTIONS = (
    Action("PullSmsSendStatus", pull_sms_send_status, _QUEUE),
    Action("PullSmsReplyStatus", pull_sms_reply_status, _QUEUE),
    Action("PullSmsSendStatusByPhoneNumber", pull_sms_send_status_by_phone_number, _OF_NUMBER),
    Action("PullSmsReplyStatusByPhoneNumber", pull_sms_reply_status_by_phone_number, _OF_NUMBER),
)
