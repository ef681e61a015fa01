"""What an SMSC reads out of a short message, and how it writes one that comes from a phone.

Written from the specifications (SMPP 3.4, 3GPP TS 23.038 and 23.040) and shared with nothing that the console
sends with: the same mistake on both sides would hide itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

HAS_HEADER = 0x40  # in esm_class: the text begins with a user data header
TAG_SAR_REFERENCE, TAG_SAR_TOTAL, TAG_SAR_NUMBER = 0x020C, 0x020E, 0x020F
TAG_PAYLOAD = 0x0424

ALPHABETS = ("gsm7", "gsm7_packed", "latin1")

_GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\",
    0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
_ESCAPE = 0x1B
_SEPTETS = {character: bytes([code]) for code, character in enumerate(_GSM7) if code != _ESCAPE} | {
    character: bytes([_ESCAPE, code]) for code, character in _EXTENSION.items()
}
# A part of a joined message has room for this many septets or bytes.
_SEPTETS_ALONE, _SEPTETS_JOINED = 160, 153
_BYTES_ALONE, _BYTES_JOINED = 140, 134


class Place(NamedTuple):
    """Where a part belongs: the message's reference, how many parts it has, which of them this is (from 1)."""

    reference: int
    n_parts: int
    number: int


class Content(NamedTuple):
    """The text of one submit, and its place if it is a part of a longer one."""

    text: str
    place: Place | None


class WrittenPart(NamedTuple):
    """A short message as it goes into a PDU."""

    esm_class: int
    data_coding: int
    data: bytes


def read_content(
    *, esm_class: int, data_coding: int, data: bytes, tlvs: Mapping[int, bytes], alphabet: str
) -> Content:
    """Never raises: what cannot be read becomes hexadecimal digits, which no sent text looks like."""
    place, header = _sar_place(tlvs), b""
    data = data or tlvs.get(TAG_PAYLOAD, b"")
    if esm_class & HAS_HEADER and data:
        header, data = data[: data[0] + 1], data[data[0] + 1 :]
        place = _header_place(header) or place
    return Content(_decode(data, data_coding, alphabet, len(header)), place)


def write_parts(text: str, *, reference: int, alphabet: str) -> list[WrittenPart]:
    """A phone's text as short messages: in the alphabet that data coding 0 means here, or in UCS-2."""
    encoded = _encode(text, alphabet)
    data_coding = 8 if encoded is None else 0
    units = encoded if encoded is not None else _ucs2_units(text)
    is_packed = encoded is not None and alphabet == "gsm7_packed"
    in_septets = encoded is not None and alphabet.startswith("gsm7")
    alone, joined = (_SEPTETS_ALONE, _SEPTETS_JOINED) if in_septets else (_BYTES_ALONE, _BYTES_JOINED)
    if sum(map(len, units)) <= alone:
        data = b"".join(units)
        return [WrittenPart(0, data_coding, _pack(data, 0) if is_packed else data)]
    groups = _fill(units, joined)
    return [
        _joined_part(b"".join(group), data_coding, Place(reference & 0xFF, len(groups), number), is_packed)
        for number, group in enumerate(groups, 1)
    ]


def _joined_part(data: bytes, data_coding: int, place: Place, is_packed: bool) -> WrittenPart:
    header = bytes([5, 0, 3, *place])
    return WrittenPart(HAS_HEADER, data_coding, header + (_pack(data, len(header)) if is_packed else data))


def _sar_place(tlvs: Mapping[int, bytes]) -> Place | None:
    try:
        place = [
            int.from_bytes(tlvs[tag], "big") for tag in (TAG_SAR_REFERENCE, TAG_SAR_TOTAL, TAG_SAR_NUMBER)
        ]
    except KeyError:
        return None
    return _checked(Place(*place))


def _header_place(header: bytes) -> Place | None:
    """The place in a header's element 0x00 (8-bit reference) or 0x08 (16-bit reference)."""
    at = 1
    while at + 2 <= len(header):
        element, size = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + size]
        if (element, len(value)) == (0x00, 3):
            return _checked(Place(*value))
        if (element, len(value)) == (0x08, 4):
            return _checked(Place(int.from_bytes(value[:2], "big"), value[2], value[3]))
        at += 2 + size
    return None


def _checked(place: Place) -> Place | None:
    return place if place.n_parts > 1 and 1 <= place.number <= place.n_parts else None


def _decode(data: bytes, data_coding: int, alphabet: str, header_bytes: int) -> str:
    if data_coding & 0xF0 == 0xF0:  # message classes: bit 2 tells eight bits from the default alphabet
        data_coding = 4 if data_coding & 0x04 else 0
    if data_coding == 8 and len(data) % 2 == 0:
        return data.decode("utf-16-be", "surrogatepass")
    if data_coding in (1, 3):
        return data.decode("latin-1")
    if data_coding != 0:
        return data.hex()
    if alphabet == "latin1":
        return data.decode("latin-1")
    return _read_septets(_unpack(data, header_bytes) if alphabet == "gsm7_packed" else data)


def _read_septets(data: bytes) -> str:
    if any(code > 0x7F for code in data):
        return data.hex()
    characters: list[str] = []
    codes = iter(data)
    for code in codes:
        if code == _ESCAPE:
            # An escape without a companion, or one before a code that has none, shows as a space.
            characters.append(_EXTENSION.get(next(codes, -1), " "))
        else:
            characters.append(_GSM7[code])
    return "".join(characters)


def _fill_bits(header_bytes: int) -> int:
    """Bits between the header and the first septet, which begins on a septet's border."""
    return -header_bytes * 8 % 7


def _pack(septets: bytes, header_bytes: int) -> bytes:
    offset = _fill_bits(header_bytes)
    bits = sum(septet << (offset + 7 * at) for at, septet in enumerate(septets))
    n_bits = offset + 7 * len(septets)
    if n_bits % 8 == 1:
        # Seven spare bits would be read as an @: a carriage return fills them (TS 23.038, 6.1.2.3.1).
        bits |= 0x0D << n_bits
    return bits.to_bytes((n_bits + 7) // 8, "little")


def _unpack(data: bytes, header_bytes: int) -> bytes:
    offset = _fill_bits(header_bytes)
    bits = int.from_bytes(data, "little") >> offset
    n_septets = (len(data) * 8 - offset) // 7
    septets = bytes([bits >> 7 * at & 0x7F for at in range(n_septets)])
    # Seven spare bits are no character: a carriage return fills them.
    is_filled = (len(data) * 8 - offset) % 7 == 0 and septets[-1:] == b"\r"
    return septets[:-1] if is_filled else septets


def _encode(text: str, alphabet: str) -> list[bytes] | None:
    """A unit of bytes for each character; None when one is outside the alphabet."""
    try:
        if alphabet == "latin1":
            return [character.encode("latin-1") for character in text]
        return [_SEPTETS[character] for character in text]
    except (KeyError, UnicodeEncodeError):
        return None


def _ucs2_units(text: str) -> list[bytes]:
    return [character.encode("utf-16-be", "surrogatepass") for character in text]


def _fill(units: Sequence[bytes], room: int) -> list[list[bytes]]:
    """Groups of whole characters, each as full as it gets."""
    groups: list[list[bytes]] = [[]]
    n_bytes = 0
    for unit in units:
        if n_bytes + len(unit) > room:
            groups.append([])
            n_bytes = 0
        groups[-1].append(unit)
        n_bytes += len(unit)
    return groups
