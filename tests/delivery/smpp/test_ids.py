from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.smpp.ids import IdForm, answered, candidates, proposal, receipted

ANY_ID = st.text(max_size=70) | st.text("0123456789abcdefABCDEF", max_size=70)


# The first ones are what users of other clients reported.
@pytest.mark.parametrize(
    ("form", "answer", "receipt"),
    [
        (IdForm.AS_IS, "a7-F", "a7-F"),
        (IdForm.HEX_TO_DEC, "39f99dd5", "0972660181"),
        (IdForm.HEX_TO_DEC, "39F99DD5", "972660181"),
        (IdForm.HEX_TO_DEC, "0000000a", "0000000010"),
        (IdForm.HEX_TO_DEC, "DE0B6B3A763FFFF", "999999999999999999"),
        (IdForm.DEC_TO_HEX, "972660181", "39F99DD5"),
        (IdForm.DEC_TO_HEX, "0972660181", "39f99dd5"),
        (IdForm.STRIP_ZEROS, "0004711", "4711"),
        (IdForm.STRIP_ZEROS, "4711", "00004711"),
        (IdForm.STRIP_ZEROS, "00AB", "ab"),
        (IdForm.STRIP_ZEROS, "0", "000"),
        (IdForm.LOWER, "2F1C-9A", "2f1c-9a"),
        (IdForm.LOWER, "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ],
)
def test_an_answer_and_its_receipt_get_one_key(form: IdForm, answer: str, receipt: str):
    assert answered(answer, form) == receipted(receipt, form)


@pytest.mark.parametrize(
    ("form", "answer", "receipt"),
    [
        (IdForm.AS_IS, "2F", "2f"),
        (IdForm.LOWER, "07", "7"),
        (IdForm.STRIP_ZEROS, "10", "a"),
        (IdForm.HEX_TO_DEC, "10", "10"),
        (IdForm.DEC_TO_HEX, "10", "10"),
    ],
)
def test_a_form_joins_nothing_that_it_does_not_name(form: IdForm, answer: str, receipt: str):
    assert answered(answer, form) != receipted(receipt, form)


@given(ANY_ID, st.sampled_from(list(IdForm)))
def test_no_id_makes_a_key_fail_and_a_key_stays_itself(raw: str, form: IdForm):
    assert answered(answered(raw, form), form) == answered(raw, form)
    assert isinstance(receipted(raw, form), str)


@given(st.integers(0, 2**64), st.integers(0, 20), st.booleans())
def test_numbers_find_each_other_in_both_notations(number: int, width: int, is_upper: bool):
    hexadecimal, decimal = f"{number:x}".zfill(width), str(number).zfill(width)
    if is_upper:
        hexadecimal = hexadecimal.upper()
    assert answered(hexadecimal, IdForm.HEX_TO_DEC) == receipted(decimal, IdForm.HEX_TO_DEC)
    assert answered(decimal, IdForm.DEC_TO_HEX) == receipted(hexadecimal, IdForm.DEC_TO_HEX)
    assert answered(decimal, IdForm.STRIP_ZEROS) == receipted(str(number), IdForm.STRIP_ZEROS)


@pytest.mark.parametrize(
    ("receipt", "answer"),
    [
        ("0972660181", "39f99dd5"),
        ("0972660181", "39F99DD5"),
        ("39F99DD5", "972660181"),
        ("39F99DD5", "0972660181"),
        ("4711", "0000004711"),
        ("0004711", "4711"),
        ("10", "0000000a"),
        ("A7-F", "a7-f"),
        ("a7-f", "A7-F"),
    ],
)
def test_what_a_receipt_may_mean_holds_what_the_answer_was(receipt: str, answer: str):
    assert answer in candidates(receipt)


@given(ANY_ID)
def test_the_id_itself_comes_first_and_none_twice(raw: str):
    found = candidates(raw)
    assert found[0] == raw
    assert len(set(found)) == len(found) <= 40


def test_the_form_that_matches_most_is_proposed():
    answers = [f"{number:x}" for number in range(1_000_000, 1_000_020)]
    receipts = [str(number) for number in range(1_000_000, 1_000_020)]
    assert proposal(receipts, answers) == (IdForm.HEX_TO_DEC, 20)
    assert proposal([*receipts[:9], "4"], answers) == (IdForm.HEX_TO_DEC, 9)
    assert proposal(answers, receipts) == (IdForm.DEC_TO_HEX, 20)
    assert proposal(["00a", "00b"], ["A", "B"]) == (IdForm.STRIP_ZEROS, 2)


def test_of_forms_as_good_the_simplest_is_proposed():
    assert proposal(["a", "b"], ["A", "B"]) == (IdForm.LOWER, 2)
    assert proposal(["a", "b"], ["a", "b"]) == (IdForm.AS_IS, 2)


def test_nothing_is_proposed_where_nothing_would_match():
    assert proposal(["7"], ["9"]) is None
    assert proposal([], []) is None
