"""DescribePhoneNumberInfo, and ReportConversion of what a number's person did."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from django.conf import settings

from api.sending.orders import MOST_NUMBERS
from api.services.lookups import NumberTold, convert, describe_numbers
from api.tencent_v3.calls import APP_ID, Action, Call, require_own_app
from api.tencent_v3.errors import INVALID, NEW_VERSION, ApiError
from api.tencent_v3.fields import Field, Kind

UNKNOWN_COUNTRY = "DEF"
# A clock that is a little ahead is no lie.
_AHEAD_SECONDS = 300


def describe_phone_number_info(call: Call) -> dict[str, object]:
    numbers = call.values["PhoneNumberSet"]
    if not numbers:
        raise ApiError("MissingParameter.EmptyPhoneNumberSet", "PhoneNumberSet holds no number.")
    if len(numbers) > MOST_NUMBERS:
        raise ApiError(
            "LimitExceeded.PhoneNumberCountLimit", f"A request asks about {MOST_NUMBERS} numbers at most."
        )
    told = describe_numbers(numbers, default_country=settings.HOME_COUNTRY)
    return {"PhoneNumberInfoSet": [_row(one) for one in told]}


def _row(one: NumberTold) -> dict[str, object]:
    is_number = one.refusal is None
    return {
        "Code": "Ok" if is_number else "FailedOperation.PhoneNumberParseFail",
        "Message": "parse success" if is_number else "This is no phone number in E.164, like +8613711112222.",
        "NationCode": one.calling_code,
        "SubscriberNumber": one.national,
        "PhoneNumber": one.msisdn or one.written,
        "IsoCode": one.country or UNKNOWN_COUNTRY,
        "IsoName": one.country_name or UNKNOWN_COUNTRY,
    }


def report_conversion(call: Call) -> dict[str, object]:
    """The person used what the message brought. Reporting twice changes nothing."""
    require_own_app(call)
    seconds = call.values["ConversionTime"]
    if not 0 < seconds <= int(time.time()) + _AHEAD_SECONDS:
        raise ApiError(INVALID, "ConversionTime is a time that has been, in seconds since 1970.")
    if not convert(call.project, call.values["SerialNo"], datetime.fromtimestamp(seconds, UTC)):
        raise ApiError(INVALID, "This project has no message with that SerialNo.")
    return {"ReportConversionStatus": {"Code": "ok", "Message": "ok"}}


_NEW_ONLY = frozenset({NEW_VERSION})
ACTIONS = (
    Action(
        "DescribePhoneNumberInfo",
        describe_phone_number_info,
        (Field("PhoneNumberSet", Kind.TEXTS),),
        versions=_NEW_ONLY,
    ),
    Action(
        "ReportConversion",
        report_conversion,
        (APP_ID, Field("SerialNo", Kind.TEXT), Field("ConversionTime", Kind.NUMBER)),
        versions=_NEW_ONLY,
    ),
)
