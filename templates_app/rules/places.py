"""Where in a text variables, links, numbers and control characters stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from templates_app.rendering import PLACEHOLDER

# Besides line feed: C0 and C1 controls, line and paragraph separators, and the marks that turn the direction
# of writing, with which a text can look different from what it says.
CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

# What a placeholder is replaced by, so that places stay the same and no other character can be mistaken for it.
VARIABLE: Final = "\ue000"

_TOP_LEVEL: Final = (
    "com|cn|net|org|io|me|top|cc|co|link|app|shop|info|site|vip|de|uk|eu|gl|ly|gd|fr|xyz|club|store|hk|tw"
)
# Runs of what an address may consist of, a placeholder's stand-in included; Chinese ends it.
_URL_CHARACTERS: Final = rf"[\w.~:/?#@!$&'()*+,;=%{VARIABLE}-]"
URL: Final = re.compile(
    rf"(?:https?://|www\.){_URL_CHARACTERS}*"
    rf"|[A-Z0-9{VARIABLE}-][A-Z0-9.{VARIABLE}-]*\.(?:{_TOP_LEVEL})\b(?:/{_URL_CHARACTERS}*)?",
    re.IGNORECASE | re.ASCII,
)
# A full stop or bracket after an address ends the sentence, not the address.
_AFTER_URL: Final = ".,;:!?)'"

# 11 digits of a mobile at home, a fixed line with its area code, 400 and 800 numbers, or + and up to 15 digits.
CONTACT_NUMBER: Final = re.compile(
    r"(?<![0-9+-])(?:1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}|[48]00-?[0-9]{3}-?[0-9]{4}|\+[0-9][0-9 -]{6,17}[0-9])"
    r"(?![0-9-])"
)

_CJK: Final = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]")
_WORD: Final = re.compile(r"[^\W_]+")


def masked(text: str) -> str:
    """The text with each placeholder replaced by a stand-in of the same length."""
    return PLACEHOLDER.sub(lambda match: VARIABLE * len(match[0]), text)


def links(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and address of each link; a variable within it stands as `VARIABLE`."""
    for match in URL.finditer(masked(text)):
        address = match[0].rstrip(_AFTER_URL)
        yield match.start(), match.start() + len(address), address


def n_words(text: str) -> int:
    """How many words a reader gets besides the variables; two Chinese characters count as one."""
    fixed = PLACEHOLDER.sub(" ", text)
    characters = len(_CJK.findall(fixed))
    return (characters + 1) // 2 + len(_WORD.findall(_CJK.sub(" ", fixed)))
