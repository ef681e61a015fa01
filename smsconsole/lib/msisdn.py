"""Numbers as people write them, read to E.164. The only place that understands them."""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from smsconsole.lib.numbering_plans import (
    MAX_DIGITS,
    Found,
    calling_code_of,
    find_international,
    find_national,
    look_up,
)
from smsconsole.lib.types import RefusalReason, Region

_E164: Final = re.compile(r"\+([1-9][0-9]{6,14})")
# What is left of a number after `_tidy`: a plus perhaps, digits, and what people put between them.
_WRITTEN: Final = re.compile(r"\(?\+{0,2}[ ()]*[0-9][0-9 ()\[\]\-./]*")
_SEPARATORS: Final = str.maketrans("", "", " ()[]-./+")
_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣─ー~", "-") | {"\t": " ", "\r": "\n", "·": "."})
_URI_SCHEME: Final = re.compile(r"(?:tel|sms):", re.IGNORECASE)
# CSV exports write ="138..." so that Excel keeps it a text.
_KEPT_AS_TEXT: Final = re.compile(r'="([^"]*)"')

_SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?E[+-]?[0-9]+", re.IGNORECASE)
# 13800138000.0 is a number that went through a float.
_DECIMALS: Final = re.compile(r"(\+?[0-9]{7,})[.,]([0-9]{1,3})")
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){2,}(?:\.0+)?")
_DATE: Final = re.compile(
    r"(?:(?:19|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"
    r"|(?:0?[1-9]|[12][0-9]|3[01])([-/.])(?:0?[1-9]|[12][0-9]|3[01])\2(?:19|20)[0-9]{2})"
    r"(?:[ T][0-9]{1,2}:[0-9]{2}.*)?"
)
_CELL_ERROR: Final = re.compile(r"#(?:N/A|[A-Z0-9_/]+[!?])", re.IGNORECASE)
_EXTENSION: Final = re.compile(
    r"[+0-9 ()\-./]{5,}"
    r"(?:,+|;(?:ext)?|#|[xpw]|extension|extn?|доб|int|anexo|poste|dw|分机|分機|转|轉|内线|內線)"
    r"[ .:=]*[0-9]{1,7}#?",
    re.IGNORECASE,
)
_BETWEEN_NUMBERS: Final = re.compile(r"[,;/|&\n、]| and | or |和|或", re.IGNORECASE)
_MIN_DIGITS_OF_A_NUMBER: Final = 7
_MAX_DIGITS_OF_A_SHORT_CODE: Final = 6
_MIN_DIGITS_OF_A_SHORT_CODE: Final = 3


@dataclass(frozen=True, slots=True)
class Msisdn:
    """A number that exists: `+` and digits, its country (ISO 3166 alpha-2).

    `is_landline` only where it cannot be a mobile; in the US and elsewhere the digits do not tell.
    """

    e164: str
    country: str
    is_landline: bool


class MsisdnError(ValueError):
    """The value is no number that a message can be sent to; `reason` says why."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def read_msisdn(value: object, *, default_country: str | None) -> Msisdn:
    """The number in a cell, whatever its type and however it was written; else `MsisdnError`.

    Without a default country only the international form is taken: with `+`, with `00`, or bare digits that
    are a whole international number. With one, bare digits are read as dialled in that country first.
    """
    if isinstance(value, str):
        match = _E164.fullmatch(value)
        if match is not None:
            return _read_international(match[1])
        return _read_text(value, default_country)
    if value is None:
        raise MsisdnError(RefusalReason.EMPTY_NUMBER)
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        raise MsisdnError(RefusalReason.DATE_IN_NUMBER)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _read_bare(_digits_of_numeric(value), default_country)
    raise MsisdnError(RefusalReason.NOT_A_NUMBER)


def mask_msisdn(e164: str) -> str:
    """`+86 138 **** 8000`: enough to recognize a number one knows, too little to learn one.

    At least three digits are hidden; short numbers show fewer at their front, then at their end.
    """
    digits = e164.removeprefix("+")
    calling_code = calling_code_of(digits) or ""
    national = digits[len(calling_code) :]
    n_last = max(0, min(4, len(national) - 3))
    n_first = max(0, min(3, len(national) - n_last - 3))
    shown = [f"+{calling_code}", national[:n_first], "****", national[len(national) - n_last :]]
    return " ".join(part for part in shown if part)


def mask_written(value: object) -> str:
    """A cell's text with digits hidden in its middle; for cells that need not hold a number.

    At least four digits are hidden; a text with fewer than five is shown as it is, there is no number in it.
    """
    text = str(value) if value is not None else ""
    places = [place for place, character in enumerate(text) if character.isdecimal()]
    if len(places) <= 4:
        return text
    n_last = min(4, len(places) - 4)
    n_first = min(5, len(places) - 4 - n_last)
    hidden = set(places[n_first : len(places) - n_last])
    return "".join("*" if place in hidden else character for place, character in enumerate(text))


def is_domestic(country: str, home_country: str) -> bool:
    """Whether a number of this country is domestic here. Hong Kong, Macao and Taiwan are not China's +86."""
    return country == home_country


def region_of(country: str, home_country: str) -> Region:
    """The kind of campaign that a number of this country belongs to."""
    return Region.DOMESTIC if is_domestic(country, home_country) else Region.INTERNATIONAL


def _digits_of_numeric(value: int | float | Decimal) -> str:
    if value != value or value < 0:
        raise MsisdnError(RefusalReason.NOT_A_NUMBER)
    # Excel keeps 15 significant digits: a number beyond has lost its end, one with decimals was no number.
    if value >= 10**MAX_DIGITS or value != int(value):
        raise MsisdnError(RefusalReason.NUMBER_DAMAGED)
    return str(int(value))


def _read_text(value: str, default_country: str | None) -> Msisdn:
    text = _tidy(value)
    if not text:
        raise MsisdnError(RefusalReason.EMPTY_NUMBER)
    if "." in text or "," in text:
        text = _without_decimals(text)
    if _WRITTEN.fullmatch(text) is None:
        raise MsisdnError(_why_not_a_number(text))
    if _DATE.fullmatch(text) is not None:
        raise MsisdnError(RefusalReason.DATE_IN_NUMBER)
    digits = text.translate(_SEPARATORS)
    if ("/" in text or len(digits) > MAX_DIGITS) and _are_several(text):
        raise MsisdnError(RefusalReason.SEVERAL_NUMBERS)
    # "00" is the international prefix wherever it is written, also where people dial 011 or 010.
    if digits.startswith("00"):
        return _read_international(digits[2:])
    if "+" in text:
        return _read_international(digits)
    return _read_bare(digits, default_country)


def _tidy(value: str) -> str:
    """Plain digits and separators: full-width and Arabic digits, invisible characters, quotes, `tel:`."""
    text = value
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES)
        text = "".join(
            str(unicodedata.decimal(character)) if character.isdecimal() else character
            for character in text
            if unicodedata.category(character) != "Cf"
        )
    text = text.strip()
    if text and text[0] in "'`’\"=tTsS":
        kept = _KEPT_AS_TEXT.fullmatch(text)
        text = kept[1] if kept is not None else text
        text = _URI_SCHEME.sub("", text.lstrip("'`’").strip('" '), count=1).strip()
    return text


def _without_decimals(text: str) -> str:
    """`13800138000.0` and `13,800,138,000` without what a spreadsheet added; decimals mean damage."""
    decimals = _DECIMALS.fullmatch(text)
    if decimals is not None:
        if decimals[2].strip("0"):
            raise MsisdnError(RefusalReason.NUMBER_DAMAGED)
        return decimals[1]
    if _THOUSANDS.fullmatch(text) is not None:
        return text.partition(".")[0].replace(",", "")
    return text


def _why_not_a_number(text: str) -> RefusalReason:
    if _CELL_ERROR.fullmatch(text):
        return RefusalReason.CELL_ERROR
    # Excel shows #### where the column is too narrow, and copies it so.
    if _SCIENTIFIC.fullmatch(text) or text.strip("#") == "":
        return RefusalReason.NUMBER_DAMAGED
    if text.startswith("="):
        return RefusalReason.FORMULA_WITHOUT_VALUE
    if _DATE.fullmatch(text):
        return RefusalReason.DATE_IN_NUMBER
    if _are_several(text):
        return RefusalReason.SEVERAL_NUMBERS
    if _EXTENSION.fullmatch(text):
        return RefusalReason.HAS_EXTENSION
    return RefusalReason.NOT_A_NUMBER


def _are_several(text: str) -> bool:
    if text.count("+") > 1 and "++" not in text:
        return True
    parts = _BETWEEN_NUMBERS.split(text)
    if len(parts) == 1:
        parts = text.split()
    n_numbers = sum(sum(map(str.isdigit, part)) >= _MIN_DIGITS_OF_A_NUMBER for part in parts)
    return n_numbers > 1


def _read_international(digits: str) -> Msisdn:
    """A number of calling code and national number."""
    found = find_international(digits)
    if found is None:
        found = _look_up_international(digits)
    return Msisdn(f"+{found.calling_code}{found.national}", found.country, found.is_landline)


def _look_up_international(digits: str) -> Found:
    if len(digits) > MAX_DIGITS:
        raise MsisdnError(RefusalReason.TOO_LONG)
    answer = look_up(f"+{digits}", None)
    if isinstance(answer, Found):
        return answer
    calling_code = calling_code_of(digits)
    if calling_code is not None and digits[len(calling_code) :].startswith("0"):
        # +34 (0)914...: a zero dialled at home elsewhere, which this country never had or no longer has.
        without_zero = look_up(f"+{calling_code}{digits[len(calling_code) + 1 :]}", None)
        if isinstance(without_zero, Found):
            return without_zero
    raise MsisdnError(answer)


def _read_bare(digits: str, default_country: str | None) -> Msisdn:
    """Digits with nothing that says whether they are national or international."""
    if default_country is None:
        return _read_bare_international(digits)
    found: Found | RefusalReason | None = find_national(digits, default_country)
    if found is None:
        found = _look_up_national(digits, default_country)
    if isinstance(found, RefusalReason):
        raise MsisdnError(found)
    return Msisdn(f"+{found.calling_code}{found.national}", found.country, found.is_landline)


def _look_up_national(digits: str, country: str) -> Found | RefusalReason:
    if len(digits) > MAX_DIGITS + 3:  # room for a prefix such as 00
        return RefusalReason.TOO_LONG
    national = look_up(digits, country)
    if isinstance(national, Found) or digits.startswith("0"):
        return national
    international = find_international(digits) or look_up(f"+{digits}", None)
    return international if isinstance(international, Found) else national


def _read_bare_international(digits: str) -> Msisdn:
    if len(digits) <= _MAX_DIGITS_OF_A_SHORT_CODE:
        is_short_code = len(digits) >= _MIN_DIGITS_OF_A_SHORT_CODE
        raise MsisdnError(RefusalReason.SHORT_CODE if is_short_code else RefusalReason.TOO_SHORT)
    if len(digits) > MAX_DIGITS:
        raise MsisdnError(RefusalReason.TOO_LONG)
    found = None if digits.startswith("0") else find_international(digits) or look_up(f"+{digits}", None)
    if isinstance(found, Found):
        return Msisdn(f"+{found.calling_code}{found.national}", found.country, found.is_landline)
    if found in _CERTAIN_REFUSALS:
        raise MsisdnError(found)
    raise MsisdnError(RefusalReason.NO_DEFAULT_COUNTRY)


# Refusals of bare digits that are better news than "no default country".
_CERTAIN_REFUSALS: Final = frozenset(
    {RefusalReason.PREMIUM_NUMBER, RefusalReason.SERVICE_NUMBER, RefusalReason.GLOBAL_NUMBER}
)
