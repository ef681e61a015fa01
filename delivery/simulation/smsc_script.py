"""How the simulated SMSC shall behave: all that the simulated gateway can do, and what only SMPP has."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from delivery.simulation.script import Script, option
from delivery.simulation.short_messages import ALPHABETS

# How carriers write one and the same number of a message.
NOTATIONS: dict[str, tuple[Callable[[int], str], int]] = {
    "decimal": (str, 10),
    "padded": (lambda number: f"{number:020d}", 10),
    "hex": (lambda number: f"{number:x}", 16),
    "upper": (lambda number: f"{number:X}", 16),
    "padded_hex": (lambda number: f"{number:016x}", 16),
}
RECEIPT_FORMS = ("both", "text", "tlv")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmscScript(Script):
    """`echo_reference` and `reverse_answers` mean the vendor's parameter and the answers of a moment here."""

    refuse_parts: float = option(0.0, "percentage of long messages of which the last part is refused")
    queue_full: float = option(0.0, "percentage of throttled submits that hear of a full queue instead")
    lose_parts: float = option(0.0, "percentage of long messages whose last part gets no receipt")
    unknown_receipts: float = option(
        0.0, "percentage of taken messages beside whose receipts an unknown id comes"
    )
    malformed_receipts: float = option(0.0, "percentage of taken messages whose receipts are badly written")
    receipt_copies: int = option(1, "how often each receipt is sent")
    id_notation: str = option("decimal", "how ids are written in answers", choices=tuple(NOTATIONS))
    receipt_notation: str = option("same", "how ids are written in receipts", choices=("same", *NOTATIONS))
    receipt_form: str = option("both", "where receipts tell the state", choices=RECEIPT_FORMS)
    alphabet: str = option("gsm7", "what data coding 0 means", choices=ALPHABETS)

    def write_id(self, number: int) -> str:
        """The id as the answer to a submit has it."""
        return NOTATIONS[self.id_notation][0](number)

    def id_in_receipt(self, written: str) -> str:
        """The same message's id as its receipt has it; unchanged where it cannot be read."""
        if self.receipt_notation == "same":
            return written
        try:
            number = int(written, NOTATIONS[self.id_notation][1])
        except ValueError:
            return written
        return NOTATIONS[self.receipt_notation][0](number)


class Quirks(NamedTuple):
    """Independent numbers below `SIDES` for what only an SMSC does to a message."""

    part: int
    queue: int
    loss: int
    unknown: int
    form: int


def throw_quirks(script: Script, *, message_id: int, attempt: int) -> Quirks:
    """The same for the same seed, message and attempt."""
    digest = blake2b(
        f"{script.seed}/{message_id}-{attempt}".encode(), digest_size=20, person=b"smsc"
    ).digest()
    return Quirks(*struct.unpack("<5I", digest))
