"""pullstatus and pullstatus4mobile: receipts and replies, from the queue or of one number."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from api.sending.answers import stored_answer
from api.services.lookups import messages_of_number, replies_of_number
from api.tencent_v5 import shapes
from api.tencent_v5.calls import Answer, Call, success
from api.tencent_v5.errors import Code, Refused, malformed
from api.tencent_v5.requests import Fields, Phone
from callbacks.formats.tencent import reply_fields, status_fields
from callbacks.models import PullItem
from callbacks.services.pulling import pull
from callbacks.told import TENCENT_STATUSES
from projects.statuses import CallbackKind

_MOST: Final = 100
_KINDS: Final = (CallbackKind.STATUS, CallbackKind.REPLY)
# How many of a number's messages are read at a time, until as many receipts are found as were asked for.
_STEP: Final = 200


def pull_queue(call: Call) -> Answer:
    """Each item goes out once; the same request that comes again gets the same items again."""
    kind, most = _kind(call.fields), _most(call.fields)
    _require_pulling(call, kind)
    # Who asks every second and finds nothing leaves nothing behind.
    repeated = stored_answer(call.project, call.replay)
    if repeated is not None:
        answer: Answer = json.loads(repeated.body)
        return answer
    if not PullItem.objects.filter(project=call.project, kind=kind, pulled_at=None).exists():
        return _found([])
    return call.once(lambda: _found(_pulled(call, kind, most)))


def pull_of_number(call: Call) -> Answer:
    """The receipts or replies of one number in a span of time, as often as one asks."""
    kind, most = _kind(call.fields), _most(call.fields)
    msisdn, begin, end = number_and_span(call.fields)
    if kind == CallbackKind.STATUS:
        return _found(_receipts_of(call, msisdn, begin, end, most))
    replies, _n = replies_of_number(call.project, msisdn, begin, end, limit=most)
    return _found([shapes.reply(one) for one in replies])


def number_and_span(fields: Fields) -> tuple[str, datetime, datetime]:
    """`nationcode`, `mobile`, `begin_time` and `end_time`, which belongs to the span."""
    phone = Phone(fields.digits_or_text("nationcode"), fields.digits_or_text("mobile"))
    begin, last = fields.moment("begin_time"), fields.whole("end_time")
    if last < begin.timestamp():
        raise malformed("“end_time” lies before “begin_time”.")
    return shapes.read_number(phone), begin, Fields({"end_time": last + 1}).moment("end_time")


def _pulled(call: Call, kind: CallbackKind, most: int) -> list[Answer]:
    if kind == CallbackKind.REPLY:
        return [reply_fields(one) for one in pull(call.project, CallbackKind.REPLY, most)]
    statuses = pull(call.project, CallbackKind.STATUS, most)
    return [status_fields(one, zone=call.project.zone) for one in statuses]


def _receipts_of(call: Call, msisdn: str, begin: datetime, end: datetime, most: int) -> list[Answer]:
    receipts: list[Answer] = []
    n_read, n = 0, 1
    while n_read < n and len(receipts) < most:
        found, n = messages_of_number(call.project, msisdn, begin, end, limit=_STEP, offset=n_read)
        n_read += _STEP
        told = (one for one in found if one.status in TENCENT_STATUSES)
        receipts += [shapes.receipt(one, call.project.zone) for one in told]
    return receipts[:most]


def _kind(fields: Fields) -> CallbackKind:
    return _KINDS[fields.choice("type", (0, 1))]


def _most(fields: Fields) -> int:
    """More than 100 may be asked for; 100 are given."""
    return min(_MOST, fields.whole("max", least=1))


def _require_pulling(call: Call, kind: CallbackKind) -> None:
    is_on = call.project.pulls_status if kind == CallbackKind.STATUS else call.project.pulls_replies
    if not is_on:
        what = "status" if kind == CallbackKind.STATUS else "replies"
        raise Refused(
            Code.NOT_PERMITTED,
            f"Fetching {what} is switched off for this project. An admin can switch it on under “API keys”.",
        )


def _found(data: list[Answer]) -> Answer:
    return success(count=len(data), data=data)
