from __future__ import annotations

import pytest

from smsconsole.lib import gsm0338

# 3GPP TS 23.038 table 6.2.1, by Unicode name order of its columns; independent of the module's own layout.
TABLE = (
    "0040 00A3 0024 00A5 00E8 00E9 00F9 00EC 00F2 00C7 000A 00D8 00F8 000D 00C5 00E5 "
    "0394 005F 03A6 0393 039B 03A9 03A0 03A8 03A3 0398 039E 001B 00C6 00E6 00DF 00C9 "
    "0020 0021 0022 0023 00A4 0025 0026 0027 0028 0029 002A 002B 002C 002D 002E 002F "
    "0030 0031 0032 0033 0034 0035 0036 0037 0038 0039 003A 003B 003C 003D 003E 003F "
    "00A1 0041 0042 0043 0044 0045 0046 0047 0048 0049 004A 004B 004C 004D 004E 004F "
    "0050 0051 0052 0053 0054 0055 0056 0057 0058 0059 005A 00C4 00D6 00D1 00DC 00A7 "
    "00BF 0061 0062 0063 0064 0065 0066 0067 0068 0069 006A 006B 006C 006D 006E 006F "
    "0070 0071 0072 0073 0074 0075 0076 0077 0078 0079 007A 00E4 00F6 00F1 00FC 00E0"
)
EXTENSION_TABLE = "000C 005E 007B 007D 005C 005B 007E 005D 007C 20AC"


def test_the_alphabet_is_that_of_the_specification_in_its_order():
    specified = "".join(chr(int(code, 16)) for code in TABLE.split() if code != "001B")

    assert specified == gsm0338.BASIC_CHARACTERS


def test_the_extension_table_is_that_of_the_specification():
    specified = {chr(int(code, 16)) for code in EXTENSION_TABLE.split()}

    assert set(gsm0338.EXTENSION_CHARACTERS) == specified


@pytest.mark.parametrize("character", gsm0338.BASIC_CHARACTERS)
def test_a_character_of_the_alphabet_costs_one_septet(character: str):
    assert gsm0338.septets(character) == 1


@pytest.mark.parametrize("character", gsm0338.EXTENSION_CHARACTERS)
def test_a_character_of_the_extension_table_costs_two(character: str):
    assert gsm0338.septets(character) == 2


def test_no_other_character_of_unicode_is_in_it():
    inside = {chr(code) for code in range(0x110000) if gsm0338.septets(chr(code)) is not None}

    assert inside == gsm0338.ALPHABET


def test_the_septets_of_a_text_are_the_sum_of_its_characters():
    assert gsm0338.septets("") == 0
    assert gsm0338.septets("§ 5 [a]\n€ 10") == 15


@pytest.mark.parametrize("text", ["ç", "hello`", "tab\t", "你好", "“quoted”", "\x1b", "😀", "a\u00a0b"])
def test_one_character_outside_makes_it_none(text: str):
    assert gsm0338.septets(text) is None


def test_it_names_the_characters_outside_once_and_in_order():
    assert gsm0338.outside_alphabet("a“b”c“d你") == ("“", "”", "你")


def test_escaped_has_one_character_per_septet_and_unescaped_undoes_it():
    text = "[x] 5€ ^"

    assert len(gsm0338.escaped(text)) == gsm0338.septets(text)
    assert gsm0338.unescaped(gsm0338.escaped(text)) == text
