"""What a row may put into a variable. Pure, and fast: asked for every value of a file with a million rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext as _

from accounts.enterprise import INDIVIDUAL_VALUE_MAX_CHARACTERS
from templates_app.rules.places import URL

CODE_DIGITS_MAX: Final = 6
_CODE: Final = re.compile(rf"[0-9]{{0,{CODE_DIGITS_MAX}}}")


class ValueProblem(StrEnum):
    """Why a value may not be sent. The codes are stored and exported: add, never rename."""

    NOT_A_CODE = "value_not_a_code"
    TOO_LONG_FOR_INDIVIDUAL = "value_too_long_for_individual"
    HAS_LINK = "value_has_link"

    @property
    def words(self) -> str:
        """One sentence for the person whose row it is."""
        return {
            ValueProblem.NOT_A_CODE: _(
                "Values of verification texts are up to %(max)d digits and nothing else."
            )
            % {"max": CODE_DIGITS_MAX},
            ValueProblem.TOO_LONG_FOR_INDIVIDUAL: _(
                "Values of an organization verified as an individual have at most %(max)d characters."
            )
            % {"max": INDIVIDUAL_VALUE_MAX_CHARACTERS},
            ValueProblem.HAS_LINK: _("A value may not contain a link. Links stand in the reviewed text."),
        }[self]


def value_problems(kind: str, entity: str | None, name: str, value: str) -> list[ValueProblem]:
    """Everything wrong with one value. `kind` is a `TextKind`, `entity` an `EntityKind` or None when not verified.

    `name` is the variable's; today every variable of a text follows the same rules.
    """
    problems = []
    if kind == "verification" and not _CODE.fullmatch(value):
        problems.append(ValueProblem.NOT_A_CODE)
    if entity != "enterprise" and len(value) > INDIVIDUAL_VALUE_MAX_CHARACTERS:
        problems.append(ValueProblem.TOO_LONG_FOR_INDIVIDUAL)
    # A link has a dot or a double slash; the pattern is asked only then.
    if ("." in value or "//" in value) and _is_link(value):
        problems.append(ValueProblem.HAS_LINK)
    return problems


def value_checker(kind: str, entity: str | None) -> Callable[[Iterable[str]], ValueProblem | None]:
    """A function that says the first problem among a row's values, made once for a whole file."""
    limit = INDIVIDUAL_VALUE_MAX_CHARACTERS if entity != "enterprise" else None

    def first_problem(values: Iterable[str]) -> ValueProblem | None:
        for value in values:
            if is_code and not _CODE.fullmatch(value):
                return ValueProblem.NOT_A_CODE
            if limit is not None and len(value) > limit:
                return ValueProblem.TOO_LONG_FOR_INDIVIDUAL
            if ("." in value or "//" in value) and _is_link(value):
                return ValueProblem.HAS_LINK
        return None

    is_code = kind == "verification"
    return first_problem


def _is_link(value: str) -> bool:
    return URL.search(value) is not None
