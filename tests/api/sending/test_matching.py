"""A whole text is traced back to the template that it was made of."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sending.matching import Pattern, best_match, pattern_of
from templates_app.rendering import find_placeholders, render_body
from tests.timing import measures_time


def pattern(text: str, number: int = 1, kind: str = "notification") -> Pattern:
    return pattern_of(number, number * 10, kind, text, find_placeholders(text))


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [
        ("Code {1}.", "Code 123456.", ("123456",)),
        ("Code {1}.", "Code .", ("",)),
        ("Code {1}.", "Code 123456", None),
        ("Code {1}.", "Code: 123456.", None),
        ("Fixed.", "Fixed.", ()),
        ("Fixed.", "Fixed. ", None),
        ("{1} and {2}", "tea and cake and jam", ("tea", "cake and jam")),
        # Numbers, not places, say which value is which.
        ("{2} for {1}", "tea for me", ("me", "tea")),
        ("${name}, your code is ${code}", "Ann, your code is 12", ("Ann", "12")),
        ("{1}, hello {1}!", "Ann, hello Ann!", ("Ann",)),
        ("{1}, hello {1}!", "Ann, hello Bob!", None),
        # Head and tail may not share their characters.
        ("ab{1}ba", "aba", None),
        ("a{1}", "a", ("",)),
        ("100% of {1} (a+b)*", "100% of it (a+b)*", ("it",)),
        ("Line\n{1}\nend", "Line\na\nb\nend", ("a\nb",)),
    ],
)
def test_the_values_stand_between_the_fixed_words(
    template: str, text: str, values: tuple[str, ...] | None
) -> None:
    match = best_match([pattern(template)], text)
    assert (match.parameters if match else None) == values


def test_of_several_the_one_with_most_fixed_words_is_meant() -> None:
    loose, tight = pattern("Your order {1}", 1), pattern("Your order {1} has been shipped", 2)
    for order in ([loose, tight], [tight, loose]):
        match = best_match(order, "Your order 7 has been shipped")
        assert match is not None
        assert match.pattern is tight
    same = pattern("Your order {1} has been shipped", 3)
    match = best_match([same, tight], "Your order 7 has been shipped")
    assert match is not None
    assert match.pattern is tight


words = st.text(alphabet="ab,.% 码", min_size=1, max_size=6)
values = st.text(alphabet="xyz012", max_size=5)


@given(st.lists(words, min_size=2, max_size=5), st.data())
def test_what_a_template_made_is_matched_by_it(literals: list[str], data: st.DataObject) -> None:
    template = "".join(f"{literal}{{{n}}}" for n, literal in enumerate(literals[:-1], 1)) + literals[-1]
    given_values = [data.draw(values) for _ in literals[:-1]]
    text = render_body(template, given_values)
    match = best_match([pattern(template)], text)
    assert match is not None
    # No value has a character of a fixed word, so there is only one way to read it.
    assert list(match.parameters) == given_values


@given(st.text(alphabet="a{}12$n,", max_size=30), st.text(alphabet="a12,{}$", max_size=40))
def test_a_match_always_makes_the_same_text_again(template: str, text: str) -> None:
    match = best_match([pattern(template)], text)
    if match is not None:
        assert render_body(template, list(match.parameters)) == text


@measures_time
def test_a_hostile_text_costs_no_time() -> None:
    template = "{1},{2},{3},{4},{5},{6},{7},{8}!"
    began = time.perf_counter()
    assert best_match([pattern(template)] * 1_000, "," * 500) is None
    assert time.perf_counter() - began < 1.0
