"""Delivery receipts as SMSCs write them: in words, in parameters, and wrongly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from delivery.simulation.script import DELIVERED, EXPIRED, REJECTED, UNDELIVERED

IS_RECEIPT = 0x04  # in esm_class
TAG_RECEIPTED_ID, TAG_STATE, TAG_NETWORK_ERROR = 0x001E, 0x0427, 0x0423

_WORDS = {DELIVERED: "DELIVRD", UNDELIVERED: "UNDELIV", EXPIRED: "EXPIRED", REJECTED: "REJECTD"}
_STATES = {DELIVERED: 2, EXPIRED: 3, UNDELIVERED: 5, REJECTED: 8}
_GSM_NETWORK = 3
_TEXT_CHARACTERS = 20


class SmscReceipt(NamedTuple):
    """What the network says about one segment, with what its receipt repeats of the message."""

    gateway_message_id: str  # as receipts write it
    state: str
    code: str
    reference: str
    msisdn: str
    sender: str
    system_id: str
    text: str
    submitted_at: datetime
    mangled_by: int = 0  # 0 is well written; others pick a way of writing it badly


def receipt_words(receipt: SmscReceipt, done_at: datetime) -> str:
    """The text of SMPP 3.4's appendix B, or one of the ways in which carriers get it wrong."""
    words = _WORDS[receipt.state]
    # A code such as “MK:0001” stands where appendix B has three digits.
    error = "000" if receipt.code == words or not receipt.code else receipt.code
    fields = [
        f"id:{receipt.gateway_message_id}",
        "sub:001",
        f"dlvrd:{int(receipt.state == DELIVERED):03d}",
        f"submit date:{receipt.submitted_at:%y%m%d%H%M}",
        f"done date:{done_at:%y%m%d%H%M}",
        f"stat:{words}",
        f"err:{error}",
        f"text:{receipt.text[:_TEXT_CHARACTERS]}",
    ]
    if not receipt.mangled_by:
        return " ".join(fields)
    return MANGLERS[receipt.mangled_by % len(MANGLERS)](fields)


def receipt_parameters(receipt: SmscReceipt) -> list[tuple[int, bytes]]:
    """The optional parameters that say the same."""
    parameters = [
        (TAG_RECEIPTED_ID, receipt.gateway_message_id.encode() + b"\0"),
        (TAG_STATE, bytes([_STATES[receipt.state]])),
    ]
    digits = receipt.code.rpartition(":")[2]
    if receipt.state != DELIVERED and digits.isdecimal():
        parameters.append((TAG_NETWORK_ERROR, bytes([_GSM_NETWORK]) + int(digits).to_bytes(2, "big")))
    return parameters


def _split(field: str) -> tuple[str, str, str]:
    return field.partition(":")


# Each was seen at a carrier. None of them loses the id or the state.
MANGLERS: tuple[Callable[[list[str]], str], ...] = (
    lambda fields: " ".join(f"{name.upper()}:{value}" for name, _, value in map(_split, fields)),
    lambda fields: " ".join([fields[0], fields[5]]),
    lambda fields: " ".join([*fields[3:6], fields[0], fields[6]]),
    lambda fields: "  ".join(field.replace(":", ": ", 1) for field in fields),
    lambda fields: " ".join(fields[:5]).replace("date:", "date:??") + f" {fields[5]} err: text:",
    lambda fields: " ".join(fields[:6]) + " err",
)


def as_latin1(words: str) -> bytes:
    """A receipt's text is plain; what is not becomes a question mark, as it does in the field."""
    return words.encode("latin-1", "replace")
