from __future__ import annotations

import json
import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.gateways.masking import masked

texts = st.text(min_size=4, max_size=60).filter(lambda text: not text.isspace())


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("+8613800138000", "+*********8000"),
        ('{"PhoneNumberSet": ["+14155550100"]}', '{"PhoneNumberSet": ["+*******0100"]}'),
        ("to=1234567", "to=*****67"),
        ("status 200, code 123456", "status 200, code 123456"),
        ("１３８００１３８０００", "*******８０００"),
    ],
    ids=["number", "json", "short", "not a number", "full width"],
)
def test_long_runs_of_digits_show_their_end_alone(raw: str, seen: str) -> None:
    assert masked(raw, []) == seen


@given(st.text(alphabet="0123456789+ ab,"))
def test_no_run_of_seven_digits_survives(raw: str) -> None:
    assert not re.search(r"\d{7}", masked(raw, []))


@given(texts)
def test_a_text_is_found_however_it_is_wrapped(text: str) -> None:
    stand_in = f"…({len(text)} characters)"
    assert masked(text, [text]) == stand_in
    assert masked(quote(text, safe=""), [text]) == stand_in
    assert masked(urlencode({"t": text}), [text]) == f"t={stand_in}"
    for is_ascii in (True, False):
        once = json.dumps({"t": text}, ensure_ascii=is_ascii)
        assert masked(once, [text]) == '{"t": "' + stand_in + '"}'
        twice = json.dumps(once, ensure_ascii=is_ascii)
        assert stand_in in masked(twice, [text])
        assert json.dumps(text, ensure_ascii=is_ascii)[1:-1] not in masked(twice, [text]).replace(
            stand_in, ""
        )


def test_a_short_value_is_masked_where_it_stands_by_itself() -> None:
    assert masked('{"Code":"55","v":"5"}', ["5"]) == '{"Code":"55","v":"…(1 characters)"}'


def test_a_text_within_another_does_not_show_the_rest() -> None:
    assert masked("Your code is 471100", ["471100", "Your code is 471100"]) == "…(19 characters)"


def test_secrets_leave_nothing_behind() -> None:
    assert masked("key=s3cr3t%2F%2B", [], ["s3cr3t/+"]) == "key=…"
