"""The GSM 03.38 (3GPP TS 23.038) default alphabet: which texts fit it and how many septets they cost.

National language shift tables are not used: few carriers send them, and none tells us so.
"""

from __future__ import annotations

import re
from typing import Final

# In the order of their codes 0x00 to 0x7F. 0x1B, left out, is the escape to the extension table.
# 0x09 is the capital Ç; the small ç is not in the alphabet, whatever many tables say.
BASIC_CHARACTERS: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
# Each costs two septets: the escape and its code.
EXTENSION_CHARACTERS: Final = "\f^{}\\[~]|€"
ALPHABET: Final = frozenset(BASIC_CHARACTERS + EXTENSION_CHARACTERS)

ESCAPE: Final = "\x1b"

_ALL_IN_ALPHABET: Final = re.compile(f"[{re.escape(BASIC_CHARACTERS + EXTENSION_CHARACTERS)}]*")
_EXTENSION: Final = re.compile(f"[{re.escape(EXTENSION_CHARACTERS)}]")


def is_gsm7(text: str) -> bool:
    """Whether every character is in the default alphabet or its extension table."""
    return _ALL_IN_ALPHABET.fullmatch(text) is not None


def septets(text: str) -> int | None:
    """How many septets the text costs; None when a character is outside the alphabet."""
    if _ALL_IN_ALPHABET.fullmatch(text) is None:
        return None
    return len(text) + len(_EXTENSION.findall(text))


def escaped(text: str) -> str:
    """One character per septet: the escape stands in front of extension characters. Only for GSM-7 texts."""
    return _EXTENSION.sub(rf"{ESCAPE}\g<0>", text)


def unescaped(text: str) -> str:
    """The inverse of `escaped`."""
    return text.replace(ESCAPE, "")


def outside_alphabet(text: str) -> tuple[str, ...]:
    """The distinct characters that are in neither table, in the order in which they first appear."""
    return tuple(character for character in dict.fromkeys(text) if character not in ALPHABET)
