"""SMPP as three libraries that others wrote read and write it; and messages for them all."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import smpp34
from aiosmpplib import protocol
from hypothesis import strategies as st
from smpp.pdu.pdu_encoding import PDUEncoder

from delivery.smpp import pdu
from delivery.smpp.pdu import Address, ShortMessage

ASCII = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
DIGITS = st.text("0123456789", min_size=1, max_size=20)
OCTET = st.integers(0, 255)
SEQUENCES = st.integers(1, pdu.MAX_SEQUENCE)
TON = st.integers(0, 6)
NPI = st.sampled_from([0, 1, 3, 4, 6, 8, 9, 10, 14])
TIMES = st.sampled_from(["", "000002000000000R", "261121162559000+", "261121162559412-"])
# What each library writes as octets and without an opinion of its own about the value.
VENDOR_TLVS = st.dictionaries(st.integers(0x1400, 0x3FFF), st.binary(max_size=40), max_size=4)


@st.composite
def short_messages(
    draw: st.DrawFn, *, tlvs: st.SearchStrategy[dict[int, bytes]] = VENDOR_TLVS
) -> ShortMessage:
    """Any submit_sm or deliver_sm."""
    return ShortMessage(
        source=Address(draw(st.text(ASCII, max_size=20)), draw(TON), draw(NPI)),
        destination=Address(draw(DIGITS), draw(TON), draw(NPI)),
        octets=draw(st.binary(max_size=254)),
        esm_class=draw(OCTET),
        data_coding=draw(OCTET),
        registered_delivery=draw(OCTET),
        service_type=draw(st.text(ASCII, max_size=5)),
        protocol_id=draw(OCTET),
        priority_flag=draw(st.integers(0, 3)),
        schedule_delivery_time=draw(TIMES),
        validity_period=draw(TIMES),
        replace_if_present_flag=draw(st.integers(0, 1)),
        sm_default_msg_id=draw(OCTET),
        tlvs=draw(tlvs),
    )


def one_frame(raw: bytes) -> pdu.Frame:
    """The only PDU of these octets, by our own reading."""
    found, rest = pdu.frames(raw)
    assert len(found) == 1
    assert rest == b""
    return found[0]


# --- smpp34: Rust, reads and writes every field of submit_sm and deliver_sm --------------------


def by_smpp34(raw: bytes) -> ShortMessage:
    """A submit_sm or deliver_sm as smpp34 reads it."""
    read = smpp34.decode(raw)
    assert isinstance(read, smpp34.SubmitSm | smpp34.DeliverSm)
    return ShortMessage(
        source=Address(read.source_addr, read.source_addr_ton, read.source_addr_npi),
        destination=Address(read.destination_addr, read.dest_addr_ton, read.dest_addr_npi),
        octets=bytes(read.short_message),
        esm_class=read.esm_class,
        data_coding=read.data_coding,
        registered_delivery=read.registered_delivery,
        service_type=read.service_type,
        protocol_id=read.protocol_id,
        priority_flag=read.priority_flag,
        schedule_delivery_time=read.schedule_delivery_time,
        validity_period=read.validity_period,
        replace_if_present_flag=read.replace_if_present_flag,
        sm_default_msg_id=read.sm_default_msg_id,
        tlvs={one.tag: bytes(one.value) for one in read.tlvs},
    )


def from_smpp34(
    kind: type[smpp34.SubmitSm] | type[smpp34.DeliverSm], message: ShortMessage, sequence: int
) -> bytes:
    """The octets that smpp34 writes for a message."""
    return bytes(
        kind(
            message.source.number,
            message.destination.number,
            message.octets,
            service_type=message.service_type,
            source_addr_ton=message.source.ton,
            source_addr_npi=message.source.npi,
            dest_addr_ton=message.destination.ton,
            dest_addr_npi=message.destination.npi,
            esm_class=message.esm_class,
            protocol_id=message.protocol_id,
            priority_flag=message.priority_flag,
            schedule_delivery_time=message.schedule_delivery_time,
            validity_period=message.validity_period,
            registered_delivery=message.registered_delivery,
            replace_if_present_flag=message.replace_if_present_flag,
            data_coding=message.data_coding,
            sm_default_msg_id=message.sm_default_msg_id,
            tlvs=[smpp34.Tlv(tag, value) for tag, value in message.tlvs.items()],
            sequence_number=sequence,
        ).encode()
    )


# --- aiosmpplib: reads texts, too --------------------


def by_aiosmpplib(raw: bytes, default_encoding: str = "gsm0338") -> Any:
    """A PDU as aiosmpplib reads it."""
    header = protocol.SmppMessage.parse_header(raw)
    return protocol.MESSAGE_TYPE_MAP[header.smpp_command].from_pdu(raw, header, default_encoding)


# --- smpp.pdu3: Twisted's, knows every PDU --------------------


def by_pdu3(raw: bytes) -> Any:
    """A PDU as smpp.pdu3 reads it. What it prints to the console is dropped."""
    with contextlib.redirect_stdout(io.StringIO()):
        return PDUEncoder().decode(io.BytesIO(raw))


def rewritten_by_pdu3(raw: bytes) -> bytes:
    """What smpp.pdu3 writes of what it read: the same octets, if both sides agree on every field."""
    with contextlib.redirect_stdout(io.StringIO()):
        return bytes(PDUEncoder().encode(by_pdu3(raw)))
