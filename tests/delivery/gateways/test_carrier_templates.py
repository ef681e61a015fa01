from __future__ import annotations

import itertools
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.gateways.carrier_templates import (
    ALIBABA_PLACEHOLDER,
    TENCENT_PLACEHOLDER,
    CarrierTemplates,
    Signed,
    split_signature,
    templates_of,
)
from delivery.gateways.errors import GatewayMisconfigured
from tests.timing import measures_time

LOGIN = "{1}为您的登录验证码，请于{2}分钟内填写，如非本人操作，请忽略本短信。"
ORDER = "您的订单{1}已打包发送，快递单号{2}，请注意查收。"


def tencent(*texts: str) -> CarrierTemplates:
    return CarrierTemplates(
        [(str(number), text) for number, text in enumerate(texts, 1)], TENCENT_PLACEHOLDER
    )


def test_the_values_are_what_stands_in_place_of_the_placeholders() -> None:
    match = tencent(ORDER, LOGIN).find(
        "471100为您的登录验证码，请于5分钟内填写，如非本人操作，请忽略本短信。"
    )
    assert match is not None
    assert match.template_id == "2"
    assert match.values == {"1": "471100", "2": "5"}


def test_names_are_kept() -> None:
    templates = CarrierTemplates([("SMS_1", "您好${name}，验证码${code}")], ALIBABA_PLACEHOLDER)
    match = templates.find("您好{1}，验证码007")
    assert match is not None
    assert match.values == {"name": "{1}", "code": "007"}


def test_the_most_literal_template_wins() -> None:
    templates = tencent("Your {1}", "Your code is {1}", "Your code is 1234")
    found = [templates.find(text) for text in ("Your code is 1234", "Your code is 99", "Your parcel")]
    assert [match and match.template_id for match in found] == ["3", "2", "1"]


def test_a_value_is_empty_only_when_nothing_else_fits() -> None:
    templates = tencent("Dear {1}, your code is {2}", "Dear {1}your code is {2}")
    match = templates.find("Dear Ann, your code is ")
    assert match is not None
    assert match.values == {"1": "Ann", "2": ""}


@pytest.mark.parametrize("text", ["", "Your code", "your code is 1", "Your code is 1.", " Your code is 1"])
def test_a_text_that_is_no_template_has_none(text: str) -> None:
    assert tencent("Your code is {1}!", "Your code is 1").find(text) is None


def test_a_name_used_twice_has_one_value() -> None:
    templates = tencent("{1} and {1}")
    assert templates.find("you and me") is None
    match = templates.find("you and you")
    assert match is not None
    assert match.values == {"1": "you"}


literals = st.text(alphabet="ab ，", max_size=4)


@given(st.lists(st.tuples(literals, st.text(alphabet="ab1，", max_size=4)), max_size=6), literals)
def test_what_the_carrier_makes_of_the_match_is_the_text(pairs: list[tuple[str, str]], last: str) -> None:
    template = "".join(f"{literal}{{{n}}}" for n, (literal, _) in enumerate(pairs, 1)) + last
    text = "".join(f"{literal}{value}" for literal, value in pairs) + last
    match = tencent(template).find(text)
    assert match is not None
    made = TENCENT_PLACEHOLDER.sub(lambda found: match.values[found[1]], template)
    assert made == text


@given(st.lists(st.sampled_from(["a", "b", "ab", "{}"]), max_size=7), st.text(alphabet="ab", max_size=8))
def test_it_finds_a_split_exactly_when_there_is_one(pieces: list[str], text: str) -> None:
    numbers = itertools.count(1)
    template = "".join(f"{{{next(numbers)}}}" if piece == "{}" else piece for piece in pieces)
    match = tencent(template).find(text)
    oracle = re.fullmatch("".join(".*" if piece == "{}" else piece for piece in pieces), text)
    assert (match is not None) == (oracle is not None)
    if match is not None:
        assert TENCENT_PLACEHOLDER.sub(lambda found: match.values[found[1]], template) == text


@measures_time
def test_a_text_made_to_be_slow_is_not() -> None:
    template = "a".join(f"{{{n}}}" for n in range(1, 40)) + "b"
    began = time.monotonic()
    assert tencent(template).find("a" * 2000) is None
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        ("【公司】您好", Signed("公司", "您好")),
        ("[Shop] hello", Signed("Shop", " hello")),
        ("hello 【公司】", Signed("", "hello 【公司】")),
        ("【】hello", Signed("", "【】hello")),
        ("", Signed("", "")),
    ],
    ids=["chinese", "international", "behind", "empty", "nothing"],
)
def test_the_signature_is_taken_off_the_front(text: str, signed: Signed) -> None:
    assert split_signature(text) == signed


@pytest.mark.parametrize("value", [[["1"]], "no", 7, [None]], ids=str)
def test_templates_that_cannot_be_read_are_refused(value: object) -> None:
    with pytest.raises(GatewayMisconfigured):
        templates_of({"carrier_templates": value}, TENCENT_PLACEHOLDER)
