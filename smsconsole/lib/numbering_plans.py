"""Numbering plans: which digits are a number of which country. Only `smsconsole.lib.msisdn` uses this.

The patterns are those of phonenumbers' own metadata, compiled once per calling code and length, because
phonenumbers takes 30 to 60 µs for what two matches decide. Everything the patterns do not decide goes to
phonenumbers itself, so that both always give the same verdict (a property test holds them equal).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple, cast

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneMetadata,
    PhoneNumberDesc,
    PhoneNumberType,
)
from phonenumbers import ValidationResult as Possible

from smsconsole.lib.types import RefusalReason

# phonenumbers' word for calling codes that belong to no country, such as +800 and +881.
_NO_COUNTRY: Final = "001"
MAX_DIGITS: Final = 15  # E.164

# Asked in this order by phonenumbers before it asks whether a number is a fixed line or a mobile.
_OTHER_KINDS: Final = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip

_REFUSED_TYPES: Final = {
    PhoneNumberType.PREMIUM_RATE: RefusalReason.PREMIUM_NUMBER,
    PhoneNumberType.SHARED_COST: RefusalReason.PREMIUM_NUMBER,
    PhoneNumberType.TOLL_FREE: RefusalReason.SERVICE_NUMBER,
    PhoneNumberType.PAGER: RefusalReason.SERVICE_NUMBER,
    PhoneNumberType.UAN: RefusalReason.SERVICE_NUMBER,
    PhoneNumberType.VOICEMAIL: RefusalReason.SERVICE_NUMBER,
}
_REFUSED_LENGTHS: Final = {
    Possible.TOO_LONG: RefusalReason.TOO_LONG,
    Possible.TOO_SHORT: RefusalReason.TOO_SHORT,
    Possible.IS_POSSIBLE_LOCAL_ONLY: RefusalReason.TOO_SHORT,
}
_REFUSED_PARSES: Final = {
    NumberParseException.INVALID_COUNTRY_CODE: RefusalReason.UNKNOWN_COUNTRY_CODE,
    NumberParseException.TOO_SHORT_AFTER_IDD: RefusalReason.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: RefusalReason.TOO_SHORT,
    NumberParseException.TOO_LONG: RefusalReason.TOO_LONG,
}


class Found(NamedTuple):
    """A number that exists: its calling code, the digits after it, its country (ISO 3166 alpha-2)."""

    calling_code: str
    national: str
    country: str
    is_landline: bool


class _Prefixes(NamedTuple):
    """What people dial in front of a number in one country, and how long its numbers are."""

    calling_code: str
    trunk: re.Pattern[str] | None
    has_transform: bool
    international: re.Pattern[str] | None
    general: re.Pattern[str]
    lengths: frozenset[int]


class _Classifier(NamedTuple):
    """The numbers of one length of one country: groups `other`, `mobile` and `landline`."""

    country: str
    leading_digits: re.Pattern[str] | None
    pattern: re.Pattern[str] | None


def calling_code_of(digits: str) -> str | None:
    """The calling code at the front of the digits; None when there is no such calling code."""
    return _CALLING_CODES.get(digits[:3])


def find_international(digits: str) -> Found | None:
    """The number that calling code and national digits stand for; None: the patterns do not decide."""
    calling_code = _CALLING_CODES.get(digits[:3])
    if calling_code is None:
        return None
    prefixes = _prefixes_of_calling_code(calling_code)
    national = _without_trunk_prefix(digits[len(calling_code) :], prefixes)
    return _classify(calling_code, national) if national is not None else None


def find_national(digits: str, country: str) -> Found | None:
    """The number that people of this country mean by these digits; None: the patterns do not decide."""
    prefixes = _prefixes_of_country(country)
    if prefixes.international is not None and prefixes.international.match(digits):
        return None
    calling_code = prefixes.calling_code
    national = _without_trunk_prefix(digits, prefixes)
    if national is None:
        return None
    if national != digits or not digits.startswith(calling_code):
        return _classify(calling_code, national)
    if len(digits) in prefixes.lengths:
        # Could the calling code be in front, without a plus? Only if it is no number of this very country.
        return _classify(calling_code, national) if prefixes.general.fullmatch(digits) else None
    rest = digits[len(calling_code) :]
    return _classify(calling_code, rest) if _without_trunk_prefix(rest, prefixes) == rest else None


def look_up(text: str, country: str | None) -> Found | RefusalReason:
    """What phonenumbers says of `+` and digits, or of digits as they are dialled in a country."""
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException as error:
        # One or two digits are "not a number" there.
        return _REFUSED_PARSES.get(error.error_type, RefusalReason.TOO_SHORT)
    region = phonenumbers.region_code_for_number(number)
    if region is None or not phonenumbers.is_valid_number_for_region(number, region):
        if phonenumbers.is_valid_short_number(number):
            return RefusalReason.SHORT_CODE
        # Measured as a mobile: landlines of most countries may have nearly any length.
        length = phonenumbers.is_possible_number_for_type_with_reason(number, PhoneNumberType.MOBILE)
        return _REFUSED_LENGTHS.get(length, RefusalReason.NOT_VALID)
    if region == _NO_COUNTRY:
        return RefusalReason.GLOBAL_NUMBER
    kind = phonenumbers.number_type(number)
    if kind in _REFUSED_TYPES:
        return _REFUSED_TYPES[kind]
    national = phonenumbers.national_significant_number(number)
    return Found(str(number.country_code), national, region, kind == PhoneNumberType.FIXED_LINE)


def _classify(calling_code: str, national: str) -> Found | None:
    """As `phonenumbers.region_code_for_number` and `number_type` do it, for mobiles and landlines."""
    for country, leading_digits, pattern in _classifiers(calling_code, len(national)):
        if leading_digits is not None and leading_digits.match(national) is None:
            continue
        match = pattern.fullmatch(national) if pattern is not None else None
        if match is not None:
            kind = match.lastgroup
            return Found(calling_code, national, country, kind == "landline") if kind != "other" else None
        if leading_digits is not None:
            return None
    return None


def _without_trunk_prefix(national: str, prefixes: _Prefixes) -> str | None:
    """The digits without `0`, a carrier code and the like; None: phonenumbers has to look at them.

    phonenumbers strips the prefix whenever what is left can be a number, after a calling code too.
    """
    match = prefixes.trunk.match(national) if prefixes.trunk is not None else None
    if match is None or match.end() == 0:
        return national
    # Some countries rewrite the number (Argentina's 15, Mexico's 1): too rare to be done twice.
    if prefixes.has_transform and match.groups() and match.groups()[-1] is not None:
        return None
    rest = national[match.end() :]
    return rest if len(rest) in prefixes.lengths else None


@cache
def _classifiers(calling_code: str, length: int) -> tuple[_Classifier, ...]:
    """The countries that share a calling code, in the order in which phonenumbers asks them."""
    classifiers = []
    for country in COUNTRY_CODE_TO_REGION_CODE[int(calling_code)]:
        if country == _NO_COUNTRY:
            continue
        metadata = _metadata(country)
        leading = re.compile(metadata.leading_digits) if metadata.leading_digits is not None else None
        pattern = _pattern_for_length(metadata, length)
        if pattern is not None or leading is not None:
            classifiers.append(_Classifier(country, leading, pattern))
    return tuple(classifiers)


def _pattern_for_length(metadata: PhoneMetadata, length: int) -> re.Pattern[str] | None:
    general = _general(metadata)
    if length not in general.possible_length:
        return None
    mobile = [metadata.mobile]
    if metadata.same_mobile_and_fixed_line_pattern:
        mobile = [metadata.fixed_line]
    groups = {
        "other": [getattr(metadata, kind) for kind in _OTHER_KINDS],
        "mobile": mobile,
        "landline": [metadata.fixed_line],
    }
    alternatives = []
    for name, descriptions in groups.items():
        patterns = [
            description.national_number_pattern
            for description in descriptions
            if description is not None
            and description.national_number_pattern
            and (not description.possible_length or length in description.possible_length)
        ]
        if patterns:
            alternatives.append(f"(?P<{name}>{'|'.join(patterns)})\\Z")
    if not alternatives:
        return None
    return re.compile(f"(?=(?:{general.national_number_pattern})\\Z)(?:{'|'.join(alternatives)})")


@cache
def _prefixes_of_calling_code(calling_code: str) -> _Prefixes:
    main_region = phonenumbers.region_code_for_country_code(int(calling_code))
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(calling_code), main_region)
    return _prefixes(cast(PhoneMetadata, metadata))  # every calling code has metadata


@cache
def _prefixes_of_country(country: str) -> _Prefixes:
    return _prefixes(_metadata(country))


def _metadata(country: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(country)
    if metadata is None:
        raise ValueError(f"{country!r} is no country with a numbering plan")
    return metadata


def _general(metadata: PhoneMetadata) -> PhoneNumberDesc:
    return cast(PhoneNumberDesc, metadata.general_desc)  # every plan has one


def _prefixes(metadata: PhoneMetadata) -> _Prefixes:
    def compiled(pattern: str | None) -> re.Pattern[str] | None:
        return re.compile(pattern) if pattern else None

    return _Prefixes(
        calling_code=str(metadata.country_code),
        trunk=compiled(metadata.national_prefix_for_parsing),
        has_transform=bool(metadata.national_prefix_transform_rule),
        international=compiled(metadata.international_prefix),
        general=re.compile(_general(metadata).national_number_pattern or ""),
        lengths=frozenset(_general(metadata).possible_length),
    )


def _calling_codes() -> dict[str, str]:
    """Calling codes by the first three digits of a number; no calling code is the beginning of another."""
    codes = {str(code) for code in COUNTRY_CODE_TO_REGION_CODE}
    by_start = {}
    for number in range(100, 1000):
        start = str(number)
        for length in (1, 2, 3):
            if start[:length] in codes:
                by_start[start] = start[:length]
    return by_start


_CALLING_CODES: Final = _calling_codes()
