"""Codes about one number of an order. Each is a `Refusal` of the sending core."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from api.native.codes.types import CodeGroup, ErrorCode
from api.sending.orders import Refusal

_GROUP = CodeGroup.NUMBER

NUMBER_CODES = (
    ErrorCode(
        Refusal.NUMBER_INVALID,
        422,
        _GROUP,
        _("This is no number that can be sent to"),
        _("It is too short or too long, its country is not known, or no phone can have it."),
        _("Write the number with a plus and the code of its country, as in +8613800138000."),
    ),
    ErrorCode(
        Refusal.NUMBER_REPEATED,
        422,
        _GROUP,
        _("The number stands in the request twice"),
        _("The same text to the same number in one request is sent once."),
        _("Name each number once."),
    ),
    ErrorCode(
        Refusal.NUMBER_UNSUBSCRIBED,
        422,
        _GROUP,
        _("The person unsubscribed"),
        _("The owner of the number asked not to be written to with this signature and kind of text."),
        _("Respect it. If the person agreed again, ask for the removal under “Number lists”."),
    ),
    ErrorCode(
        Refusal.NUMBER_BLACKLISTED,
        422,
        _GROUP,
        _("The number is on the project’s blacklist"),
        _("Numbers on the blacklist get nothing from this project."),
        _("Take it off the blacklist if it should be written to."),
    ),
    ErrorCode(
        Refusal.COUNTRY_NOT_ALLOWED,
        422,
        _GROUP,
        _("The project does not send to this country"),
        _("The project allows some countries only, and this is none of them."),
        _("An admin can add the country under “Limits”."),
    ),
    ErrorCode(
        Refusal.SAME_TEXT_TOO_SOON,
        422,
        _GROUP,
        _("The same text went to this number a moment ago"),
        _("The frequency limit for the same text is reached."),
        _("Wait before you repeat the text. An admin sees the limit under “Limits”."),
    ),
    ErrorCode(
        Refusal.NUMBER_LIMIT_PER_HOUR,
        422,
        _GROUP,
        _("The number’s limit per hour is reached"),
        _("The frequency limit per number and hour holds for all texts together."),
        _("Try again in an hour."),
    ),
    ErrorCode(
        Refusal.NUMBER_LIMIT_PER_DAY,
        422,
        _GROUP,
        _("The number’s limit per day is reached"),
        _("The frequency limit per number and day holds for all texts together. The day is the project’s."),
        _("Try again tomorrow."),
    ),
    ErrorCode(
        Refusal.SAME_TEXT_LIMIT_PER_DAY,
        422,
        _GROUP,
        _("The number’s limit per day for the same text is reached"),
        _("The same text may go to one number only so often on one day."),
        _("Try again tomorrow."),
    ),
    ErrorCode(
        Refusal.CAP_REACHED,
        422,
        _GROUP,
        _("The project’s cap is reached"),
        _("The project may send so many messages in a day or month, and has."),
        _("Wait for the next day or month, or let an admin raise the cap."),
    ),
    ErrorCode(
        Refusal.CAP_REACHED_DOMESTIC,
        422,
        _GROUP,
        _("The cap for domestic messages is reached"),
        _("The project may send so many domestic messages in a day or month, and has."),
        _("Wait for the next day or month, or let an admin raise the cap."),
    ),
    ErrorCode(
        Refusal.CAP_REACHED_INTERNATIONAL,
        422,
        _GROUP,
        _("The cap for international messages is reached"),
        _("The project may send so many international messages in a day or month, and has."),
        _("Wait for the next day or month, or let an admin raise the cap."),
    ),
    ErrorCode(
        Refusal.CAP_REACHED_COUNTRY,
        422,
        _GROUP,
        _("The cap for this country is reached"),
        _("The project may send so many messages to this country in a day or month, and has."),
        _("Wait for the next day or month, or let an admin raise the country’s cap."),
    ),
)
