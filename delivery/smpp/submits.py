"""A window of messages as submit_sm, written in bulk: what messages have in common is written once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from delivery.smpp import encoding
from delivery.smpp.addresses import INTERNATIONAL, ISDN, sender_address
from delivery.smpp.encoding import Alphabet
from delivery.smpp.errors import BadField
from delivery.smpp.fields import Address, address, c_string, octets
from delivery.smpp.pdu import HEADER, HEADER_LENGTH, SUBMIT_SM
from delivery.smpp.segmentation import Part, Writing, parts
from delivery.smpp.times import relative_time
from smsconsole.lib.segments import GSM7_UNITS_ALONE, UCS2_UNITS_ALONE

RECEIPT_WANTED: Final = 1  # registered_delivery: a receipt for success and failure
_MOST_SENDERS: Final = 1_000
_LONGEST_NUMBER: Final = 20
_LENGTHS: Final = [bytes((n,)) for n in range(256)]


@dataclass(frozen=True, slots=True)
class SubmitSettings:
    """What every submit_sm of a line has. TON and NPI of the source are None for "as the sender looks"."""

    writing: Writing = field(default_factory=Writing)
    source_ton: int | None = None
    source_npi: int | None = None
    dest_ton: int = INTERNATIONAL
    dest_npi: int = ISDN
    has_plus: bool = False  # whether destinations are written with their plus sign
    service_type: str = ""
    protocol_id: int = 0
    priority_flag: int = 0
    validity_minutes: int = 0  # 0: as the carrier does
    registered_delivery: int = RECEIPT_WANTED
    tlvs: bytes = b""  # the carrier's own parameters (`tlv.vendor`)


class SubmitWriter:
    """Writes the bodies of submit_sm for one line. Raises `BadField` for settings that do not fit.

    Not meant for several threads at once.
    """

    def __init__(self, settings: SubmitSettings) -> None:
        self._settings = settings
        self._writing = settings.writing
        self._is_plain = settings.writing.alphabet is Alphabet.GSM7
        self._plain_coding = settings.writing.own_data_coding
        self._service_type = c_string("service_type", settings.service_type, 6)
        self._dest = octets(dest_addr_ton=settings.dest_ton, dest_addr_npi=settings.dest_npi)
        self._first_digit = 0 if settings.has_plus else 1
        self._heads: dict[str, bytes] = {}
        self._middles: dict[tuple[int, int], bytes] = {}
        for coding in (settings.writing.own_data_coding, settings.writing.ucs2_data_coding):
            self._middle(0, coding)
        self._head("")

    def bodies(
        self, sender: str, msisdn: str, text: str, *, reference: int = 0, overhead_units: int = 0
    ) -> list[bytes]:
        """The body of one submit_sm for each segment, in order; the header comes with the sequence number.

        `msisdn` is E.164 with its plus sign. Raises `BadField` for what does not fit: "source_addr",
        "destination_addr" or "short_message".
        """
        head = self._heads.get(sender) or self._head(sender)
        number = self._number(msisdn)
        segments = self._one_segment(text, overhead_units) or parts(
            text, self._writing, reference=reference, overhead_units=overhead_units
        )
        middles, own = self._middles, self._settings.tlvs
        return [
            b"".join(
                (
                    head,
                    number,
                    middles.get((esm_class, coding)) or self._middle(esm_class, coding),
                    _LENGTHS[len(message)],
                    message,
                    tlvs,
                    own,
                )
            )
            for message, coding, esm_class, tlvs in segments
        ]

    def source(self, sender: str) -> Address:
        """The sender as this line types it; a query has to name the same one as its submit."""
        return sender_address(sender, ton=self._settings.source_ton, npi=self._settings.source_npi)

    def _one_segment(self, text: str, overhead_units: int) -> list[Part] | None:
        """The shortest way for most messages: plain GSM-7 or UCS-2 that fits into one segment."""
        if not self._is_plain:
            return None
        codes = encoding.septets(text)
        if codes is not None:
            fits = len(codes) + overhead_units <= GSM7_UNITS_ALONE
            return [Part(codes, self._plain_coding)] if fits else None
        codes = encoding.encode_ucs2(text)
        fits = len(codes) // 2 + overhead_units <= UCS2_UNITS_ALONE
        return [Part(codes, self._writing.ucs2_data_coding)] if fits else None

    def _number(self, msisdn: str) -> bytes:
        digits = msisdn[1:]
        if msisdn[:1] != "+" or not digits.isdecimal() or not digits.isascii():
            raise BadField("destination_addr", "is not a number in E.164")
        number = msisdn[self._first_digit :]
        if len(number) > _LONGEST_NUMBER:
            raise BadField("destination_addr", "may have 20 characters")
        return number.encode()

    def _head(self, sender: str) -> bytes:
        """From service_type to dest_addr_npi."""
        if len(self._heads) >= _MOST_SENDERS:
            self._heads.clear()
        head = self._service_type + address("source_addr", self.source(sender)) + self._dest
        self._heads[sender] = head
        return head

    def _middle(self, esm_class: int, data_coding: int) -> bytes:
        """From the end of destination_addr to sm_default_msg_id."""
        settings = self._settings
        middle = b"".join(
            (
                b"\0",
                octets(
                    esm_class=esm_class,
                    protocol_id=settings.protocol_id,
                    priority_flag=settings.priority_flag,
                ),
                b"\0",  # schedule_delivery_time: at once
                c_string("validity_period", relative_time(settings.validity_minutes), 17),
                octets(
                    registered_delivery=settings.registered_delivery,
                    replace_if_present_flag=0,
                    data_coding=data_coding,
                    sm_default_msg_id=0,
                ),
            )
        )
        self._middles[esm_class, data_coding] = middle
        return middle


def submits(bodies: Iterable[bytes], sequences: Iterable[int]) -> bytes:
    """The PDUs of a whole window, one after the other, to be written at once."""
    pack = HEADER.pack
    return b"".join(
        [
            pack(HEADER_LENGTH + len(body), SUBMIT_SM, 0, sequence) + body
            for body, sequence in zip(bodies, sequences, strict=True)
        ]
    )
