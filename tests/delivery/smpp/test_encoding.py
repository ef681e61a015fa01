from __future__ import annotations

import pytest
from aiosmpplib.codec import GSM7BitCodec, GSM7BitPackedCodec, UCS2Codec
from hypothesis import given
from hypothesis import strategies as st

from delivery.smpp import encoding
from delivery.smpp.encoding import Alphabet, decode, encode, packed, septets, unpacked
from smsconsole.lib import gsm0338

GSM7_TEXT = st.text(sorted(gsm0338.ALPHABET), max_size=200)
ANY_TEXT = st.one_of(GSM7_TEXT, st.text(max_size=100), st.text("aé€你😀\x1b", max_size=100))


@given(ANY_TEXT)
def test_the_default_alphabet_is_that_of_aiosmpplib(text: str):
    try:
        theirs = GSM7BitCodec().encode(text)[0]
    except UnicodeEncodeError:
        theirs = None
    assert septets(text) == theirs


@given(GSM7_TEXT)
def test_a_text_in_the_default_alphabet_comes_back(text: str):
    codes = septets(text)
    assert codes is not None
    assert encoding.of_septets(codes) == text
    assert len(codes) == gsm0338.septets(text)


@given(st.binary(max_size=200).map(lambda octets: bytes(octet & 0x7F for octet in octets)))
def test_whatever_octets_come_a_text_comes_of_them(octets: bytes):
    theirs = GSM7BitCodec().decode(octets, "ignore")[0]
    # An escape before what is not in the extension table: phones show the basic character, the library a space.
    if b"\x1b" not in octets:
        assert encoding.of_septets(octets) == theirs
    else:
        assert len(encoding.of_septets(octets)) <= len(octets)


def test_an_unknown_escape_shows_the_basic_character():
    assert encoding.of_septets(b"\x1bA\x1be\x1b") == "A€"
    assert encoding.of_septets(b"a\x1b\x1bb") == "a b"


@given(GSM7_TEXT)
def test_packed_texts_are_those_of_aiosmpplib(text: str):
    octets = encode(text, Alphabet.GSM7_PACKED)
    theirs = GSM7BitPackedCodec().encode(text)[0]
    assert octets is not None
    n = gsm0338.septets(text)
    # Seven bits to spare are filled with a carriage return, which the library leaves at zero ("@").
    assert octets == theirs if n is not None and n % 8 != 7 else octets[:-1] == theirs[:-1]
    # ... and reads as a character. A text that ends in either itself may lose it: nobody can tell.
    if not text.endswith(("@", "\r")):
        assert GSM7BitPackedCodec().decode(octets, "ignore")[0].rstrip("\r") == text


@given(st.binary(max_size=170).map(lambda octets: bytes(octet & 0x7F for octet in octets)), st.integers(0, 6))
def test_septets_are_unpacked_as_they_were_packed(codes: bytes, fill_bits: int):
    octets = packed(codes, fill_bits=fill_bits)
    assert len(octets) == (-(-(7 * len(codes) + fill_bits) // 8) if codes else 0)
    came_back = unpacked(octets, fill_bits=fill_bits)
    assert came_back == codes or (came_back == codes[:-1] and codes[-1:] in (b"\r", b"\0"))


def test_the_sample_of_everybody():
    assert packed(b"hellohello") == bytes.fromhex("E8329BFD4697D9EC37")
    assert unpacked(bytes.fromhex("E8329BFD4697D9EC37")) == b"hellohello"


@pytest.mark.parametrize("word", ["STOPALL", "ABMELDE"])
@pytest.mark.parametrize("filling", [b"", b"\r", b"\0"])
def test_a_word_of_seven_letters_is_not_spoilt_by_filling(word: str, filling: bytes):
    assert decode(packed(word.encode() + filling), 0, Alphabet.GSM7_PACKED) == word


@given(ANY_TEXT, st.sampled_from(list(Alphabet)))
def test_what_is_in_the_alphabet_comes_back_and_what_is_not_leaves_as_ucs2(text: str, alphabet: Alphabet):
    octets = encode(text, alphabet)
    if octets is None:
        assert decode(encoding.encode_ucs2(text), 8, alphabet) == text
    elif not text.endswith(("@", "\r")):
        assert decode(octets, encoding.DATA_CODINGS[alphabet], alphabet) == text
        assert gsm0338.is_gsm7(text)


@given(st.text(max_size=100))
def test_ucs2_is_that_of_aiosmpplib(text: str):
    assert encoding.encode_ucs2(text) == UCS2Codec().encode(text)[0]


@pytest.mark.parametrize(
    ("text", "alphabet"),
    [
        ("Prix 5€", Alphabet.LATIN1),
        ("ç", Alphabet.LATIN1),
        ("Ω", Alphabet.LATIN1),
        ("é", Alphabet.ASCII),
        ("`", Alphabet.ASCII),
        ("你", Alphabet.GSM7),
        ("\x1b", Alphabet.GSM7),
    ],
)
def test_a_character_outside_the_alphabet_is_told(text: str, alphabet: Alphabet):
    assert encode(text, alphabet) is None


@pytest.mark.parametrize(
    ("octets", "data_coding", "alphabet", "text"),
    [
        (b"caf\x05", 0, Alphabet.GSM7, "café"),
        (b"caf\xe9", 0, Alphabet.GSM7, "café"),  # a centre that speaks Latin-1 without saying so
        (b"caf\xe9", 0, Alphabet.LATIN1, "café"),
        (b"Stop", 1, Alphabet.GSM7, "Stop"),
        (b"caf\xe9", 3, Alphabet.GSM7, "café"),
        (b"\x60\x4f", 8, Alphabet.GSM7, "\u604f"),
        ("😀".encode("utf-16-be"), 8, Alphabet.GSM7, "😀"),
        (b"\x60", 8, Alphabet.GSM7, "\ufffd"),
        ("Привет".encode("iso8859_5"), 6, Alphabet.GSM7, "Привет"),
        ("שלום".encode("iso8859_8"), 7, Alphabet.GSM7, "שלום"),
        ("안녕".encode("euc_kr"), 14, Alphabet.GSM7, "안녕"),
        ("日本".encode("iso2022_jp"), 5, Alphabet.GSM7, "日本"),
        (b"caf\x05", 0x10, Alphabet.LATIN1, "café"),  # TS 23.038: class 0, default alphabet
        ("你".encode("utf-16-be"), 0x18, Alphabet.GSM7, "你"),
        (b"caf\x05", 0xF1, Alphabet.LATIN1, "café"),
        (b"caf\xe9", 0xF5, Alphabet.GSM7, "café"),
        ("你".encode("utf-16-be"), 0xE0, Alphabet.GSM7, "你"),
        (b"caf\x05", 0xC8, Alphabet.LATIN1, "café"),
        (b"caf\x05", 0xD8, Alphabet.LATIN1, "café"),
        (b"caf\x05", 0x0B, Alphabet.GSM7, "café"),  # reserved: as the default
    ],
)
def test_replies_are_read_in_every_coding(octets: bytes, data_coding: int, alphabet: Alphabet, text: str):
    assert decode(octets, data_coding, alphabet) == text


@given(st.binary(max_size=160), st.integers(0, 255), st.sampled_from(list(Alphabet)), st.integers(0, 6))
def test_nothing_that_comes_makes_reading_fail(
    octets: bytes, data_coding: int, alphabet: Alphabet, fill_bits: int
):
    assert isinstance(decode(octets, data_coding, alphabet, fill_bits=fill_bits), str)
