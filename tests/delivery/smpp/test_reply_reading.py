from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.smpp import tlv
from delivery.smpp.encoding import Alphabet
from delivery.smpp.pdu import Address, ShortMessage
from delivery.smpp.receipts import NoNews, Receipt, ReplyPlace, ReplyText, read_delivery
from delivery.smpp.segmentation import LongMessages, Writing, parts
from tests.delivery.smpp.oracles import short_messages

NOW = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
PHONE = Address("8613800138000", 1, 1)
CODE = Address("10690", 3, 0)


def read(message: ShortMessage, alphabet: Alphabet = Alphabet.GSM7) -> Receipt | ReplyText | NoNews:
    return read_delivery(message, received_at=NOW, alphabet=alphabet)


def reply(octets: bytes, **change: object) -> ShortMessage:
    return ShortMessage(PHONE, CODE, octets)._replace(**change)


def test_a_reply_says_who_wrote_what_to_whom():
    assert read(reply(b"Stop")) == ReplyText("+8613800138000", "10690", "Stop")


def test_an_empty_reply_is_a_reply():
    assert read(reply(b"")) == ReplyText("+8613800138000", "10690", "")


@pytest.mark.parametrize(
    ("octets", "data_coding", "text"),
    [
        (b"caf\x05", 0, "café"),
        ("退订".encode("utf-16-be"), 8, "退订"),
        (b"caf\xe9", 3, "café"),
        (b"Stop", 1, "Stop"),
        (b"\x1be 5", 0, "€ 5"),
    ],
)
def test_a_reply_is_read_in_its_coding(octets: bytes, data_coding: int, text: str):
    found = read(reply(octets, data_coding=data_coding))
    assert isinstance(found, ReplyText)
    assert found.text == text


def test_a_reply_in_a_payload_is_read():
    assert read(reply(b"", tlvs={tlv.MESSAGE_PAYLOAD: b"Stop"})) == read(reply(b"Stop"))


@pytest.mark.parametrize("esm_class", [0x08, 0x10, 0x18])
def test_what_a_phone_acknowledges_is_a_reply(esm_class: int):
    assert read(reply(b"Yes", esm_class=esm_class)) == read(reply(b"Yes"))


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("050003070201", ReplyPlace("8:7", 2, 1)),
        ("0608041234 0302", ReplyPlace("16:4660", 3, 2)),
        ("0b0504158200000003070202", ReplyPlace("8:7", 2, 2)),  # behind a port
        ("060504158215 82", None),  # a port only
        ("050003070101", None),  # a single part
        ("050003070203", None),  # the third of two
        ("050003070200", None),  # the part before the first
        ("04000307ff", None),  # an element cut off
        ("00", None),  # no element
    ],
)
def test_a_part_names_its_place_in_its_header(header: str, place: ReplyPlace | None):
    found = read(reply(bytes.fromhex(header) + b"Stop", esm_class=0x40))
    assert isinstance(found, ReplyText)
    assert (found.text, found.place) == ("Stop", place)


def test_a_header_longer_than_the_message_is_none():
    assert read(reply(b"\x40Stop", esm_class=0x40)) == ReplyText("+8613800138000", "10690", "¡Stop")
    assert read(reply(b"", esm_class=0x40)) == ReplyText("+8613800138000", "10690", "")


def test_a_part_names_its_place_in_optional_parameters():
    tlvs = {tlv.SAR_MSG_REF_NUM: b"\x12\x34", tlv.SAR_TOTAL_SEGMENTS: b"\2", tlv.SAR_SEGMENT_SEQNUM: b"\1"}
    assert read(reply(b"St", tlvs=tlvs)) == ReplyText(
        "+8613800138000", "10690", "St", ReplyPlace("sar:4660", 2, 1)
    )
    del tlvs[tlv.SAR_SEGMENT_SEQNUM]
    assert read(reply(b"St", tlvs=tlvs)) == ReplyText("+8613800138000", "10690", "St")


def test_two_ways_to_name_a_place_do_not_mix():
    by_header = read(reply(bytes.fromhex("050003070201") + b"St", esm_class=0x40))
    tlvs = {tlv.SAR_MSG_REF_NUM: b"\0\7", tlv.SAR_TOTAL_SEGMENTS: b"\2", tlv.SAR_SEGMENT_SEQNUM: b"\1"}
    by_parameters = read(reply(b"St", tlvs=tlvs))
    assert isinstance(by_header, ReplyText)
    assert isinstance(by_parameters, ReplyText)
    assert by_header.place != by_parameters.place


@given(
    st.text("abc é你😀", min_size=1, max_size=500),
    st.sampled_from(list(Alphabet)),
    st.sampled_from(list(LongMessages)),
    st.integers(0, 0xFFFF),
)
def test_a_long_reply_is_put_together_again(text: str, alphabet: Alphabet, way: LongMessages, reference: int):
    segments = parts(text, Writing(alphabet, long_messages=way), reference=reference)
    found = []
    for part in segments:
        message = reply(
            part.octets, esm_class=part.esm_class, data_coding=part.data_coding, tlvs=tlv.read(part.tlvs)
        )
        one = read(message, alphabet)
        assert isinstance(one, ReplyText)
        found.append(one)
    assert "".join(one.text for one in found) == text
    if len(found) > 1:
        assert [one.place and one.place[1:] for one in found] == [
            (len(found), seq) for seq in range(1, len(found) + 1)
        ]


@given(
    short_messages(
        tlvs=st.dictionaries(st.sampled_from(sorted(tlv.NAMES)), st.binary(max_size=12), max_size=6)
    ),
    st.sampled_from(list(Alphabet)),
    st.booleans(),
)
def test_nothing_that_comes_makes_reading_fail(message: ShortMessage, alphabet: Alphabet, trusts_text: bool):
    found = read_delivery(message, received_at=NOW, alphabet=alphabet, trusts_text=trusts_text)
    assert isinstance(found, Receipt | ReplyText | NoNews)
    if isinstance(found, Receipt):
        assert found.reported_at <= NOW
        assert found.message_id
