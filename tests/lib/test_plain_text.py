from __future__ import annotations

import pytest

from smsconsole.lib.plain_text import plain_text_problem


@pytest.mark.parametrize("text", ["Acme", "日本 🇯🇵 👩\u200d💻", "نص عربي", "<b>", "Ada O'Neill–Smith", ""])
def test_what_people_write_passes(text: str) -> None:
    assert plain_text_problem(text) is None


@pytest.mark.parametrize(
    "character", ["\0", "\x1b", "\u202e", "\u2066", "\u200f", "\u2028", "\n", "\t", "\ud800"]
)
def test_what_steers_or_turns_is_named(character: str) -> None:
    problem = plain_text_problem(f"a{character}b")
    assert problem is not None
    assert f"U+{ord(character):04X}" in problem


def test_lines_are_welcome_where_there_may_be_several() -> None:
    assert plain_text_problem("one\r\ntwo\tthree", is_multiline=True) is None
    assert plain_text_problem("one\x0btwo", is_multiline=True) is not None
