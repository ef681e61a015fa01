"""The compiled patterns and phonenumbers itself must never disagree."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from smsconsole.lib.numbering_plans import Found, find_international, find_national, look_up

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = [
    (country, str(number.country_code), phonenumbers.national_significant_number(number))
    for country in COUNTRIES
    for kind in PhoneNumberType.values()
    if (number := phonenumbers.example_number_for_type(country, kind)) is not None
]
PREFIXES = st.sampled_from(["", "", "", "0", "1", "8", "9", "00", "011", "15", "06", "044"])


@st.composite
def almost_numbers(draw: st.DrawFn) -> tuple[str, str, str]:
    """A country, its calling code and national digits that are a number or nearly one."""
    country, calling_code, national = draw(st.sampled_from(EXAMPLES))
    n_kept = draw(st.integers(min_value=0, max_value=len(national)))
    n_new = draw(st.sampled_from([0, -1, 1])) + len(national) - n_kept
    tail = draw(st.text(alphabet="0123456789", min_size=max(0, n_new), max_size=max(0, n_new)))
    return country, calling_code, draw(PREFIXES) + national[:n_kept] + tail


def phonenumbers_say(text: str, country: str | None) -> Found | None:
    """Found only for what a message can be sent to, written without any of the module's own code."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(number)
    kind = phonenumbers.number_type(number)
    wanted = {
        PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP, PhoneNumberType.PERSONAL_NUMBER,
    }  # fmt: skip
    if not phonenumbers.is_valid_number(number) or kind not in wanted or region == "001":
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    calling_code = str(number.country_code)
    return Found(
        calling_code, e164.removeprefix(f"+{calling_code}"), region, kind == PhoneNumberType.FIXED_LINE
    )


@settings(max_examples=2000)
@given(almost=almost_numbers())
def test_international_patterns_and_phonenumbers_agree(almost: tuple[str, str, str]):
    _, calling_code, national = almost
    digits = calling_code + national
    truth = phonenumbers_say(f"+{digits}", None)
    found, looked_up = find_international(digits), look_up(f"+{digits}", None)

    assert found is None or found == truth
    assert (looked_up if isinstance(looked_up, Found) else None) == truth


@settings(max_examples=2000)
@given(almost=almost_numbers(), with_calling_code=st.booleans())
def test_national_patterns_and_phonenumbers_agree(almost: tuple[str, str, str], with_calling_code: bool):
    country, calling_code, national = almost
    digits = calling_code + national if with_calling_code else national
    truth = phonenumbers_say(digits, country)
    found = find_national(digits, country)

    if found is not None and truth is None:
        truth = phonenumbers_say(f"+{digits}", None)
    assert found is None or found == truth


@pytest.mark.parametrize(
    ("digits", "country"),
    # They begin with the calling code and are numbers of a neighbour who shares it, read either way.
    [("358412345", "AX"), ("358181234", "AX"), ("29089", "TA")],
)
def test_a_calling_code_without_plus_is_seen_where_phonenumbers_sees_it(digits: str, country: str):
    found = find_national(digits, country)

    assert found is None or found == phonenumbers_say(digits, country)


def test_the_patterns_decide_nearly_every_mobile():
    undecided = [
        country
        for country, calling_code, national in EXAMPLES
        if (truth := phonenumbers_say(f"+{calling_code}{national}", None)) is not None
        and phonenumbers.number_type(phonenumbers.parse(f"+{calling_code}{national}"))
        in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
        and find_international(calling_code + national) != truth
    ]

    assert undecided == []
