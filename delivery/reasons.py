"""The carriers' codes in the console's own words, and what to do about each reason."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from delivery.statuses import Reason

# Tencent's and the CMPP carriers' receipt codes by group; an unlisted code is kept and shown as it came.
CODES: dict[Reason, frozenset[str]] = {
    Reason.NONE: frozenset({"DELIVRD", "DELIVERED", ""}),
    Reason.INVALID_NUMBER: frozenset(
        ["MK:0012", "MK:0000", "MK:0001", "MK00001", "MK:0013", "XL:169", "TA:169", "ERR_NUM"]
    ),
    Reason.UNREACHABLE: frozenset(
        [
            "UNDELIV",
            "UNDELIVRD",
            "MI:0013",
            "MN:0001",
            "MI:0024",
            "MI:0011",
            "MC:0151",
            "IC:0001",
            "MI:0029",
            "MK:0004",
            "MK:0010",
            "MK:0011",
        ]
    ),
    Reason.OUT_OF_COVERAGE: frozenset(["MC:0055", "MN:0059", "MK:0008", "MK:0009"]),
    Reason.VALIDITY_EXPIRED: frozenset(["EXPIRED", "MI00000", "IA:0054", "DA:0054", "MI:0056", "MK:0065"]),
    Reason.MEMORY_FULL: frozenset(["MK:0017", "MI00022", "MB:1031"]),
    Reason.SERVICE_UNSUPPORTED: frozenset(["MK:0005", "MK:0019", "MI:0052"]),
    Reason.CARRIER_REJECTED: frozenset(["REJECTD", "MN:0017"]),
    Reason.UNSUBSCRIBED: frozenset(["MX:0012", "TUIDING"]),
    Reason.BLACKLISTED: frozenset(
        ["BWLIST", "TD:0001", "DB:0141", "DB:0144", "DB:0164", "HIGRISK", "MB:1077", "TC:0001", "BLACK"]
    ),
    Reason.FREQUENCY_LIMIT: frozenset(["MX:0003", "TE:0003", "MB:1042"]),
    Reason.CONTENT_BLOCKED: frozenset(["TC:0007", "TD:0004", "TE:0014", "LT:0002"]),
    Reason.ROUTE_ERROR: frozenset(["NOROUTE", "TE:0002", "MX:0002"]),
    Reason.CARRIER_INTERNAL: frozenset(["UNKNOWN", "MI:0022", "MN:0020", "IC:0015", "BEYONDN", "MB:1078"]),
}
_REASON_OF_CODE = {code: reason for reason, codes in CODES.items() for code in codes}
_HANDSET_OR_NETWORK = re.compile(r"(MN|MI|MK):\d{4}")

ADVICE = {
    Reason.GATEWAY_REFUSED: _("Look up the gateway's code; sending again unchanged will fail again."),
    Reason.INVALID_NUMBER: _("Remove the number from your list."),
    Reason.UNREACHABLE: _("Send again later; remove the number if it stays unreachable."),
    Reason.OUT_OF_COVERAGE: _("Send again later."),
    Reason.VALIDITY_EXPIRED: _("Send again later."),
    Reason.MEMORY_FULL: _("Send again later; the person must delete messages first."),
    Reason.SERVICE_UNSUPPORTED: _("Reach this person in another way."),
    Reason.CARRIER_REJECTED: _("Ask the carrier why, quoting the code."),
    Reason.UNSUBSCRIBED: _("Do not send to this number again."),
    Reason.BLACKLISTED: _("Ask the carrier to clear the number, quoting the code."),
    Reason.FREQUENCY_LIMIT: _("Send fewer messages to this number, or later."),
    Reason.CONTENT_BLOCKED: _("Change the text; the carrier refuses its wording."),
    Reason.ROUTE_ERROR: _("Ask the carrier whether it serves this network."),
    Reason.CARRIER_INTERNAL: _("Send again later; tell the carrier if it lasts."),
    Reason.UNKNOWN_CODE: _("Ask the carrier what its code means."),
    Reason.NO_ANSWER: _("A receipt may still settle it; or settle it by hand on the campaign's page."),
    Reason.NO_RECEIPT: _("The carrier never reported; ask it, quoting the message id."),
    Reason.PARTIAL: _("Parts of the message may have arrived; send it again if it matters."),
    Reason.CANCELLED_BY_PERSON: _("Copy the campaign to send to these numbers."),
    Reason.SAME_CONTENT: _("Send again later, or raise the limit."),
    Reason.PER_HOUR: _("Send again later, or raise the limit."),
    Reason.PER_DAY: _("Send again tomorrow, or raise the limit."),
    Reason.SAME_CONTENT_PER_DAY: _("Send again tomorrow, or raise the limit."),
    Reason.ON_BLACKLIST: _("Take the number off the blacklist if it may be sent to again."),
    Reason.HAS_UNSUBSCRIBED: _("Do not send to this number again; a removal can be requested."),
    Reason.COUNTRY_NOT_ALLOWED: _("Allow the country in the project's limits, or remove the number."),
    Reason.NO_CARRIER_TEMPLATE: _(
        "Have the text approved at the carrier, then fetch its templates on the gateway's page."
    ),
    Reason.ACCOUNT_PROBLEM: _("Look at the account at the carrier; the gateway's code says what is wrong."),
    Reason.SENDER_REFUSED: _("Register the sender or signature at the carrier, spelled exactly the same."),
}


def reason_of_code(code: str) -> Reason:
    """The canonical reason for a carrier's code; `UNKNOWN_CODE` when nobody has mapped it yet."""
    known = _REASON_OF_CODE.get(code)
    if known is not None:
        return known
    return Reason.CARRIER_INTERNAL if _HANDSET_OR_NETWORK.fullmatch(code) else Reason.UNKNOWN_CODE


def blocked_words(reason: int, code: str | None, zone: ZoneInfo) -> str:
    """Which rule blocked a message, with its value and the time in this zone at which it would have passed.

    `code` is that of a blocked message (`delivery.frequency.Block.code`); for any other, just the reason.
    """
    parts = (code or "").split(":")
    if len(parts) != 4:
        return str(Reason(reason).label)
    _rule, n, seconds, unix = parts
    rule = _rule_words(reason, int(n or 0), int(seconds or 0))
    if not unix:
        return gettext("%(rule)s.") % {"rule": rule}
    moment = date_format(datetime.fromtimestamp(int(unix), UTC).astimezone(zone), "MOMENT_WITH_SECONDS")
    return gettext("%(rule)s. It would have passed on %(moment)s.") % {"rule": rule, "moment": moment}


def _rule_words(reason: int, n: int, seconds: int) -> str:
    values = {"n": n, "seconds": seconds}
    if reason == Reason.SAME_CONTENT:
        words = ngettext(
            "The same text goes to one number at most once in %(seconds)s seconds",
            "The same text goes to one number at most %(n)s times in %(seconds)s seconds",
            n,
        )
    elif reason == Reason.PER_HOUR:
        words = ngettext(
            "At most %(n)s message an hour goes to one number",
            "At most %(n)s messages an hour go to one number",
            n,
        )
    elif reason == Reason.PER_DAY:
        words = ngettext(
            "At most %(n)s message a day goes to one number",
            "At most %(n)s messages a day go to one number",
            n,
        )
    elif reason == Reason.SAME_CONTENT_PER_DAY:
        words = ngettext(
            "The same text goes to one number at most once a day",
            "The same text goes to one number at most %(n)s times a day",
            n,
        )
    else:
        return str(Reason(reason).label)
    return words % values
