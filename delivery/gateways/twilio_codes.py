"""What Twilio's error codes mean: those that refuse a message at once (2xxxx), and those in receipts (3xxxx)."""

from __future__ import annotations

from delivery.reason_codes.tables import by_code
from delivery.statuses import Reason

# Nothing was taken, and it may be offered again: too many requests, the sender's queue is full.
THROTTLES = frozenset({"20429", "14107", "21611"})

REASONS = by_code(
    {
        Reason.INVALID_NUMBER: (
            "21211",  # invalid “To”
            "21217",  # not a phone number
            "21265",  # “To” is a short code
            "21266",  # “To” and “From” are the same
            "21268",  # “To” is a premium number
            "21604",  # “To” is missing
            "21614",  # not a mobile number
            "21635",  # a landline
            "30005",  # unknown number
        ),
        Reason.UNREACHABLE: ("30003",),
        Reason.SERVICE_UNSUPPORTED: ("30006",),  # a landline, or a network that cannot be reached
        Reason.UNSUBSCRIBED: ("21610",),
        Reason.CARRIER_REJECTED: ("30004",),  # blocked by the carrier or the person
        Reason.CONTENT_BLOCKED: (
            "21602",  # the text is missing
            "21605",  # the text is too long
            "21617",
            "21618",  # the text cannot be sent
            "21619",
            "30007",  # filtered by Twilio or the carrier
            "30019",  # too large for the carrier
            "30038",  # looks like a verification code
            "30044",  # too long for a trial account
        ),
        Reason.VALIDITY_EXPIRED: ("30001", "30012", "30036"),  # queue overflow: too long in Twilio's queue
        Reason.ROUTE_ERROR: ("21612",),
        Reason.FREQUENCY_LIMIT: ("30022", "30023", "30039"),  # rate or daily cap of the campaign; a loop
        Reason.CARRIER_INTERNAL: ("30008", "30009", "30017", "30410"),
        Reason.ACCOUNT_PROBLEM: (
            "20002",
            "20003",  # wrong credentials
            "20005",  # the account is not active
            "20006",
            "20008",  # credentials for tests
            "20403",
            "20404",
            "21219",  # a trial account sends to verified numbers only
            "21264",
            "21267",  # a trial account has no alphanumeric senders
            "21408",  # the country is not switched on
            "21608",
            "21609",  # the status callback is no address Twilio can call
            "21701",  # the messaging service does not exist
            "21703",  # the messaging service has no senders
            "21705",
            "30002",  # the account is suspended
            "30010",  # dearer than the highest price allowed
            "30450",  # held by Twilio's own protection against pumping
            "30453",
        ),
        Reason.SENDER_REFUSED: (
            "21212",  # invalid “From”
            "21601",
            "21603",  # “From” is missing
            "21606",  # “From” cannot send text messages
            "21607",
            "21615",
            "21659",  # not a number of Twilio's
            "21660",  # not a number of this account
            "21661",
            "30018",  # the sender must be registered at the carrier first
            "30024",
            "30032",  # the toll-free number is not verified
            "30033",  # the campaign is suspended
            "30034",  # the number belongs to no registered campaign
            "30035",
        ),
    }
)
