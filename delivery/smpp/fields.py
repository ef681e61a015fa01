"""The fields that PDUs are made of (SMPP 3.4, sections 3.1 and 5.2), one by one and together."""

from __future__ import annotations

from typing import Final, NamedTuple

from delivery.smpp import tlv
from delivery.smpp.errors import BadBody, BadField

INTERFACE_VERSION: Final = 0x34


class Address(NamedTuple):
    """A number or a sender with its type (TON) and numbering plan (NPI)."""

    number: str
    ton: int = 0
    npi: int = 0


class ShortMessage(NamedTuple):
    """The fields of submit_sm and deliver_sm, which are the same."""

    source: Address
    destination: Address
    octets: bytes = b""  # short_message
    esm_class: int = 0
    data_coding: int = 0
    registered_delivery: int = 0
    service_type: str = ""
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    replace_if_present_flag: int = 0
    sm_default_msg_id: int = 0
    tlvs: tlv.Tlvs = {}

    @property
    def payload(self) -> bytes:
        """The text, wherever it stands: in short_message or, when that is empty, in message_payload."""
        return self.octets or self.tlvs.get(tlv.MESSAGE_PAYLOAD, b"")


class Bind(NamedTuple):
    """What a bind says about who binds."""

    system_id: str
    password: str = ""
    system_type: str = ""
    interface_version: int = INTERFACE_VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


class BindAnswer(NamedTuple):
    """Who the other side is; `interface_version` is None where it does not say."""

    system_id: str
    interface_version: int | None = None


class Query(NamedTuple):
    """The message that is asked about, with the sender it was submitted with."""

    message_id: str
    source: Address


class QueryAnswer(NamedTuple):
    """What became of it. `final_date` is an SMPP time and empty until then; `message_state` as in receipts."""

    message_id: str
    final_date: str
    message_state: int
    error_code: int = 0


class Alert(NamedTuple):
    """A phone that can be reached again. `availability` is None where the other side does not say."""

    source: Address
    esme: Address
    availability: int | None = None


# --- One by one -----------------------------------------------------------------------------------------------


def c_string(field: str, value: str, size: int) -> bytes:
    """A C-octet string with its zero; raises `BadField` for one of more than `size` octets, the zero included."""
    try:
        octets = value.encode("ascii")
    except UnicodeEncodeError:
        raise BadField(field, "may hold ASCII characters only") from None
    if 0 in octets:
        raise BadField(field, "may not hold a zero")
    if len(octets) >= size:
        raise BadField(field, f"may have {size - 1} characters, not {len(octets)}")
    return octets + b"\0"


def octets(**values: int) -> bytes:
    """Integers of one octet each, by the names of their fields."""
    for field, value in values.items():
        if not 0 <= value <= 0xFF:
            raise BadField(field, f"must be between 0 and 255, not {value}")
    return bytes(values.values())


def address(field: str, value: Address, size: int = 21) -> bytes:
    return octets(addr_ton=value.ton, addr_npi=value.npi) + c_string(field, value.number, size)


def read_c_string(body: bytes, start: int) -> tuple[str, int]:
    """The string from `start`, and where the next field begins."""
    end = body.find(0, start)
    if end < 0:
        raise BadBody("a string has no end")
    return body[start:end].decode("latin-1"), end + 1


def read_octets(body: bytes, start: int, n: int) -> bytes:
    octets = body[start : start + n]
    if len(octets) < n:
        raise BadBody("the mandatory fields are cut off")
    return octets


def read_address(body: bytes, start: int) -> tuple[Address, int]:
    ton, npi = read_octets(body, start, 2)
    number, at = read_c_string(body, start + 2)
    return Address(number, ton, npi), at
