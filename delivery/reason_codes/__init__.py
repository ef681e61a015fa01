"""What the carriers' codes mean, in the console's own words: one table per source, nothing but data.

`cmpp`      receipts of the three Chinese carriers as Tencent Cloud and CMPP gateways hand them on
`unicom`    bare numbers, which mean something only in receipts of Tencent Cloud
`smpp`      states of SMPP receipts, and command statuses of refused submits
`alibaba`   Alibaba Cloud, domestic and international

A driver whose carrier has codes of its own keeps them in its file, as `receipt_reasons`.
"""

from __future__ import annotations

from collections.abc import Mapping

from delivery.reason_codes import alibaba, cmpp, smpp, unicom
from delivery.reason_codes.tables import by_code
from delivery.statuses import Reason

# Codes that mean the same wherever they are met.
COMMON: Mapping[str, Reason] = by_code(cmpp.CODES, smpp.STATES)
# Codes that mean something only from gateways of one kind. They come first.
OF_KIND: Mapping[str, Mapping[str, Reason]] = {
    "tencent": by_code(unicom.CODES),
    "alibaba": alibaba.DOMESTIC,
    "alibaba_intl": alibaba.INTERNATIONAL,
}


def find_reason(code: str, *, kind: str = "") -> Reason | None:
    """The reason behind a code of this kind of gateway; None when no table knows it.

    A code that some carriers hand on with more behind it ("MC:0055_006", "UNDELIV:045") is read without that.
    """
    own = OF_KIND.get(kind, {})
    for candidate in (code, *cmpp.shorter(code)):
        for table in (own, COMMON):
            if candidate in table:
                return table[candidate]
    return cmpp.reason_by_shape(code)
