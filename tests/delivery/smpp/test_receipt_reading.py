from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import pytest
from aiosmpplib import protocol
from hypothesis import given
from hypothesis import strategies as st

from delivery.gateways.base import ReceiptState
from delivery.smpp import tlv
from delivery.smpp.encoding import Alphabet, packed
from delivery.smpp.pdu import Address, ShortMessage
from delivery.smpp.receipt_text import ReceiptText, looks_like_receipt, read_receipt_text
from delivery.smpp.receipts import (
    WORDS_OF_MESSAGE_STATE,
    NoNews,
    Receipt,
    ReplyText,
    State,
    read_delivery,
    state_of,
)

NOW = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
DONE = datetime(2026, 11, 21, 16, 26, tzinfo=UTC)
PHONE = Address("8613800138000", 1, 1)
SHOP = Address("Shop", 5, 0)
RECEIPT = 0x04
USUAL = (
    "id:0123456789 sub:001 dlvrd:001 submit date:2611211625 done date:2611211626 stat:DELIVRD err:000 "
    "text:Your parcel"
)


def receipt(text: str | bytes = b"", *, esm_class: int = RECEIPT, **change: object) -> ShortMessage:
    octets = text.encode("latin-1") if isinstance(text, str) else text
    return ShortMessage(PHONE, SHOP, octets, esm_class)._replace(**change)


def read(message: ShortMessage, **change: object) -> Receipt | ReplyText | NoNews:
    return read_delivery(message, **{"received_at": NOW, **change})


def test_the_states_are_those_of_every_other_gateway():
    assert {state.value for state in State} == {state.value for state in ReceiptState}


def test_a_receipt_as_the_specification_shows_it():
    assert read(receipt(USUAL)) == Receipt("0123456789", State.DELIVERED, "DELIVRD", DONE, "+8613800138000")


# Each of these was seen in the wild, or in the reports of other clients' users.
@pytest.mark.parametrize(
    "text",
    [
        USUAL,
        USUAL.upper(),
        USUAL.lower(),
        USUAL.replace("text:Your parcel", "Text:Your parcel"),
        USUAL.replace(" text:Your parcel", ""),
        USUAL.replace(" text:Your parcel", " text:"),
        USUAL.replace(" text:Your parcel", " "),
        USUAL.replace(" err:000 text:Your parcel", ""),
        USUAL.replace("err:000", "err:"),
        USUAL.replace("err:000", "err:0"),
        USUAL.replace("err:000", "err:0000"),
        USUAL.replace(" sub:001 dlvrd:001", ""),
        USUAL.replace("sub:001 dlvrd:001", "sub:1 dlvrd:1"),
        USUAL.replace("dlvrd:001", "dlvd:001"),
        USUAL.replace("2611211626", "261121162600"),
        USUAL.replace("2611211626", "20261121162600"),
        USUAL.replace("2611211626", "202611211626"),
        USUAL.replace("2611211626", "2026-11-21 16:26:00"),
        USUAL.replace("submit date", "submit_date").replace("done date", "done_date"),
        USUAL.replace("submit date", "submitdate").replace("done date", "donedate"),
        USUAL.replace(" ", "  "),
        USUAL.replace(" ", "\n"),
        USUAL.replace(" sub", ",sub")
        .replace(" stat", "; stat")
        .replace(" err", ", err")
        .replace(" done", ", done"),
        USUAL.replace(":", ": "),
        USUAL.replace(":", "="),
        USUAL.replace(" sub", "sub").replace(" dlvrd", "dlvrd").replace(" stat", "stat"),
        USUAL.replace("id:0123456789", 'id:"0123456789"'),
        USUAL.replace("id:", "message id:"),
        USUAL.replace("stat:", "status:"),
        "\0" + USUAL + "\0",
        "garbage before " + USUAL,
        USUAL + " garbage behind id:999 stat:UNDELIV",
        "stat:DELIVRD done date:2611211626 id:0123456789",
        USUAL[: USUAL.index(" err")],
    ],
)
def test_a_receipt_is_read_however_it_is_written(text: str):
    assert read(receipt(text)) == Receipt("0123456789", State.DELIVERED, "DELIVRD", DONE, "+8613800138000")


@pytest.mark.parametrize(
    "order", list(permutations(["id:77", "stat:EXPIRED", "err:005", "done date:2611211626"]))
)
def test_the_fields_may_come_in_any_order(order: tuple[str, ...]):
    assert read(receipt(" ".join(order))) == Receipt(
        "77", State.EXPIRED, "EXPIRED:005", DONE, "+8613800138000"
    )


def test_what_the_text_quotes_of_the_message_is_no_field():
    text = USUAL.replace("text:Your parcel", "text:id:666 stat:UNDELIV err:045")
    assert read(receipt(text)) == read(receipt(USUAL))
    assert read_receipt_text("id:7 stat:EXPIRED text:id:666 stat:DELIVRD err:1").stat == "EXPIRED"


@pytest.mark.parametrize(
    ("stat", "err", "state", "code"),
    [
        ("DELIVRD", "000", State.DELIVERED, "DELIVRD"),
        ("DELIVRD", "045", State.DELIVERED, "DELIVRD"),
        ("DELIVERED", "000", State.DELIVERED, "DELIVERED"),
        ("EXPIRED", "000", State.EXPIRED, "EXPIRED"),
        ("DELETED", "000", State.REJECTED, "DELETED"),
        ("UNDELIV", "000", State.UNDELIVERED, "UNDELIV"),
        ("UNDELIV", "1B", State.UNDELIVERED, "UNDELIV:1B"),
        ("UNDELIV", "045", State.UNDELIVERED, "UNDELIV:045"),
        ("UNKNOWN", "000", State.UNDELIVERED, "UNKNOWN"),
        ("REJECTD", "011", State.REJECTED, "REJECTD:011"),
        ("REJECTED", "0", State.REJECTED, "REJECTED"),
        ("MK:0012", "012", State.UNDELIVERED, "MK:0012"),
        ("XA:0088", "", State.UNDELIVERED, "XA:0088"),
    ],
)
def test_each_word_has_its_state_and_its_code(stat: str, err: str, state: State, code: str):
    text = USUAL.replace("stat:DELIVRD", f"stat:{stat}").replace("err:000", f"err:{err}")
    assert read(receipt(text)) == Receipt("0123456789", state, code, DONE, "+8613800138000")


@pytest.mark.parametrize("stat", ["ENROUTE", "ACCEPTD", "accepted", "BUFFRED"])
def test_a_message_on_its_way_is_no_news(stat: str):
    assert read(receipt(USUAL.replace("DELIVRD", stat))) == NoNews("a state on the way")


def test_an_intermediate_notification_is_no_news():
    assert read(receipt(USUAL, esm_class=0x20)) == NoNews("an intermediate notification")


@pytest.mark.parametrize(
    "text", ["", "stat:DELIVRD", "Message delivered.", "id: stat:DELIVRD", "\0\0\0", "\xff\xfe"]
)
def test_a_receipt_without_an_id_is_a_fault(text: str):
    found = read(receipt(text))
    assert isinstance(found, NoNews)
    assert found.is_fault


def test_a_receipt_without_a_state_is_a_fault():
    assert read(receipt("id:0123456789 sub:001")) == NoNews("a receipt without a state", is_fault=True)


def test_the_optional_parameters_are_a_receipt_too():
    message = receipt(tlvs={tlv.RECEIPTED_MESSAGE_ID: b"39f99dd5\0", tlv.MESSAGE_STATE: b"\5"})
    assert read(message) == Receipt("39f99dd5", State.UNDELIVERED, "UNDELIV", NOW, "+8613800138000")
    error = message._replace(tlvs={**message.tlvs, tlv.NETWORK_ERROR_CODE: b"\3\0\x2d"})
    assert read(error) == Receipt("39f99dd5", State.UNDELIVERED, "UNDELIV:045", NOW, "+8613800138000")


def test_they_are_one_even_where_esm_class_is_forgotten():
    tlvs = {tlv.RECEIPTED_MESSAGE_ID: b"39f99dd5", tlv.MESSAGE_STATE: b"\2"}
    assert isinstance(read(receipt(USUAL, esm_class=0, tlvs=tlvs)), Receipt)


def test_the_id_of_the_optional_parameter_comes_first():
    found = read(receipt(USUAL, tlvs={tlv.RECEIPTED_MESSAGE_ID: b"39f99dd5\0"}))
    assert isinstance(found, Receipt)
    assert found.message_id == "39f99dd5"


@pytest.mark.parametrize(("number", "word"), sorted(WORDS_OF_MESSAGE_STATE.items()))
def test_each_message_state_is_read(number: int, word: str):
    found = read(receipt(tlvs={tlv.RECEIPTED_MESSAGE_ID: b"7\0", tlv.MESSAGE_STATE: bytes((number,))}))
    if word in ("SCHEDULED", "ENROUTE", "ACCEPTD"):
        assert found == NoNews("a state on the way")
    else:
        assert isinstance(found, Receipt)
        assert found.code == word


@pytest.mark.parametrize(
    ("word", "number", "told"),
    [
        ("UNDELIV", 2, ("DELIVRD", State.DELIVERED)),  # the number is surer than the word
        ("MK:0012", 5, ("MK:0012", State.UNDELIVERED)),  # ... and the word says why
        ("MK:0012", 3, ("MK:0012", State.EXPIRED)),
        ("DELIVRD", 1, ("DELIVRD", State.DELIVERED)),  # a number of the way does not undo a word of the end
        ("ENROUTE", 2, ("DELIVRD", State.DELIVERED)),
        ("DELIVRD", 99, ("DELIVRD", State.DELIVERED)),
        ("", 2, ("DELIVRD", State.DELIVERED)),
        ("", 99, ("", None)),
        ("", None, ("", None)),
        ("ACCEPTD", 6, ("ACCEPTD", None)),
    ],
)
def test_word_and_number_are_weighed(word: str, number: int | None, told: tuple[str, State | None]):
    assert state_of(word, number) == told


def test_what_a_person_typed_like_a_receipt_is_a_reply():
    found = read(receipt(USUAL, esm_class=0))
    assert isinstance(found, ReplyText)
    assert found.text == USUAL


def test_a_carrier_that_forgets_esm_class_may_be_trusted():
    assert read(receipt(USUAL, esm_class=0), trusts_text=True) == read(receipt(USUAL))
    assert read(receipt(USUAL.replace("DELIVRD", "ENROUTE"), esm_class=0), trusts_text=True) == NoNews(
        "a state on the way"
    )
    assert isinstance(read(receipt("Stop", esm_class=0), trusts_text=True), ReplyText)


def test_a_receipt_in_ucs2_is_read():
    assert read(receipt(USUAL.encode("utf-16-be"), data_coding=8)) == read(receipt(USUAL))
    assert read(receipt(USUAL, data_coding=8)) == read(receipt(USUAL))  # it says so and does not do it


def test_a_receipt_in_packed_septets_is_read():
    octets = packed(USUAL.encode())
    assert read(receipt(octets), alphabet=Alphabet.GSM7_PACKED) == read(receipt(USUAL))
    assert read(receipt(USUAL), alphabet=Alphabet.GSM7_PACKED) == read(receipt(USUAL))


def test_a_receipt_in_a_payload_is_read():
    assert read(receipt(tlvs={tlv.MESSAGE_PAYLOAD: USUAL.encode()})) == read(receipt(USUAL))


def test_a_date_is_of_the_carriers_zone_and_never_after_now():
    shanghai = timezone(timedelta(hours=8))
    found = read(receipt(USUAL), zone=shanghai)
    assert isinstance(found, Receipt)
    assert found.reported_at == DONE - timedelta(hours=8)
    future = read(receipt(USUAL.replace("done date:2611211626", "done date:2711211626")))
    assert isinstance(future, Receipt)
    assert future.reported_at == NOW


@pytest.mark.parametrize("date", ["", "0000000000", "9999999999", "soon"])
def test_without_a_date_it_is_as_old_as_it_is_here(date: str):
    found = read(receipt(USUAL.replace("done date:2611211626", f"done date:{date}")))
    assert isinstance(found, Receipt)
    assert (found.state, found.reported_at) == (State.DELIVERED, NOW)


@given(
    st.text("0123456789abcdef-", min_size=1, max_size=64),
    st.sampled_from(["DELIVRD", "UNDELIV", "EXPIRED", "REJECTD"]),
    st.integers(0, 999),
    st.text("abc :%", max_size=20),
)
def test_receipts_as_aiosmpplib_writes_them_are_read_alike(message_id: str, stat: str, err: int, text: str):
    fields = {
        "id": message_id,
        "stat": stat,
        "err": err,
        "done date": DONE,
        "submit date": DONE,
        "text": text,
    }
    written = protocol.DeliverSm.encode_receipt(fields)
    assert read_receipt_text(written) == ReceiptText(message_id, stat, f"{err:03}", "2611211626")
    assert looks_like_receipt(written)
    theirs = protocol.DeliverSm(short_message=written, esm_class=4).parse_receipt()
    assert (theirs["id"], theirs["stat"], theirs["err"]) == (message_id, stat, err)


@given(st.integers(0, len(USUAL)), st.booleans())
def test_a_receipt_may_be_cut_off_anywhere(n: int, has_id: bool):
    tlvs = {tlv.RECEIPTED_MESSAGE_ID: b"7\0"} if has_id else {}
    found = read(receipt(USUAL[:n], tlvs=tlvs))
    assert isinstance(found, Receipt | NoNews)
    if isinstance(found, Receipt) and n > USUAL.index(" err"):
        assert found.state is State.DELIVERED


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["id:", "stat:", "done date:", "err:", " ", "7", "text:"])).map("".join)
)
def test_no_text_makes_reading_fail(text: str):
    assert isinstance(read_receipt_text(text), ReceiptText)
