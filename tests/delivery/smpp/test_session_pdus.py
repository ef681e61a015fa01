"""What a connection answers to each PDU, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from delivery.smpp import pdu, statuses
from delivery.smpp.connection import BindRefused, Connection, Delivery, Owner
from delivery.smpp.pdu import Address, BindAnswer, ShortMessage
from delivery.smpp.profile import Role, read_profile
from tests.delivery.smpp.test_pdu_oracles import ALL
from tests.loops import run_coroutine

PHONE, SHOP = Address("8613800138000", 1, 1), Address("Shop", 5, 0)
SETTINGS = {"host": "127.0.0.1", "system_id": "acme", "password": "secret", "system_type": "SMPP"}


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True


class Line(Owner):
    """Takes what arrives, if it stores anything."""

    def __init__(self, *, stores: bool) -> None:
        self.stores = stores
        self.deliveries: list[Delivery] = []

    def pump(self) -> None: ...

    def delivered(self, deliveries: Sequence[Delivery]) -> None:
        self.deliveries += deliveries

    def takes_deliveries(self) -> bool:
        return self.stores


def session(
    *arriving: bytes, stores: bool = True, then: Callable[[Connection, Line], None] | None = None
) -> tuple[list[pdu.Frame], Connection]:
    """What is written once the bind is accepted and these octets have come; and the connection."""

    async def run() -> tuple[list[pdu.Frame], Connection]:
        line, wire = Line(stores=stores), Wire()
        connection = Connection(line, read_profile(SETTINGS), Role.TRANSCEIVER)
        connection.connection_made(wire)
        connection.data_received(pdu.bind_resp(pdu.BIND_TRANSCEIVER, 1, BindAnswer("SMSC")))
        await connection.bound
        wire.written = b""
        for octets in arriving:
            connection.data_received(octets)
        if then is not None:
            then(connection, line)
        frames, rest = pdu.frames(wire.written)
        assert rest == b""
        return frames, connection

    return run_coroutine(run())


def test_it_binds_with_the_fields_of_the_line():
    async def run() -> bytes:
        wire = Wire()
        Connection(Line(stores=True), read_profile(SETTINGS), Role.TRANSCEIVER).connection_made(wire)
        return wire.written

    ((command, status, sequence, body),), _rest = pdu.frames(run_coroutine(run()))
    assert (command, status, sequence) == (pdu.BIND_TRANSCEIVER, statuses.ROK, 1)
    assert pdu.read_bind(body) == pdu.Bind("acme", "secret", "SMPP", 0x34, 0, 0, "")


def test_a_refused_bind_ends_the_connection():
    async def run() -> Connection:
        connection = Connection(Line(stores=True), read_profile(SETTINGS), Role.TRANSCEIVER)
        connection.connection_made(Wire())
        connection.data_received(pdu.bind_resp(pdu.BIND_TRANSCEIVER, 1, status=statuses.RINVPASWD))
        with pytest.raises(BindRefused, match="ESME_RINVPASWD"):
            await connection.bound
        return connection

    assert run_coroutine(run()).is_over


def test_enquire_link_is_answered():
    assert session(pdu.enquire_link(7))[0] == [(pdu.ENQUIRE_LINK_RESP, statuses.ROK, 7, b"")]


def test_unbind_is_answered_and_nothing_more_is_begun():
    frames, connection = session(pdu.unbind(7))
    assert frames == [(pdu.UNBIND_RESP, statuses.ROK, 7, b"")]
    assert connection.is_leaving
    assert not connection.can_submit


@pytest.mark.parametrize("status", [statuses.RINVCMDID, statuses.RINVCMDLEN])
def test_generic_nack_ends_the_connection(status: int):
    assert session(pdu.generic_nack(0, status))[1].is_over


@pytest.mark.parametrize("command", [0x00000022, 0x00010000, pdu.SUBMIT_MULTI, pdu.CANCEL_SM, pdu.REPLACE_SM])
def test_a_command_that_is_not_for_us_is_answered_with_generic_nack(command: int):
    frames, connection = session(pdu.pdu(command, 7, b"whatever"), pdu.enquire_link(8))
    assert frames[0] == (pdu.GENERIC_NACK, statuses.RINVCMDID, 7, b"")
    assert frames[1].command == pdu.ENQUIRE_LINK_RESP
    assert not connection.is_over


@pytest.mark.parametrize(
    "name", ["bind_receiver", "bind_transmitter", "bind_transceiver", "submit_sm", "query_sm"]
)
def test_requests_that_only_an_smsc_takes_are_answered_with_generic_nack(name: str):
    frames, _connection = session(ALL[name])
    assert [(frame.command, frame.status) for frame in frames] == [(pdu.GENERIC_NACK, statuses.RINVCMDID)]


@pytest.mark.parametrize("name", ["alert_notification", "outbind"])
def test_what_needs_no_answer_gets_none(name: str):
    frames, connection = session(ALL[name])
    assert frames == []
    assert not connection.is_over


@pytest.mark.parametrize(
    "name",
    [
        "submit_sm_resp",
        "query_sm_resp",
        "enquire_link_resp",
        "deliver_sm_resp",
        "data_sm_resp",
        "unbind_resp",
    ],
)
def test_an_answer_to_nothing_is_passed_over(name: str):
    frames, connection = session(ALL[name])
    assert frames == []
    assert not connection.is_over


@pytest.mark.parametrize("length", [0, 15, 0x7FFFFFFF])
def test_a_length_that_cannot_be_ends_the_connection(length: int):
    frames, connection = session(pdu.enquire_link(7) + length.to_bytes(4, "big"))
    assert connection.is_over
    assert [frame.command for frame in frames] == [pdu.ENQUIRE_LINK_RESP]  # what stood before it counts


def test_a_delivery_is_acknowledged_only_when_it_is_stored():
    arriving = pdu.deliver_sm(7, ShortMessage(PHONE, SHOP, b"Stop")) + ALL["data_sm"]

    def store(connection: Connection, line: Line) -> None:
        connection.acknowledge([one.frame for one in line.deliveries])

    assert session(arriving)[0] == []
    assert session(arriving, then=store)[0] == [
        (pdu.DELIVER_SM_RESP, statuses.ROK, 7, b"\0"),
        (pdu.DATA_SM_RESP, statuses.ROK, 7, b"\0"),
    ]


def test_a_delivery_that_nobody_can_store_is_given_back():
    frames, _connection = session(pdu.deliver_sm(7, ShortMessage(PHONE, SHOP, b"Stop")), stores=False)
    assert frames == [(pdu.DELIVER_SM_RESP, statuses.RX_T_APPN, 7, b"\0")]


def test_octet_by_octet_is_as_good_as_all_at_once():
    arriving = pdu.enquire_link(7) + pdu.pdu(0x22, 8) + pdu.unbind(9)
    by_octet = [arriving[at : at + 1] for at in range(len(arriving))]
    assert session(*by_octet)[0] == session(arriving)[0]
