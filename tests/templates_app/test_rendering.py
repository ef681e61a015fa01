from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsconsole.lib.types import Region
from templates_app.rendering import (
    compile_body,
    find_placeholders,
    render_body,
    sample_parameters,
    signed_text,
)

# Pieces that could be taken for placeholders, formats or brackets by a careless renderer.
tricky_text = st.text(st.sampled_from("ab {}$%1290s()【】[]\n你"), max_size=30)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hello {1}, your order to {2} is on its way.", ["1", "2"]),
        ("{2} for {1}, again {2}", ["1", "2"]),
        ("{10} {9} {1}", ["1", "9", "10"]),
        ("${code} for ${user_name}, ${code}", ["code", "user_name"]),
        ("nothing here", []),
        ("{0} {01} {a} { 1 } {} ${1} ｛1｝ {100}", []),
        ("{1} and ${name}", ["1", "name"]),
    ],
)
def test_it_finds_placeholders_in_the_order_of_the_parameters(text: str, names: list[str]) -> None:
    assert find_placeholders(text) == names


def test_it_fills_parameters_by_position() -> None:
    fill = compile_body("{2} for {1}, and {2} again: 100 %", ["1", "2"])
    assert fill(["Ann", "tea"]) == "tea for Ann, and tea again: 100 %"
    assert fill(("Bo", "milk", "surplus")) == "milk for Bo, and milk again: 100 %"


def test_it_fills_parameters_by_name() -> None:
    assert render_body("${code} is yours, ${name}", {"name": "Ann", "code": "12"}) == "12 is yours, Ann"


def test_a_text_without_placeholders_stays_as_it_is() -> None:
    assert compile_body("100 %s {0} %(x)s", [])(["x"]) == "100 %s {0} %(x)s"


def test_a_missing_parameter_raises() -> None:
    with pytest.raises(IndexError):
        compile_body("a {1} b {2}", ["1", "2"])(["only one"])


def test_a_placeholder_without_a_parameter_is_refused_when_compiling() -> None:
    with pytest.raises(ValueError, match=r"\{2\}"):
        compile_body("a {1} b {2}", ["1"])


@given(
    values=st.lists(tricky_text, min_size=3, max_size=3),
    literals=st.lists(tricky_text, min_size=4, max_size=4),
)
def test_values_are_never_expanded_again(values: list[str], literals: list[str]) -> None:
    # Literals without braces, so that the only placeholders are ours; values may be anything.
    plain = [literal.replace("{", "").replace("}", "").replace("$", "") for literal in literals]
    text = f"{plain[0]}{{1}}{plain[1]}{{2}}{plain[2]}{{3}}{plain[3]}"
    expected = f"{plain[0]}{values[0]}{plain[1]}{values[1]}{plain[2]}{values[2]}{plain[3]}"
    assert render_body(text, values) == expected


@given(text=tricky_text)
def test_every_text_can_be_filled_and_keeps_its_literals(text: str) -> None:
    names = find_placeholders(text)
    parts = compile_body(text, names)(["\ue000"] * len(names)).split("\ue000")
    rest = text
    for part in parts:
        assert part in rest
        rest = rest[rest.index(part) + len(part) :]


def test_the_signature_stands_in_its_brackets() -> None:
    assert signed_text("演示商城", Region.DOMESTIC, "您好") == "【演示商城】您好"
    assert signed_text("DemoShop", "international", "Hello") == "[DemoShop]Hello"
    assert signed_text("", Region.INTERNATIONAL, "Hello") == "Hello"


def test_samples_suit_the_names_of_the_variables() -> None:
    assert sample_parameters(["code", "x"], region=Region.INTERNATIONAL, is_code=True) == ["482913", "5"]
    assert sample_parameters(["1", "2"], region=Region.INTERNATIONAL, is_code=False) == ["Maria", "Berlin"]
    assert len(sample_parameters([str(n) for n in range(1, 30)], region=Region.DOMESTIC, is_code=False)) == 29
