"""The words in which an interface asks for messages, and those in which it is answered. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from smsconsole.lib.types import Region

# Tencent's limit; our own API takes more in one request (`MOST_NATIVE`).
MOST_NUMBERS = 200
MOST_NATIVE = 1000
CONTEXT_MAX_BYTES = 512
EXTEND_MAX_DIGITS = 12
# A kind of a raw text: either of those that are no marketing.
COMMON = "common"


class Refusal(StrEnum):
    """Why a number, or a whole order, is refused: the console's own stable words, which each interface translates.

    They are the codes of the native API's errors, and each has a page there.
    """

    # Of the whole order
    PROJECT_DISABLED = "project_disabled"
    PROJECT_STOPPED = "project_stopped"  # an admin stopped everything
    REGION_NOT_ACTIVE = "region_not_active"  # the organization may not send there (yet)
    NO_GATEWAY = "no_gateway"
    NO_NUMBERS = "no_numbers"
    TOO_MANY_NUMBERS = "too_many_numbers"
    MIXED_REGIONS = "mixed_regions"  # domestic and international in one request
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_UNUSABLE = "signature_unusable"  # unknown, or not approved
    TEMPLATE_UNUSABLE = "template_unusable"  # unknown, or not approved
    TEMPLATE_OF_OTHER_REGION = "template_of_other_region"
    TEXT_MATCHES_NO_TEMPLATE = "text_matches_no_template"
    PARAMETERS_DO_NOT_MATCH = "parameters_do_not_match"  # too many or too few
    PARAMETER_TOO_LONG = "parameter_too_long"
    PARAMETER_FORMAT = "parameter_format"  # a code that is not 1 to 6 digits
    PARAMETER_WITH_LINK = "parameter_with_link"
    FORBIDDEN_WORD = "forbidden_word"
    TEXT_TOO_LONG = "text_too_long"
    SENDER_UNUSABLE = "sender_unusable"
    EXTEND_NOT_ALLOWED = "extend_not_allowed"  # not digits, or too many
    CONTEXT_TOO_LONG = "context_too_long"
    MARKETING_HOURS = "marketing_hours"
    MARKETING_NOT_ALLOWED = "marketing_not_allowed"  # individuals may not send any
    # Of a number
    NUMBER_INVALID = "number_invalid"
    NUMBER_REPEATED = "number_repeated"  # the same number twice in one request, with the same text
    NUMBER_UNSUBSCRIBED = "number_unsubscribed"
    NUMBER_BLACKLISTED = "number_blacklisted"
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    SAME_TEXT_TOO_SOON = "same_text_too_soon"
    NUMBER_LIMIT_PER_HOUR = "number_limit_per_hour"
    NUMBER_LIMIT_PER_DAY = "number_limit_per_day"
    SAME_TEXT_LIMIT_PER_DAY = "same_text_limit_per_day"
    CAP_REACHED = "cap_reached"  # of everything in the project
    CAP_REACHED_DOMESTIC = "cap_reached_domestic"
    CAP_REACHED_INTERNATIONAL = "cap_reached_international"
    CAP_REACHED_COUNTRY = "cap_reached_country"


class OrderRefused(Exception):
    """The whole order is refused, before anything was written. `words` are for the person who reads the answer."""

    def __init__(self, refusal: Refusal, words: str, *, field: str = "") -> None:
        super().__init__(words)
        self.refusal = refusal
        self.words = words
        # The member of `Order` that is at fault, or "".
        self.field = field


@dataclass(frozen=True, slots=True)
class Recipient:
    """One number as the program wrote it, with what is its own. `country` is how a number without one is read."""

    number: str
    parameters: Sequence[str] = ()
    context: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What one request asks to send: either `template_id` with each recipient's parameters, or a whole `text`.

    `region` None: that of the numbers, all of which must lie in one (`MIXED_REGIONS`). `default_country` (ISO 3166)
    reads numbers without a country code; empty: the project's own. `signature` is its text without brackets, empty: the
    text's own front (`【…】` or `[…]`); without one the project's only approved one at home, and none abroad.
    `needs_signature`: a domestic order that names none is refused. `sender_id` counts for international numbers only.
    `in_marketing_hours_only` refuses marketing at other hours instead of letting it wait. `is_sandbox`: nothing
    leaves the console.
    """

    recipients: Sequence[Recipient]
    template_id: str = ""  # its public number, as digits
    text: str = ""
    kind: str = ""  # a `TextKind` (or `COMMON`) that a raw text must have; empty: any
    signature: str = ""
    sender_id: str = ""
    extend: str = ""
    region: Region | None = None
    default_country: str = ""
    needs_signature: bool = False
    in_marketing_hours_only: bool = True
    is_sandbox: bool = False
    most: int = MOST_NUMBERS


class Ordered(NamedTuple):
    """What became of one recipient, in the order of the request: taken (`message_id`), or refused with the reason.

    A refusal by a rule of number, country or cap has a message too, which is blocked: it is seen in the console.
    """

    number: str  # as the program wrote it
    msisdn: str  # E.164 with +, empty when it is no number
    country: str  # ISO 3166, empty when unknown
    n_segments: int  # that the text takes, also of a refused one
    message_id: int | None = None
    refusal: Refusal | None = None
    words: str = ""
    context: str = ""


@dataclass(slots=True)
class Placed:
    """The answer to an order that was not refused as a whole."""

    results: list[Ordered] = field(default_factory=list)
    # Marketing that waits for its hours, if it does: when they begin (ISO 8601), else "".
    waits_until: str = ""
    # What the interface wants to find again when the request is repeated (a batch's id, say).
    extra: dict[str, str] = field(default_factory=dict)
    # This is what was answered before to the same request; nothing was done now.
    is_repeated: bool = False
