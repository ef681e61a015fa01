"""What Vonage's codes mean: the status of a submit, and the err-code of a receipt. The two tables differ."""

from __future__ import annotations

from delivery.reason_codes.tables import by_code
from delivery.statuses import Reason

# Nothing was taken, and it may be offered again: faster than the account allows, too many connections.
THROTTLES = frozenset({"1", "10"})

# Statuses of the answer to a submit. They are kept as “status 7”, so that they are not taken for err-codes.
SUBMIT_REASONS = by_code(
    {
        Reason.GATEWAY_REFUSED: (
            "2",
            "3",
            "22",
            "23",
        ),  # missing or invalid parameters, network code, callback
        Reason.ACCOUNT_PROBLEM: (
            "4",  # invalid credentials
            "8",  # the account is barred
            "9",  # no credit
            "11",  # not enabled for HTTP
            "14",  # invalid signature
            "29",  # a demo account sends to numbers on its list only
            "32",  # the signature and the secret were both given
        ),
        Reason.CARRIER_INTERNAL: ("5",),
        Reason.ROUTE_ERROR: ("6",),  # not routable, such as an unknown prefix
        Reason.BLACKLISTED: ("7",),
        Reason.CONTENT_BLOCKED: ("12",),  # too long
        Reason.SENDER_REFUSED: ("15",),
        Reason.INVALID_NUMBER: ("33",),  # the number is not active any more
    }
)

RECEIPT_REASONS = by_code(
    {
        Reason.NONE: ("0",),
        Reason.CARRIER_INTERNAL: ("1", "5", "8", "99"),  # unknown, portability, network, general
        Reason.UNREACHABLE: ("2", "7"),  # absent for now, busy
        Reason.INVALID_NUMBER: ("3",),
        Reason.SERVICE_UNSUPPORTED: ("4", "13"),  # barred by the person, age
        Reason.CONTENT_BLOCKED: (
            "6",
            "10",
            "50",
            "51",
            "52",
        ),  # spam filters of the carrier and of regulators
        Reason.UNSUBSCRIBED: ("9", "53"),  # the person wants none of these; no consent
        Reason.ROUTE_ERROR: ("11", "12"),
        Reason.CARRIER_REJECTED: ("14", "15", "54"),  # blocked, no prepaid credit, regulation
        Reason.SENDER_REFUSED: ("39",),
    }
)
