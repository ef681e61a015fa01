"""A text cut into the octets of its segments, each ready for a submit_sm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from delivery.smpp import encoding, tlv
from delivery.smpp.encoding import Alphabet
from delivery.smpp.errors import BadField
from smsconsole.lib.segments import GSM7_UNITS_ALONE, UCS2_UNITS_ALONE, split_segments

ESM_UDHI: Final = 0x40  # short_message begins with a user data header
_MOST_PARTS: Final = 255


class LongMessages(StrEnum):
    """How a line takes what does not fit into one segment."""

    UDH8 = "udh8"  # a header of 6 octets in each segment, with a reference of 8 bits
    UDH16 = "udh16"  # ... of 7 octets, with one of 16 bits
    SAR = "sar"  # optional parameters; the centre writes the header
    PAYLOAD = "payload"  # the whole text as one message_payload; the centre cuts it


@dataclass(frozen=True, slots=True)
class Writing:
    """How a line wants its texts. `data_coding` None: the one of the alphabet."""

    alphabet: Alphabet = Alphabet.GSM7
    data_coding: int | None = None
    ucs2_data_coding: int = encoding.UCS2_DATA_CODING
    long_messages: LongMessages = LongMessages.UDH8

    @property
    def own_data_coding(self) -> int:
        return encoding.DATA_CODINGS[self.alphabet] if self.data_coding is None else self.data_coding


class Part(NamedTuple):
    """One segment: its short_message, how it is to be read, and the optional parameters that belong to it."""

    octets: bytes
    data_coding: int
    esm_class: int = 0
    tlvs: bytes = b""


def parts(text: str, writing: Writing, *, reference: int = 0, overhead_units: int = 0) -> list[Part]:
    """The segments of a text, in order, cut where the forecast cuts it.

    There are as many as `n_segments` counts, but for two cases: a message_payload is one PDU, and a text that is
    UCS-2 only because Latin-1 or ASCII lacks one of its characters (such as €) takes what UCS-2 takes.
    `reference` joins the segments of a message; who calls counts it up for each message to a number. Only its
    lower 8 bits are used where that is all there is room for.
    """
    own = encoding.encode(text, writing.alphabet)
    is_ucs2 = own is None
    whole = encoding.encode_ucs2(text) if own is None else own
    coding = writing.ucs2_data_coding if is_ucs2 else writing.own_data_coding
    cut = _Cut(text, whole, writing.alphabet, is_ucs2, overhead_units)
    way = writing.long_messages
    pieces = cut.pieces(6, fill_bits=0 if way is LongMessages.SAR else 1)
    if len(pieces) == 1:
        return [Part(whole, coding)]
    if way is LongMessages.PAYLOAD:
        return [Part(b"", coding, 0, tlv.one(tlv.MESSAGE_PAYLOAD, whole))]
    if len(pieces) > _MOST_PARTS:
        raise BadField("short_message", f"a message may have {_MOST_PARTS} segments, not {len(pieces)}")
    if way is LongMessages.SAR:
        return _by_parameters(pieces, coding, reference)
    if way is LongMessages.UDH16:
        # Its header is an octet longer. Where that would cost a segment more than the person was told, the
        # reference of 8 bits has to do; every phone knows both.
        shorter = cut.pieces(7, fill_bits=0)
        if len(shorter) == len(pieces):
            return _by_header(shorter, coding, b"\x06\x08\x04" + _two(reference))
    return _by_header(pieces, coding, b"\x05\x00\x03" + bytes((reference & 0xFF,)))


class _Cut(NamedTuple):
    """A text to be cut: `whole` are its octets, in the line's alphabet or in UCS-2."""

    text: str
    whole: bytes
    alphabet: Alphabet
    is_ucs2: bool
    overhead_units: int

    def pieces(self, header_octets: int, *, fill_bits: int) -> list[bytes]:
        """The octets of each segment behind a header of this length; of a single one, which has none, too.

        `fill_bits` put packed septets on a septet boundary, counted from the start of the header.
        """
        if self._has_no_pairs:
            return self._pieces_of_one_length(header_octets)
        texts = split_segments(
            self.text, overhead_units=self.overhead_units, header_octets=header_octets, as_ucs2=self.is_ucs2
        )
        return [self._octets(text, fill_bits) for text in texts]

    @property
    def _has_no_pairs(self) -> bool:
        """Whether it may be cut anywhere: every character is one unit. Of packed octets nobody can say."""
        if self.is_ucs2:
            return len(self.whole) == 2 * len(self.text)
        return self.alphabet is Alphabet.GSM7 and len(self.whole) == len(self.text)

    def _pieces_of_one_length(self, header_octets: int) -> list[bytes]:
        """The same as by `split_segments`, without a look at each character."""
        alone, joined, width = GSM7_UNITS_ALONE, (8 * (140 - header_octets)) // 7, 1
        if self.is_ucs2:
            alone, joined, width = UCS2_UNITS_ALONE, (140 - header_octets) // 2, 2
        if len(self.text) + self.overhead_units <= alone:
            return [self.whole]
        first, step = width * (joined - self.overhead_units), width * joined
        later = range(first, len(self.whole), step)
        return [self.whole[:first], *[self.whole[at : at + step] for at in later]]

    def _octets(self, text: str, fill_bits: int) -> bytes:
        own = None if self.is_ucs2 else encoding.encode(text, self.alphabet, fill_bits=fill_bits)
        # A part of a text in the alphabet is in the alphabet.
        return encoding.encode_ucs2(text) if own is None else own


def _by_header(pieces: list[bytes], coding: int, head: bytes) -> list[Part]:
    head += bytes((len(pieces),))
    return [Part(head + bytes((seq,)) + octets, coding, ESM_UDHI) for seq, octets in enumerate(pieces, 1)]


def _by_parameters(pieces: list[bytes], coding: int, reference: int) -> list[Part]:
    total = tlv.one(tlv.SAR_TOTAL_SEGMENTS, bytes((len(pieces),)))
    head = tlv.one(tlv.SAR_MSG_REF_NUM, _two(reference)) + total
    return [
        Part(octets, coding, 0, head + tlv.one(tlv.SAR_SEGMENT_SEQNUM, bytes((seq,))))
        for seq, octets in enumerate(pieces, 1)
    ]


def _two(reference: int) -> bytes:
    return (reference & 0xFFFF).to_bytes(2, "big")
