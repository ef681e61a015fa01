"""The recipients of an order as lines: what number each has, and what became of it. No statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from api.sending.orders import Order, Ordered, OrderRefused, Recipient, Refusal
from delivery.limits.frequency import Block
from projects.limits import country_codes
from projects.models import Project
from smsconsole.lib.msisdn import MsisdnError, read_msisdn, region_of
from smsconsole.lib.types import RefusalReason, Region

# Longer than any number is ever written.
_MOST_CHARACTERS = 64

_NUMBER_WORDS = {
    RefusalReason.EMPTY_NUMBER: "There is no number.",
    RefusalReason.NOT_A_NUMBER: "This is no telephone number. Write + and the country code, then digits.",
    RefusalReason.SEVERAL_NUMBERS: "Several numbers stand in one place. Send each by itself.",
    RefusalReason.HAS_EXTENSION: "Numbers with an extension cannot receive messages.",
    RefusalReason.NO_DEFAULT_COUNTRY: "The country code is missing. Write + and the country code in front.",
    RefusalReason.UNKNOWN_COUNTRY_CODE: "No country has this country code.",
    RefusalReason.TOO_SHORT: "The number is too short for its country.",
    RefusalReason.TOO_LONG: "The number is too long for its country.",
    RefusalReason.NOT_VALID: "Its country has no such numbers.",
    RefusalReason.SHORT_CODE: "Short codes cannot receive messages.",
    RefusalReason.PREMIUM_NUMBER: "Premium rate numbers cannot receive messages.",
    RefusalReason.SERVICE_NUMBER: "Service numbers cannot receive messages.",
    RefusalReason.GLOBAL_NUMBER: "Numbers of no country (satellite, global services) are not served.",
}


def number_words(reason: RefusalReason) -> str:
    """Why a value is no number that can be sent to."""
    return _NUMBER_WORDS.get(reason, _NUMBER_WORDS[RefusalReason.NOT_A_NUMBER])


@dataclass(slots=True)
class Line:
    """One recipient on its way through the checks. `block` is set where a rule refused it and it gets a message."""

    recipient: Recipient
    msisdn: str = ""
    country: str = ""
    text: str = ""
    n_segments: int = 0
    refusal: Refusal | None = None
    words: str = ""
    block: Block | None = None

    @property
    def is_open(self) -> bool:
        return self.refusal is None

    def refuse(self, refusal: Refusal, words: str, *, block: Block | None = None) -> None:
        self.refusal, self.words, self.block = refusal, words, block

    def ordered(self, message_id: int | None) -> Ordered:
        return Ordered(
            self.recipient.number,
            self.msisdn,
            self.country,
            self.n_segments,
            message_id,
            self.refusal,
            self.words,
            self.recipient.context,
        )


def read_lines(project: Project, order: Order) -> list[Line]:
    """A line for each recipient; what is no number is refused here."""
    asked = order.default_country or project.default_country
    default_country = asked if asked in country_codes() else None
    lines = []
    for recipient in order.recipients:
        line = Line(recipient)
        try:
            if len(recipient.number) > _MOST_CHARACTERS:
                raise MsisdnError(RefusalReason.NOT_A_NUMBER)
            found = read_msisdn(recipient.number, default_country=default_country)
        except MsisdnError as error:
            line.refuse(Refusal.NUMBER_INVALID, number_words(error.reason))
        else:
            line.msisdn, line.country = found.e164, found.country
        lines.append(line)
    return lines


def region_of_lines(order: Order, lines: Sequence[Line]) -> Region | None:
    """The one region of all numbers; None when none is a number and nothing else says it."""
    home = settings.HOME_COUNTRY
    regions = Counter(region_of(line.country, home) for line in lines if line.is_open)
    if order.region is not None:
        if set(regions) - {order.region}:
            words = {
                Region.DOMESTIC: "There are international numbers in a domestic request. Send them apart.",
                Region.INTERNATIONAL: "There are domestic numbers in an international request. Send them apart.",
            }
            raise OrderRefused(Refusal.MIXED_REGIONS, words[order.region], field="recipients")
        return order.region
    if len(regions) > 1:
        raise OrderRefused(
            Refusal.MIXED_REGIONS,
            "Domestic and international numbers are mixed. Send them in requests of their own.",
            field="recipients",
        )
    return next(iter(regions), None)


def refuse_repeated(lines: Sequence[Line]) -> None:
    """Of the same number with the same text only the first one is sent to."""
    seen = set()
    for line in lines:
        if line.is_open:
            if (line.msisdn, line.text) in seen:
                words = (
                    "The same number stands in this request before, with the same text. It gets one message."
                )
                line.refuse(Refusal.NUMBER_REPEATED, words)
            seen.add((line.msisdn, line.text))
