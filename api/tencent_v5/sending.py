"""sendsms, sendmultisms2 and sendisms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.sending.orders import COMMON, Order, Ordered, Recipient
from api.sending.placing import place
from api.tencent_v5.calls import Answer, Call, success
from api.tencent_v5.errors import CODE_OF, Code, Refused
from delivery.message_ids import public_message_id
from smsconsole.lib.numbering_plans import calling_code_of
from templates_app.statuses import TextKind

# No message holds more; a text that is far from it is not compared with every template.
_TEXT_MAX = 2_000
_MARKETING = 1


def send_to_one(call: Call) -> Answer:
    phone = call.fields.phone()
    (result,) = place(call.project, _order(call, [phone.number]), replay=call.replay).results
    return _told(result) | {"ext": _ext(call)}


def send_to_many(call: Call) -> Answer:
    """`result` is 0 when at least one number was taken; what became of each stands in `detail`."""
    phones = call.fields.phones()
    placed = place(call.project, _order(call, [phone.number for phone in phones]), replay=call.replay)
    detail = [_told(result) | phone._asdict() for phone, result in zip(phones, placed.results, strict=True)]
    summary = success() if any(not told["result"] for told in detail) else _summary(detail[0])
    return summary | {"ext": _ext(call), "detail": detail}


def send_abroad(call: Call) -> Answer:
    number = call.fields.digits_or_text("tel")
    (result,) = place(call.project, _order(call, [number]), replay=call.replay).results
    nationcode = calling_code_of(result.msisdn.removeprefix("+")) or ""
    return _told(result) | {"ext": _ext(call), "nationcode": nationcode}


def _order(call: Call, numbers: Sequence[str]) -> Order:
    """By template where `tpl_id` is given, else by text."""
    fields = call.fields
    ext = _ext(call)
    what: dict[str, Any]
    if fields.has("tpl_id"):
        what = {
            "template_id": str(fields.whole("tpl_id")),
            "signature": fields.text("sign", default="", most=100),
        }
        parameters = fields.texts("params")
    else:
        text = fields.text("msg", most=1 << 20)
        if len(text) > _TEXT_MAX:
            raise Refused(Code.TEXT_TOO_LONG, f"“msg” has {len(text)} characters; no message holds as many.")
        is_marketing = fields.choice("type", (0, _MARKETING)) == _MARKETING
        what = {"text": text, "kind": TextKind.MARKETING.value if is_marketing else COMMON}
        parameters = []
    recipients = [Recipient(number, parameters, ext) for number in numbers]
    return Order(recipients=recipients, extend=fields.digits_or_text("extend", default=""), **what)


def _ext(call: Call) -> str:
    return call.fields.text("ext", default="", most=1 << 20)


def _told(result: Ordered) -> Answer:
    if result.refusal is not None or result.message_id is None:
        code = CODE_OF[result.refusal] if result.refusal is not None else Code.OTHER
        return {"result": int(code), "errmsg": result.words, "fee": 0, "sid": ""}
    return success(fee=result.n_segments, sid=public_message_id(result.message_id))


def _summary(told: Answer) -> Answer:
    return {"result": told["result"], "errmsg": told["errmsg"]}
