"""China Unicom's receipt codes: bare numbers, so they mean something only where a receipt is known to be its."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.statuses import Reason

CODES: Mapping[Reason, tuple[str, ...]] = {
    Reason.INVALID_NUMBER: ("1", "67", "61", "72", "101", "95"),
    # 10 and 12 lump together numbers that are empty, switched off and suspended.
    Reason.UNREACHABLE: (
        "12", "10", "24", "5", "4", "54", "51", "53", "-37", "20", "50", "45", "36", "98", "99", "56", "219", "182",
        "124", "105", "213",
    ),
    Reason.OUT_OF_COVERAGE: ("15", "55", "86", "88", "89", "64", "70"),
    Reason.MEMORY_FULL: ("79", "43", "-43"),
    Reason.SERVICE_UNSUPPORTED: ("27", "44", "52", "118", "13", "18", "19", "31"),
    Reason.BLACKLISTED: ("69",),
    # Too long.
    Reason.CONTENT_BLOCKED: ("8",),
    Reason.CARRIER_INTERNAL: ("11", "17", "22", "23", "90", "-74", "2", "104", "57", "3", "14"),
}  # fmt: skip
