from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsconsole.lib import gsm0338
from smsconsole.lib.segments import (
    count_segments,
    n_segments,
    overhead_units_for,
    split_segments,
    suggest_replacement,
)

GSM7_TEXT = st.text(alphabet=sorted(gsm0338.ALPHABET), max_size=700)
PAIRS_TEXT = st.text(alphabet="ab[]€", max_size=700)
ANY_TEXT = st.one_of(GSM7_TEXT, PAIRS_TEXT, st.text(max_size=300), st.text(alphabet="a你😀", max_size=300))
OVERHEAD = st.integers(min_value=0, max_value=60)
MALAYSIA = 7


def units_of(part: str, *, of: str) -> int:
    """Counted the slow way, character by character."""
    if all(character in gsm0338.ALPHABET for character in of):
        return sum(2 if character in gsm0338.EXTENSION_CHARACTERS else 1 for character in part)
    return len(part.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("n_characters", "segments"),
    [(0, 1), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (150, 3), (160, 3), (201, 3), (202, 4)],
)
def test_ucs2_takes_70_alone_and_67_joined(n_characters: int, segments: int):
    assert n_segments("字" * n_characters) == segments


@pytest.mark.parametrize(
    ("n_characters", "segments"),
    [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (320, 3), (350, 3), (459, 3), (460, 4)],
)
def test_gsm7_takes_160_alone_and_153_joined(n_characters: int, segments: int):
    assert n_segments("a" * n_characters) == segments


@pytest.mark.parametrize(("n_characters", "segments"), [(153, 1), (154, 2), (299, 2), (300, 3)])
def test_malaysia_takes_seven_septets_of_the_first_segment(n_characters: int, segments: int):
    assert n_segments("a" * n_characters, overhead_units=overhead_units_for("MY")) == segments


@pytest.mark.parametrize(("n_characters", "segments"), [(63, 1), (64, 2), (127, 2), (128, 3)])
def test_malaysia_takes_seven_units_of_the_first_segment(n_characters: int, segments: int):
    assert n_segments("字" * n_characters, overhead_units=overhead_units_for("MY")) == segments


@pytest.mark.parametrize(
    ("text", "overhead_units", "lengths"),
    [
        ("字" * 150, 0, [67, 67, 16]),
        ("字" * 160, 0, [67, 67, 26]),
        ("a" * 320, 0, [153, 153, 14]),
        ("a" * 350, 0, [153, 153, 44]),
        ("a" * 320, MALAYSIA, [146, 153, 21]),
        ("字" * 150, MALAYSIA, [60, 67, 23]),
    ],
)
def test_it_cuts_where_the_carrier_cuts(text: str, overhead_units: int, lengths: list[int]):
    assert [len(part) for part in split_segments(text, overhead_units=overhead_units)] == lengths


def test_other_countries_have_no_overhead():
    assert overhead_units_for("CN") == 0


def test_an_extension_pair_goes_to_the_next_segment_as_a_whole():
    assert split_segments("a" * 152 + "€" + "b" * 152) == ["a" * 152, "€" + "b" * 151, "b"]


def test_uncut_pairs_can_cost_a_segment_more_than_the_units_say():
    text = "a" * 152 + "€" + "b" * 152

    assert count_segments(text).units == 306
    assert n_segments(text) == 3


def test_a_surrogate_pair_goes_to_the_next_segment_as_a_whole():
    assert split_segments("字" * 66 + "😀" + "文" * 3) == ["字" * 66, "😀文文文"]


def test_the_count_tells_encoding_units_and_room_left():
    count = count_segments("Price: 5€ [net]")

    assert (count.encoding, count.units, count.segments) == ("GSM-7", 18, 1)
    assert count.units_left == 142
    assert count.forcing == ()


def test_the_count_names_what_forces_ucs2():
    count = count_segments("It’s “you”, 你")

    assert (count.encoding, count.units, count.units_left) == ("UCS-2", 13, 57)
    assert count.forcing == ("’", "“", "”", "你")


def test_room_left_is_that_of_the_last_segment():
    assert count_segments("a" * 161).units_left == 153 - 8
    assert count_segments("字" * 71).units_left == 67 - 4
    assert count_segments("a" * 100, overhead_units=MALAYSIA).units_left == 53
    assert count_segments("a" * 154, overhead_units=MALAYSIA).units_left == 153 - 8


def test_a_gsm7_part_of_a_ucs2_text_is_counted_in_utf16_units():
    count = count_segments("字" * 67 + "[]")

    assert (count.segments, count.units) == (1, 69)
    assert count_segments("字" * 70 + "[" * 67).segments == 3
    assert count_segments("字" * 67 + "[" * 67).units_left == 0


@pytest.mark.parametrize("overhead_units", [-1, 61, 153])
def test_it_rejects_an_overhead_that_leaves_no_room(overhead_units: int):
    with pytest.raises(ValueError, match="overhead_units"):
        n_segments("a" * 200, overhead_units=overhead_units)


@given(text=ANY_TEXT, overhead_units=OVERHEAD)
def test_the_parts_join_back_to_the_text(text: str, overhead_units: int):
    assert "".join(split_segments(text, overhead_units=overhead_units)) == text


@given(text=ANY_TEXT, overhead_units=OVERHEAD)
def test_no_part_is_longer_than_a_segment_or_needlessly_short(text: str, overhead_units: int):
    parts = split_segments(text, overhead_units=overhead_units)
    alone, joined = (160, 153) if gsm0338.is_gsm7(text) else (70, 67)
    lengths = [units_of(part, of=text) for part in parts]
    lengths[0] += overhead_units

    if len(parts) == 1:
        assert lengths[0] <= alone
    else:
        assert sum(lengths) > alone
        assert all(length <= joined for length in lengths)
        assert all(length >= joined - 1 for length in lengths[:-1])
        assert all(parts[1:])


@given(text=ANY_TEXT, overhead_units=OVERHEAD)
def test_every_way_of_counting_agrees(text: str, overhead_units: int):
    parts = split_segments(text, overhead_units=overhead_units)
    count = count_segments(text, overhead_units=overhead_units)

    assert n_segments(text, overhead_units=overhead_units) == len(parts) == count.segments
    assert count.units == units_of(text, of=text) + overhead_units
    assert (count.encoding == "GSM-7") == (count.forcing == ())


@given(text=ANY_TEXT, more=st.text(max_size=5), overhead_units=OVERHEAD)
def test_a_longer_text_never_costs_less(text: str, more: str, overhead_units: int):
    shorter = n_segments(text, overhead_units=overhead_units)

    assert n_segments(text + more, overhead_units=overhead_units) >= shorter
    assert n_segments(text, overhead_units=60) >= shorter


@pytest.mark.parametrize(
    ("character", "replacement"),
    [
        ("’", "'"), ("“", '"'), ("–", "-"), ("—", "-"), ("…", "..."), ("\u00a0", " "), ("\u3000", " "),
        ("，", ","), ("！", "!"), ("（", "("), ("：", ":"), ("１", "1"), ("。", "."), ("【", "["),
        ("\u200b", ""), ("\t", " "), ("`", "'"), ("ç", "c"), ("á", "a"), ("Ł", "L"), ("ﬁ", "fi"), ("™", "TM"),
    ],
)  # fmt: skip
def test_it_suggests_what_to_write_instead(character: str, replacement: str):
    assert suggest_replacement(character) == replacement


@pytest.mark.parametrize("character", ["你", "😀", "д", "a", "€"])
def test_it_has_no_idea_for_other_scripts_and_needs_none_for_gsm7(character: str):
    assert suggest_replacement(character) is None


@given(character=st.characters(exclude_categories=["Cs"]))
def test_a_suggestion_never_forces_ucs2_again(character: str):
    replacement = suggest_replacement(character)

    assert replacement is None or gsm0338.is_gsm7(replacement)
