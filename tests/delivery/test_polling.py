"""Carriers that have to be asked: in time, by one worker at a time, less often while they do not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from delivery import advisory, gateways, jobs
from delivery.gateways.base import (
    GatewayDriver,
    OutboundMessage,
    PolledEvents,
    PollsEvents,
    ReceiptEvent,
    ReceiptState,
    ReplyEvent,
    SubmitResult,
)
from delivery.gateways.errors import GatewayUnavailable
from delivery.models import Gateway, GatewayExchange, GatewayPolling, Receipt, Reply
from delivery.services import polling
from delivery.services.polling import poll_gateway, ring_polls

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 1, tzinfo=UTC)


class PolledDriver(GatewayDriver, PollsEvents):
    kind = "polled"
    label = "Polled"
    waiting: list[PolledEvents | Exception]
    n_asked = 0

    def __init__(self, settings: Mapping[str, Any]) -> None: ...

    def open(self) -> None: ...

    def close(self) -> None: ...

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        yield from ()

    def poll(self) -> PolledEvents:
        PolledDriver.n_asked += 1
        answer = self.waiting.pop(0) if self.waiting else PolledEvents()
        if isinstance(answer, Exception):
            raise answer
        return answer


def some(name: str, *, has_more: bool = False) -> PolledEvents:
    return PolledEvents(
        [ReceiptEvent(name, ReceiptState.DELIVERED, "DELIVRD", AT)],
        [ReplyEvent("+8613800000001", "TD", "1069", name)],
        has_more=has_more,
    )


@pytest.fixture
def polled(db: None, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setitem(gateways.DRIVERS, "polled", PolledDriver)
    PolledDriver.waiting, PolledDriver.n_asked = [], 0
    return Gateway.objects.create(slug="polled", name="Polled", kind="polled")


def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    rings: list[tuple[Any, ...]] = []
    monkeypatch.setattr(polling, "enqueue", lambda *call: rings.append(call))
    return rings


def test_it_asks_until_there_is_no_more(polled: Gateway) -> None:
    PolledDriver.waiting = [some("a", has_more=True), some("b")]
    ring_polls()
    assert poll_gateway(polled.pk) == 4
    assert set(Receipt.objects.values_list("gateway_message_id", flat=True)) == {"a", "b"}
    assert Reply.objects.count() == 2
    assert GatewayPolling.objects.get().polled_at is not None


def test_a_gateway_is_rung_for_once_in_an_interval(
    polled: Gateway, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings = rung(monkeypatch)
    assert [ring_polls(), ring_polls()] == [1, 0]
    GatewayPolling.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    Gateway.objects.filter(pk=polled.pk).update(is_enabled=False)
    assert ring_polls() == 0
    Gateway.objects.filter(pk=polled.pk).update(is_enabled=True)
    assert ring_polls() == 1
    assert rings == [("delivery.jobs.poll_gateway", polled.pk)] * 2


def test_a_carrier_that_does_not_answer_is_asked_later_and_later(polled: Gateway) -> None:
    ring_polls()
    pauses = []
    for _ in range(8):
        PolledDriver.waiting = [GatewayUnavailable("Nobody answers at example.com.")]
        assert poll_gateway(polled.pk) == 0
        pauses.append((GatewayPolling.objects.get().next_at - timezone.now()).total_seconds())
    assert [round(pause) for pause in pauses] == [60, 120, 240, 480, 600, 600, 600, 600]
    state = GatewayPolling.objects.get()
    assert (state.n_failures, state.reason) == (8, "Nobody answers at example.com.")
    assert GatewayExchange.objects.filter(is_fault=True).count() == 8
    poll_gateway(polled.pk)
    state.refresh_from_db()
    assert (state.n_failures, state.reason) == (0, "")


def test_what_came_is_stored_through_an_outage(polled: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    PolledDriver.waiting = [some("a")]
    store, failures = polling.store_events, [OperationalError("gone"), OperationalError("gone")]

    def flaky(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        store(*arguments)

    monkeypatch.setattr(polling, "store_events", flaky)
    monkeypatch.setattr(polling.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(connection, "close", lambda: None)
    assert poll_gateway(polled.pk) == 2
    assert PolledDriver.n_asked == 1
    assert Receipt.objects.count() == 1


def test_a_carrier_that_always_has_more_gets_another_turn(
    polled: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings = rung(monkeypatch)
    monkeypatch.setattr(polling, "SLICE_SECONDS", -1)
    PolledDriver.waiting = [some("a", has_more=True), some("b")]
    jobs.poll_gateway(polled.pk)
    assert PolledDriver.n_asked == 1
    assert rings == [("delivery.jobs.poll_gateway", polled.pk)]


@pytest.mark.django_db(transaction=True)
def test_one_worker_asks_at_a_time(polled: Gateway) -> None:
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(advisory._TRY_LOCK, ["delivery.poll", polled.pk])
            assert poll_gateway(polled.pk) == 0
            assert PolledDriver.n_asked == 0
            cursor.execute(advisory._UNLOCK, ["delivery.poll", polled.pk])
        assert poll_gateway(polled.pk) == 0
        assert PolledDriver.n_asked == 1
    finally:
        other.close()


def test_a_gateway_that_is_not_polled_or_paused_is_left_alone(gateway: Gateway, polled: Gateway) -> None:
    assert poll_gateway(gateway.pk) == 0
    Gateway.objects.update(is_enabled=False)
    assert poll_gateway(polled.pk) == 0
    assert PolledDriver.n_asked == 0
