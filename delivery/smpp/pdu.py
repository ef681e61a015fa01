"""The PDUs of SMPP 3.4 (sections 4 and 5): cut out of a stream, read and written.

Reading is lenient where carriers are careless (strings longer than allowed, answers without a body, padding at
the end) and strict where the meaning would be guessed. Writing keeps to the specification.
"""

from __future__ import annotations

from struct import Struct
from struct import error as StructError
from typing import Final, NamedTuple

from delivery.smpp import fields, statuses, tlv
from delivery.smpp.errors import BadBody, BadField, BadLength
from delivery.smpp.fields import (
    address,
    c_string,
    octets,
    read_address,
    read_c_string,
    read_octets,
)

# What PDUs hold is part of this module's face.
Address = fields.Address
Alert = fields.Alert
Bind = fields.Bind
BindAnswer = fields.BindAnswer
Query = fields.Query
QueryAnswer = fields.QueryAnswer
ShortMessage = fields.ShortMessage

GENERIC_NACK: Final = 0x80000000
BIND_RECEIVER: Final = 0x00000001
BIND_TRANSMITTER: Final = 0x00000002
QUERY_SM: Final = 0x00000003
SUBMIT_SM: Final = 0x00000004
DELIVER_SM: Final = 0x00000005
UNBIND: Final = 0x00000006
REPLACE_SM: Final = 0x00000007
CANCEL_SM: Final = 0x00000008
BIND_TRANSCEIVER: Final = 0x00000009
OUTBIND: Final = 0x0000000B
ENQUIRE_LINK: Final = 0x00000015
SUBMIT_MULTI: Final = 0x00000021
ALERT_NOTIFICATION: Final = 0x00000102
DATA_SM: Final = 0x00000103

RESPONSE: Final = 0x80000000  # the bit that makes an answer of a request
SUBMIT_SM_RESP: Final = SUBMIT_SM | RESPONSE
DELIVER_SM_RESP: Final = DELIVER_SM | RESPONSE
QUERY_SM_RESP: Final = QUERY_SM | RESPONSE
UNBIND_RESP: Final = UNBIND | RESPONSE
ENQUIRE_LINK_RESP: Final = ENQUIRE_LINK | RESPONSE
DATA_SM_RESP: Final = DATA_SM | RESPONSE
BINDS: Final = frozenset({BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER})
# To these nothing is answered.
UNANSWERED: Final = frozenset({OUTBIND, ALERT_NOTIFICATION})

_REQUEST_NAMES: Final[dict[int, str]] = {
    value: name.lower()
    for name, value in globals().items()
    if name.isupper() and isinstance(value, int) and value < RESPONSE
}
NAMES: Final[dict[int, str]] = {
    **_REQUEST_NAMES,
    **{value | RESPONSE: f"{name}_resp" for value, name in _REQUEST_NAMES.items() if value not in UNANSWERED},
    GENERIC_NACK: "generic_nack",
}

HEADER_LENGTH: Final = 16
MAX_LENGTH: Final = 1 << 16
MAX_SEQUENCE: Final = 0x7FFFFFFF
MAX_SHORT_MESSAGE: Final = 254

HEADER: Final = Struct(">IIII")
_LENGTH: Final = Struct(">I")
_AFTER_TIMES: Final = Struct(">BBBBB")


class Frame(NamedTuple):
    """A PDU cut out of the stream."""

    command: int
    status: int
    sequence: int
    body: bytes


# --- The stream ---------------------------------------------------------------------------------------------


def frames(buffer: bytes, *, max_length: int = MAX_LENGTH) -> tuple[list[Frame], bytes]:
    """Every whole PDU of the buffer, and the octets that begin the next one.

    Raises `BadLength`, which carries the PDUs before it, as soon as a length cannot be: shorter than a header or
    longer than `max_length`.
    """
    found: list[Frame] = []
    start, end = 0, len(buffer)
    unpack = HEADER.unpack_from
    while end - start >= HEADER_LENGTH:
        length, command, status, sequence = unpack(buffer, start)
        if not HEADER_LENGTH <= length <= max_length:
            raise BadLength(f"command_length {length} cannot be", found)
        if start + length > end:
            break
        found.append(Frame(command, status, sequence, buffer[start + HEADER_LENGTH : start + length]))
        start += length
    rest = buffer[start:]
    if 4 <= len(rest) < HEADER_LENGTH:
        (length,) = _LENGTH.unpack_from(rest)
        if not HEADER_LENGTH <= length <= max_length:
            raise BadLength(f"command_length {length} cannot be", found)
    return found, rest


def pdu(command: int, sequence: int, body: bytes = b"", *, status: int = statuses.ROK) -> bytes:
    """A PDU of a body that is written already."""
    return HEADER.pack(HEADER_LENGTH + len(body), command, status, sequence) + body


def command_name(command: int) -> str:
    """The name of a command; its number in hexadecimal for unknown ones."""
    return NAMES.get(command) or f"0x{command:08X}"


def next_sequence(sequence: int) -> int:
    """The sequence number after this one; after the last comes 1."""
    return sequence + 1 if sequence < MAX_SEQUENCE else 1


# --- Session management ---------------------------------------------------------------------------------------


def bind(command: int, sequence: int, who: Bind) -> bytes:
    """bind_transmitter, bind_receiver or bind_transceiver.

    Passwords may be longer than the eight octets of the specification: carriers give out such.
    """
    body = (
        c_string("system_id", who.system_id, 16)
        + c_string("password", who.password, 65)
        + c_string("system_type", who.system_type, 13)
        + octets(interface_version=who.interface_version, addr_ton=who.addr_ton, addr_npi=who.addr_npi)
        + c_string("address_range", who.address_range, 41)
    )
    return pdu(command, sequence, body)


def read_bind(body: bytes) -> Bind:
    system_id, at = read_c_string(body, 0)
    password, at = read_c_string(body, at)
    system_type, at = read_c_string(body, at)
    version, ton, npi = read_octets(body, at, 3)
    address_range, at = read_c_string(body, at + 3)
    return Bind(system_id, password, system_type, version, ton, npi, address_range)


def bind_resp(
    command: int, sequence: int, answer: BindAnswer | None = None, *, status: int = statuses.ROK
) -> bytes:
    """The answer to the bind `command`. A refusal carries no body."""
    body = b""
    if answer is not None:
        body = c_string("system_id", answer.system_id, 16)
        if answer.interface_version is not None:
            body += tlv.one(tlv.SC_INTERFACE_VERSION, octets(sc_interface_version=answer.interface_version))
    return pdu(command | RESPONSE, sequence, body, status=status)


def read_bind_resp(body: bytes) -> BindAnswer:
    """Takes an empty body, and a system_id without its end: both are common in refusals."""
    system_id, zero, _rest = body.partition(b"\0")
    tlvs = tlv.read(body, len(system_id) + 1) if zero else {}
    return BindAnswer(system_id.decode("latin-1"), tlv.number(tlvs.get(tlv.SC_INTERFACE_VERSION)))


def outbind(sequence: int, system_id: str, password: str = "") -> bytes:  # nosec B107
    return pdu(OUTBIND, sequence, c_string("system_id", system_id, 16) + c_string("password", password, 65))


def read_outbind(body: bytes) -> tuple[str, str]:
    """The SMSC's system_id and password."""
    system_id, at = read_c_string(body, 0)
    return system_id, read_c_string(body, at)[0]


def unbind(sequence: int) -> bytes:
    return pdu(UNBIND, sequence)


def unbind_resp(sequence: int) -> bytes:
    return pdu(UNBIND_RESP, sequence)


def enquire_link(sequence: int) -> bytes:
    return pdu(ENQUIRE_LINK, sequence)


def enquire_link_resp(sequence: int) -> bytes:
    return pdu(ENQUIRE_LINK_RESP, sequence)


def generic_nack(sequence: int, status: int) -> bytes:
    """The answer to what cannot be read at all; `sequence` is 0 where even that is unknown."""
    return pdu(GENERIC_NACK, sequence, status=status)


# --- Messages ---------------------------------------------------------------------------------------------------


def submit_sm(sequence: int, message: ShortMessage) -> bytes:
    """One submit_sm with every field given. Windows are written by `delivery.smpp.submits`, which is faster."""
    return pdu(SUBMIT_SM, sequence, _short_message(message))


def deliver_sm(sequence: int, message: ShortMessage) -> bytes:
    return pdu(DELIVER_SM, sequence, _short_message(message))


def submit_sm_resp(sequence: int, message_id: str = "", *, status: int = statuses.ROK) -> bytes:
    """A refusal carries no body."""
    body = c_string("message_id", message_id, 65) if status == statuses.ROK else b""
    return pdu(SUBMIT_SM_RESP, sequence, body, status=status)


def deliver_sm_resp(sequence: int, status: int = statuses.ROK) -> bytes:
    """The acknowledgement of a deliver_sm. Its message_id is unused and always a single zero."""
    return pdu(DELIVER_SM_RESP, sequence, b"\0", status=status)


def read_message_id(body: bytes) -> str:
    """The id in a submit_sm_resp or data_sm_resp; empty for refusals. Its end may be missing."""
    end = body.find(0)
    return (body if end < 0 else body[:end]).decode("latin-1")


def read_short_message(body: bytes) -> ShortMessage:
    """The fields of a submit_sm or deliver_sm."""
    try:
        a = body.index(0)
        b = body.index(0, a + 3)
        c = body.index(0, b + 3)
        d = body.index(0, c + 4)
        e = body.index(0, d + 1)
        registered, replace, coding, default_id, length = _AFTER_TIMES.unpack_from(body, e + 1)
    except (ValueError, StructError):
        raise BadBody("the mandatory fields are cut off") from None
    start = e + 6
    end = start + length
    if end > len(body):
        raise BadBody("sm_length is more than there is", status=statuses.RINVMSGLEN)
    return ShortMessage(
        Address(body[a + 3 : b].decode("latin-1"), body[a + 1], body[a + 2]),
        Address(body[b + 3 : c].decode("latin-1"), body[b + 1], body[b + 2]),
        body[start:end],
        body[c + 1],
        coding,
        registered,
        body[:a].decode("latin-1"),
        body[c + 2],
        body[c + 3],
        body[c + 4 : d].decode("latin-1"),
        body[d + 1 : e].decode("latin-1"),
        replace,
        default_id,
        tlv.read(body, end) if end < len(body) else {},
    )


def query_sm(sequence: int, query: Query) -> bytes:
    body = c_string("message_id", query.message_id, 65) + address("source_addr", query.source)
    return pdu(QUERY_SM, sequence, body)


def read_query_sm(body: bytes) -> Query:
    message_id, at = read_c_string(body, 0)
    source, _at = read_address(body, at)
    return Query(message_id, source)


def query_sm_resp(sequence: int, answer: QueryAnswer, *, status: int = statuses.ROK) -> bytes:
    """Unlike that of submit_sm its body is there in refusals, too."""
    body = (
        c_string("message_id", answer.message_id, 65)
        + c_string("final_date", answer.final_date, 17)
        + octets(message_state=answer.message_state, error_code=answer.error_code)
    )
    return pdu(QUERY_SM_RESP, sequence, body, status=status)


def read_query_sm_resp(body: bytes) -> QueryAnswer:
    """The error code may be missing. Look at the status first: refusals come with and without a body."""
    message_id, at = read_c_string(body, 0)
    final_date, at = read_c_string(body, at)
    (state,) = read_octets(body, at, 1)
    return QueryAnswer(message_id, final_date, state, body[at + 1] if at + 1 < len(body) else 0)


def data_sm(sequence: int, message: ShortMessage) -> bytes:
    """A data_sm: its text is always a message_payload, and its addresses may have 64 octets."""
    body = (
        c_string("service_type", message.service_type, 6)
        + address("source_addr", message.source, 65)
        + address("destination_addr", message.destination, 65)
        + octets(
            esm_class=message.esm_class,
            registered_delivery=message.registered_delivery,
            data_coding=message.data_coding,
        )
        + tlv.many(message.tlvs)
    )
    return pdu(DATA_SM, sequence, body)


def read_data_sm(body: bytes) -> ShortMessage:
    """As a `ShortMessage`, so that receipts and replies are read alike, however they came."""
    service_type, at = read_c_string(body, 0)
    source, at = read_address(body, at)
    destination, at = read_address(body, at)
    esm_class, registered, coding = read_octets(body, at, 3)
    return ShortMessage(
        source,
        destination,
        esm_class=esm_class,
        data_coding=coding,
        registered_delivery=registered,
        service_type=service_type,
        tlvs=tlv.read(body, at + 3),
    )


def data_sm_resp(sequence: int, message_id: str = "", *, status: int = statuses.ROK) -> bytes:
    """Its body is there in refusals, too."""
    return pdu(DATA_SM_RESP, sequence, c_string("message_id", message_id, 65), status=status)


def alert_notification(sequence: int, alert: Alert) -> bytes:
    body = address("source_addr", alert.source, 65) + address("esme_addr", alert.esme, 65)
    if alert.availability is not None:
        body += tlv.one(tlv.MS_AVAILABILITY_STATUS, octets(ms_availability_status=alert.availability))
    return pdu(ALERT_NOTIFICATION, sequence, body)


def read_alert_notification(body: bytes) -> Alert:
    source, at = read_address(body, 0)
    esme, at = read_address(body, at)
    return Alert(source, esme, tlv.number(tlv.read(body, at).get(tlv.MS_AVAILABILITY_STATUS)))


def _short_message(message: ShortMessage) -> bytes:
    if len(message.octets) > MAX_SHORT_MESSAGE:
        raise BadField("short_message", f"may have 254 octets, not {len(message.octets)}")
    for field, time in (
        ("schedule_delivery_time", message.schedule_delivery_time),
        ("validity_period", message.validity_period),
    ):
        if len(time) not in (0, 16):
            raise BadField(field, "must be empty or have 16 characters")
    return b"".join(
        (
            c_string("service_type", message.service_type, 6),
            address("source_addr", message.source),
            address("destination_addr", message.destination),
            octets(
                esm_class=message.esm_class,
                protocol_id=message.protocol_id,
                priority_flag=message.priority_flag,
            ),
            c_string("schedule_delivery_time", message.schedule_delivery_time, 17),
            c_string("validity_period", message.validity_period, 17),
            octets(
                registered_delivery=message.registered_delivery,
                replace_if_present_flag=message.replace_if_present_flag,
                data_coding=message.data_coding,
            ),
            octets(sm_default_msg_id=message.sm_default_msg_id, sm_length=len(message.octets)),
            message.octets,
            tlv.many(message.tlvs),
        )
    )
