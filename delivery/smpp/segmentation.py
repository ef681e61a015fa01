"""A text cut into the octets of its segments, each ready for a submit_sm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from delivery.smpp import encoding, tlv
from delivery.smpp.encoding import Alphabet
from delivery.smpp.errors import BadField
from smsconsole.lib.segments import split_segments

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
    coding = writing.ucs2_data_coding if own is None else writing.own_data_coding
    texts = split_segments(text, overhead_units=overhead_units, as_ucs2=own is None)
    if len(texts) == 1:
        return [Part(encoding.encode_ucs2(text) if own is None else own, coding)]
    if writing.long_messages is LongMessages.PAYLOAD:
        octets = encoding.encode_ucs2(text) if own is None else own
        return [Part(b"", coding, 0, tlv.one(tlv.MESSAGE_PAYLOAD, octets))]
    if len(texts) > _MOST_PARTS:
        raise BadField("short_message", f"a message may have {_MOST_PARTS} segments, not {len(texts)}")
    if writing.long_messages is LongMessages.SAR:
        return _sar(texts, writing, coding, own is None, reference)
    if writing.long_messages is LongMessages.UDH16:
        # Its header is an octet longer. Where that would cost a segment more than the person was told, the
        # reference of 8 bits has to do; every phone knows both.
        shorter = split_segments(text, overhead_units=overhead_units, header_octets=7, as_ucs2=own is None)
        if len(shorter) == len(texts):
            return _udh(shorter, writing, coding, own is None, b"\x06\x08\x04" + _two(reference))
    return _udh(texts, writing, coding, own is None, b"\x05\x00\x03" + bytes((reference & 0xFF,)))


def _udh(texts: list[str], writing: Writing, coding: int, is_ucs2: bool, head: bytes) -> list[Part]:
    # Packed septets begin on a septet boundary, counted from the start of the header.
    fill_bits = -8 * (len(head) + 2) % 7
    return [
        Part(head + bytes((len(texts), seq)) + _octets(text, writing, is_ucs2, fill_bits), coding, ESM_UDHI)
        for seq, text in enumerate(texts, 1)
    ]


def _sar(texts: list[str], writing: Writing, coding: int, is_ucs2: bool, reference: int) -> list[Part]:
    head = tlv.one(tlv.SAR_MSG_REF_NUM, _two(reference)) + tlv.one(
        tlv.SAR_TOTAL_SEGMENTS, bytes((len(texts),))
    )
    return [
        Part(
            _octets(text, writing, is_ucs2, 0),
            coding,
            0,
            head + tlv.one(tlv.SAR_SEGMENT_SEQNUM, bytes((seq,))),
        )
        for seq, text in enumerate(texts, 1)
    ]


def _octets(text: str, writing: Writing, is_ucs2: bool, fill_bits: int) -> bytes:
    own = None if is_ucs2 else encoding.encode(text, writing.alphabet, fill_bits=fill_bits)
    # A part of a text in the alphabet is in the alphabet.
    return encoding.encode_ucs2(text) if own is None else own


def _two(reference: int) -> bytes:
    return (reference & 0xFFFF).to_bytes(2, "big")
