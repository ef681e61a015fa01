"""What changed between two versions of a text, word by word; Chinese, which has no spaces, by character. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

# A variable is one word: half of it says nothing. Letters of scripts without spaces are words of their own.
_WORDS: Final = re.compile(
    r"\$?\{[^{}\s]*\}"
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
    r"|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
    r"|\s+"
    r"|.",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text that is in both versions, or (`is_changed`) only in this one."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """Both versions, each cut into what they share and what is its own. Joined, the stretches are the texts."""

    old: list[Stretch]
    new: list[Stretch]

    @property
    def is_empty(self) -> bool:
        return not any(stretch.is_changed for stretch in [*self.old, *self.new])


def difference(old: str, new: str) -> Difference:
    """What was taken out of `old` and what was put into `new`."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    old_parts: list[Stretch] = []
    new_parts: list[Stretch] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        is_changed = what != "equal"
        if i1 < i2:
            old_parts.append(Stretch("".join(before[i1:i2]), is_changed))
        if j1 < j2:
            new_parts.append(Stretch("".join(after[j1:j2]), is_changed))
    return Difference(old_parts, new_parts)
