from __future__ import annotations

import datetime
import os
from decimal import Decimal
from pathlib import Path

import openpyxl
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsconsole.lib.msisdn import (
    Msisdn,
    MsisdnError,
    is_domestic,
    mask_msisdn,
    mask_written,
    read_msisdn,
    region_of,
)
from smsconsole.lib.types import RefusalReason, Region

MOBILE = "+8613800138000"
EXAMPLES = {
    country: number
    for country in sorted(phonenumbers.SUPPORTED_REGIONS)
    if (number := phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE))
}


def e164(value: object, default_country: str | None = None) -> str:
    return read_msisdn(value, default_country=default_country).e164


def refusal(value: object, default_country: str | None = None) -> RefusalReason:
    with pytest.raises(MsisdnError) as refused:
        read_msisdn(value, default_country=default_country)
    return refused.value.reason


@pytest.mark.parametrize(
    "value",
    [
        "+8613800138000", "8613800138000", 8613800138000, 8613800138000.0, Decimal("8613800138000"),
        "008613800138000", "+86 138 0013 8000", "+86-138-0013-8000", "+86 (138) 0013.8000", "(+86) 138 0013 8000",
        "+86/138/0013/8000", "+ 86 138 00138000", "++8613800138000", "+008613800138000", "00 86 138 0013 8000",
        " +8613800138000\t", "\ufeff+8613800138000", "\u202a+86 138 0013 8000\u202c", "+86\u00a0138\u200b00138000",
        "＋８６１３８００１３８０００", "＋８６（１３８）００１３－８０００", "+86 138–0013—8000", "+٨٦١٣٨٠٠١٣٨٠٠٠",
        "'+8613800138000", "’8613800138000", '"+8613800138000"', '="8613800138000"', "tel:+86-138-0013-8000",
        "TEL: +8613800138000", "sms:+8613800138000", "8613800138000.0", "8613800138000,00", "8,613,800,138,000",
        "+86 0138 0013 8000", "+86 (0)138 0013 8000", "+8613800138000.",
    ],
)  # fmt: skip
def test_one_number_written_in_many_ways(value: object):
    assert read_msisdn(value, default_country=None) == Msisdn(MOBILE, "CN", is_landline=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("+44 (0)20 7707 0707", "+442077070707"),
        ("+44 0161 496 0000", "+441614960000"),
        ("0044 (0) 131 315 3300", "+441313153300"),
        ("+49 0711 2842222", "+497112842222"),
        ("+39 06 39733434", "+390639733434"),
        ("+39 (0)6 39733434", "+390639733434"),
        ("+48 (0) 22 828 37 39", "+48228283739"),
        ("+34 0914 454 454", "+34914454454"),
        ("+54 (0)11 4311 4333", "+541143114333"),
        ("+54 11 15-2345-6789", "+5491123456789"),
        ("+1 (0) 650 253 0000", "+16502530000"),
        ("+7 8 912 345-67-89", "+79123456789"),
        ("+242 06 612 3456", "+242066123456"),
    ],
)
def test_a_trunk_prefix_after_the_calling_code_is_dropped_where_it_is_one(value: str, expected: str):
    assert e164(value) == expected


@pytest.mark.parametrize(
    ("value", "country", "expected"),
    [
        ("13800138000", "CN", MOBILE),
        (13800138000, "CN", MOBILE),
        (13800138000.0, "CN", MOBILE),
        ("13800138000.0", "CN", MOBILE),
        ("138-0013-8000", "CN", MOBILE),
        ("１３８００１３８０００", "CN", MOBILE),
        ("8613800138000", "CN", MOBILE),
        ("013800138000", "CN", MOBILE),
        ("07400 123456", "GB", "+447400123456"),
        (7400123456, "GB", "+447400123456"),
        ("(020) 7707 0707", "GB", "+442077070707"),
        ("(0)30 26550280", "DE", "+493026550280"),
        ("030/26550280", "DE", "+493026550280"),
        ("(650) 253-0000", "US", "+16502530000"),
        ("1-650-253-0000", "US", "+16502530000"),
        ("011 86 138 0013 8000", "US", MOBILE),
        ("06 39733434", "IT", "+390639733434"),
        ("11 15-2345-6789", "AR", "+5491123456789"),
        ("5123 4567", "HK", "+85251234567"),
    ],
)
def test_national_forms_are_of_the_default_country(value: object, country: str, expected: str):
    assert e164(value, country) == expected


@pytest.mark.parametrize(
    ("value", "country", "expected"),
    [
        ("14155552671", "CN", "+14155552671"),
        ("8613800138000", "GB", MOBILE),
        (8613800138000, "GB", MOBILE),
        ("008613800138000", "US", MOBILE),
        ("+8613800138000", "US", MOBILE),
        # A whole US number as well; the default country is asked first.
        ("13802345678", "CN", "+8613802345678"),
    ],
)
def test_with_a_default_country_the_international_form_comes_second(
    value: object, country: str, expected: str
):
    assert e164(value, country) == expected


@pytest.mark.parametrize("country", EXAMPLES)
def test_the_mobile_of_every_country_in_five_written_forms(country: str):
    number = EXAMPLES[country]
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    written = [
        expected,
        international,
        f"00{expected[1:]}",
        int(expected[1:]),
        f" {international.replace(' ', '-')} ",
    ]

    read = {read_msisdn(form, default_country=None) for form in written}

    assert read == {Msisdn(expected, phonenumbers.region_code_for_number(number), is_landline=False)}


@pytest.mark.parametrize("country", EXAMPLES)
def test_the_mobile_of_every_country_in_its_national_form(country: str):
    national = phonenumbers.format_number(EXAMPLES[country], phonenumbers.PhoneNumberFormat.NATIONAL)

    assert e164(national, country) == phonenumbers.format_number(
        EXAMPLES[country], phonenumbers.PhoneNumberFormat.E164
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty_number"), ("", "empty_number"), ("  \u200b\u00a0", "empty_number"), ("'", "empty_number"),
        (True, "not_a_number"), (False, "not_a_number"), ([], "not_a_number"), ("n/a", "not_a_number"),
        ("-", "not_a_number"), ("+", "not_a_number"), ("Anna", "not_a_number"), ("1-800-FLOWERS", "not_a_number"),
        ("+86138OO138000", "not_a_number"), (-8613800138000, "not_a_number"), (float("nan"), "not_a_number"),
        ("8.6138E+12", "number_damaged"), ("8.6E12", "number_damaged"), ("8,6138E+12", "number_damaged"),
        ("8.6138e12", "number_damaged"), ("########", "number_damaged"), (8613800138000.5, "number_damaged"),
        (8.6138e15, "number_damaged"), (float("inf"), "number_damaged"), (86138001380001234, "number_damaged"),
        ("8613800138000.5", "number_damaged"), (Decimal("Infinity"), "number_damaged"),
        (datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC), "date_in_number"),
        (datetime.date(2026, 1, 5), "date_in_number"), (datetime.time(10, 30), "date_in_number"),
        (datetime.timedelta(hours=30), "date_in_number"), ("2026-01-05", "date_in_number"),
        ("5/1/2026", "date_in_number"), ("05.01.2026 10:30", "date_in_number"),
        ("#N/A", "cell_error"), ("#REF!", "cell_error"), ("#NAME?", "cell_error"), ("#DIV/0!", "cell_error"),
        ("=A1&B1", "formula_without_value"), ("=HYPERLINK(\"x\")", "formula_without_value"),
        ("+86 138 0013 8000 ext. 5", "has_extension"), ("+8613800138000x12", "has_extension"),
        ("+8613800138000;ext=5", "has_extension"), ("+8613800138000#5", "has_extension"),
        ("+8613800138000,,5", "has_extension"), ("010-65529988转801", "has_extension"),
        ("13800138000, 13900139000", "several_numbers"), ("13800138000/13900139000", "several_numbers"),
        ("+8613800138000 +8613900139000", "several_numbers"), ("13800138000\n13900139000", "several_numbers"),
        ("13800138000 13900139000", "several_numbers"), ("13800138000 or 13900139000", "several_numbers"),
        ("13800138000、13900139000", "several_numbers"), ("+44 20 7707 0707 / 7976 5722", "several_numbers"),
        ("10086", "short_code"), (911, "short_code"), ("+86 10086", "short_code"), ("12", "too_short"),
        ("+1", "too_short"), ("+86 138 0013", "too_short"), ("+453 3331 9991", "too_long"),
        ("+86 138 0013 8000 1", "too_long"), ("+8613800138000123", "too_long"), ("4111111111111111", "too_long"),
        ("+210 1234 5678", "unknown_country_code"), ("+999 1234 5678", "unknown_country_code"),
        ("+86 199 9999 99", "too_short"), ("+1 555 555 5555", "not_valid"), ("+86 11138000138", "not_valid"),
        ("+44 909 879 0000", "premium_number"), ("+1 900 234 5678", "premium_number"),
        ("+86 400 123 4567", "premium_number"), ("+1 800 234 5678", "service_number"),
        ("+800 1234 5678", "global_number"), ("+881 612 345 678", "global_number"),
        ("13800138000", "no_default_country"), ("07400 123456", "no_default_country"),
    ],
)  # fmt: skip
def test_each_refusal_has_its_own_reason(value: object, reason: str):
    assert refusal(value) == reason


@pytest.mark.parametrize(
    ("value", "country", "reason"),
    [
        ("10086", "CN", "short_code"), ("911", "US", "short_code"), ("138001380", "CN", "too_short"),
        ("650 253 000", "US", "too_short"), ("138001380001234567890", "CN", "too_long"),
        ("0909 879 0000", "GB", "premium_number"), ("19999999999", "US", "not_valid"),
    ],
)  # fmt: skip
def test_refusals_of_national_forms(value: str, country: str, reason: str):
    assert refusal(value, country) == reason


def test_landlines_are_taken_and_flagged():
    assert read_msisdn("+86 10 6552 9988", default_country=None) == Msisdn(
        "+861065529988", "CN", is_landline=True
    )


def test_a_number_that_may_be_a_mobile_is_no_landline():
    assert not read_msisdn("+1 650 253 0000", default_country=None).is_landline


@pytest.mark.parametrize(
    ("value", "country"),
    [
        ("+1 514 721 4711", "CA"), ("+1 876 210 1234", "JM"), ("+1 650 253 0000", "US"), ("+7 771 000 9998", "KZ"),
        ("+7 912 345 67 89", "RU"), ("+44 7781 123456", "GG"), ("+44 7400 123456", "GB"), ("+39 06 698 12345", "VA"),
        ("+852 5123 4567", "HK"), ("+358 18 12345", "AX"),
    ],
)  # fmt: skip
def test_shared_calling_codes_have_the_right_country(value: str, country: str):
    assert read_msisdn(value, default_country=None).country == country


def test_a_country_without_numbering_plan_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="'XX' is no country"):
        read_msisdn("13800138000", default_country="XX")


@given(
    value=st.one_of(
        st.text(), st.text(alphabet="+0123456789 ()-./,E#'=x\n", max_size=30), st.floats(), st.integers()
    )
)
def test_it_answers_or_refuses_whatever_the_cell_holds(value: object):
    for country in (None, "CN", "GB"):
        try:
            number = read_msisdn(value, default_country=country)
        except MsisdnError:
            continue
        assert phonenumbers.is_valid_number(phonenumbers.parse(number.e164))
        assert read_msisdn(number.e164, default_country=None) == number


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+8613800138000", "+86 138 **** 8000"),
        ("+14155552671", "+1 415 **** 2671"),
        ("+85251234567", "+852 5 **** 4567"),
        ("+33612345678", "+33 61 **** 5678"),
        ("+6907290", "+690 **** 0"),
        ("+29051234", "+290 **** 34"),
    ],
)
def test_masked_numbers_show_both_ends_and_hide_three_digits_at_least(number: str, masked: str):
    assert mask_msisdn(number) == masked


@pytest.mark.parametrize("country", EXAMPLES)
def test_no_masked_number_can_be_read_back(country: str):
    number = phonenumbers.format_number(EXAMPLES[country], phonenumbers.PhoneNumberFormat.E164)
    shown = mask_msisdn(number).replace("*", "").replace(" ", "").removeprefix("+")

    assert len(number[1:]) - len(shown) >= 3


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("+8613800138000", "+86138****8000"), (8613800138000, "86138****8000"), ("138-0013-8000", "138-****-8000"),
        ("+86 138 0013 8000 ext 12", "+86 138 **** **00 ext 12"), ("51234", "****4"), ("n/a", "n/a"), (None, ""),
        ("room 101", "room 101"), ("8.6138E+12", "*.***8E+12"),
    ],
)  # fmt: skip
def test_cells_that_need_not_be_numbers_are_masked_as_written(value: object, masked: str):
    assert mask_written(value) == masked


def test_hong_kong_is_international_for_mainland_china():
    assert region_of("CN", "CN") is Region.DOMESTIC
    assert region_of("HK", "CN") is Region.INTERNATIONAL
    assert not is_domestic("TW", "CN")


corpus = pytest.mark.skipif(
    "CORPUS_DIR" not in os.environ, reason="CORPUS_DIR names the folder of trial data"
)


def corpus_rows(name: str) -> list[tuple[object, ...]]:
    workbook = openpyxl.load_workbook(Path(os.environ["CORPUS_DIR"]) / name, read_only=True)
    return list(workbook.worksheets[0].iter_rows(min_row=2, values_only=True))


@corpus
def test_every_mobile_of_the_corpus_arrives_at_its_e164():
    rows = corpus_rows("libphonenumber-mobiles.xlsx")

    assert len(rows) == 244
    assert [e164(row[0]) for row in rows] == [row[4] for row in rows]


@corpus
def test_the_customers_of_the_corpus_are_read_as_people_typed_them():
    refused = {}
    for value, *_ in corpus_rows("chinook-customers.xlsx"):
        try:
            read_msisdn(value, default_country=None)
        except MsisdnError as error:
            refused[value] = error.reason.value

    assert refused == {
        None: "empty_number",
        "+453 3331 9991": "too_long",
        "+56 (0)2 635 4444": "not_valid",
        "+91 0124 39883988": "too_long",
    }
