"""What recipients put into the variables of a text: checked, and made into the texts that leave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings

from api.sending.numbers import Line
from api.sending.orders import OrderRefused, Refusal
from api.sending.texts import ChosenText
from smsconsole.lib.segments import OVERHEAD_UNITS, n_segments
from smsconsole.lib.types import Region
from templates_app.rules import ValueProblem, value_checker
from templates_app.rules.places import CONTROL
from templates_app.rules.topics import TOPICS

# As in recipients' files.
VALUE_MAX_CHARACTERS = 500
# Half of a surrogate pair cannot be sent; 【 】 would look like a second signature.
_NOT_ALLOWED = re.compile("[\ud800-\udfff\ufffe\uffff【】]")

_OF_VALUE = {
    ValueProblem.NOT_A_CODE: (
        Refusal.PARAMETER_FORMAT,
        "Parameters of a verification text are up to 6 digits and nothing else.",
    ),
    ValueProblem.TOO_LONG_FOR_INDIVIDUAL: (
        Refusal.PARAMETER_TOO_LONG,
        "Parameters of an organization verified as an individual have at most 12 characters.",
    ),
    ValueProblem.HAS_LINK: (
        Refusal.PARAMETER_WITH_LINK,
        "A parameter may not contain a link. Links stand in the reviewed text.",
    ),
}


class _Problem(NamedTuple):
    refusal: Refusal
    words: str


class _Finished(NamedTuple):
    """A text that leaves, or why it may not."""

    text: str
    problem: _Problem | None
    segments: dict[int, int]


def write_texts(text: ChosenText, lines: Sequence[Line]) -> None:
    """Give each open line its text. Where every line has the same fault, the order is refused as a whole."""
    make, check = text.maker(), value_checker(text.kind, text.ground.standing.entity)
    known: dict[tuple[str, ...], _Finished] = {}
    for line in lines:
        if not line.is_open:
            continue
        parameters = text.parameters if text.parameters is not None else tuple(line.recipient.parameters)
        finished = known.get(parameters)
        if finished is None:
            problem = _problem(text, parameters) or _value_problem(text, check(parameters), parameters)
            whole = "" if problem else make(parameters)
            problem = problem or _too_long(whole)
            finished = known[parameters] = _Finished(whole, problem, {})
        if finished.problem is not None:
            line.refuse(*finished.problem)
            continue
        line.text = finished.text
        overhead = OVERHEAD_UNITS.get(line.country, 0)
        if overhead not in finished.segments:
            finished.segments[overhead] = n_segments(finished.text, overhead_units=overhead)
        line.n_segments = finished.segments[overhead]
    first = next((finished.problem for finished in known.values() if finished.problem), None)
    if first is not None and all(finished.problem for finished in known.values()):
        raise OrderRefused(*first, field="text" if text.parameters is not None else "recipients")


def _problem(text: ChosenText, parameters: tuple[str, ...]) -> _Problem | None:
    n_wanted = len(text.template.placeholders)
    if len(parameters) != n_wanted:
        words = f"The template has {n_wanted} variables and {len(parameters)} parameters were given."
        return _Problem(Refusal.PARAMETERS_DO_NOT_MATCH, words)
    for parameter in parameters:
        if len(parameter) > VALUE_MAX_CHARACTERS:
            words = f"A parameter has at most {VALUE_MAX_CHARACTERS} characters."
            return _Problem(Refusal.PARAMETER_TOO_LONG, words)
        if CONTROL.search(parameter) or _NOT_ALLOWED.search(parameter):
            words = "A parameter holds a character that may not be sent: a control character, 【 or 】."
            return _Problem(Refusal.PARAMETER_FORMAT, words)
    return None


def _value_problem(
    text: ChosenText, found: ValueProblem | None, parameters: tuple[str, ...]
) -> _Problem | None:
    if found is not None:
        return _Problem(*_OF_VALUE[found])
    values = "\n".join(parameters)
    if values and not values.isdecimal() and _is_forbidden(values, text.kind, text.region):
        words = "A parameter holds a word of a topic that carriers refuse in this region."
        return _Problem(Refusal.FORBIDDEN_WORD, words)
    return None


def _is_forbidden(values: str, kind: str, region: Region) -> bool:
    """Whether there is a word among them that would refuse a template."""
    return any(
        topic.pattern.search(values) for topic in TOPICS if region in topic.hard_in and kind in topic.kinds
    )


def _too_long(whole: str) -> _Problem | None:
    most = int(settings.BODY_MAX)
    if len(whole) <= most:
        return None
    words = f"With its values and signature the message has {len(whole)} characters; it may have {most}."
    return _Problem(Refusal.TEXT_TOO_LONG, words)
