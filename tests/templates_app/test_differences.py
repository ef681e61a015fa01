from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_app.differences import difference


def changed(old: str, new: str) -> tuple[list[str], list[str]]:
    found = difference(old, new)
    return (
        [part.text for part in found.old if part.is_changed],
        [part.text for part in found.new if part.is_changed],
    )


@pytest.mark.parametrize(
    ("old", "new", "taken_out", "put_in"),
    [
        ("Your code is {1}.", "Your login code is {1}.", [], [" login"]),
        ("Hello {1}, bye.", "Hello {2}, bye.", ["{1}"], ["{2}"]),
        ("Use ${code} now", "Use ${otp} now", ["${code}"], ["${otp}"]),
        # Chinese has no spaces: one character may be all that changed.
        ("您的订单已发送", "您的订单已签收", ["发送"], ["签收"]),
        ("您的验证码为{1}", "您的登录验证码为{1}", [], ["登录"]),
        ("Same.", "Same.", [], []),
        ("", "All new", [], ["All new"]),
    ],
)
def test_what_changed_is_found_by_word_and_in_chinese_by_character(
    old: str, new: str, taken_out: list[str], put_in: list[str]
) -> None:
    assert changed(old, new) == (taken_out, put_in)
    assert difference(old, new).is_empty is (old == new)


texts = st.text(alphabet="ab {}$1您的码,\n", max_size=40)


@given(texts, texts)
def test_the_stretches_are_the_texts_and_what_is_shared_is_shared(old: str, new: str) -> None:
    found = difference(old, new)
    assert "".join(part.text for part in found.old) == old
    assert "".join(part.text for part in found.new) == new
    shared = ["".join(part.text for part in side if not part.is_changed) for side in (found.old, found.new)]
    assert shared[0] == shared[1]
