"""Optional parameters: tag, length, value (SMPP 3.4, section 5.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from struct import Struct
from typing import Final

from delivery.smpp.errors import BadField

DEST_ADDR_SUBUNIT: Final = 0x0005
DEST_NETWORK_TYPE: Final = 0x0006
DEST_BEARER_TYPE: Final = 0x0007
DEST_TELEMATICS_ID: Final = 0x0008
SOURCE_ADDR_SUBUNIT: Final = 0x000D
SOURCE_NETWORK_TYPE: Final = 0x000E
SOURCE_BEARER_TYPE: Final = 0x000F
SOURCE_TELEMATICS_ID: Final = 0x0010
QOS_TIME_TO_LIVE: Final = 0x0017
PAYLOAD_TYPE: Final = 0x0019
ADDITIONAL_STATUS_INFO_TEXT: Final = 0x001D
RECEIPTED_MESSAGE_ID: Final = 0x001E
MS_MSG_WAIT_FACILITIES: Final = 0x0030
PRIVACY_INDICATOR: Final = 0x0201
SOURCE_SUBADDRESS: Final = 0x0202
DEST_SUBADDRESS: Final = 0x0203
USER_MESSAGE_REFERENCE: Final = 0x0204
USER_RESPONSE_CODE: Final = 0x0205
SOURCE_PORT: Final = 0x020A
DESTINATION_PORT: Final = 0x020B
SAR_MSG_REF_NUM: Final = 0x020C
LANGUAGE_INDICATOR: Final = 0x020D
SAR_TOTAL_SEGMENTS: Final = 0x020E
SAR_SEGMENT_SEQNUM: Final = 0x020F
SC_INTERFACE_VERSION: Final = 0x0210
CALLBACK_NUM_PRES_IND: Final = 0x0302
CALLBACK_NUM_ATAG: Final = 0x0303
NUMBER_OF_MESSAGES: Final = 0x0304
CALLBACK_NUM: Final = 0x0381
DPF_RESULT: Final = 0x0420
SET_DPF: Final = 0x0421
MS_AVAILABILITY_STATUS: Final = 0x0422
NETWORK_ERROR_CODE: Final = 0x0423
MESSAGE_PAYLOAD: Final = 0x0424
DELIVERY_FAILURE_REASON: Final = 0x0425
MORE_MESSAGES_TO_SEND: Final = 0x0426
MESSAGE_STATE: Final = 0x0427
USSD_SERVICE_OP: Final = 0x0501
DISPLAY_TIME: Final = 0x1201
SMS_SIGNAL: Final = 0x1203
MS_VALIDITY: Final = 0x1204
ALERT_ON_MESSAGE_DELIVERY: Final = 0x130C
ITS_REPLY_TYPE: Final = 0x1380
ITS_SESSION_INFO: Final = 0x1383

NAMES: Final[dict[int, str]] = {
    value: name.lower() for name, value in globals().items() if name.isupper() and isinstance(value, int)
}

Tlvs = Mapping[int, bytes]

_HEAD: Final = Struct(">HH")
_VENDOR_LINE: Final = re.compile(
    r"(?:0x)?(?P<tag>[0-9a-f]{1,4})\s*:\s*(?P<type>[a-z]+[124]?)\s*:(?P<value>.*)", re.IGNORECASE
)
_WIDTHS: Final = {"int1": 1, "int2": 2, "int4": 4}


def one(tag: int, value: bytes) -> bytes:
    """A parameter as it is written."""
    if not 0 <= tag <= 0xFFFF:
        raise BadField("tag", "must be between 0 and FFFF")
    if len(value) > 0xFFFF:
        raise BadField("length", "a value may have 65 535 octets")
    return _HEAD.pack(tag, len(value)) + value


def many(tlvs: Tlvs) -> bytes:
    """All of them, in their order."""
    return b"".join(one(tag, value) for tag, value in tlvs.items())


def read(body: bytes, start: int = 0) -> dict[int, bytes]:
    """The parameters from `start` to the end. Of a tag that comes twice the first counts.

    What is cut off is left out instead of refused: carriers pad PDUs, and a receipt must not be lost for it.
    """
    found: dict[int, bytes] = {}
    end = len(body)
    while start + 4 <= end:
        tag, length = _HEAD.unpack_from(body, start)
        start += 4
        if start + length > end:
            break
        found.setdefault(tag, body[start : start + length])
        start += length
    return found


def number(value: bytes | None) -> int | None:
    """An integer of any width up to eight octets; None for nothing and for what is longer."""
    return int.from_bytes(value, "big") if value and len(value) <= 8 else None


def text(value: bytes | None) -> str:
    """A C-octet string; its end may be missing."""
    return "" if value is None else value.partition(b"\0")[0].decode("latin-1")


def vendor(lines: Iterable[str]) -> bytes:
    """The carrier's own parameters from settings: one `tag:type:value` a line, ready to be written.

    The tag is hexadecimal. Types: `int1`, `int2`, `int4` (decimal, or hexadecimal with 0x), `string` (octets as they
    are), `cstring` (with a zero at the end), `hex` (octets in hexadecimal). Empty lines are left out. Raises
    `BadField`, whose `field` is the line.
    """
    return b"".join(_vendor_line(line.strip()) for line in lines if line.strip())


def _vendor_line(line: str) -> bytes:
    match = _VENDOR_LINE.fullmatch(line)
    if match is None:
        raise BadField(line, "must be tag:type:value, such as 1400:string:abc")
    kind, value = match["type"].lower(), match["value"].strip()
    try:
        return one(int(match["tag"], 16), _vendor_value(kind, value))
    except KeyError:
        raise BadField(line, "the type must be int1, int2, int4, string, cstring or hex") from None
    except (ValueError, OverflowError):
        raise BadField(line, f"the value is not {kind}") from None


def _vendor_value(kind: str, value: str) -> bytes:
    if kind == "string":
        return value.encode("ascii")
    if kind == "cstring":
        return value.encode("ascii") + b"\0"
    if kind == "hex":
        return bytes.fromhex(value)
    return int(value, 16 if value.lower().startswith("0x") else 10).to_bytes(_WIDTHS[kind], "big")
