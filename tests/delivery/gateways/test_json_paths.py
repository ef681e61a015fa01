from __future__ import annotations

from typing import Any

import pytest

from delivery.gateways.json_paths import steps_of, text_at, value_at

DATA: dict[str, Any] = {
    "messages": [{"id": 17, "message-id": "a1", "ok": True}, {"id": "b"}],
    "message.id": "whole",
    "empty": None,
    "0": "zero",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("messages[0].id", 17),
        ("$.messages[1].id", "b"),
        ("messages.0.message-id", "a1"),
        ('messages[0]["message-id"]', "a1"),
        ("message.id", "whole"),
        ("0", "zero"),
        ("empty", None),
        ("messages[2].id", None),
        ("messages.id", None),
        ("messages[0].id.deeper", None),
        ("missing", None),
    ],
)
def test_a_path_leads_to_its_value_or_to_nothing(path: str, value: object) -> None:
    assert value_at(DATA, path) == value


def test_an_empty_path_names_the_whole() -> None:
    assert value_at(DATA, "") is DATA
    assert value_at([1], "$") == [1]


@pytest.mark.parametrize("path", ["a..b", "a[", "a[x]", "a]", ".", "a.", "[", 'a["b]', "a[-1]", "a[9999999]"])
def test_what_is_no_path_is_refused_with_words(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        steps_of(path)


def test_words_are_what_stands_there_and_nothing_for_lists() -> None:
    assert text_at(DATA, "messages[0].id") == "17"
    assert text_at(DATA, "messages[0].ok") == "true"
    assert text_at(DATA, "messages") == ""
    assert text_at(DATA, "") == ""
    assert text_at("plain", "id") == ""
