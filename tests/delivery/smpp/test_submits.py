from __future__ import annotations

import itertools

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from delivery.smpp import pdu, tlv
from delivery.smpp.encoding import Alphabet
from delivery.smpp.errors import BadField
from delivery.smpp.pdu import Address, ShortMessage
from delivery.smpp.segmentation import LongMessages, Writing, parts
from delivery.smpp.submits import SubmitSettings, SubmitWriter, submits
from delivery.smpp.times import relative_time
from smsconsole.lib import gsm0338
from tests.delivery.smpp.oracles import ASCII, by_aiosmpplib, by_smpp34, rewritten_by_pdu3

TEXTS = st.one_of(
    st.text(sorted(gsm0338.ALPHABET), min_size=1, max_size=400),
    st.text("a你😀", min_size=1, max_size=200),
)
NUMBERS = st.integers(10_000_000, 999_999_999_999_999).map(lambda number: f"+{number}")
WRITINGS = st.builds(
    Writing, st.sampled_from(list(Alphabet)), long_messages=st.sampled_from(list(LongMessages))
)
SETTINGS = st.builds(
    SubmitSettings,
    writing=WRITINGS,
    source_ton=st.none() | st.integers(0, 6),
    source_npi=st.none() | st.integers(0, 18),
    dest_ton=st.integers(0, 6),
    dest_npi=st.integers(0, 18),
    has_plus=st.booleans(),
    service_type=st.text(ASCII, max_size=5),
    protocol_id=st.integers(0, 255),
    priority_flag=st.integers(0, 3),
    validity_minutes=st.integers(0, 100_000),
    registered_delivery=st.integers(0, 31),
    tlvs=st.just(b"") | st.binary(max_size=9).map(lambda value: tlv.one(0x1400, value)),
)


def pdus_of(bodies: list[bytes]) -> list[bytes]:
    return [submits([body], [sequence]) for sequence, body in enumerate(bodies, 1)]


@given(SETTINGS, st.text(ASCII, max_size=11), NUMBERS, TEXTS, st.integers(0, 0xFFFF))
def test_every_field_is_where_smpp34_expects_it(
    settings: SubmitSettings, sender: str, msisdn: str, text: str, reference: int
):
    bodies = SubmitWriter(settings).bodies(sender, msisdn, text, reference=reference)
    segments = parts(text, settings.writing, reference=reference)
    assert len(bodies) == len(segments)
    for raw, part in zip(pdus_of(bodies), segments, strict=True):
        read = by_smpp34(raw)
        assert read == ShortMessage(
            source=read.source,
            destination=Address(
                msisdn if settings.has_plus else msisdn[1:], settings.dest_ton, settings.dest_npi
            ),
            octets=part.octets,
            esm_class=part.esm_class,
            data_coding=part.data_coding,
            registered_delivery=settings.registered_delivery,
            service_type=settings.service_type,
            protocol_id=settings.protocol_id,
            priority_flag=settings.priority_flag,
            validity_period=relative_time(settings.validity_minutes),
            tlvs=tlv.read(part.tlvs + settings.tlvs),
        )
        assert read.source.number == (
            sender.removeprefix("+") if sender.removeprefix("+").isdigit() else sender
        )
        assert pdu.submit_sm(smpp34.decode(raw).sequence_number, read) == raw


@given(NUMBERS, TEXTS, st.integers(0, 0xFFFF))
def test_aiosmpplib_reads_the_text(msisdn: str, text: str, reference: int):
    bodies = SubmitWriter(SubmitSettings()).bodies("Shop", msisdn, text, reference=reference)
    assert "".join(by_aiosmpplib(raw).short_message for raw in pdus_of(bodies)) == text


@pytest.mark.parametrize("way", list(LongMessages))
@pytest.mark.parametrize("text", ["Your parcel is here.", "a" * 400, "你" * 100])
def test_smpp_pdu3_writes_the_same_octets(way: LongMessages, text: str):
    writer = SubmitWriter(SubmitSettings(writing=Writing(long_messages=way), validity_minutes=90))
    for raw in pdus_of(writer.bodies("Shop", "+8613800138000", text, reference=300)):
        assert sorted(rewritten_by_pdu3(raw)) == sorted(
            raw
        )  # it puts optional parameters in an order of its own


@given(st.lists(TEXTS, max_size=6), st.integers(1, 0xFFFF))
def test_a_window_is_the_pdus_one_after_the_other(texts: list[str], first: int):
    writer = SubmitWriter(SubmitSettings())
    bodies = [body for text in texts for body in writer.bodies("Shop", "+8613800138000", text)]
    sequences = list(itertools.islice(itertools.count(first), len(bodies)))
    frames, rest = pdu.frames(submits(bodies, sequences))
    assert rest == b""
    assert [frame.body for frame in frames] == bodies
    assert [frame.sequence for frame in frames] == sequences


def test_sequences_and_bodies_go_together():
    with pytest.raises(ValueError, match="zip"):
        submits([b"", b""], [1])


@pytest.mark.parametrize(
    ("sender", "ton", "npi", "number"),
    [
        ("Shop", 5, 0, "Shop"),
        ("ACME 24", 5, 0, "ACME 24"),
        ("10690", 3, 0, "10690"),
        ("+447700900123", 1, 1, "447700900123"),
        ("447700900123", 1, 1, "447700900123"),
        ("", 0, 0, ""),
    ],
)
def test_the_sender_is_typed_by_its_looks(sender: str, ton: int, npi: int, number: str):
    (body,) = SubmitWriter(SubmitSettings()).bodies(sender, "+8613800138000", "Hello")
    assert pdu.read_short_message(body).source == Address(number, ton, npi)


def test_the_carrier_may_want_the_sender_typed_otherwise():
    writer = SubmitWriter(SubmitSettings(source_ton=0, source_npi=1))
    (body,) = writer.bodies("10690", "+8613800138000", "Hello")
    assert pdu.read_short_message(body).source == Address("10690", 0, 1) == writer.source("10690")


@pytest.mark.parametrize(
    ("field", "sender", "msisdn"),
    [
        ("source_addr", "商店", "+8613800138000"),
        ("source_addr", "A" * 21, "+8613800138000"),
        ("destination_addr", "Shop", "8613800138000"),
        ("destination_addr", "Shop", "+86138x"),
        ("destination_addr", "Shop", "+٣٤٥"),
        ("destination_addr", "Shop", "+"),
        ("destination_addr", "Shop", ""),
        ("destination_addr", "Shop", "+" + "1" * 21),
        ("destination_addr", "Shop", "+1\0"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(field: str, sender: str, msisdn: str):
    with pytest.raises(BadField) as caught:
        SubmitWriter(SubmitSettings()).bodies(sender, msisdn, "Hello")
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "settings"),
    [
        ("service_type", SubmitSettings(service_type="longer")),
        ("dest_addr_ton", SubmitSettings(dest_ton=256)),
        ("protocol_id", SubmitSettings(protocol_id=256)),
        ("addr_npi", SubmitSettings(source_npi=-1)),
        ("data_coding", SubmitSettings(writing=Writing(data_coding=256))),
        ("data_coding", SubmitSettings(writing=Writing(ucs2_data_coding=256))),
        ("registered_delivery", SubmitSettings(registered_delivery=-1)),
    ],
)
def test_settings_that_do_not_fit_are_known_before_the_first_message(field: str, settings: SubmitSettings):
    with pytest.raises(BadField) as caught:
        SubmitWriter(settings)
    assert caught.value.field == field


def test_a_carriers_prefix_takes_its_room_in_the_first_segment():
    writer = SubmitWriter(SubmitSettings())
    assert len(writer.bodies("Shop", "+60123456789", "a" * 160)) == 1
    assert len(writer.bodies("Shop", "+60123456789", "a" * 160, overhead_units=7)) == 2


def test_a_thousand_senders_later_the_memory_is_emptied():
    writer = SubmitWriter(SubmitSettings())
    for number in range(2_500):
        writer.bodies(f"Shop {number}", "+8613800138000", "Hello")
    assert len(writer._heads) <= 1_000
