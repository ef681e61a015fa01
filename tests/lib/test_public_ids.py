from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsconsole.lib.public_ids import public_id, row_number


@given(st.integers(0, 2**63 - 1))
def test_an_id_leads_back_to_its_row(number: int) -> None:
    text = public_id(number, kind="message", key="k")
    assert len(text) == 26
    assert text == text.lower()
    assert row_number(text, kind="message", key="k") == number


def test_neighbours_look_nothing_alike() -> None:
    first, second = (public_id(number, kind="message", key="k") for number in (1, 2))
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 10


@given(st.text(max_size=40))
def test_any_other_text_is_no_id(text: str) -> None:
    assert row_number(text, kind="message", key="k") is None


@pytest.mark.parametrize(("kind", "key"), [("batch", "k"), ("message", "other")])
def test_an_id_of_another_kind_or_console_is_none_here(kind: str, key: str) -> None:
    assert row_number(public_id(7, kind=kind, key=key), kind="message", key="k") is None


def test_an_id_with_a_changed_letter_is_none() -> None:
    text = public_id(7, kind="message", key="k")
    changed = ("b" if text[5] == "a" else "a").join([text[:5], text[6:]])
    assert row_number(changed, kind="message", key="k") is None
