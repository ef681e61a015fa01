"""What an SMSC delivers over a real socket, until it is stored and acknowledged."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import DataError, OperationalError

from delivery.gateways.base import Exchange
from delivery.gateways.smpp import SmppDriver
from delivery.models import Gateway, Receipt, Reply
from delivery.sessions import inbox as inbox_module
from delivery.sessions.inbox import Inbox
from delivery.statuses import MessageStatus
from tests.delivery.smpp.smsc import Smsc, deliver_body, receipt

pytestmark = pytest.mark.django_db(transaction=True)


class Held:
    """A bound line with an inbox behind it."""

    def __init__(self, smsc: Smsc) -> None:
        self.smsc = smsc
        self.gateway = Gateway.objects.create(slug="line", name="Line", kind="smpp")
        self.driver = SmppDriver(
            {"host": "127.0.0.1", "port": smsc.port, "system_id": "me", "enquire_seconds": 600}
        )
        self.seen: list[Exchange] = []
        self.driver.on_exchange = self.seen.append
        self.inbox = Inbox(self.gateway, self.driver)
        self.driver.listen(self.inbox.take)
        self.inbox.start()
        self.driver.open()

    @property
    def faults(self) -> list[Exchange]:
        return [exchange for exchange in self.seen if exchange.is_fault]

    def acknowledged(self) -> list[int]:
        return [sequence for sequence, status in self.smsc.acknowledged if status == 0]

    def wait_for_acknowledgements(self, n: int) -> None:
        self.smsc.wait_for(lambda: len(self.acknowledged()) >= n)

    def close(self) -> None:
        self.driver.close()
        self.inbox.stop()


@pytest.fixture
def smsc() -> Iterator[Smsc]:
    smsc = Smsc()
    smsc.start()
    yield smsc
    smsc.stop()


@pytest.fixture
def held(smsc: Smsc) -> Iterator[Held]:
    held = Held(smsc)
    yield held
    held.close()


def a_receipt(message_id: str = "77", **fields: str) -> bytes:
    return receipt(message_id, source="8613800000001", destination="Shop", **fields)


def a_reply(text: str, **fields: object) -> bytes:
    return deliver_body(text.encode(), source="8613800000001", destination="10690001", **fields)  # type: ignore[arg-type]


def test_a_receipt_is_stored_and_then_acknowledged(held: Held) -> None:
    sequence = held.smsc.deliver(a_receipt(stat="UNDELIV", err="045"))
    held.wait_for_acknowledgements(1)
    assert held.acknowledged() == [sequence]
    stored = Receipt.objects.get()
    assert (stored.gateway_message_id, stored.state, stored.code) == (
        "77",
        MessageStatus.UNDELIVERED,
        "UNDELIV:045",
    )
    assert stored.msisdn == "+8613800000001"


def test_nothing_is_acknowledged_before_it_is_committed(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    may_store = threading.Event()
    store = inbox_module.store_events

    def store_later(gateway: Gateway, events: object) -> None:
        assert may_store.wait(10)
        store(gateway, events)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox_module, "store_events", store_later)
    held.smsc.deliver(a_receipt())
    time.sleep(0.3)
    assert held.acknowledged() == []
    assert held.inbox.n_held == 1
    may_store.set()
    held.wait_for_acknowledgements(1)
    assert Receipt.objects.count() == 1


def test_while_the_database_is_away_signs_of_life_are_answered(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "AWAY_PAUSE_SECONDS", 0.05)
    store, is_away = inbox_module.store_events, True

    def refuse_while_away(gateway: Gateway, events: object) -> None:
        if is_away:
            raise OperationalError("away")
        store(gateway, events)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox_module, "store_events", refuse_while_away)
    answers = count_answers(held.smsc)
    held.smsc.deliver(a_receipt("1"))
    for _ in range(3):
        held.smsc.send_raw(struct.pack(">IIII", 16, 0x15, 0, 9))
    held.smsc.wait_for(lambda: answers() >= 3)
    assert held.acknowledged() == []
    is_away = False
    held.wait_for_acknowledgements(1)
    assert Receipt.objects.count() == 1


def count_answers(smsc: Smsc) -> Callable[[], int]:
    """How many enquire_link_resp the SMSC has heard."""
    heard: list[int] = []
    [peer] = smsc._connections.values()
    take = peer._take

    def listen(command: int, status: int, sequence: int, body: bytes) -> bytes:
        if command == 0x80000015:
            heard.append(sequence)
        return take(command, status, sequence, body)

    peer._take = listen  # type: ignore[method-assign]
    return lambda: len(heard)


def test_many_are_stored_in_groups(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    store = inbox_module.store_events

    def count(gateway: Gateway, events: object) -> None:
        sizes.append(len(events.receipts))  # type: ignore[attr-defined]
        store(gateway, events)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox_module, "store_events", count)
    held.smsc.deliver_many([a_receipt(str(number)) for number in range(3_000)])
    held.wait_for_acknowledgements(3_000)
    assert Receipt.objects.count() == 3_000
    assert sorted(held.acknowledged()) == sorted(held.smsc.delivered)
    assert len(sizes) <= 15


def test_with_too_much_waiting_it_stops_reading_and_goes_on_later(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "MOST_HELD", 100)
    monkeypatch.setattr(inbox_module, "MOST_AT_ONCE", 50)
    may_store = threading.Event()
    store = inbox_module.store_events

    def store_later(gateway: Gateway, events: object) -> None:
        assert may_store.wait(10)
        store(gateway, events)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox_module, "store_events", store_later)
    n = 20_000
    held.smsc.deliver_many([a_receipt(str(number)) for number in range(n)])
    time.sleep(1.0)
    assert held.inbox.n_held < n / 2
    may_store.set()
    held.smsc.wait_for(lambda: len(held.acknowledged()) == n, seconds=30)
    assert Receipt.objects.count() == n


def test_a_reply_is_stored_with_its_text(held: Held) -> None:
    held.smsc.deliver(a_reply("STOP please"))
    held.smsc.deliver(
        deliver_body("退订".encode("utf-16-be"), source="8613800000002", destination="1069", data_coding=8)
    )
    held.wait_for_acknowledgements(2)
    replies = Reply.objects.order_by("pk").values_list("msisdn", "destination", "text")
    assert list(replies) == [
        ("+8613800000001", "10690001", "STOP please"),
        ("+8613800000002", "1069", "退订"),
    ]


def test_a_reply_whose_acknowledgement_got_lost_is_stored_once(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.smsc.deliver(a_reply("YES"))
    held.wait_for_acknowledgements(1)
    held.smsc.hang_up()
    held.smsc.start()
    held.smsc.wait_for(lambda: len(held.smsc.binds) == 2 and held.driver.is_usable)
    held.smsc.deliver(a_reply("YES"))
    held.wait_for_acknowledgements(2)
    assert Reply.objects.count() == 1
    # The same words on the same connection are another reply.
    held.smsc.deliver(a_reply("YES"))
    held.wait_for_acknowledgements(3)
    assert Reply.objects.count() == 2


def test_what_cannot_be_read_is_kept_without_its_digits_and_letters(held: Held) -> None:
    held.smsc.deliver(b"\0\1\1" + b"8613800000001 secret words")
    held.smsc.deliver(deliver_body(b"no id here", source="8613800000001", destination="1", esm_class=4))
    held.wait_for_acknowledgements(2)
    assert len(held.faults) == 2
    said = "".join(fault.request + fault.answer for fault in held.faults)
    assert "secret" not in said
    assert "8613800000001" not in said
    assert Receipt.objects.count() == Reply.objects.count() == 0


def test_one_that_the_database_refuses_stops_no_other(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    store = inbox_module.store_events

    def refuse_one(gateway: Gateway, events: object) -> None:
        if any(event.gateway_message_id == "5" for event in events.receipts):  # type: ignore[attr-defined]
            raise DataError("cannot be stored")
        store(gateway, events)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox_module, "store_events", refuse_one)
    held.smsc.deliver_many([a_receipt(str(number)) for number in range(10)])
    held.wait_for_acknowledgements(10)
    assert Receipt.objects.count() == 9
    assert len(held.faults) == 1


def test_a_state_on_the_way_is_acknowledged_and_forgotten(held: Held) -> None:
    held.smsc.deliver(a_receipt(stat="ENROUTE"))
    held.wait_for_acknowledgements(1)
    assert Receipt.objects.count() == 0
    assert held.faults == []


def test_a_data_sm_is_read_and_answered_as_one(held: Held) -> None:
    body = b"\0\x01\x018613800000001\0\x05\0Shop\0\x04\x00\x00" + struct.pack(">HH3s", 0x1E, 3, b"42\0")
    held.smsc.deliver(body + b"\x04\x27\x00\x01\x02", command=0x103)
    held.smsc.wait_for(lambda: Receipt.objects.filter(gateway_message_id="42").exists())
