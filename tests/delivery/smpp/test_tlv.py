from __future__ import annotations

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from delivery.smpp import tlv
from delivery.smpp.errors import BadField

TLVS = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=6)


@given(TLVS, st.binary(max_size=20))
def test_parameters_are_read_as_written(tlvs: dict[int, bytes], before: bytes):
    assert tlv.read(before + tlv.many(tlvs), len(before)) == tlvs


@given(TLVS, st.integers(0, 2_000))
def test_what_is_cut_off_is_left_out_and_the_rest_kept(tlvs: dict[int, bytes], n: int):
    read = tlv.read(tlv.many(tlvs)[:n])
    assert read.items() <= tlvs.items()
    assert list(read) == list(tlvs)[: len(read)]


def test_of_a_tag_that_comes_twice_the_first_counts():
    assert tlv.read(tlv.one(0x1E, b"first\0") + tlv.one(0x1E, b"second\0")) == {0x1E: b"first\0"}


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, None), (b"", None), (b"\x02", 2), (b"\x02\x01", 513), (b"\0\0\0\x07", 7), (b"\1" * 9, None)],
)
def test_integers_are_read_in_any_width(value: bytes | None, number: int | None):
    assert tlv.number(value) == number


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (b"", ""), (b"abc\0", "abc"), (b"abc", "abc"), (b"a\0b\0", "a")]
)
def test_strings_are_read_with_and_without_their_end(value: bytes | None, text: str):
    assert tlv.text(value) == text


@pytest.mark.parametrize("name", [name for name in dir(smpp34) if name.startswith("TLV_")])
def test_smpp34_reads_each_parameter_of_the_specification(name: str):
    tag = getattr(smpp34, name)
    raw = smpp34.SubmitSm("1", "2", b"", tlvs=[smpp34.Tlv(tag, b"\1\2")]).encode()
    assert raw.endswith(tlv.one(tag, b"\1\2"))


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("1400:int1:7", "1400 0001 07"),
        ("0x1401:INT2:513", "1401 0002 0201"),
        ("1402:int4:0x10", "1402 0004 00000010"),
        ("1403:string:ab:c", "1403 0004 61623a63"),
        ("1404 : cstring : abc", "1404 0004 61626300"),
        ("1405:hex:00 ff", "1405 0002 00ff"),
        ("1406:string:", "1406 0000"),
        ("204:int2:1", "0204 0002 0001"),
    ],
)
def test_parameters_of_the_carrier_are_written_from_lines(line: str, written: str):
    assert tlv.vendor([line]) == bytes.fromhex(written)


def test_empty_lines_are_left_out():
    assert tlv.vendor(["", " ", "1400:int1:1", ""]) == tlv.one(0x1400, b"\1")


@pytest.mark.parametrize(
    "line",
    [
        "1400",
        "1400:int1",
        "14000:int1:1",
        "vendor:int1:1",
        "1400:int1:256",
        "1400:int2:-1",
        "1400:int1:seven",
        "1400:int3:1",
        "1400:float:1",
        "1400:hex:0",
        "1400:string:Café",
        "1400:int1:",
        "1400:hex:" + "00" * 65_536,
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str):
    with pytest.raises(BadField) as caught:
        tlv.vendor(["1400:int1:1", line])
    assert caught.value.field == line
