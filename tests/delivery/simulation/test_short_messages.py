"""The SMSC's reading and the console's writing are two programs: each reads here what the other wrote."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from delivery.simulation.short_messages import ALPHABETS, Content, Place, read_content, write_parts
from delivery.smpp import tlv
from delivery.smpp.encoding import Alphabet, decode
from delivery.smpp.segmentation import LongMessages, Writing, parts
from smsconsole.lib.gsm0338 import BASIC_CHARACTERS, EXTENSION_CHARACTERS

SHORT_ALPHABETS = (Alphabet.GSM7, Alphabet.GSM7_PACKED, Alphabet.LATIN1, Alphabet.ASCII)
gsm_texts = st.text(alphabet=BASIC_CHARACTERS + EXTENSION_CHARACTERS, min_size=1, max_size=400)
any_texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
texts = st.one_of(gsm_texts, any_texts)


def read(part: object, alphabet: str) -> Content:
    tlvs = dict(tlv.read(part.tlvs)) if part.tlvs else {}  # type: ignore[attr-defined]
    return read_content(
        esm_class=part.esm_class,  # type: ignore[attr-defined]
        data_coding=part.data_coding,  # type: ignore[attr-defined]
        data=part.octets,  # type: ignore[attr-defined]
        tlvs=tlvs,
        alphabet=alphabet,
    )


@pytest.mark.parametrize("long_messages", LongMessages)
@pytest.mark.parametrize("alphabet", SHORT_ALPHABETS)
@given(text=texts, reference=st.integers(0, 0xFFFF))
@example(text="\ufffe", reference=0)
def test_it_reads_every_text_that_the_console_writes(
    alphabet: Alphabet, long_messages: LongMessages, text: str, reference: int
) -> None:
    if alphabet is Alphabet.GSM7_PACKED:
        # Where seven bits are left over, a carriage return cannot be told from their filling.
        text = text.replace("\r", "\n")
    written = parts(text, Writing(alphabet=alphabet, long_messages=long_messages), reference=reference)
    at_centre = str(alphabet) if str(alphabet) in ALPHABETS else "gsm7"
    contents = [read(part, at_centre) for part in written]
    assert "".join(content.text for content in contents) == text
    if len(written) > 1:
        assert [content.place.number for content in contents if content.place] == list(
            range(1, len(written) + 1)
        )
        assert {content.place[:2] for content in contents if content.place} == {
            (contents[0].place.reference, len(written))  # type: ignore[union-attr]
        }


@pytest.mark.parametrize("alphabet", ["gsm7", "latin1"])
@given(text=texts, reference=st.integers(0, 300))
def test_the_console_reads_every_reply_that_it_writes(alphabet: str, text: str, reference: int) -> None:
    written = write_parts(text, reference=reference, alphabet=alphabet)
    read_texts = []
    for part in written:
        header = part.data[0] + 1 if part.esm_class & 0x40 else 0
        assert len(part.data) <= (160 if alphabet == "gsm7" and part.data_coding == 0 else 140)
        data_coding = 3 if alphabet == "latin1" and part.data_coding == 0 else part.data_coding
        read_texts.append(decode(part.data[header:], data_coding, Alphabet(alphabet)))
    assert "".join(read_texts) == text


def test_it_tells_the_place_of_a_part_in_each_way() -> None:
    header8, header16 = b"\x05\x00\x03\x2a\x03\x02hi", b"\x06\x08\x04\x01\x2a\x03\x02hi"
    sar = {0x020C: b"\x01\x2a", 0x020E: b"\x03", 0x020F: b"\x02"}

    def place(data: bytes, esm_class: int, tlvs: dict[int, bytes]) -> Place | None:
        return read_content(esm_class=esm_class, data_coding=0, data=data, tlvs=tlvs, alphabet="gsm7").place

    assert place(header8, 0x40, {}) == (0x2A, 3, 2)
    assert place(header16, 0x40, {}) == (0x12A, 3, 2)
    assert place(b"hi", 0, sar) == (0x12A, 3, 2)
    assert place(b"hi", 0, {}) is None


@given(
    esm_class=st.integers(0, 255),
    data_coding=st.integers(0, 255),
    data=st.binary(max_size=200),
    tlvs=st.dictionaries(st.sampled_from([0x020C, 0x020E, 0x020F, 0x0424]), st.binary(max_size=6)),
    alphabet=st.sampled_from(ALPHABETS),
)
def test_it_reads_any_octets_without_falling_over(
    esm_class: int, data_coding: int, data: bytes, tlvs: dict[int, bytes], alphabet: str
) -> None:
    content = read_content(
        esm_class=esm_class, data_coding=data_coding, data=data, tlvs=tlvs, alphabet=alphabet
    )
    assert isinstance(content.text, str)
