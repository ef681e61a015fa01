"""Octets that nobody should send: only the errors that are promised, and in bounded time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.smpp import pdu, statuses, tlv
from delivery.smpp.errors import BadBody, BadLength
from delivery.smpp.pdu import ShortMessage
from delivery.smpp.receipt_text import read_receipt_text
from delivery.smpp.receipts import read_delivery
from tests.delivery.smpp.oracles import short_messages
from tests.delivery.smpp.test_pdu_oracles import ALL

NOW = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
READERS: dict[str, Callable[[bytes], Any]] = {
    "bind": pdu.read_bind,
    "bind_resp": pdu.read_bind_resp,
    "outbind": pdu.read_outbind,
    "short_message": pdu.read_short_message,
    "message_id": pdu.read_message_id,
    "query_sm": pdu.read_query_sm,
    "query_sm_resp": pdu.read_query_sm_resp,
    "data_sm": pdu.read_data_sm,
    "alert_notification": pdu.read_alert_notification,
}
reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


def read_or_refused(read: Callable[[bytes], Any], body: bytes) -> Any:
    """What was read; None for a body that was refused with a status of the specification."""
    status = statuses.ROK
    try:
        return read(body)
    except BadBody as bad:
        status = bad.status
    assert status in statuses.NAMES.keys() - {statuses.ROK}
    return None


def read_everything(stream: bytes) -> None:
    """As a session reads: any error but the promised ones fails the test."""
    try:
        frames, rest = pdu.frames(stream)
    except BadLength as bad:
        frames, rest = bad.frames, b""
    assert len(rest) < pdu.MAX_LENGTH
    for frame in frames:
        for read in READERS.values():
            found = read_or_refused(read, frame.body)
            if isinstance(found, ShortMessage):
                read_delivery(found, received_at=NOW, trusts_text=True)


@reader
@given(body=st.binary(max_size=300))
def test_random_octets_are_read_or_refused(read: Callable[[bytes], Any], body: bytes):
    read_or_refused(read, body)


@given(st.binary(max_size=500))
def test_a_stream_of_random_octets_is_read_or_refused(stream: bytes):
    read_everything(stream)


@given(st.sampled_from(sorted(ALL)), st.data())
def test_a_pdu_with_a_few_octets_changed_is_read_or_refused(name: str, data: st.DataObject):
    raw = bytearray(ALL[name])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read_everything(bytes(raw))


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_pdu_cut_off_anywhere_waits_or_is_refused(name: str):
    raw = ALL[name]
    for n in range(len(raw)):
        assert pdu.frames(raw[:n]) == ([], raw[:n])
        if n >= pdu.HEADER_LENGTH:  # the same with a length that fits
            read_everything(n.to_bytes(4, "big") + raw[4:n])


@given(short_messages(), st.integers(0, 255))
def test_a_length_of_text_that_lies_is_refused_or_changes_the_text(message: ShortMessage, length: int):
    body = bytearray(pdu.deliver_sm(1, message)[16:])
    body[len(body) - len(tlv.many(message.tlvs)) - len(message.octets) - 1] = length
    try:
        read = pdu.read_short_message(bytes(body))
    except BadBody:
        assert length > len(message.octets)
    else:
        assert len(read.octets) == length
        assert read[:2] == message[:2]


@given(
    st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=20)), max_size=5)
)
def test_parameters_whose_length_lies_make_nothing_fail(written: list[tuple[int, int, bytes]]):
    body = b"".join(tag.to_bytes(2, "big") + n.to_bytes(2, "big") + value for tag, n, value in written)
    for value in tlv.read(body).values():
        assert value in body


@pytest.mark.parametrize(
    "text",
    [
        "id:" * 20_000,
        "submit " * 9_000,
        "id:" + "7" * 60_000,
        " " * 65_000,
        "\x1b" * 65_000,
        "stat:" + " " * 60_000 + "x",
        "message_" * 8_000,
        "id:7 sub:1 dlvrd:1 submit date:" + "1" * 60_000,
    ],
)
def test_the_longest_text_is_read_in_no_time(text: str):
    message = ShortMessage(
        pdu.Address("1"), pdu.Address("2"), esm_class=4, tlvs={tlv.MESSAGE_PAYLOAD: text.encode()}
    )
    started = time.process_time()
    read_receipt_text(text)
    for esm_class in (0x00, 0x04, 0x40):
        read_delivery(message._replace(esm_class=esm_class), received_at=NOW, trusts_text=True)
    assert time.process_time() - started < 0.5


def test_a_megabyte_of_noise_is_read_in_no_time():
    noise = random.Random(34).randbytes(1 << 20)
    started = time.process_time()
    for start in range(0, len(noise), 997):
        read_everything(noise[start : start + 997])
    tiny = pdu.pdu(pdu.DELIVER_SM, 1) * 4_000  # 16 octets each
    read_everything(tiny)
    assert time.process_time() - started < 5
