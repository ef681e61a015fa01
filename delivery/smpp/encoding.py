"""Texts as octets and back: the GSM 03.38 default alphabet (as octets and packed), Latin-1, ASCII and UCS-2."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from typing import Any, Final

from smsconsole.lib import gsm0338


class Alphabet(StrEnum):
    """What a line speaks besides UCS-2, and what its data_coding 0 ("SMSC default alphabet") means."""

    GSM7 = "gsm7"  # one character an octet, as nearly all carriers want it
    GSM7_PACKED = "gsm7_packed"  # eight characters in seven octets
    LATIN1 = "latin1"
    ASCII = "ascii"


# Section 5.2.19.
DATA_CODINGS: Final = {Alphabet.GSM7: 0, Alphabet.GSM7_PACKED: 0, Alphabet.LATIN1: 3, Alphabet.ASCII: 1}
UCS2_DATA_CODING: Final = 8

_ESCAPE: Final = 0x1B
_BASIC: Final = (
    gsm0338.BASIC_CHARACTERS[:_ESCAPE] + gsm0338.ESCAPE + gsm0338.BASIC_CHARACTERS[_ESCAPE:]
)  # the character of every code
_EXTENSION: Final = dict(
    zip((0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65), "\f^{}\\[~]|€", strict=True)
)
_UNDEFINED: Final = "\ufffe"  # what the charmap codec takes for "no character"


def _encoder(table: str) -> Any:
    """A table of the C codec; it has no type of its own in typeshed."""
    return codecs.charmap_build(table.ljust(256, _UNDEFINED))


_BASIC_ENCODER: Final = _encoder(_BASIC.replace(gsm0338.ESCAPE, _UNDEFINED))
_ESCAPED_ENCODER: Final = _encoder(_BASIC)
# An extension character as the escape and the basic character that has its code.
_ESCAPES: Final = str.maketrans({char: gsm0338.ESCAPE + _BASIC[code] for code, char in _EXTENSION.items()})

_ESCAPED: Final = re.compile("\x1b(.?)", re.DOTALL)
_OF_ESCAPED: Final = {_BASIC[code]: char for code, char in _EXTENSION.items()} | {gsm0338.ESCAPE: " "}

_BITS: Final = [f"{code:07b}" for code in range(128)]
_CARRIAGE_RETURN: Final = 0x0D


def septets(text: str) -> bytes | None:
    """The text in the default alphabet, a septet an octet; None when a character is outside it."""
    if _UNDEFINED in text:
        # The codec would find a place for it.
        return None
    try:
        return codecs.charmap_encode(text, "strict", _BASIC_ENCODER)[0]
    except UnicodeEncodeError:
        pass
    if not gsm0338.is_gsm7(text):
        return None
    return codecs.charmap_encode(text.translate(_ESCAPES), "strict", _ESCAPED_ENCODER)[0]


def of_septets(octets: bytes) -> str:
    """The inverse of `septets`; never raises. An escape at the very end is left out, as phones do."""
    text = codecs.charmap_decode(octets, "replace", _BASIC)[0]
    if gsm0338.ESCAPE in text:
        return _ESCAPED.sub(lambda pair: _OF_ESCAPED.get(pair[1], pair[1]), text)
    return text


def packed(codes: bytes, *, fill_bits: int = 0) -> bytes:
    """Septets packed into octets, behind `fill_bits` of zero (which put them on a septet boundary after a header).

    Seven bits to spare would read as an "@": they are filled with a carriage return (3GPP TS 23.038, 6.1.2.3.1).
    """
    if not codes:
        return b""
    if (7 * len(codes) + fill_bits) % 8 == 1:
        codes += b"\r"
    bits = int("".join(map(_BITS.__getitem__, reversed(codes))), 2) << fill_bits
    return bits.to_bytes((7 * len(codes) + fill_bits + 7) // 8, "little")


def unpacked(octets: bytes, *, fill_bits: int = 0) -> bytes:
    """The inverse of `packed`. A last septet that may be filling, a carriage return or zero, is left out."""
    n = max(0, (8 * len(octets) - fill_bits) // 7)
    if not n:
        return b""
    value = int.from_bytes(octets, "little") >> fill_bits
    bits = format(value & ((1 << (7 * n)) - 1), f"0{7 * n}b")
    codes = bytes(int(bits[at : at + 7], 2) for at in range(7 * (n - 1), -1, -7))
    is_full = (8 * len(octets) - fill_bits) % 7 == 0
    return codes[:-1] if is_full and codes[-1] in (_CARRIAGE_RETURN, 0) else codes


def encode(text: str, alphabet: Alphabet, *, fill_bits: int = 0) -> bytes | None:
    """The text in the line's alphabet; None when a character is outside it, or outside GSM 03.38.

    A text outside GSM 03.38 is counted as UCS-2, and so it leaves as UCS-2 even if Latin-1 could say it.
    """
    if alphabet is Alphabet.GSM7:
        return septets(text)
    if alphabet is Alphabet.GSM7_PACKED:
        codes = septets(text)
        return None if codes is None else packed(codes, fill_bits=fill_bits)
    if not gsm0338.is_gsm7(text):
        return None
    try:
        return text.encode("latin-1" if alphabet is Alphabet.LATIN1 else "ascii")
    except UnicodeEncodeError:
        return None


def encode_ucs2(text: str) -> bytes:
    """The text in UTF-16 without a mark, which is what phones take for UCS-2."""
    return text.encode("utf-16-be", "surrogatepass")


_CODECS: Final = {
    1: "ascii",
    2: "latin-1",
    3: "latin-1",
    4: "latin-1",
    5: "iso2022_jp",
    6: "iso8859_5",
    7: "iso8859_8",
    8: "utf-16-be",
    9: "shift_jis",
    10: "iso2022_jp",
    13: "iso2022_jp_1",
    14: "euc_kr",
}


def decode(octets: bytes, data_coding: int, alphabet: Alphabet, *, fill_bits: int = 0) -> str:
    """The text of a deliver_sm; never raises, what cannot be read becomes U+FFFD.

    Data codings from 16 on are those of 3GPP TS 23.038, which many centres pass through.
    """
    codec = _CODECS.get(data_coding)
    if codec is None and data_coding >= 0x10:
        codec = _codec_of_dcs(data_coding)
    if codec == "gsm7" or (codec is None and alphabet in (Alphabet.GSM7, Alphabet.GSM7_PACKED)):
        if alphabet is Alphabet.GSM7_PACKED:
            return of_septets(unpacked(octets, fill_bits=fill_bits))
        # A septet has no eighth bit: a centre that sets one speaks Latin-1, whatever it says.
        return of_septets(octets) if octets.isascii() else octets.decode("latin-1")
    if codec is None:
        codec = "latin-1"  # which holds ASCII
    return octets.decode(codec, "replace")


def _codec_of_dcs(data_coding: int) -> str:
    """The coding groups of TS 23.038, section 4."""
    if data_coding < 0x40:
        return ("gsm7", "latin-1", "utf-16-be", "gsm7")[data_coding >> 2 & 3]
    if data_coding >= 0xF0:
        return "latin-1" if data_coding & 4 else "gsm7"
    return "utf-16-be" if data_coding >= 0xE0 else "gsm7"
