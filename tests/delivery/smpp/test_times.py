from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.smpp.addresses import msisdn, sender_address
from delivery.smpp.fields import Address
from delivery.smpp.times import read_receipt_date, read_time, relative_time

NOW = datetime(2026, 11, 21, 16, 25, tzinfo=UTC)
SHANGHAI = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("minutes", "written"),
    [
        (-1, ""),
        (0, ""),
        (1, "000000000100000R"),
        (1_500, "000001010000000R"),
        (31 * 1_440, "000101000000000R"),
        (10**9, "010216000000000R"),  # 63 weeks, the most there can be
    ],
)
def test_a_validity_period_is_written_from_now_on(minutes: int, written: str):
    assert relative_time(minutes) == written


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("261121162500000+", NOW),
        ("261121162500532+", NOW.replace(microsecond=500_000) - timedelta(hours=8)),
        ("261121162500032-", NOW + timedelta(hours=8)),
        ("000000000100000R", NOW + timedelta(minutes=1)),
        ("261121162500099+", None),
        ("261121162500049+", None),  # more than half a day
        ("261321162500000+", None),
        ("2611211625", None),
        ("", None),
    ],
)
def test_a_time_of_the_specification_is_read(written: str, moment: datetime | None):
    assert read_time(written, now=NOW) == moment


def test_a_relative_time_means_nothing_without_a_now():
    assert read_time("000000000100000R") is None


@pytest.mark.parametrize(
    "written",
    ["2611211625", "261121162500", "202611211625", "20261121162500", "2026-11-21 16:25:00", "26/11/21 16:25"],
)
def test_the_date_of_a_receipt_is_read_with_and_without_century_and_seconds(written: str):
    assert read_receipt_date(written) == NOW
    assert read_receipt_date(written, zone=SHANGHAI) == NOW - timedelta(hours=8)


@pytest.mark.parametrize(
    "written", ["", "0", "0000000000", "2613211625", "99999999999999", "2611212525", "yesterday"]
)
def test_a_date_that_is_none_is_none(written: str):
    assert read_receipt_date(written) is None


@given(st.text(max_size=30) | st.text("0123456789+-R", max_size=20))
def test_no_date_makes_reading_fail(written: str):
    for moment in (read_receipt_date(written), read_time(written, now=NOW)):
        assert moment is None or moment.tzinfo is not None


@given(st.datetimes(datetime(2014, 1, 1), datetime(2098, 12, 31)))  # noqa: DTZ001 - made aware below
def test_every_way_to_write_a_date_is_told_apart(naive: datetime):
    moment = naive.replace(second=0, microsecond=0, tzinfo=UTC)
    for form in ("%y%m%d%H%M", "%y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d%H%M%S"):
        assert read_receipt_date(moment.strftime(form)) == moment


@pytest.mark.parametrize(
    ("address", "number"),
    [
        (Address("8613800138000", 1, 1), "+8613800138000"),
        (Address("+8613800138000", 1, 1), "+8613800138000"),
        (Address("008613800138000", 0, 0), "+8613800138000"),
        (Address("8613800138000", 0, 0), "+8613800138000"),
        (Address("10690", 3, 0), "10690"),
        (Address("10690", 0, 0), "10690"),
        (Address("Shop", 5, 0), "Shop"),
        (Address("123456789012", 5, 0), "123456789012"),
        (Address("", 0, 0), ""),
        (Address("٣٤٥٣٤٥٣٤٥", 1, 1), "٣٤٥٣٤٥٣٤٥"),
    ],
)
def test_a_number_is_read_as_e164(address: Address, number: str):
    assert msisdn(address) == number


def test_a_sender_given_in_full_stays_as_given():
    assert sender_address("10690", ton=2, npi=8) == Address("10690", 2, 8)
