"""querysms4mobile: what was sent to one number."""

from __future__ import annotations

from typing import Final

from api.services.lookups import messages_of_number
from api.tencent_v5 import shapes
from api.tencent_v5.calls import Answer, Call, success
from api.tencent_v5.pulling import number_and_span

_MOST: Final = 100


def query_number(call: Call) -> Answer:
    """The first 100 of the span; `real_count` says how many there are."""
    msisdn, begin, end = number_and_span(call.fields)
    found, n = messages_of_number(call.project, msisdn, begin, end, limit=_MOST)
    data = [shapes.message(told, call.project.zone) for told in found]
    return success(real_count=n, truncated=int(n > len(data)), data=data)
