from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.native.cursors import Cursors
from api.native.problems import Problem
from projects.models import Project

HIGHEST = 2**63 - 1


def cursors(pk: int = 1, name: str = "messages", **filters: object) -> Cursors:
    return Cursors(name, Project(pk=pk), filters)


@given(
    st.integers(min_value=0, max_value=HIGHEST),
    st.dictionaries(st.text(), st.text() | st.integers() | st.none()),
)
def test_what_was_made_is_read(position: int, filters: dict[str, object]) -> None:
    made = Cursors("messages", Project(pk=1), filters)
    assert made.read(made.make(position)) == position


@given(st.integers(min_value=0, max_value=HIGHEST), st.integers(min_value=0, max_value=HIGHEST))
def test_a_cursor_gives_nothing_away(one: int, other: int) -> None:
    made = cursors()
    first, second = cast(str, made.make(one)), cast(str, made.make(other))
    assert (first == second) == (one == other)
    assert len(first) == 26
    assert str(one) not in first or one < 1000


@given(st.text(max_size=64))
def test_what_is_no_cursor_is_refused_and_breaks_nothing(written: str) -> None:
    if not written:
        assert cursors().read(written) is None
        return
    with pytest.raises(Problem) as refused:
        cursors().read(written)
    assert refused.value.code.code == "cursor_invalid"


@given(
    st.integers(min_value=0, max_value=HIGHEST),
    st.integers(min_value=0, max_value=25),
    st.sampled_from("abc234567"),
)
def test_a_changed_cursor_is_refused(position: int, place: int, letter: str) -> None:
    made = cast(str, cursors().make(position))
    changed = made[:place] + letter + made[place + 1 :]
    if changed != made and not _same_bits(changed, made):
        with pytest.raises(Problem):
            cursors().read(changed)


def _same_bits(one: str, other: str) -> bool:
    """The last letter has bits that mean nothing."""
    return one[:-1] == other[:-1]


@pytest.mark.parametrize(
    "elsewhere",
    [cursors(pk=2), cursors(name="replies"), cursors(status="sent"), cursors(number="+49")],
    ids=["project", "list", "filter", "another filter"],
)
def test_a_cursor_holds_for_its_own_list_only(elsewhere: Cursors) -> None:
    with pytest.raises(Problem):
        elsewhere.read(cursors().make(7))


def test_the_end_of_a_list_has_no_cursor() -> None:
    assert cursors().make(None) is None
