"""Receipt codes of China Mobile, Unicom and Telecom, as Tencent Cloud and CMPP gateways hand them on.

Grouped by what the descriptions of the carriers say; the soft spots are named where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from delivery.statuses import Reason

CODES: Mapping[Reason, tuple[str, ...]] = {
    Reason.INVALID_NUMBER: (
        "MK:0012", "MK:0000", "MK:0001", "MK00001", "MK:0013", "XL:169", "TA:169", "ERR_NUM",
    ),
    Reason.UNREACHABLE: (
        "UNDELIVRD", "MI:0013", "MN:0001", "MI:0024", "MI:0011", "MC:0151", "IC:0001", "MI:0029", "MK:0004",
        "MI:0000", "MI:0004", "MI:0020", "MI:0084", "MK:0024", "MN:0029", "IC:0151", "MK:0010", "MK:0011",
        "MI:0055", "MK:0029", "MK:0075", "MN:0022", "MN:0012", "MI:0059", "MN:0050", "MN0013", "MN:0041",
        "MK:0090", "IB:0064",
    ),
    # MC:0055 is said of phones out of coverage and of full ones alike.
    Reason.OUT_OF_COVERAGE: ("MC:0055", "MN:0059", "MK:0008", "MK:0009"),
    # Telecom describes EXPIRED_6xx mostly as suspended numbers; that the time was up is what is certain.
    Reason.VALIDITY_EXPIRED: ("MI00000", "IA:0054", "DA:0054", "MI:0056", "MK:0065"),
    Reason.MEMORY_FULL: ("MK:0017", "MI00022", "MB:1031"),
    Reason.SERVICE_UNSUPPORTED: ("MK:0005", "MK:0019", "MI:0052"),
    Reason.CARRIER_REJECTED: ("MN:0017", "EXPIRED_615"),
    # TUIDING is the carrier's list of people who unsubscribed.
    Reason.UNSUBSCRIBED: ("MX:0012", "TUIDING"),
    Reason.BLACKLISTED: (
        "BWLIST", "TD:0001", "TD:19", "HD:19", "DB:0141", "DB:0144", "DB:0164", "DB00144", "HIGRISK", "MB:1077",
        "TC:0001", "W-BLACK", "MOBILE BLACK", "BLACK",
    ),
    # MB:1042 is the queue of one number at the carrier's centre being full.
    Reason.FREQUENCY_LIMIT: ("MX:0003", "TE:0003", "MB:1042"),
    # LT:0002 is the signal when it comes once, the wording when it comes in bulk.
    Reason.CONTENT_BLOCKED: ("TC:0007", "TD:0004", "TE:0014", "LT:0002", "-106"),
    Reason.ROUTE_ERROR: ("TE:0002", "MX:0002", "TD:18"),
    Reason.CARRIER_INTERNAL: (
        "MI:0022", "MN:0020", "IC:0015", "BEYONDN", "MB:1078", "MI:0008", "MI:0036", "MI:0045", "MK:0020",
        "MK:0022", "MN:0052", "MN:0053", "DB:0505", "ID:0013",
        "EXPIRED_612", "EXPIRED_613", "EXPIRED_614", "EXPIRED_617", "EXPIRED_618",
    ),
}  # fmt: skip

# The unlisted rest of the families, by how the code is built. The first that fits wins.
SHAPES: tuple[tuple[re.Pattern[str], Reason], ...] = (
    (re.compile(r"UNDELIV_[0-9]+"), Reason.UNREACHABLE),
    (re.compile(r"EXPIRED_[0-9]+"), Reason.VALIDITY_EXPIRED),
    (re.compile(r"REJECTD_[0-9]+"), Reason.CARRIER_REJECTED),
    # Handset or network; which of them only the carrier knows.
    (re.compile(r"(?:MN|MI|MK):[0-9]{4}"), Reason.CARRIER_INTERNAL),
)
# "MC:0055_006": the same code by way of another network.
_BY_WAY_OF = re.compile(r"(.+)_[0-9]{3}")
# "UNDELIV:045", "UNDELIV:MK:0001": a state with the carrier's own code behind it.
_STATE_AND_CODE = re.compile(r"([A-Z]{5,9})[:/ ](.*)")


def shorter(code: str) -> Iterator[str]:
    """What the code is without what some carriers hang on it."""
    by_way_of, with_state = _BY_WAY_OF.fullmatch(code), _STATE_AND_CODE.fullmatch(code)
    if by_way_of is not None:
        yield by_way_of[1]
    if with_state is not None:
        # A code of the carrier's own says more than the state. A bare number says nothing where it is not known whose.
        if with_state[2] and not with_state[2].isdecimal():
            yield with_state[2]
        yield with_state[1]


def reason_by_shape(code: str) -> Reason | None:
    """The reason that the build of the code tells."""
    return next((reason for pattern, reason in SHAPES if pattern.fullmatch(code)), None)
