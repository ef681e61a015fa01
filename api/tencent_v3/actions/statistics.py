"""What was sent and what became of it, by hours of the project's clock; and packages, of which there are none yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from api.tencent_v3.calls import APP_ID, Action, Call, require_own_app
from api.tencent_v3.errors import ApiError, in_version
from api.tencent_v3.fields import Field, Kind
from delivery.queries.totals import Totals, totals_between

SPAN_MAX: Final = timedelta(days=32)
PACKAGES_MAX: Final = 500
_HOUR: Final = timedelta(hours=1)
_PER_SECOND: Final = 10


def send_status_statistics(call: Call) -> dict[str, object]:
    totals = _totals(call)
    return {
        "SendStatusStatistics": {
            "FeeCount": totals.n_segments,
            "RequestCount": totals.n_requests,
            "RequestSuccessCount": totals.n_accepted,
        }
    }


def callback_status_statistics(call: Call) -> dict[str, object]:
    totals = _totals(call, most=SPAN_MAX)
    return {
        "CallbackStatusStatistics": {
            "CallbackCount": totals.n_receipts,
            "RequestSuccessCount": totals.n_accepted,
            "CallbackFailCount": totals.n_failed,
            "CallbackSuccessCount": totals.n_delivered,
            "InternalErrorCount": totals.n_carrier_internal,
            "InvalidNumberCount": totals.n_invalid_number,
            "ShutdownErrorCount": totals.n_switched_off,
            "BlackListCount": totals.n_blacklisted,
            "FrequencyLimitCount": totals.n_too_often,
        }
    }


def sms_packages_statistics(call: Call) -> dict[str, object]:
    """The console keeps no packages of messages yet, so the list is empty."""
    require_own_app(call)
    if "BeginTime" in call.values:
        _span(call)
    if not 0 < call.values["Limit"] <= PACKAGES_MAX:
        raise ApiError(
            in_version("InvalidParameterValue.LimitVerifyFail", call.version),
            f"Limit is 1 to {PACKAGES_MAX}.",
        )
    _require_offset(call)
    return {"SmsPackagesStatisticsSet": []}


def _totals(call: Call, *, most: timedelta | None = None) -> Totals:
    require_own_app(call)
    begin, end = _span(call, most=most)
    _require_offset(call)
    return totals_between(call.project, begin, end)


def _span(call: Call, *, most: timedelta | None = None) -> tuple[datetime, datetime]:
    """From the beginning of the first hour until the end of the last one."""
    begin_name = call.by_version(new="BeginTime", old="StartDateTime")
    end_name = call.by_version(new="EndTime", old="EndDataTime")
    begin = _hour(call, "BeginTime", begin_name, "InvalidParameterValue.BeginTimeVerifyFail")
    end = _hour(call, "EndTime", end_name, "InvalidParameterValue.EndTimeVerifyFail") + _HOUR
    if end <= begin:
        raise ApiError("InvalidParameterValue.EndTimeVerifyFail", f"{end_name} lies before {begin_name}.")
    if most is not None and end - begin > most:
        raise ApiError(
            "InvalidParameterValue.EndTimeVerifyFail",
            f"{begin_name} and {end_name} may lie {most.days} days apart at most.",
        )
    return begin, end


def _hour(call: Call, name: str, shown: str, code: str) -> datetime:
    text = call.values.get(name, "")
    try:
        if len(text) != 10 or not (text.isascii() and text.isdecimal()):
            raise ValueError
        return datetime.strptime(text, "%Y%m%d%H").replace(tzinfo=call.project.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ApiError(
            code, f"{shown} is an hour of the project's time zone, written yyyymmddhh, like 2026010123."
        ) from None


def _require_offset(call: Call) -> None:
    if call.values["Offset"] < 0:
        raise ApiError(
            in_version("InvalidParameterValue.OffsetVerifyFail", call.version), "Offset is 0 or more."
        )


_HOURS = (
    Field("BeginTime", Kind.HOUR, old="StartDateTime"),
    Field("EndTime", Kind.HOUR, old="EndDataTime"),
)
_PAGE = (Field("Limit", Kind.NUMBER), Field("Offset", Kind.NUMBER))
# The older version asks for packages without a time.
_OF_PACKAGES = (
    Field("BeginTime", Kind.HOUR, required=False),
    Field("EndTime", Kind.HOUR, required=False),
)
ACTIONS = (
    Action("SendStatusStatistics", send_status_statistics, (*_HOURS, APP_ID, *_PAGE), per_second=_PER_SECOND),
    Action(
        "CallbackStatusStatistics",
        callback_status_statistics,
        (*_HOURS, APP_ID, *_PAGE),
        per_second=_PER_SECOND,
    ),
    Action(
        "SmsPackagesStatistics",
        sms_packages_statistics,
        (APP_ID, *_PAGE, *_OF_PACKAGES),
        per_second=_PER_SECOND,
    ),
)
