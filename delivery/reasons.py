"""The carriers' codes in the console's own words, and what to do about each reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from delivery.reason_codes import find_reason
from delivery.statuses import Reason


class ReasonCategory(TextChoices):
    """Where the fault lies, and so who can do something about it."""

    NUMBER = "number", _("The number")
    PHONE = "phone", _("The phone")
    NETWORK = "network", _("The carrier's network")
    CONTENT = "content", _("The text")
    ACCOUNT = "account", _("The account at the carrier")
    LIMIT = "limit", _("A limit or list")
    CONSOLE = "console", _("The console")


CATEGORIES: dict[ReasonCategory, frozenset[Reason]] = {
    ReasonCategory.NUMBER: frozenset({Reason.INVALID_NUMBER, Reason.SERVICE_UNSUPPORTED}),
    ReasonCategory.PHONE: frozenset({Reason.UNREACHABLE, Reason.OUT_OF_COVERAGE, Reason.MEMORY_FULL}),
    ReasonCategory.NETWORK: frozenset(
        {
            Reason.VALIDITY_EXPIRED,
            Reason.CARRIER_REJECTED,
            Reason.ROUTE_ERROR,
            Reason.CARRIER_INTERNAL,
            Reason.UNKNOWN_CODE,
            Reason.NO_ANSWER,
            Reason.NO_RECEIPT,
            Reason.PARTIAL,
            Reason.THROTTLED,
            Reason.GATEWAY_REFUSED,
        }
    ),
    ReasonCategory.CONTENT: frozenset({Reason.CONTENT_BLOCKED, Reason.NO_CARRIER_TEMPLATE}),
    ReasonCategory.ACCOUNT: frozenset({Reason.ACCOUNT_PROBLEM, Reason.SENDER_REFUSED}),
    ReasonCategory.LIMIT: frozenset(
        {
            Reason.UNSUBSCRIBED,
            Reason.BLACKLISTED,
            Reason.FREQUENCY_LIMIT,
            Reason.SAME_CONTENT,
            Reason.PER_HOUR,
            Reason.PER_DAY,
            Reason.SAME_CONTENT_PER_DAY,
            Reason.ON_BLACKLIST,
            Reason.HAS_UNSUBSCRIBED,
            Reason.COUNTRY_NOT_ALLOWED,
            Reason.CAP_REACHED,
        }
    ),
    ReasonCategory.CONSOLE: frozenset(
        {
            Reason.NONE,
            Reason.CANCELLED_BY_PERSON,
            Reason.SETTLED_BY_PERSON,
            Reason.SETTLED_BY_POLICY,
        }
    ),
}
_CATEGORY_OF = {reason: category for category, reasons in CATEGORIES.items() for reason in reasons}
# The same message may well arrive when it is sent again, unchanged, later.
RETRYABLE = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.OUT_OF_COVERAGE,
        Reason.MEMORY_FULL,
        Reason.VALIDITY_EXPIRED,
        Reason.CARRIER_INTERNAL,
        Reason.FREQUENCY_LIMIT,
        Reason.THROTTLED,
        Reason.NO_ANSWER,
        Reason.NO_RECEIPT,
        Reason.PARTIAL,
        Reason.SAME_CONTENT,
        Reason.PER_HOUR,
        Reason.PER_DAY,
        Reason.SAME_CONTENT_PER_DAY,
        Reason.CAP_REACHED,
        Reason.ACCOUNT_PROBLEM,
        Reason.SENDER_REFUSED,
        Reason.NO_CARRIER_TEMPLATE,
    }
)

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
    Reason.SETTLED_BY_POLICY: _("Nothing was heard in time; the project's admin chose what happens then."),
    Reason.CANCELLED_BY_PERSON: _("Copy the campaign to send to these numbers."),
    Reason.SAME_CONTENT: _("Send again later, or raise the limit."),
    Reason.PER_HOUR: _("Send again later, or raise the limit."),
    Reason.PER_DAY: _("Send again tomorrow, or raise the limit."),
    Reason.SAME_CONTENT_PER_DAY: _("Send again tomorrow, or raise the limit."),
    Reason.ON_BLACKLIST: _("Take the number off the blacklist if it may be sent to again."),
    Reason.HAS_UNSUBSCRIBED: _("Do not send to this number again; a removal can be requested."),
    Reason.COUNTRY_NOT_ALLOWED: _("Allow the country in the project's limits, or remove the number."),
    Reason.CAP_REACHED: _("Send again when the day or month is over, or let an admin raise the cap."),
    Reason.NO_CARRIER_TEMPLATE: _(
        "Have the text approved at the carrier, then fetch its templates on the gateway's page."
    ),
    Reason.ACCOUNT_PROBLEM: _("Look at the account at the carrier; the gateway's code says what is wrong."),
    Reason.SENDER_REFUSED: _("Register the sender or signature at the carrier, spelled exactly the same."),
}


class ReasonFacts(NamedTuple):
    """What there is to say about a reason: where the fault lies, what to do, whether sending again may help."""

    category: ReasonCategory
    advice: str
    is_retryable: bool


def facts_of(reason: int) -> ReasonFacts:
    """The facts of a stored reason, in the language of the page."""
    known = Reason(reason)
    return ReasonFacts(_CATEGORY_OF[known], str(ADVICE.get(known, "")), known in RETRYABLE)


def reason_of_code(
    code: str, *, kind: str = "", receipt_reasons: Mapping[str, Reason] = MappingProxyType({})
) -> Reason:
    """The canonical reason for a code that a gateway of this kind reported; `UNKNOWN_CODE` when nobody knows it.

    `receipt_reasons` is the table of the gateway's own driver and comes first.
    """
    if code in receipt_reasons:
        return receipt_reasons[code]
    found = find_reason(code, kind=kind)
    return Reason.UNKNOWN_CODE if found is None else found


def blocked_words(reason: int, code: str | None, zone: ZoneInfo) -> str:
    """Which rule blocked a message, with its value and the time in this zone at which it would have passed.

    `code` is that of a blocked message (`delivery.limits.frequency.Block.code`); for any other, just the reason.
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
