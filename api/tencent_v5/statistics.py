"""pullsendstatus and pullcallbackstatus: what the project sent, and what was reported, between two hours."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from api.tencent_v5.calls import Answer, Call, success
from api.tencent_v5.errors import malformed
from delivery.queries.totals import Totals, totals_between

_SPAN_MAX: Final = timedelta(days=366)


def sent(call: Call) -> Answer:
    totals = _totals(call)
    return success(
        data={
            "request": totals.n_requests,
            "success": totals.n_accepted,
            "bill_number": totals.n_segments,
        }
    )


def called_back(call: Call) -> Answer:
    totals = _totals(call)
    return success(
        data={
            "success": totals.n_accepted,
            "status": totals.n_receipts,
            "status_success": totals.n_delivered,
            "status_fail": totals.n_failed,
            "status_fail_0": totals.n_carrier_internal,
            "status_fail_1": totals.n_invalid_number,
            "status_fail_2": totals.n_switched_off,
            "status_fail_3": totals.n_blacklisted,
            "status_fail_4": totals.n_too_often,
        }
    )


def _totals(call: Call) -> Totals:
    """`end_date` names the last hour that counts, as in Tencent's example of a day (…00 to …23)."""
    zone = call.project.zone
    begin, last = call.fields.hour("begin_date", zone), call.fields.hour("end_date", zone)
    if last < begin:
        raise malformed("“end_date” lies before “begin_date”.")
    if last - begin > _SPAN_MAX:
        raise malformed(f"The span has {_SPAN_MAX.days} days at most.")
    return totals_between(call.project, begin, last + timedelta(hours=1))
