"""The text of receipts (SMPP 3.4, appendix B), which the specification calls vendor specific, and so it is.

    id:123 sub:001 dlvrd:001 submit date:2611211625 done date:2611211626 stat:DELIVRD err:000 text:...

Fields may be missing, in another order, in capitals, without spaces, and cut off anywhere.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# As nearly all carriers write it; the general way costs ten times as much.
_USUAL: Final = re.compile(
    r"id:([^\s,;\"']+) sub:\S* dlvrd:\S* submit date:\d* done date:(\d*) stat:([A-Za-z]+) err:(\w*)(?: text:|$)",
    re.IGNORECASE,
)
_KEY: Final = re.compile(
    r"(?<![a-z_])(?:(?P<id>(?:message[ _]?|msg[ _]?)?id)|(?P<sub>sub)|(?P<dlvrd>dlv?rd)"
    r"|(?P<submit>submit[\s_]{0,2}date)|(?P<done>done[\s_]{0,2}date)|(?P<stat>stat(?:us|e)?)|(?P<err>err(?:or)?)"
    r"|(?P<text>text))[ ]?[:=]",
    re.IGNORECASE,
)
_MARKS: Final = " \t\r\n,;\"'\0"
# Longer ones are texts of people; receipts have some 150 characters.
_MOST_CHARACTERS: Final = 2_000


class ReceiptText(NamedTuple):
    """The fields that matter, as they came; empty for missing ones. `stat` is in capitals."""

    id: str = ""
    stat: str = ""
    err: str = ""
    done_date: str = ""


def read_receipt_text(text: str) -> ReceiptText:
    """What can be found of a receipt; never raises. Of a field that comes twice the first counts.

    So what the `text` field at the end quotes of the message cannot pretend to be a field.
    """
    if usual := _USUAL.match(text):
        return ReceiptText(usual[1], usual[3].upper(), usual[4], usual[2])
    found: dict[str, str] = {}
    keys = list(_KEY.finditer(text[:_MOST_CHARACTERS]))
    for at, key in enumerate(keys):
        end = keys[at + 1].start() if at + 1 < len(keys) else _MOST_CHARACTERS
        found.setdefault(key.lastgroup or "", text[key.end() : end].strip(_MARKS))
    return ReceiptText(
        _word(found.get("id", "")),
        _word(found.get("stat", "")).upper(),
        _word(found.get("err", "")),
        found.get("done", ""),
    )


def looks_like_receipt(text: str) -> bool:
    """Whether it names both an id and a state."""
    found = read_receipt_text(text)
    return bool(found.id and found.stat)


def _word(value: str) -> str:
    """The first word of a value: what follows it belongs to no field that is known."""
    words = value.split(None, 1)
    return words[0].strip(_MARKS) if words else ""
