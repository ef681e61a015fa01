from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.smpp import pdu, statuses, tlv
from delivery.smpp.errors import BadBody, BadField, BadLength
from delivery.smpp.pdu import Address, Bind, BindAnswer, ShortMessage
from tests.delivery.smpp.oracles import ASCII, SEQUENCES, TIMES, one_frame, short_messages

PHONE = Address("8613800138000", 1, 1)
SHOP = Address("Shop", 5, 0)


# --- The stream ---------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(SEQUENCES, st.binary(max_size=60)), max_size=8), st.data())
def test_pdus_are_found_wherever_the_stream_is_cut(written: list[tuple[int, bytes]], data: st.DataObject):
    stream = b"".join(pdu.pdu(pdu.SUBMIT_SM, sequence, body) for sequence, body in written)
    found: list[pdu.Frame] = []
    rest = b""
    while stream:
        n = data.draw(st.integers(1, len(stream)))
        frames, rest = pdu.frames(rest + stream[:n])
        found += frames
        stream = stream[n:]
    assert rest == b""
    assert [(frame.sequence, frame.body) for frame in found] == written


def test_a_pdu_that_comes_octet_by_octet_is_found_once():
    raw = pdu.deliver_sm(7, ShortMessage(PHONE, SHOP, b"Stop"))
    rest, found = b"", []
    for octet in raw:
        frames, rest = pdu.frames(rest + bytes((octet,)))
        found += frames
    assert [frame.sequence for frame in found] == [7]


@pytest.mark.parametrize("length", [0, 1, 15, pdu.MAX_LENGTH + 1, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("n_octets", [4, 12, 16, 40])
def test_a_length_that_cannot_be_is_refused_at_once(length: int, n_octets: int):
    raw = length.to_bytes(4, "big") + bytes(n_octets - 4)
    with pytest.raises(BadLength) as caught:
        pdu.frames(raw)
    assert caught.value.status == statuses.RINVCMDLEN


def test_what_stands_before_a_bad_length_still_counts():
    raw = pdu.submit_sm_resp(1, "a") + pdu.submit_sm_resp(2, "b") + b"\xff" * 16
    with pytest.raises(BadLength) as caught:
        pdu.frames(raw)
    assert [pdu.read_message_id(frame.body) for frame in caught.value.frames] == ["a", "b"]


def test_three_octets_of_a_length_wait_for_the_fourth():
    assert pdu.frames(b"\xff\xff\xff") == ([], b"\xff\xff\xff")


def test_the_longest_pdu_is_taken():
    raw = pdu.pdu(pdu.SUBMIT_SM, 1, bytes(pdu.MAX_LENGTH - 16))
    assert len(one_frame(raw).body) == pdu.MAX_LENGTH - 16


def test_sequence_numbers_begin_again_at_one():
    assert pdu.next_sequence(1) == 2
    assert pdu.next_sequence(0x7FFFFFFF) == 1


def test_commands_have_names():
    assert pdu.command_name(pdu.SUBMIT_SM_RESP) == "submit_sm_resp"
    assert pdu.command_name(0x12345) == "0x00012345"
    assert len(pdu.NAMES) == 27  # section 5.1.2.1: 14 requests, 12 of them with an answer, and generic_nack


# --- Every PDU, written and read ------------------------------------------------------------------------------------


@given(
    SEQUENCES,
    short_messages(tlvs=st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=40), max_size=4)),
)
def test_submit_sm_and_deliver_sm_are_read_as_written(sequence: int, message: ShortMessage):
    for write, command in ((pdu.submit_sm, pdu.SUBMIT_SM), (pdu.deliver_sm, pdu.DELIVER_SM)):
        frame = one_frame(write(sequence, message))
        assert frame[:3] == (command, statuses.ROK, sequence)
        assert pdu.read_short_message(frame.body) == message


@given(
    st.sampled_from(sorted(pdu.BINDS)),
    SEQUENCES,
    st.builds(
        Bind,
        st.text(ASCII, max_size=15),
        st.text(ASCII, max_size=64),
        st.text(ASCII, max_size=12),
        st.integers(0, 255),
        st.integers(0, 255),
        st.integers(0, 255),
        st.text(ASCII, max_size=40),
    ),
)
def test_binds_are_read_as_written(command: int, sequence: int, who: Bind):
    frame = one_frame(pdu.bind(command, sequence, who))
    assert frame[:3] == (command, statuses.ROK, sequence)
    assert pdu.read_bind(frame.body) == who


@pytest.mark.parametrize("version", [None, 0x33, 0x34, 0x50])
def test_answers_to_binds_are_read_as_written(version: int | None):
    frame = one_frame(pdu.bind_resp(pdu.BIND_RECEIVER, 5, BindAnswer("SMSC", version)))
    assert frame[:3] == (pdu.BIND_RECEIVER | pdu.RESPONSE, statuses.ROK, 5)
    assert pdu.read_bind_resp(frame.body) == BindAnswer("SMSC", version)


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"SMSC", b"SMSC\0", b"SMSC\0\x02\x10", b"SMSC\0\x02\x10\x00\x01"]
)
def test_an_answer_to_a_bind_may_end_anywhere(body: bytes):
    assert pdu.read_bind_resp(body).system_id in ("", "SMSC")


def test_a_refused_bind_carries_no_body():
    frame = one_frame(pdu.bind_resp(pdu.BIND_TRANSCEIVER, 5, status=statuses.RINVPASWD))
    assert frame == (pdu.BIND_TRANSCEIVER | pdu.RESPONSE, statuses.RINVPASWD, 5, b"")


def test_the_small_ones_are_headers_only():
    assert one_frame(pdu.enquire_link(1)) == (pdu.ENQUIRE_LINK, 0, 1, b"")
    assert one_frame(pdu.enquire_link_resp(1)) == (pdu.ENQUIRE_LINK_RESP, 0, 1, b"")
    assert one_frame(pdu.unbind(2)) == (pdu.UNBIND, 0, 2, b"")
    assert one_frame(pdu.unbind_resp(2)) == (pdu.UNBIND_RESP, 0, 2, b"")
    assert one_frame(pdu.generic_nack(0, statuses.RINVCMDID)) == (
        pdu.GENERIC_NACK,
        statuses.RINVCMDID,
        0,
        b"",
    )


def test_an_outbind_is_read_as_written():
    assert pdu.read_outbind(one_frame(pdu.outbind(1, "SMSC", "secret")).body) == ("SMSC", "secret")


def test_an_answer_to_submit_sm_has_an_id_and_a_refusal_no_body():
    assert pdu.read_message_id(one_frame(pdu.submit_sm_resp(1, "39f99dd5")).body) == "39f99dd5"
    refused = one_frame(pdu.submit_sm_resp(1, status=statuses.RTHROTTLED))
    assert refused == (pdu.SUBMIT_SM_RESP, statuses.RTHROTTLED, 1, b"")
    assert pdu.read_message_id(refused.body) == ""


@pytest.mark.parametrize(
    ("body", "message_id"), [(b"abc", "abc"), (b"abc\0\0\0", "abc"), (b"\0", ""), (b"\xe9\0", "é")]
)
def test_the_id_of_a_careless_answer_is_found(body: bytes, message_id: str):
    assert pdu.read_message_id(body) == message_id


def test_an_acknowledgement_is_a_single_zero():
    assert one_frame(pdu.deliver_sm_resp(9)) == (pdu.DELIVER_SM_RESP, 0, 9, b"\0")
    assert one_frame(pdu.deliver_sm_resp(9, statuses.RX_T_APPN)).status == statuses.RX_T_APPN


@given(st.text(ASCII, max_size=64), st.text(ASCII, max_size=20))
def test_a_query_is_read_as_written(message_id: str, sender: str):
    query = pdu.Query(message_id, Address(sender, 5, 0))
    assert pdu.read_query_sm(one_frame(pdu.query_sm(3, query)).body) == query


@given(st.text(ASCII, max_size=64), TIMES, st.integers(0, 255), st.integers(0, 255))
def test_an_answer_to_a_query_is_read_as_written(message_id: str, date: str, state: int, error: int):
    answer = pdu.QueryAnswer(message_id, date, state, error)
    body = one_frame(pdu.query_sm_resp(3, answer)).body
    assert pdu.read_query_sm_resp(body) == answer
    assert pdu.read_query_sm_resp(body[:-1]) == answer._replace(error_code=0)


def test_a_refused_query_carries_its_body():
    refused = pdu.query_sm_resp(3, pdu.QueryAnswer("x", "", 0), status=statuses.RQUERYFAIL)
    assert one_frame(refused).status == statuses.RQUERYFAIL
    assert pdu.read_query_sm_resp(one_frame(refused).body).message_id == "x"


@given(short_messages())
def test_data_sm_is_read_as_a_message(message: ShortMessage):
    sent = ShortMessage(
        message.source,
        message.destination,
        esm_class=message.esm_class,
        data_coding=message.data_coding,
        registered_delivery=message.registered_delivery,
        service_type=message.service_type,
        tlvs={tlv.MESSAGE_PAYLOAD: message.octets, **message.tlvs},
    )
    read = pdu.read_data_sm(one_frame(pdu.data_sm(1, sent)).body)
    assert read == sent
    assert read.payload == message.octets
    assert pdu.read_message_id(one_frame(pdu.data_sm_resp(1, "x", status=statuses.RX_T_APPN)).body) == "x"


@pytest.mark.parametrize("availability", [None, 0, 2])
def test_an_alert_is_read_as_written(availability: int | None):
    alert = pdu.Alert(PHONE, SHOP, availability)
    assert pdu.read_alert_notification(one_frame(pdu.alert_notification(1, alert)).body) == alert


# --- What does not fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("service_type", {"service_type": "longer"}),
        ("source_addr", {"source": Address("A" * 21)}),
        ("source_addr", {"source": Address("Café")}),
        ("destination_addr", {"destination": Address("1\0" + "2")}),
        ("short_message", {"octets": bytes(255)}),
        ("validity_period", {"validity_period": "tomorrow"}),
        ("esm_class", {"esm_class": 256}),
        ("data_coding", {"data_coding": -1}),
        ("addr_ton", {"source": Address("A", 300)}),
        ("length", {"tlvs": {tlv.MESSAGE_PAYLOAD: bytes(65_536)}}),
        ("tag", {"tlvs": {0x10000: b""}}),
    ],
)
def test_a_value_that_does_not_fit_is_named(field: str, change: dict[str, object]):
    with pytest.raises(BadField) as caught:
        pdu.submit_sm(1, ShortMessage(SHOP, PHONE)._replace(**change))
    assert caught.value.field == field


@pytest.mark.parametrize("field", ["system_id", "password", "system_type", "address_range"])
def test_a_bind_with_a_field_too_long_is_refused(field: str):
    with pytest.raises(BadField, match=field):
        pdu.bind(pdu.BIND_TRANSCEIVER, 1, Bind("me")._replace(**{field: "x" * 65}))


def test_a_body_that_is_cut_off_is_named_as_such():
    body = one_frame(pdu.deliver_sm(1, ShortMessage(PHONE, SHOP, b"Stop"))).body
    for n in range(len(body)):
        with pytest.raises(BadBody) as caught:
            pdu.read_short_message(body[:n])
        assert caught.value.status in (statuses.RINVCMDLEN, statuses.RINVMSGLEN)


def test_a_length_of_text_that_lies_is_refused():
    body = bytearray(one_frame(pdu.deliver_sm(1, ShortMessage(PHONE, SHOP, b"Stop"))).body)
    body[-5] = 200
    with pytest.raises(BadBody) as caught:
        pdu.read_short_message(bytes(body))
    assert caught.value.status == statuses.RINVMSGLEN


def test_padding_behind_a_receipt_does_not_lose_it():
    body = one_frame(pdu.deliver_sm(1, ShortMessage(PHONE, SHOP, b"Stop", tlvs={0x1E: b"7\0"}))).body
    for padding in (b"\0", b"\0\0\0", b"\x04\x27", b"\x04\x27\x00\x05\x02"):
        assert pdu.read_short_message(body + padding).tlvs == {0x1E: b"7\0"}


def test_the_text_stands_in_either_place():
    message = ShortMessage(PHONE, SHOP, tlvs={tlv.MESSAGE_PAYLOAD: b"long"})
    assert message.payload == b"long"
    assert message._replace(octets=b"short").payload == b"short"
    assert ShortMessage(PHONE, SHOP).payload == b""


# --- Statuses ---------------------------------------------------------------------------------------------


def test_statuses_have_the_names_of_the_specification():
    assert len(statuses.NAMES) == 48
    assert statuses.status_name(0x58) == "ESME_RTHROTTLED"
    assert statuses.status_name(0x400) == "0x00000400"
    for number, name in statuses.NAMES.items():
        assert statuses.status_number(name) == number
        assert statuses.status_number(name.removeprefix("ESME_").lower()) == number


@pytest.mark.parametrize(
    ("name", "number"),
    [("0x00000400", 0x400), ("1024", 1024), ("nonsense", None), ("-1", None), ("0x1FFFFFFFF", None)],
)
def test_a_status_may_be_named_by_its_number(name: str, number: int | None):
    assert statuses.status_number(name) == number
