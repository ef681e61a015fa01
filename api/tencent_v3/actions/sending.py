"""SendSms and SendMultiGlobalSms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.conf import settings

from api.sending.answers import Replay
from api.sending.orders import MOST_NUMBERS, Order, Ordered, OrderRefused, Placed, Recipient, Refusal
from api.sending.placing import place
from api.services.lookups import describe_numbers
from api.tencent_v3.calls import APP_ID, Action, Call, require_own_app
from api.tencent_v3.errors import (
    GLOBAL_TEMPLATE_AT_HOME,
    NEW_VERSION,
    OF_THE_WHOLE,
    REFUSALS,
    ApiError,
    in_version,
)
from api.tencent_v3.fields import Field, Kind
from delivery.message_ids import public_message_id
from smsconsole.lib.types import Region

UNKNOWN_COUNTRY = "DEF"
# In what is kept of an order.
_REQUEST = "request_id"


def send_sms(call: Call) -> dict[str, object]:
    """One text to up to 200 numbers, all domestic or all international."""
    require_own_app(call)
    values = call.values
    parameters, context = values.get("TemplateParamSet", []), values.get("SessionContext", "")
    order = Order(
        recipients=[Recipient(number, parameters, context) for number in values["PhoneNumberSet"]],
        template_id=values["TemplateId"],
        signature=values.get("SignName", ""),
        sender_id=values.get("SenderId", ""),
        extend=values.get("ExtendCode", ""),
        default_country=settings.HOME_COUNTRY,
        needs_signature=True,
    )
    statuses, request_id = _place(call, order, call.replay)
    return {"SendStatusSet": statuses, "RequestId": request_id}


def send_multi_global_sms(call: Call) -> dict[str, object]:
    """A text of its own to each of up to 200 international numbers."""
    require_own_app(call)
    infos: list[dict[str, Any]] = call.values["MultiSmsInfoSet"]
    if not infos:
        raise ApiError("InvalidParameterValue.MultiSmsInfoSetEmpty", "MultiSmsInfoSet holds no number.")
    if len(infos) > MOST_NUMBERS:
        raise ApiError(
            "LimitExceeded.PhoneNumberCountLimit",
            f"A request sends to {MOST_NUMBERS} numbers at most; this one names {len(infos)}.",
        )
    if _any_at_home(info["PhoneNumber"] for info in infos):
        raise ApiError(
            "UnsupportedOperation.ContainDomesticPhoneNumber",
            "This action sends to international numbers only. Use SendSms for domestic ones.",
        )
    statuses: list[object] = [None] * len(infos)
    request_id = call.request_id
    for n, places in enumerate(_by_text(infos)):
        first = infos[places[0]]
        order = Order(
            recipients=[_recipient(infos[place]) for place in places],
            template_id=first["TemplateId"],
            sender_id=first.get("SenderId", ""),
            region=Region.INTERNATIONAL,
        )
        # Each text is an order with an answer of its own, so that a request that was cut off goes on where it was.
        replay = Replay(f"{call.replay.key}:{n}", call.replay.body_hash)
        placed, request_id = _place(call, order, replay)
        for where, status in zip(places, placed, strict=True):
            statuses[where] = status
    return {"SendMultiStatusSet": statuses, "RequestId": request_id}


def _recipient(info: dict[str, Any]) -> Recipient:
    return Recipient(info["PhoneNumber"], info.get("TemplateParamSet", []), info.get("SessionContext", ""))


def _by_text(infos: Sequence[dict[str, Any]]) -> list[list[int]]:
    """The places of the numbers that get the same body template from the same sender, in the order of the request."""
    places: dict[tuple[str, str], list[int]] = {}
    for n, info in enumerate(infos):
        places.setdefault((info["TemplateId"], info.get("SenderId", "")), []).append(n)
    return list(places.values())


def _place(call: Call, order: Order, replay: Replay) -> tuple[list[object], str]:
    """What became of each number, as Tencent tells it, and the id of the request that sent it: maybe an earlier one."""
    try:
        placed = place(call.project, order, replay=replay, also=partial(_remember, call))
    except OrderRefused as error:
        code = _code_of(error.refusal, call.version, (one.number for one in order.recipients))
        if error.refusal in OF_THE_WHOLE:
            raise ApiError(code, error.words) from None
        unsent = [
            {**_unsent(one.number, code, error.words), "SessionContext": one.context}
            for one in order.recipients
        ]
        return [*unsent], call.request_id
    return [_status(call, one) for one in placed.results], placed.extra.get(_REQUEST, call.request_id)


def _remember(call: Call, placed: Placed) -> None:
    placed.extra[_REQUEST] = call.request_id


def _status(call: Call, one: Ordered) -> dict[str, object]:
    serial = public_message_id(one.message_id) if one.message_id is not None else ""
    if one.refusal is None:
        code, words, fee = "Ok", "send success", one.n_segments
    else:
        code, words, fee = _code_of(one.refusal, call.version, [one.number]), one.words, 0
    return {
        **_unsent(one.msisdn or one.number, code, words),
        "SerialNo": serial,
        "Fee": fee,
        "SessionContext": one.context,
        "IsoCode": one.country or UNKNOWN_COUNTRY,
    }


def _unsent(number: str, code: str, words: str) -> dict[str, object]:
    return {
        "SerialNo": "",
        "PhoneNumber": number,
        "Fee": 0,
        "SessionContext": "",
        "Code": code,
        "Message": words,
        "IsoCode": "",
    }


def _code_of(refusal: Refusal, version: str, numbers: Iterable[str]) -> str:
    if refusal == Refusal.TEMPLATE_OF_OTHER_REGION and _any_at_home(numbers):
        return GLOBAL_TEMPLATE_AT_HOME
    return in_version(REFUSALS[refusal], version)


def _any_at_home(numbers: Iterable[str]) -> bool:
    told = describe_numbers(list(numbers)[:MOST_NUMBERS], default_country=settings.HOME_COUNTRY)
    return any(one.country == settings.HOME_COUNTRY for one in told)


ACTIONS = (
    Action(
        "SendSms",
        send_sms,
        (
            Field("PhoneNumberSet", Kind.TEXTS),
            APP_ID,
            Field("TemplateId", Kind.TEXT, old="TemplateID"),
            Field("SignName", Kind.TEXT, required=False, old="Sign"),
            Field("TemplateParamSet", Kind.TEXTS, required=False),
            Field("ExtendCode", Kind.TEXT, required=False),
            Field("SessionContext", Kind.TEXT, required=False),
            Field("SenderId", Kind.TEXT, required=False),
        ),
    ),
    Action(
        "SendMultiGlobalSms",
        send_multi_global_sms,
        (
            APP_ID,
            Field(
                "MultiSmsInfoSet",
                Kind.OBJECTS,
                inner=(
                    Field("PhoneNumber", Kind.TEXT),
                    Field("TemplateId", Kind.TEXT),
                    Field("TemplateParamSet", Kind.TEXTS, required=False),
                    Field("SenderId", Kind.TEXT, required=False),
                    Field("SessionContext", Kind.TEXT, required=False),
                ),
            ),
        ),
        versions=frozenset({NEW_VERSION}),
    ),
)
