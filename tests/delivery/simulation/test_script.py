from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.gateways.simulator import REFUSAL_REASONS
from delivery.reasons import reason_of_code
from delivery.services.receipts import STATUS_OF_STATE
from delivery.simulation.ledger import Verdict
from delivery.simulation.script import (
    BAD_ENDS,
    REFUSALS,
    TEST_NUMBERS,
    End,
    Script,
    answer_to,
    end_of,
    plan_receipts,
    throw_dice,
)
from delivery.statuses import RANK, Reason

N_MESSAGES = 20_000
MSISDN = "+8613800001234"


def verdicts(script: Script, *, attempt: int = 0) -> list[Verdict]:
    return [
        answer_to(script, throw_dice(script, message_id=n, attempt=attempt), attempt=attempt, msisdn=MSISDN)[
            0
        ]
        for n in range(N_MESSAGES)
    ]


def ends(script: Script) -> list[End]:
    return [
        end_of(script, throw_dice(script, message_id=n, attempt=0), msisdn=MSISDN) for n in range(N_MESSAGES)
    ]


def share(hits: int) -> float:
    return hits * 100 / N_MESSAGES


def test_an_empty_script_accepts_and_delivers_everything() -> None:
    assert set(verdicts(Script())) == {Verdict.ACCEPTED}
    assert {(end.state, end.code) for end in ends(Script())} == {("delivered", "DELIVRD")}


def test_percentages_hold() -> None:
    counts = Counter(verdicts(Script(refuse=10, throttle=20, silence=30)))
    shares = {verdict: share(n) for verdict, n in counts.items()}
    assert shares == pytest.approx(
        {Verdict.REFUSED: 10, Verdict.THROTTLED: 20, Verdict.SILENT: 30, Verdict.ACCEPTED: 40}, abs=1.5
    )


def test_what_happens_to_receipts_does_not_depend_on_each_other() -> None:
    script = Script(undelivered=50, double_receipts=50, early_receipts=50, unordered_receipts=50)
    combinations = Counter(
        (end.state == "delivered", end.comes_twice, end.comes_early, bool(end.contradiction))
        for end in ends(script)
    )
    assert len(combinations) == 16
    assert [share(n) for n in combinations.values()] == pytest.approx([100 / 16] * 16, abs=1.5)


def test_the_same_seed_decides_the_same_and_another_one_otherwise() -> None:
    script = Script(refuse=50)
    assert verdicts(script) == verdicts(Script(refuse=50))
    assert verdicts(script) != verdicts(Script(refuse=50, seed=1))
    assert verdicts(script) != verdicts(script, attempt=1)


def test_receipts_are_spread_between_the_two_delays() -> None:
    delays = [end.delay_seconds for end in ends(Script(receipt_min_ms=100, receipt_max_ms=300))]
    assert 0.1 <= min(delays) < 0.11
    assert 0.29 < max(delays) <= 0.3


def test_late_receipts_come_later_by_that_much() -> None:
    script = Script(receipt_min_ms=100, receipt_max_ms=100, late_receipts=25, late_ms=5000)
    counts = Counter(end.delay_seconds for end in ends(script))
    assert set(counts) == {0.1, 5.1}
    assert share(counts[5.1]) == pytest.approx(25, abs=1.5)


def test_a_lost_receipt_never_comes() -> None:
    silent = [end for end in ends(Script(lose_receipts=100)) if plan_receipts(end, ["a"])]
    assert silent == []


def test_every_segment_has_its_receipt() -> None:
    end = end_of(Script(), throw_dice(Script(), message_id=1, attempt=0), msisdn=MSISDN)
    assert [receipt.gateway_message_id for receipt in plan_receipts(end, ["a", "b", "c"])] == ["a", "b", "c"]


@given(
    message_id=st.integers(0, 2**60),
    undelivered=st.sampled_from([0, 100]),
    double=st.sampled_from([0, 100]),
    early=st.sampled_from([0, 100]),
)
def test_a_contradicting_receipt_never_outranks_the_true_one(
    message_id: int, undelivered: int, double: int, early: int
) -> None:
    options = {"undelivered": undelivered, "double_receipts": double, "early_receipts": early}
    contradicting = Script(unordered_receipts=100, **options)
    dice = throw_dice(contradicting, message_id=message_id, attempt=0)
    [true] = {
        (receipt.state, receipt.code)
        for receipt in plan_receipts(end_of(Script(**options), dice, msisdn=MSISDN), ["a"])
    }
    planned = plan_receipts(end_of(contradicting, dice, msisdn=MSISDN), ["a", "b"])
    assert [receipt.gateway_message_id for receipt in planned][:2] == ["b", "a"]
    for part in ("a", "b"):
        received = [
            (receipt.state, receipt.code) for receipt in planned if receipt.gateway_message_id == part
        ]
        assert len(received) == 3 if double else 2
        assert max(received, key=lambda end: RANK[STATUS_OF_STATE[end[0]]]) == true


@pytest.mark.parametrize(
    ("digits", "verdict", "receipts"),
    [
        ("0000", Verdict.ACCEPTED, ["undelivered"]),
        ("0001", Verdict.SILENT, ["delivered"]),
        ("0002", Verdict.SILENT, []),
        ("0003", Verdict.REFUSED, []),
        ("0004", Verdict.THROTTLED, ["delivered"]),
        ("0005", Verdict.ACCEPTED, []),
        ("0006", Verdict.ACCEPTED, ["delivered", "delivered"]),
        ("0007", Verdict.ACCEPTED, ["delivered"]),
        ("0008", Verdict.ACCEPTED, ["expired"]),
        ("0009", Verdict.ACCEPTED, ["rejected"]),
        ("0010", Verdict.ACCEPTED, ["delivered"]),
    ],
)
def test_a_test_number_does_what_its_digits_say(digits: str, verdict: Verdict, receipts: list[str]) -> None:
    script = Script(test_numbers=True)
    msisdn = "+861380000" + digits
    dice = throw_dice(script, message_id=1, attempt=0)
    assert answer_to(script, dice, attempt=0, msisdn=msisdn).verdict == verdict
    planned = plan_receipts(end_of(script, dice, msisdn=msisdn), ["a"])
    assert [receipt.state for receipt in planned] == receipts
    assert answer_to(Script(), dice, attempt=0, msisdn=msisdn).verdict == Verdict.ACCEPTED


def test_the_throttled_test_number_is_accepted_at_the_second_attempt() -> None:
    script = Script(test_numbers=True)
    dice = throw_dice(script, message_id=1, attempt=1)
    assert answer_to(script, dice, attempt=1, msisdn="+8613800000004").verdict == Verdict.ACCEPTED


def test_the_console_knows_every_code_that_it_can_send() -> None:
    codes = {code for _, code in BAD_ENDS} | {end.code for _, end in TEST_NUMBERS.values() if end.state}
    assert [code for code in codes if reason_of_code(code) == Reason.UNKNOWN_CODE] == []
    assert set(REFUSAL_REASONS) == set(REFUSALS)


@pytest.mark.parametrize(
    "values",
    [
        {"refuse": 101},
        {"refuse": -1},
        {"refuse": 50, "silence": 51},
        {"receipt_min_ms": 20, "receipt_max_ms": 10},
        {"delay_ms": 1.5},
        {"delay_ms": "1"},
        {"test_numbers": 1},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_script_that_makes_no_sense_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(reversed(values))):
        Script().changed(values)


def test_a_change_keeps_the_rest() -> None:
    assert Script(refuse=1, seed=7).changed({"silence": 3}) == Script(refuse=1, seed=7, silence=3.0)
