"""The rules that sender IDs are checked by, one function each, and the countries that want them registered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smsconsole.lib.countries import country_name
from templates_app.rules.kit import SENDER_ID_BOOK, SenderIdDraft, Spot

FORM: Final = gettext_lazy("The sender ID")
COUNTRY: Final = gettext_lazy("Countries")

# As carriers publish it, early 2025; they change it now and then, so the words always say to ask the gateway.
_AFRICA: Final = ["EG", "ET", "GH", "KE", "MA", "MZ", "NG", "RW", "TN", "TZ", "UG", "ZM"]
_ASIA: Final = ["ID", "IN", "KZ", "LK", "MM", "NP", "PH", "PK", "SG", "TH", "UZ", "VN"]
_MIDDLE_EAST: Final = ["AE", "BH", "IR", "JO", "KW", "OM", "QA", "SA", "SY", "TR"]
NEEDS_REGISTRATION: Final = frozenset([*_AFRICA, *_ASIA, *_MIDDLE_EAST, "BY", "CU", "RU", "UA"])
# Phones there show a number only: a sender ID of letters is replaced or refused.
_AMERICA: Final = ["AR", "BR", "CA", "CL", "CO", "CR", "DO", "EC", "GT", "HN", "MX", "NI", "PA", "PE"]
DIGITS_ONLY: Final = frozenset([*_AMERICA, "CN", "MY", "PR", "SV", "US", "UY", "VE", "ZA"])

# The address field of SMPP and of every carrier: letters and digits with a letter, or digits alone.
SENDER_ID: Final = re.compile(r"(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{1,11}|[0-9]{1,15}")
_SCENARIO: Final = "The short name of our shop."


@SENDER_ID_BOOK.rule(
    "sender-id-form",
    group=FORM,
    title=gettext_lazy("Up to 11 letters and digits, or up to 15 digits"),
    why=gettext_lazy(
        "The address field of carriers holds no more. With letters at least one must be a letter; no spaces, no signs."
    ),
    source="Alibaba Cloud SMS, send-message-intl: alphanumeric up to 11, numeric up to 15",
    preset="form",
    refuses=SenderIdDraft("Demo Shop!", "", _SCENARIO),
    allows=SenderIdDraft("DemoShop", "", _SCENARIO),
)
def form_of_sender_id(draft: SenderIdDraft) -> Iterator[Spot]:
    if SENDER_ID.fullmatch(draft.text):
        return
    if not draft.text.strip():
        yield Spot(_("Write the sender ID that phones show."), example="DemoShop")
        return
    foreign = [match.span() for match in re.finditer(r"[^A-Za-z0-9]", draft.text)]
    for start, end in foreign:
        message = (
            _("A space may not be in a sender ID: Latin letters and digits only.")
            if draft.text[start:end].isspace()
            else _("“%(character)s” may not be in a sender ID: Latin letters and digits only.")
        )
        yield Spot(message % {"character": draft.text[start:end]}, start, end, example="DemoShop")
    if not foreign:
        most = 15 if draft.text.isdigit() else 11
        message = (
            _("A sender ID of digits has at most %(max)d; this one has %(n)d. Shorten it.")
            if draft.text.isdigit()
            else _("A sender ID with letters has at most %(max)d characters; this one has %(n)d. Shorten it.")
        )
        yield Spot(message % {"max": most, "n": len(draft.text)}, most, len(draft.text), example="DemoShop")


_NEUTRAL: Final = frozenset(
    ["test", "sms", "info", "infosms", "notice", "alert", "message", "verify", "code", "otp", "sender"]
)


@SENDER_ID_BOOK.rule(
    "sender-id-neutral",
    group=FORM,
    title=gettext_lazy("It says who is writing"),
    why=gettext_lazy("Many carriers refuse general words, because anybody could hide behind them."),
    source="Alibaba Cloud SMS, register-sender-id: use the real brand name",
    hard=False,
    preset="neutral",
    refuses=SenderIdDraft("INFO", "", _SCENARIO),
    allows=SenderIdDraft("DemoShop", "", _SCENARIO),
)
def sender_id_says_who(draft: SenderIdDraft) -> Iterator[Spot]:
    if draft.text.casefold() in _NEUTRAL:
        message = _(
            "“%(text)s” does not say who is writing, and many carriers refuse it. Use the brand's name."
        )
        yield Spot(message % {"text": draft.text}, 0, len(draft.text), example="DemoShop")


@SENDER_ID_BOOK.rule(
    "sender-id-registration",
    group=COUNTRY,
    title=gettext_lazy("Registered where a country wants it"),
    why=gettext_lazy(
        "Some countries deliver only sender IDs that the gateway has registered with their carriers."
    ),
    source="Alibaba Cloud SMS, register-sender-id: pre-registration required",
    hard=False,
    preset="registration",
    shows="country",
    refuses=SenderIdDraft("DemoShop", "SG", _SCENARIO),
    allows=SenderIdDraft("DemoShop", "GB", _SCENARIO),
)
def sender_id_registered(draft: SenderIdDraft) -> Iterator[Spot]:
    if draft.country in NEEDS_REGISTRATION:
        message = _(
            "%(country)s delivers registered sender IDs only. Register it through your gateway first, and say so in "
            "the remarks."
        )
        yield Spot(message % {"country": country_name(draft.country)}, field="country")


@SENDER_ID_BOOK.rule(
    "sender-id-digits",
    group=COUNTRY,
    title=gettext_lazy("Digits where a country shows no letters"),
    why=gettext_lazy("Some countries replace or refuse a sender ID of letters."),
    source="Alibaba Cloud SMS, register-sender-id: sender types by country",
    hard=False,
    preset="registration",
    shows="country",
    refuses=SenderIdDraft("DemoShop", "US", _SCENARIO),
    allows=SenderIdDraft("12025550123", "US", _SCENARIO),
)
def sender_id_of_digits(draft: SenderIdDraft) -> Iterator[Spot]:
    if draft.country in DIGITS_ONLY and not draft.text.isdigit():
        message = _(
            "Phones in %(country)s show no sender ID with letters: carriers replace or refuse it. Use a number that "
            "your gateway has there."
        )
        yield Spot(message % {"country": country_name(draft.country)}, field="country")
