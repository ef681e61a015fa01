"""What a row may put into a variable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_app.rules import ValueProblem, value_checker, value_problems

NOT_A_CODE, TOO_LONG, LINK = (
    ValueProblem.NOT_A_CODE,
    ValueProblem.TOO_LONG_FOR_INDIVIDUAL,
    ValueProblem.HAS_LINK,
)


@pytest.mark.parametrize(
    ("kind", "entity", "value", "problems"),
    [
        ("verification", "enterprise", "482913", []),
        ("verification", "enterprise", "", []),
        ("verification", "enterprise", "5", []),
        ("verification", "enterprise", "1234567", [NOT_A_CODE]),
        ("verification", "enterprise", "12a4", [NOT_A_CODE]),
        ("verification", "enterprise", "１２３", [NOT_A_CODE]),
        ("verification", "enterprise", "123\n", [NOT_A_CODE]),
        ("notification", "enterprise", "a value as long as one likes", []),
        ("notification", "individual", "x" * 12, []),
        ("notification", "individual", "x" * 13, [TOO_LONG]),
        ("notification", None, "x" * 13, [TOO_LONG]),
        ("notification", "enterprise", "10.30", []),
        ("notification", "enterprise", "Dr. Meier, Bldg. 5", []),
        ("notification", "enterprise", "see http://evil.example", [LINK]),
        ("notification", "enterprise", "点t.cn/abc看", [LINK]),
        ("notification", "enterprise", "www.evil", [LINK]),
        ("notification", "individual", "evil.com/abcdefgh", [TOO_LONG, LINK]),
    ],
)
def test_values_are_judged_by_kind_and_entity(
    kind: str, entity: str | None, value: str, problems: list[ValueProblem]
) -> None:
    assert value_problems(kind, entity, "1", value) == problems


def test_each_problem_has_words_and_a_stable_code() -> None:
    assert [one.value for one in ValueProblem] == [
        "value_not_a_code",
        "value_too_long_for_individual",
        "value_has_link",
    ]
    assert all(one.words.endswith(".") for one in ValueProblem)


@given(
    values=st.lists(st.text(st.sampled_from("a1./:wcom中 "), max_size=15), max_size=4),
    kind=st.sampled_from(["verification", "notification"]),
    entity=st.sampled_from(["enterprise", "individual", None]),
)
def test_the_checker_of_a_file_and_that_of_one_value_agree(
    values: list[str], kind: str, entity: str | None
) -> None:
    slowly = [problems[0] for value in values if (problems := value_problems(kind, entity, "x", value))]
    assert value_checker(kind, entity)(values) == (slowly[0] if slowly else None)
