"""The carriers' codes: each means one thing, and what nobody knows is kept as it came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.gateways import DRIVERS
from delivery.reason_codes import COMMON, OF_KIND, alibaba, cmpp, find_reason, smpp, unicom
from delivery.reason_codes.tables import by_code
from delivery.reasons import CATEGORIES, RETRYABLE, facts_of, reason_of_code
from delivery.smpp import statuses
from delivery.statuses import Reason


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("DELIVRD", "", Reason.NONE),
        ("MK:0012", "", Reason.INVALID_NUMBER),
        ("ERR_NUM_006", "", Reason.INVALID_NUMBER),
        ("MC:0055_006", "tencent", Reason.OUT_OF_COVERAGE),
        ("UNDELIV_602", "", Reason.UNREACHABLE),
        ("EXPIRED_010", "", Reason.VALIDITY_EXPIRED),
        ("EXPIRED_615", "", Reason.CARRIER_REJECTED),
        ("EXPIRED_617", "", Reason.CARRIER_INTERNAL),
        ("REJECTD_706", "", Reason.CARRIER_REJECTED),
        ("MOBILE BLACK", "", Reason.BLACKLISTED),
        ("MI:9999", "", Reason.CARRIER_INTERNAL),
        ("UNDELIV:045", "smpp", Reason.UNREACHABLE),
        ("EXPIRED 0a1", "smpp", Reason.VALIDITY_EXPIRED),
        ("UNDELIV:MK:0001", "smpp", Reason.INVALID_NUMBER),
        ("UNDELIV:79", "tencent", Reason.UNREACHABLE),
        ("UNDELIV:", "smpp", Reason.UNREACHABLE),
        ("-37", "tencent", Reason.UNREACHABLE),
        ("79", "tencent", Reason.MEMORY_FULL),
        ("79", "smpp", Reason.UNKNOWN_CODE),
        ("isv.AMOUNT_NOT_ENOUGH", "alibaba", Reason.ACCOUNT_PROBLEM),
        ("isv.AMOUNT_NOT_ENOUGH", "smpp", Reason.UNKNOWN_CODE),
        ("65", "alibaba_intl", Reason.ROUTE_ERROR),
        ("OK", "alibaba_intl", Reason.NONE),
        ("XX:0815", "", Reason.UNKNOWN_CODE),
    ],
)
def test_a_code_means_what_its_carrier_says(code: str, kind: str, reason: Reason) -> None:
    assert reason_of_code(code, kind=kind) == reason


def test_the_drivers_own_table_comes_first() -> None:
    own = {"DELIVRD": Reason.BLACKLISTED}
    assert reason_of_code("DELIVRD", receipt_reasons=own) == Reason.BLACKLISTED


@pytest.mark.parametrize("table", [cmpp.CODES, unicom.CODES, smpp.STATES])
def test_every_code_of_a_table_is_found_under_its_own_reason_and_no_other(
    table: dict[Reason, tuple[str, ...]],
) -> None:
    codes = [code for listed in table.values() for code in listed]
    assert len(codes) == len(set(codes))
    kind = "tencent" if table is unicom.CODES else ""
    assert all(find_reason(code, kind=kind) == reason for reason, listed in table.items() for code in listed)


def test_a_code_under_two_reasons_is_refused() -> None:
    with pytest.raises(ValueError, match="MEMORY_FULL"):
        by_code({Reason.UNREACHABLE: ["7"]}, {Reason.MEMORY_FULL: ["7"]})


def test_tables_are_of_gateways_that_exist_or_are_to_come() -> None:
    assert OF_KIND.keys() <= {*DRIVERS, "tencent", "alibaba", "alibaba_intl"}
    assert alibaba.DOMESTIC.keys().isdisjoint(COMMON)


@given(st.text(max_size=90))
def test_any_code_has_exactly_one_reason(code: str) -> None:
    assert isinstance(reason_of_code(code), Reason)
    assert find_reason(code) == find_reason(code)


def test_every_command_status_of_the_specification_has_a_reason() -> None:
    numbers = {
        number for name, number in vars(statuses).items() if name.isupper() and isinstance(number, int)
    }
    assert smpp.REASONS.keys() == numbers - {statuses.ROK}
    assert smpp.reason_of_status(0x400) == Reason.UNKNOWN_CODE
    assert smpp.reason_of_status(0) == Reason.NONE


def test_a_line_that_asks_to_slow_down_took_nothing() -> None:
    assert {statuses.RTHROTTLED, statuses.RMSGQFUL} == smpp.NOT_NOW
    assert smpp.answer_of_status(statuses.RTHROTTLED) == smpp.Answer.NOT_NOW
    assert smpp.answer_of_status(0x400) == smpp.Answer.REFUSED


def test_every_reason_is_in_exactly_one_category() -> None:
    listed = [reason for reasons in CATEGORIES.values() for reason in reasons]
    assert sorted(listed) == sorted(Reason)
    assert all(facts_of(reason).category for reason in Reason)


def test_a_number_that_does_not_exist_is_not_tried_again() -> None:
    assert Reason.INVALID_NUMBER not in RETRYABLE
    assert facts_of(Reason.UNREACHABLE).is_retryable
