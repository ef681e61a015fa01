"""Senders and numbers as SMPP writes them, with their type (TON) and numbering plan (NPI): sections 5.2.5, 5.2.6."""

from __future__ import annotations

import re
from typing import Final

from delivery.smpp.fields import Address

UNKNOWN: Final = 0
INTERNATIONAL: Final = 1
NATIONAL: Final = 2
NETWORK_SPECIFIC: Final = 3
ALPHANUMERIC: Final = 5
ISDN: Final = 1

# Shorter numbers are codes of one network or country.
_SHORTEST_NUMBER: Final = 9
_NUMBER: Final = re.compile(r"\+?[0-9]+")


def sender_address(sender: str, *, ton: int | None = None, npi: int | None = None) -> Address:
    """A sender. What is not given follows from how it looks: alphanumeric 5/0, short code 3/0, number 1/1.

    No sender at all is 0/0: the carrier puts its own.
    """
    number, own_ton, own_npi = _looks(sender)
    return Address(number, own_ton if ton is None else ton, own_npi if npi is None else npi)


def _looks(sender: str) -> tuple[str, int, int]:
    if not sender:
        return sender, UNKNOWN, UNKNOWN
    if not _NUMBER.fullmatch(sender):
        return sender, ALPHANUMERIC, UNKNOWN
    if sender.startswith("+"):
        return sender[1:], INTERNATIONAL, ISDN
    if len(sender) < _SHORTEST_NUMBER:
        return sender, NETWORK_SPECIFIC, UNKNOWN
    return sender, INTERNATIONAL, ISDN


def msisdn(address: Address) -> str:
    """The number of a person in E.164 with its plus sign; a short code or a name as it came."""
    number = address.number.strip()
    if not _NUMBER.fullmatch(number) or address.ton in (ALPHANUMERIC, NETWORK_SPECIFIC):
        return number
    digits = number.removeprefix("+")
    if digits == number and address.ton in (UNKNOWN, INTERNATIONAL):
        digits = digits.removeprefix("00")
    return f"+{digits}" if len(digits) >= _SHORTEST_NUMBER - 1 else number
