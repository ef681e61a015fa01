"""Which characters a name, note or reason may not hold: those that steer a terminal or turn the line around."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Marks, embeddings, overrides and isolates that change the direction of what stands beside them.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS = frozenset("\r\n\t")


def plain_text_problem(value: str, *, is_multiline: bool = False) -> str | None:
    """What is wrong with the text, in words for its author; None when nothing is.

    Joiners stay allowed: emoji and several scripts need them. Line ends and tabs only where lines may be many.
    """
    for character in value:
        if character in _DIRECTIONS:
            return _(
                "The text holds a character that turns the direction of writing around (%(code)s). "
                "Type the text again instead of pasting it."
            ) % {"code": f"U+{ord(character):04X}"}
        is_control = unicodedata.category(character) in ("Cc", "Cs", "Cn", "Zl", "Zp")
        if is_control and not (is_multiline and character in _LINE_ENDS):
            return _(
                "The text holds a control character (%(code)s), which cannot be shown. "
                "Type the text again instead of pasting it."
            ) % {"code": f"U+{ord(character):04X}"}
    return None


def refuse_control_characters(value: str) -> None:
    """Validator of a form field of one line."""
    if problem := plain_text_problem(value):
        raise ValidationError(problem)


def refuse_control_characters_in_lines(value: str) -> None:
    """Validator of a form field of several lines."""
    if problem := plain_text_problem(value, is_multiline=True):
        raise ValidationError(problem)
