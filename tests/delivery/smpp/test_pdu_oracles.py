"""Every PDU we write is read by libraries that others wrote, and every PDU they write is read by us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import aiosmpplib
import pytest
import smpp34
from aiosmpplib import protocol
from aiosmpplib.state import NPI, TON, OptionalParam, PhoneNumber, SmppCommandStatus
from hypothesis import given
from hypothesis import strategies as st
from smpp.pdu import constants

from delivery.smpp import pdu, statuses, tlv
from delivery.smpp.pdu import Address, Alert, Bind, BindAnswer, Query, QueryAnswer, ShortMessage
from delivery.smpp.times import read_time, relative_time
from tests.delivery.smpp.oracles import (
    SEQUENCES,
    by_aiosmpplib,
    by_pdu3,
    by_smpp34,
    from_smpp34,
    one_frame,
    rewritten_by_pdu3,
    short_messages,
)

PHONE = Address("8613800138000", 1, 1)
SHOP = Address("Shop", 5, 0)
MESSAGE = ShortMessage(SHOP, PHONE, b"hello", registered_delivery=1, validity_period="000002000000000R")
ME = Bind("smsconsole", "secret12", "SMPP", 0x34, 1, 1, "8613*")


@given(SEQUENCES, short_messages())
def test_smpp34_reads_what_we_write(sequence: int, message: ShortMessage):
    for write in (pdu.submit_sm, pdu.deliver_sm):
        raw = write(sequence, message)
        assert by_smpp34(raw) == message
        assert smpp34.decode(raw).sequence_number == sequence


@given(SEQUENCES, short_messages())
def test_we_write_and_read_what_smpp34_writes(sequence: int, message: ShortMessage):
    for kind, write in ((smpp34.SubmitSm, pdu.submit_sm), (smpp34.DeliverSm, pdu.deliver_sm)):
        raw = from_smpp34(kind, message, sequence)
        assert write(sequence, message) == raw
        assert pdu.read_short_message(one_frame(raw).body) == message


ALL = {
    "bind_transmitter": pdu.bind(pdu.BIND_TRANSMITTER, 1, ME),
    "bind_receiver": pdu.bind(pdu.BIND_RECEIVER, 1, ME),
    "bind_transceiver": pdu.bind(pdu.BIND_TRANSCEIVER, 1, ME),
    "bind_transmitter_resp": pdu.bind_resp(pdu.BIND_TRANSMITTER, 1, BindAnswer("SMSC")),
    "bind_receiver_resp": pdu.bind_resp(pdu.BIND_RECEIVER, 1, BindAnswer("SMSC", 0x34)),
    "bind_transceiver_resp": pdu.bind_resp(pdu.BIND_TRANSCEIVER, 1, BindAnswer("SMSC", 0x34)),
    "outbind": pdu.outbind(1, "SMSC", "secret"),
    "unbind": pdu.unbind(2),
    "unbind_resp": pdu.unbind_resp(2),
    "generic_nack": pdu.generic_nack(3, statuses.RINVCMDID),
    "submit_sm": pdu.submit_sm(4, MESSAGE),
    "submit_sm_resp": pdu.submit_sm_resp(4, "39f99dd5"),
    "deliver_sm": pdu.deliver_sm(5, MESSAGE._replace(esm_class=4, tlvs={0x427: b"\2", 0x1E: b"39f99dd5\0"})),
    "deliver_sm_resp": pdu.deliver_sm_resp(5, statuses.RX_T_APPN),
    "query_sm": pdu.query_sm(6, Query("39f99dd5", SHOP)),
    "query_sm_resp": pdu.query_sm_resp(6, QueryAnswer("39f99dd5", "261121162559000+", 2, 0)),
    "data_sm": pdu.data_sm(7, ShortMessage(SHOP, PHONE, tlvs={0x424: b"hello"})),
    "data_sm_resp": pdu.data_sm_resp(7, "39f99dd5"),
    "enquire_link": pdu.enquire_link(8),
    "enquire_link_resp": pdu.enquire_link_resp(8),
    "alert_notification": pdu.alert_notification(9, Alert(PHONE, SHOP, 0)),
}


@pytest.mark.parametrize("name", sorted(ALL))
def test_smpp_pdu3_reads_every_pdu_and_writes_it_again_octet_by_octet(name: str):
    raw = ALL[name]
    read = by_pdu3(raw)
    assert read.id.name == name
    assert read.seqNum == one_frame(raw).sequence
    assert read.status.name == statuses.status_name(one_frame(raw).status)
    assert rewritten_by_pdu3(raw) == raw


def name_in_aiosmpplib(name: str) -> str:
    return "".join(map(str.title, name.split("_")))


KNOWN_TO_AIOSMPPLIB = sorted(name for name in ALL if hasattr(protocol, name_in_aiosmpplib(name)))


@pytest.mark.parametrize("name", KNOWN_TO_AIOSMPPLIB)
def test_aiosmpplib_reads_every_pdu_it_knows_and_writes_it_again_octet_by_octet(name: str):
    raw = ALL[name]
    read = by_aiosmpplib(raw)
    assert read.smpp_command.name.lower() == name
    assert read.sequence_num == one_frame(raw).sequence
    assert read.command_status == one_frame(raw).status
    assert read.pdu() == raw


def test_aiosmpplib_knows_fifteen_pdus():
    assert len(KNOWN_TO_AIOSMPPLIB) == 15


@pytest.mark.parametrize("command", sorted(pdu.BINDS))
def test_smpp_pdu3_reads_refusals(command: int):
    for raw in (
        pdu.bind_resp(command, 1, status=statuses.RINVPASWD),
        pdu.submit_sm_resp(2, status=statuses.RTHROTTLED),
        pdu.query_sm_resp(3, QueryAnswer("x", "", 7), status=statuses.RQUERYFAIL),
    ):
        assert by_pdu3(raw).status.name == statuses.status_name(one_frame(raw).status)


@given(
    SEQUENCES,
    st.text("abc ÄÖñé€[]", min_size=1, max_size=60),
    st.sampled_from(list(TON)),
    st.sampled_from([NPI.UNKNOWN, NPI.ISDN]),
    st.integers(0, 3),
)
def test_we_read_what_aiosmpplib_writes(sequence: int, text: str, ton: TON, npi: NPI, priority: int):
    written = protocol.SubmitSm(
        sequence_num=sequence,
        short_message=text,
        source=PhoneNumber("Shop", ton, npi),
        destination=PhoneNumber("8613800138000", TON.INTERNATIONAL, NPI.ISDN),
        priority_flag=priority,
        validity_period=timedelta(minutes=90),
        optional_params=[
            OptionalParam(tlv.USER_MESSAGE_REFERENCE, 513),
            OptionalParam(tlv.RECEIPTED_MESSAGE_ID, "x7"),
        ],
    )
    frame = one_frame(written.pdu())
    read = pdu.read_short_message(frame.body)
    assert frame.sequence == sequence
    assert read.source == Address("Shop", ton, npi)
    assert read.destination == PHONE
    assert read.priority_flag == priority
    assert read.validity_period == relative_time(90)
    assert tlv.number(read.tlvs[tlv.USER_MESSAGE_REFERENCE]) == 513
    assert tlv.text(read.tlvs[tlv.RECEIPTED_MESSAGE_ID]) == "x7"
    assert read.octets == aiosmpplib.codec.GSM7BitCodec().encode(text)[0]
    assert pdu.submit_sm(sequence, read) == written.pdu()


@pytest.mark.parametrize("minutes", [1, 59, 60, 1_440, 10_080, 43_200, 63 * 7 * 24 * 60])
def test_validity_periods_are_those_of_aiosmpplib(minutes: int):
    period = timedelta(minutes=minutes)
    assert relative_time(minutes) == protocol.SubmitSm.datetime_to_smpp_time(period)
    assert protocol.SubmitSm.smpp_time_to_datetime(relative_time(minutes)) == period
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert read_time(relative_time(minutes), now=now) == now + period


def test_the_tables_of_statuses_agree():
    ours = statuses.NAMES
    assert {status.value: status.name for status in SmppCommandStatus if status.value in ours} == ours
    theirs = {number: one["name"] for number, one in constants.command_status_value_map.items()}
    assert {number: theirs[number] for number in ours if number in theirs} == {
        number: name for number, name in ours.items() if number in theirs
    }
    assert len(ours.keys() & theirs.keys()) == len(ours)


def test_the_tables_of_optional_parameters_agree():
    theirs = {
        getattr(smpp34, name): name.removeprefix("TLV_").lower()
        for name in dir(smpp34)
        if name.startswith("TLV_")
    }
    assert theirs == tlv.NAMES
