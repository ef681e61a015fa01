"""How many segments a text costs and where it is cut: the one counter of preview, forecast and sending."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from smsconsole.lib import gsm0338

Encoding = Literal["GSM-7", "UCS-2"]

GSM7_UNITS_ALONE: Final = 160
GSM7_UNITS_JOINED: Final = 153  # the user data header takes 7 septets
UCS2_UNITS_ALONE: Final = 70
UCS2_UNITS_JOINED: Final = 67  # ... or 3 UTF-16 units

# Units that carriers of a country put in front of every text, so that they are missing in the first segment.
# Malaysia: the 7 characters "RM0.00 " (all carriers, since 2025-10-13).
OVERHEAD_UNITS: Final[dict[str, int]] = {"MY": 7}
MAX_OVERHEAD_UNITS: Final = 60

_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")

# What people rarely mean to write, and that turns 160 characters into 70. "" means: simply remove it.
_REPLACEMENTS: Final[dict[str, str]] = {
    **dict.fromkeys("‘’‚‛`´′ʹʻʼ", "'"),
    **dict.fromkeys("“”„‟″«»「」『』", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃", "-"),
    **dict.fromkeys("•·∙●", "*"),
    **dict.fromkeys(
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t",
        " ",
    ),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
    **dict.fromkeys("\u2028\u2029\u0085\v", "\n"),
    "‹": "<",
    "›": ">",
    "⁄": "/",
    "×": "x",
    "÷": "/",
    "¢": "c",
    "©": "(c)",
    "®": "(R)",
    "½": "1/2",
    "¼": "1/4",
    "¾": "3/4",
    "、": ",",
    "。": ".",
    "【": "[",
    "】": "]",
    "〔": "[",
    "〕": "]",
    "《": "<",
    "》": ">",
    "₤": "£",
    "œ": "oe",
    "Œ": "OE",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ı": "i",
}


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """What a text costs. `units` are septets or UTF-16 units, a country's overhead included.

    `units_left` is the room in the last segment; `forcing` the characters that force UCS-2, in order.
    """

    encoding: Encoding
    units: int
    segments: int
    units_left: int
    forcing: tuple[str, ...]


def overhead_units_for(country: str) -> int:
    """The units that carriers of this country (ISO 3166 alpha-2) put in front of a text."""
    return OVERHEAD_UNITS.get(country, 0)


def count_segments(text: str, *, overhead_units: int = 0) -> SegmentCount:
    """Everything a person wants to know of the length of a text. An empty text is one segment."""
    parts = split_segments(text, overhead_units=overhead_units)
    used_in_last = _units(parts[-1], of=text) + (overhead_units if len(parts) == 1 else 0)
    if gsm0338.is_gsm7(text):
        encoding: Encoding = "GSM-7"
        capacity = GSM7_UNITS_ALONE if len(parts) == 1 else GSM7_UNITS_JOINED
    else:
        encoding = "UCS-2"
        capacity = UCS2_UNITS_ALONE if len(parts) == 1 else UCS2_UNITS_JOINED
    return SegmentCount(
        encoding=encoding,
        units=_units(text, of=text) + overhead_units,
        segments=len(parts),
        units_left=capacity - used_in_last,
        forcing=gsm0338.outside_alphabet(text),
    )


def n_segments(text: str, *, overhead_units: int = 0) -> int:
    """How many segments the text costs; the same as `len(split_segments(...))`, and fast."""
    units = gsm0338.septets(text)
    if units is not None:
        alone, joined, has_pairs = GSM7_UNITS_ALONE, GSM7_UNITS_JOINED, units != len(text)
    else:
        units = _utf16_units(text)
        alone, joined, has_pairs = UCS2_UNITS_ALONE, UCS2_UNITS_JOINED, units != len(text)
    if units + overhead_units <= alone and 0 <= overhead_units <= MAX_OVERHEAD_UNITS:
        return 1
    if has_pairs:
        return len(split_segments(text, overhead_units=overhead_units))
    _check_overhead(overhead_units)
    return -(-(units + overhead_units) // joined)


def split_segments(
    text: str, *, overhead_units: int = 0, header_octets: int = 6, as_ucs2: bool = False
) -> list[str]:
    """The text cut as it is sent. No part begins inside an extension or surrogate pair.

    A part that would end inside a pair ends before it, so the number of parts can exceed units / capacity.
    `header_octets` is the length of the user data header in front of each of several parts; every count takes it to
    be 6. `as_ucs2`: for a line whose alphabet lacks one of the characters.
    """
    _check_overhead(overhead_units)
    if gsm0338.is_gsm7(text) and not as_ucs2:
        return _split_gsm7(text, overhead_units, (8 * (140 - header_octets)) // 7)
    return _split_ucs2(text, overhead_units, (140 - header_octets) // 2)


def suggest_replacement(character: str) -> str | None:
    """GSM-7 text to write instead of a character that forces UCS-2; "" to leave it out; None: no idea."""
    if character in gsm0338.ALPHABET:
        return None
    replacement = _REPLACEMENTS.get(character)
    if replacement is None:
        # Full-width forms, ligatures and circled digits; then letters without their accents.
        for candidate in (unicodedata.normalize("NFKC", character), _without_marks(character)):
            if candidate and gsm0338.is_gsm7(candidate):
                return candidate
    return replacement


def _without_marks(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(part for part in decomposed if not unicodedata.combining(part))


def _split_gsm7(text: str, overhead_units: int, joined: int) -> list[str]:
    units = gsm0338.escaped(text)
    if len(units) + overhead_units <= GSM7_UNITS_ALONE:
        return [text]
    parts, start, room = [], 0, joined - overhead_units
    while start < len(units):
        end = start + room
        # An escape at the end would leave its character to the next part; at the very end it cannot stand.
        if units[end - 1 : end] == gsm0338.ESCAPE:
            end -= 1
        parts.append(gsm0338.unescaped(units[start:end]))
        start, room = end, joined
    return parts


def _split_ucs2(text: str, overhead_units: int, joined: int) -> list[str]:
    units = text.encode("utf-16-be", "surrogatepass")
    if len(units) // 2 + overhead_units <= UCS2_UNITS_ALONE:
        return [text]
    parts, start, room = [], 0, 2 * (joined - overhead_units)
    while start < len(units):
        end = start + room
        # A high surrogate (D800 to DBFF) at the end would leave its low half to the next part.
        if end < len(units) and 0xD8 <= units[end - 2] <= 0xDB:
            end -= 2
        parts.append(units[start:end].decode("utf-16-be", "surrogatepass"))
        start, room = end, 2 * joined
    return parts


def _units(part: str, *, of: str) -> int:
    """The units of a part in the encoding that the whole text has: a part of a UCS-2 text is UCS-2."""
    if gsm0338.is_gsm7(of):
        return len(gsm0338.escaped(part))
    return _utf16_units(part)


def _utf16_units(text: str) -> int:
    return len(text) + len(_ASTRAL.findall(text))


def _check_overhead(overhead_units: int) -> None:
    if not 0 <= overhead_units <= MAX_OVERHEAD_UNITS:
        raise ValueError(f"overhead_units must be between 0 and {MAX_OVERHEAD_UNITS}, not {overhead_units}")
