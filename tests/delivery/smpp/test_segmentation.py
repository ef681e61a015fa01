from __future__ import annotations

import pytest
from aiosmpplib.utils import split_sms_udh
from hypothesis import given
from hypothesis import strategies as st

from delivery.smpp import encoding, tlv
from delivery.smpp.encoding import Alphabet, decode
from delivery.smpp.errors import BadField
from delivery.smpp.pdu import Address, ShortMessage, submit_sm
from delivery.smpp.receipts import without_header
from delivery.smpp.segmentation import ESM_UDHI, LongMessages, Part, Writing, parts
from smsconsole.lib import gsm0338
from smsconsole.lib.segments import n_segments, split_segments
from tests.delivery.smpp.oracles import by_aiosmpplib

GSM7_TEXT = st.text(sorted(gsm0338.ALPHABET), max_size=700)
# Left to itself hypothesis writes short texts.
LONG_TEXT = st.tuples(st.text("ab€[你😀é", min_size=1, max_size=9), st.integers(20, 150)).map(
    lambda two: two[0] * two[1]
)
LONG_PLAIN_TEXT = st.integers(140, 900).map(lambda n: "plain text, " * (n // 12) + "x" * (n % 12))
ANY_TEXT = st.one_of(
    LONG_TEXT,
    LONG_PLAIN_TEXT,
    GSM7_TEXT,
    st.text("ab[]€", max_size=700),
    st.text(max_size=300),
    st.text("a你😀", max_size=300),
    st.text("abcé", max_size=700),
)
REFERENCES = st.integers(0, 0xFFFF)
CUT_BY_US = st.sampled_from([LongMessages.UDH8, LongMessages.UDH16, LongMessages.SAR])
GSM7_ALPHABETS = st.sampled_from([Alphabet.GSM7, Alphabet.GSM7_PACKED])


def message_of(part: Part) -> ShortMessage:
    return ShortMessage(
        Address("Shop"), Address("1"), part.octets, part.esm_class, part.data_coding, tlvs=tlv.read(part.tlvs)
    )


def text_of(segments: list[Part], alphabet: Alphabet) -> str:
    """What a phone puts together."""
    texts = []
    for part in segments:
        octets, _place = without_header(message_of(part))
        fill_bits = -8 * (len(message_of(part).payload) - len(octets)) % 7
        texts.append(decode(octets, part.data_coding, alphabet, fill_bits=fill_bits))
    return "".join(texts)


@given(ANY_TEXT, GSM7_ALPHABETS, CUT_BY_US, REFERENCES, st.integers(0, 60))
def test_there_are_as_many_segments_as_the_forecast_counts(
    text: str, alphabet: Alphabet, way: LongMessages, reference: int, overhead_units: int
):
    writing = Writing(alphabet, long_messages=way)
    segments = parts(text, writing, reference=reference, overhead_units=overhead_units)
    assert len(segments) == n_segments(text, overhead_units=overhead_units)


@given(ANY_TEXT, st.sampled_from([LongMessages.UDH8, LongMessages.SAR]), st.integers(0, 60))
def test_each_segment_holds_what_the_forecast_puts_into_it(text: str, way: LongMessages, overhead_units: int):
    segments = parts(text, Writing(long_messages=way), overhead_units=overhead_units)
    read = [decode(without_header(message_of(one))[0], one.data_coding, Alphabet.GSM7) for one in segments]
    assert read == split_segments(text, overhead_units=overhead_units)


@given(ANY_TEXT, st.sampled_from([Alphabet.LATIN1, Alphabet.ASCII]), CUT_BY_US)
def test_a_smaller_alphabet_costs_more_only_where_it_lacks_a_character(
    text: str, alphabet: Alphabet, way: LongMessages
):
    segments = parts(text, Writing(alphabet, long_messages=way))
    lacks_one = gsm0338.is_gsm7(text) and encoding.encode(text, alphabet) is None
    counted = len(split_segments(text, as_ucs2=True)) if lacks_one else n_segments(text)
    assert len(segments) == counted


@given(ANY_TEXT, st.sampled_from(list(Alphabet)), st.sampled_from(list(LongMessages)), REFERENCES)
def test_the_phone_reads_what_was_written(text: str, alphabet: Alphabet, way: LongMessages, reference: int):
    segments = parts(text, Writing(alphabet, long_messages=way), reference=reference)
    if alphabet is Alphabet.GSM7_PACKED and ("@" in text or "\r" in text):
        return  # either may be taken for filling at the end of a part
    assert text_of(segments, alphabet) == text


@given(ANY_TEXT, st.sampled_from(list(Alphabet)), CUT_BY_US, REFERENCES)
def test_no_segment_is_longer_than_the_air_takes(
    text: str, alphabet: Alphabet, way: LongMessages, reference: int
):
    segments = parts(text, Writing(alphabet, long_messages=way), reference=reference)
    for part in segments:
        octets, _place = without_header(message_of(part))
        header = 6 if way is LongMessages.SAR and len(segments) > 1 else len(part.octets) - len(octets)
        if part.data_coding == 8 or alphabet is Alphabet.GSM7_PACKED:
            assert header + len(octets) <= 140
        else:
            units = len(octets) if alphabet is Alphabet.GSM7 else gsm0338.septets(octets.decode("latin-1"))
            assert units is not None
            assert units <= (8 * (140 - header)) // 7


@given(ANY_TEXT, CUT_BY_US, REFERENCES)
def test_no_pair_is_cut(text: str, way: LongMessages, reference: int):
    for part in parts(text, Writing(long_messages=way), reference=reference):
        octets, _place = without_header(message_of(part))
        if part.data_coding == 8:
            octets.decode("utf-16-be", "strict")
        else:
            assert octets[-1:] != b"\x1b"


@given(st.text("abc你", min_size=161, max_size=700), CUT_BY_US, REFERENCES)
def test_the_parts_name_each_other(text: str, way: LongMessages, reference: int):
    segments = parts(text, Writing(long_messages=way), reference=reference)
    places = [without_header(message_of(part))[1] for part in segments]
    assert [place and (place.n_parts, place.seq) for place in places] == [
        (len(segments), seq) for seq in range(1, len(segments) + 1)
    ]
    references = {place.reference for place in places if place}
    assert len(references) == 1
    kind, number = references.pop().split(":")
    assert int(number) == (reference & 0xFF if kind == "8" else reference)


@given(
    st.text("你好ab", min_size=71, max_size=400).filter(lambda text: not text.isascii()), st.integers(0, 255)
)
def test_aiosmpplib_cuts_ucs2_into_the_same_octets(text: str, reference: int):
    segments = parts(text, Writing(), reference=reference)
    assert [part.octets for part in segments] == [
        bytes(one) for one in split_sms_udh(text, "ucs2", reference)
    ]


@given(ANY_TEXT.filter(bool), REFERENCES)
def test_aiosmpplib_joins_what_we_cut(text: str, reference: int):
    segments = parts(text, Writing(), reference=reference)
    read = [by_aiosmpplib(submit_sm(1, message_of(part))) for part in segments]
    assert "".join(one.short_message for one in read) == text
    if len(segments) > 1:
        assert [one.get_segmentation_data() for one in read] == [
            (reference & 0xFF, seq, len(segments)) for seq in range(1, len(segments) + 1)
        ]


def test_a_text_of_one_segment_has_no_header():
    for way in LongMessages:
        assert parts("a" * 160, Writing(long_messages=way)) == [Part(b"a" * 160, 0)]
        assert parts("你" * 70, Writing(long_messages=way)) == [Part("你".encode("utf-16-be") * 70, 8)]


def test_a_header_of_8_bits():
    first, second = parts("a" * 161, Writing(), reference=0x1234)
    assert first == Part(bytes.fromhex("050003340201") + b"a" * 153, 0, ESM_UDHI)
    assert second == Part(bytes.fromhex("050003340202") + b"a" * 8, 0, ESM_UDHI)


def test_a_header_of_16_bits_leaves_one_septet_less():
    first, second = parts("a" * 161, Writing(long_messages=LongMessages.UDH16), reference=0x1234)
    assert first == Part(bytes.fromhex("06080412340201") + b"a" * 152, 0, ESM_UDHI)
    assert second == Part(bytes.fromhex("06080412340202") + b"a" * 9, 0, ESM_UDHI)


@pytest.mark.parametrize("text", ["a" * 306, "你" * 134])
def test_a_header_of_16_bits_gives_way_where_it_would_cost_a_segment(text: str):
    segments = parts(text, Writing(long_messages=LongMessages.UDH16), reference=0x1234)
    assert [part.octets[:6].hex() for part in segments] == ["050003340201", "050003340202"]


def test_optional_parameters_name_the_parts():
    first, second = parts("a" * 161, Writing(long_messages=LongMessages.SAR), reference=0x1234)
    assert first[:3] == (b"a" * 153, 0, 0)
    assert first.tlvs.hex(" ", 1) == "02 0c 00 02 12 34 02 0e 00 01 02 02 0f 00 01 01"
    assert tlv.read(second.tlvs)[tlv.SAR_SEGMENT_SEQNUM] == b"\2"


def test_a_payload_holds_everything():
    (part,) = parts("你" * 200, Writing(long_messages=LongMessages.PAYLOAD))
    assert (part.octets, part.data_coding, part.esm_class) == (b"", 8, 0)
    assert tlv.read(part.tlvs) == {tlv.MESSAGE_PAYLOAD: ("你" * 200).encode("utf-16-be")}


def test_packed_septets_begin_on_a_septet_boundary_behind_the_header():
    first, second = parts("a" * 161, Writing(Alphabet.GSM7_PACKED), reference=1)
    assert len(first.octets) == 140
    assert second.octets == bytes.fromhex("050003010202") + encoding.packed(b"a" * 8, fill_bits=1)


def test_the_data_coding_may_be_the_carriers_own():
    writing = Writing(Alphabet.LATIN1, data_coding=0, ucs2_data_coding=0x18)
    assert parts("café", writing) == [Part(b"caf\xe9", 0)]
    assert parts("你", writing) == [Part(b"\x4f\x60", 0x18)]


def test_more_than_255_segments_are_refused():
    assert len(parts("a" * 153 * 255, Writing())) == 255
    with pytest.raises(BadField, match="255 segments"):
        parts("a" * 153 * 256, Writing())
