"""From a whole text back to the template that it was made of. Pure; its cost grows with the text, never faster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from templates_app.rendering import PLACEHOLDER, placeholder_name


class Pattern(NamedTuple):
    """An approved template as texts are compared with it: fixed words, with a variable between each two of them."""

    template_id: int
    revision_id: int
    kind: str
    literals: tuple[str, ...]
    names: tuple[str, ...]
    placeholders: tuple[str, ...]

    @property
    def n_fixed(self) -> int:
        return sum(map(len, self.literals))


class Match(NamedTuple):
    pattern: Pattern
    parameters: tuple[str, ...]


def pattern_of(
    template_id: int, revision_id: int, kind: str, text: str, placeholders: Sequence[str]
) -> Pattern:
    literals, names, end = [], [], 0
    for found in PLACEHOLDER.finditer(text):
        literals.append(text[end : found.start()])
        names.append(placeholder_name(found))
        end = found.end()
    literals.append(text[end:])
    return Pattern(template_id, revision_id, kind, tuple(literals), tuple(names), tuple(placeholders))


def best_match(patterns: Iterable[Pattern], text: str) -> Match | None:
    """The pattern that the text is made of, with its values; of several the one with most fixed words."""
    best: Match | None = None
    for pattern in patterns:
        if not text.startswith(pattern.literals[0]):
            continue
        values = _values(pattern, text)
        if values is not None and (best is None or _is_better(pattern, best.pattern)):
            best = Match(pattern, values)
    return best


def _is_better(pattern: Pattern, other: Pattern) -> bool:
    return (-pattern.n_fixed, pattern.template_id) < (-other.n_fixed, other.template_id)


def _values(pattern: Pattern, text: str) -> tuple[str, ...] | None:
    """The values in the order of the placeholders. Each ends where the fixed words behind it first stand."""
    first, *between, last = [*pattern.literals] if pattern.names else [*pattern.literals, ""]
    if not pattern.names:
        return () if text == first else None
    place, end = len(first), len(text) - len(last)
    if place > end or not text.endswith(last):
        return None
    found: dict[str, str] = {}
    for name, literal in zip(pattern.names, [*between, None], strict=True):
        stop = end if literal is None else text.find(literal, place, end)
        if stop < 0:
            return None
        value = text[place:stop]
        # A variable that stands twice says the same twice.
        if found.setdefault(name, value) != value:
            return None
        place = stop + len(literal or "")
    return tuple(found[name] for name in pattern.placeholders)
