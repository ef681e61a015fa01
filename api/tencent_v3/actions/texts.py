"""What the actions of signatures and of body templates share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from api.services.texts import TextRefused, TextTold, TextTrouble
from api.tencent_v3.calls import Call
from api.tencent_v3.errors import INVALID, ApiError, in_version
from api.tencent_v3.fields import Field, Kind
from smsconsole.lib.types import Region
from templates_app.statuses import RevisionStatus

INTERNATIONAL = Field("International", Kind.NUMBER)
LISTED_MAX = 100
LISTED_BY_DEFAULT = 10

_REGIONS = {0: Region.DOMESTIC, 1: Region.INTERNATIONAL}
STATUS_CODES = {RevisionStatus.APPROVED: 0, RevisionStatus.PENDING: 1, RevisionStatus.REJECTED: -1}


def region_of(call: Call) -> Region:
    region = _REGIONS.get(call.values["International"])
    if region is None:
        raise ApiError("InvalidParameterValue.InvalidInternational", "International is 0 or 1.")
    return region


@contextmanager
def refusals(
    call: Call, troubles: Mapping[TextTrouble, str], rules: Mapping[str, str], *, unknown: str = ""
) -> Iterator[None]:
    """What a text is refused for, in Tencent's codes. `unknown` is that of a text that is not there."""
    try:
        yield
    except TextRefused as error:
        code = troubles.get(error.trouble, "")
        if error.trouble == TextTrouble.RULE:
            code = rules.get(error.rule) or rules.get(error.rule.partition("-")[0], INVALID)
        if error.trouble == TextTrouble.UNKNOWN and unknown:
            code = unknown
        raise ApiError(in_version(code, call.version), error.words) from None


def asked_page(call: Call, numbers: list[int]) -> tuple[int, int]:
    """Limit and offset of a list; those of a request that names its texts do not count."""
    limit = call.values.get("Limit", LISTED_BY_DEFAULT)
    offset = call.values.get("Offset", 0)
    if len(numbers) > LISTED_MAX or (not numbers and not 0 < limit <= LISTED_MAX):
        code = in_version("InvalidParameterValue.LimitVerifyFail", call.version)
        raise ApiError(code, f"A list has 1 to {LISTED_MAX} entries.")
    if offset < 0 or offset > 2**31:
        code = in_version("InvalidParameterValue.OffsetVerifyFail", call.version)
        raise ApiError(code, "The offset is 0 or more.")
    if call.is_old and not numbers:
        # The older version knows no pages.
        return LISTED_MAX, 0
    return (LISTED_MAX, 0) if numbers else (limit, offset)


def told_row(one: TextTold) -> dict[str, object]:
    """What the lists of signatures and of body templates say alike."""
    return {
        "International": 1 if one.region is Region.INTERNATIONAL else 0,
        "StatusCode": STATUS_CODES[one.status],
        "ReviewReply": one.reply,
        "CreateTime": int(one.submitted_at.timestamp()),
    }


def deleted() -> dict[str, object]:
    return {"DeleteStatus": "return successfully!", "DeleteTime": int(time.time())}
