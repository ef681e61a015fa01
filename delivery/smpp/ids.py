"""Message ids in the notations of carriers, whose receipts often write them otherwise than their answers did."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

_MOST_CHARACTERS: Final = 64  # message_id, section 5.2.23; longer ones are left alone
_DECIMAL: Final = re.compile("[0-9]+")
_HEXADECIMAL: Final = re.compile("[0-9a-f]+")
# Widths to which numbers are filled up with zeros: 32, 48 and 64 bits in hexadecimal, 32 and 64 in decimal.
_WIDTHS: Final = (8, 10, 12, 16, 20)


class IdForm(StrEnum):
    """How ids are made comparable: those of answers and those of receipts become one key."""

    AS_IS = "as_is"
    LOWER = "lower"  # they differ in upper and lower case
    STRIP_ZEROS = "strip_zeros"  # ... or in zeros in front
    HEX_TO_DEC = "hex_to_dec"  # hexadecimal in the answer, decimal in the receipt
    DEC_TO_HEX = "dec_to_hex"  # decimal in the answer, hexadecimal in the receipt


def answered(raw: str, form: IdForm | str) -> str:
    """The key of an id from a submit_sm_resp: its own notation, without what may differ. Never raises."""
    if form == IdForm.AS_IS or len(raw) > _MOST_CHARACTERS:
        return raw
    lowered = raw.strip().lower()
    return lowered if form == IdForm.LOWER else _stripped(lowered)


def receipted(raw: str, form: IdForm | str) -> str:
    """The key of an id from a receipt: equal to that of its answer if the form is the right one. Never raises."""
    key = answered(raw, form)
    if form == IdForm.HEX_TO_DEC and len(raw) <= _MOST_CHARACTERS and _DECIMAL.fullmatch(key):
        return f"{int(key):x}"
    if form == IdForm.DEC_TO_HEX and len(raw) <= _MOST_CHARACTERS and _HEXADECIMAL.fullmatch(key):
        return str(int(key, 16))
    return key


def candidates(raw: str) -> tuple[str, ...]:
    """Every id, as an answer may have written it, that a receipt's id may mean; itself first, each once.

    Both cases, with and without zeros in front, and both readings of a number.
    """
    if len(raw) > _MOST_CHARACTERS:
        return (raw,)
    key = _stripped(raw.strip().lower())
    readings = [key]
    if _DECIMAL.fullmatch(key):
        readings.append(f"{int(key):x}")
    if _HEXADECIMAL.fullmatch(key):
        readings.append(str(int(key, 16)))
    found = [raw, raw.strip(), raw.lower(), raw.upper()]
    for reading in readings:
        filled = [reading.zfill(width) for width in _WIDTHS] if _HEXADECIMAL.fullmatch(reading) else []
        for written in (reading, *filled):
            found += (written, written.upper())
    return tuple(dict.fromkeys(found))


def proposal(receipt_ids: Iterable[str], answer_ids: Iterable[str]) -> tuple[IdForm, int] | None:
    """The form under which most of these receipts would find their answers, and how many; None if none would.

    Both as the carrier wrote them. Of forms that are as good the simplest is named.
    """
    receipts, answers = list(receipt_ids), list(answer_ids)
    best: tuple[IdForm, int] | None = None
    for form in IdForm:
        keys = {answered(raw, form) for raw in answers}
        n_matched = sum(receipted(raw, form) in keys for raw in receipts)
        if n_matched > (best[1] if best else 0):
            best = (form, n_matched)
    return best


def _stripped(key: str) -> str:
    return key.lstrip("0") or key[-1:]
