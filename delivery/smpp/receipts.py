"""What a deliver_sm or data_sm brings: a receipt, a reply, or no news. Nothing in here ever raises."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

from delivery.smpp import addresses, tlv
from delivery.smpp.encoding import Alphabet, decode
from delivery.smpp.fields import ShortMessage
from delivery.smpp.receipt_text import read_receipt_text
from delivery.smpp.segmentation import ESM_UDHI
from delivery.smpp.times import read_receipt_date

# esm_class of deliver_sm, section 5.2.12: bits 2 to 5.
_MESSAGE_TYPE: Final = 0x3C
_RECEIPT: Final = 0x04
_INTERMEDIATE: Final = 0x20
# Acknowledgements that a person or a device sends, and the end of a USSD-like conversation: replies of their own.
_PLAIN: Final = 0x00

_RECEIPT_WORDS: Final = (b"stat:", b"stat ", b"stat=", b"id:")


class State(StrEnum):
    """The final states, in the words of `delivery.gateways.base.ReceiptState`."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"


# Words of `stat`; any other one is final, and not delivered: many carriers write the network's code there.
STATES: Final[dict[str, State]] = {
    "DELIVRD": State.DELIVERED,
    "DELIVERED": State.DELIVERED,
    "DELIVERD": State.DELIVERED,
    "DELIV": State.DELIVERED,
    "EXPIRED": State.EXPIRED,
    "REJECTD": State.REJECTED,
    "REJECTED": State.REJECTED,
    "UNDELIV": State.UNDELIVERED,
    "UNDELIVERABLE": State.UNDELIVERED,
    "DELETED": State.REJECTED,
    "UNKNOWN": State.UNDELIVERED,
    "FAILED": State.UNDELIVERED,
}
ON_THE_WAY: Final = frozenset(
    (
        "ENROUTE",
        "ACCEPTD",
        "ACCEPTED",
        "SCHEDULED",
        "SCHEDLD",
        "BUFFERED",
        "BUFFRED",
        "BUFFERD",
        "QUEUED",
        "PENDING",
        "SUBMITTED",
        "SUBMITD",
        "SENT",
    )
)
# message_state, section 5.2.28.
WORDS_OF_MESSAGE_STATE: Final[dict[int, str]] = {
    0: "SCHEDULED",
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}


class Receipt(NamedTuple):
    """What became of one segment. `message_id` is as it came: `delivery.smpp.ids` makes it comparable.

    `code` is the word of the state, with the error behind it ("UNDELIV:045") where there is one.
    """

    message_id: str
    state: State
    code: str
    reported_at: datetime
    msisdn: str = ""


class ReplyPlace(NamedTuple):
    """Where a part of a reply belongs: which reply, how many parts, which of them (from 1)."""

    reference: str
    n_parts: int
    seq: int


class ReplyText(NamedTuple):
    """What a person wrote."""

    msisdn: str
    destination: str
    text: str
    place: ReplyPlace | None = None


class NoNews(NamedTuple):
    """Nothing to store. `is_fault`: it ought to have been something, and an operator should see it."""

    words: str
    is_fault: bool = False


def read_delivery(
    message: ShortMessage,
    *,
    received_at: datetime,
    alphabet: Alphabet = Alphabet.GSM7,
    zone: tzinfo = UTC,
    trusts_text: bool = False,
) -> Receipt | ReplyText | NoNews:
    """What this deliver_sm or data_sm says; never raises.

    `zone` is the one in which the carrier writes its dates. A receipt is what esm_class calls one, or what carries
    the optional parameters of one. What merely reads like one may have been typed by anybody with a phone; it counts
    with `trusts_text`, for carriers that forget esm_class.
    """
    kind = message.esm_class & _MESSAGE_TYPE
    if kind == _INTERMEDIATE:
        return NoNews("an intermediate notification")
    if kind == _RECEIPT:
        return _read_receipt(message, received_at, alphabet, zone)
    tlvs = message.tlvs
    if tlvs and tlv.RECEIPTED_MESSAGE_ID in tlvs and tlv.MESSAGE_STATE in tlvs:
        return _read_receipt(message, received_at, alphabet, zone)
    if trusts_text and kind == _PLAIN:
        found = _read_receipt(message, received_at, alphabet, zone)
        if not isinstance(found, NoNews) or not found.is_fault:
            return found
    return _read_reply(message, alphabet)


def state_of(word: str, number: int | None = None) -> tuple[str, State | None]:
    """The word of a state and what it means; None while the message is on its way or nothing is said.

    `number` is a message_state; where it is final it says more surely than the word what became of the message, and
    the word why.
    """
    named = WORDS_OF_MESSAGE_STATE.get(number, "") if number is not None else ""
    word = word or named
    own = None if not word or word in ON_THE_WAY else STATES.get(word, State.UNDELIVERED)
    surely = STATES.get(named)
    if surely is None or surely is own:
        return word, own
    # An unknown word, such as "MK:0012", says why; a known one that differs is the other side's mistake.
    return (word if word not in STATES and word not in ON_THE_WAY else named), surely


def _read_receipt(
    message: ShortMessage, received_at: datetime, alphabet: Alphabet, zone: tzinfo
) -> Receipt | NoNews:
    tlvs = message.tlvs
    octets, _place = without_header(message)
    # Its words are written in ASCII, whatever data_coding says; only where they are not there it is believed.
    is_ascii = any(word in octets.lower() for word in _RECEIPT_WORDS)
    text = octets.decode("latin-1") if is_ascii else decode(octets, message.data_coding, alphabet)
    found = read_receipt_text(text)
    message_id = tlv.text(tlvs.get(tlv.RECEIPTED_MESSAGE_ID)).strip() or found.id
    if not message_id:
        return NoNews("a receipt without an id", is_fault=True)
    word, state = state_of(found.stat, tlv.number(tlvs.get(tlv.MESSAGE_STATE)))
    if state is None:
        return NoNews("a state on the way") if word else NoNews("a receipt without a state", is_fault=True)
    error = found.err if found.err.strip("0") else _network_error(tlvs)
    done_at = read_receipt_date(found.done_date, zone=zone) if found.done_date else None
    return Receipt(
        message_id[:80],
        state,
        # A word of the carrier's own is a code already.
        f"{word}:{error}"[:80] if error and word in STATES and state is not State.DELIVERED else word[:80],
        received_at if done_at is None else min(done_at, received_at),
        addresses.msisdn(message.source),
    )


def _network_error(tlvs: tlv.Tlvs) -> str:
    """network_error_code: the kind of network, then two octets of its code. Empty for none."""
    value = tlvs.get(tlv.NETWORK_ERROR_CODE, b"")
    code = int.from_bytes(value[1:3], "big") if len(value) >= 3 else 0
    return f"{code:03}" if code else ""


def _read_reply(message: ShortMessage, alphabet: Alphabet) -> ReplyText:
    octets, place = without_header(message)
    # Packed septets begin on a septet boundary, counted from the start of the header.
    fill_bits = -8 * (len(message.payload) - len(octets)) % 7
    return ReplyText(
        addresses.msisdn(message.source),
        message.destination.number,
        decode(octets, message.data_coding, alphabet, fill_bits=fill_bits),
        place,
    )


def without_header(message: ShortMessage) -> tuple[bytes, ReplyPlace | None]:
    """The octets of the text, and where they belong if it came in parts: by header or by optional parameters.

    A header that is longer than the message is none.
    """
    octets = message.payload
    if not message.esm_class & ESM_UDHI:
        return octets, _sar_place(message.tlvs) if message.tlvs else None
    end = octets[0] + 1 if octets else 1
    if end > len(octets):
        return octets, None
    return octets[end:], _udh_place(octets[1:end])


def _udh_place(header: bytes) -> ReplyPlace | None:
    """Concatenation among the information elements of a user data header (3GPP TS 23.040, 9.2.3.24)."""
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if kind == 0x00 and len(value) == 3:
            return _place("8", value[0], value[1], value[2])
        if kind == 0x08 and len(value) == 4:
            return _place("16", int.from_bytes(value[:2], "big"), value[2], value[3])
        at += 2 + length
    return None


def _sar_place(tlvs: tlv.Tlvs) -> ReplyPlace | None:
    reference = tlv.number(tlvs.get(tlv.SAR_MSG_REF_NUM))
    n_parts = tlv.number(tlvs.get(tlv.SAR_TOTAL_SEGMENTS))
    seq = tlv.number(tlvs.get(tlv.SAR_SEGMENT_SEQNUM))
    if reference is None or n_parts is None or seq is None:
        return None
    return _place("sar", reference, n_parts, seq)


def _place(kind: str, reference: int, n_parts: int, seq: int) -> ReplyPlace | None:
    """None for a single part, and for numbers that cannot be."""
    return (
        ReplyPlace(f"{kind}:{reference}", n_parts, seq)
        if 1 <= seq <= n_parts <= 255 and n_parts > 1
        else None
    )
