"""A gateway's lane keeps its driver between windows, and opens another one when the gateway is set up differently."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from django.db import connection

from delivery.gateways import DRIVERS
from delivery.gateways.base import GatewayDriver, OutboundMessage, SubmitResult
from delivery.gateways.errors import GatewayMisconfigured
from delivery.models import CarrierTemplate, Gateway, GatewayHealth, Message
from delivery.statuses import MessageStatus
from delivery.urgent import lanes
from delivery.urgent.gathering import gather
from delivery.urgent.lanes import Lane, Lanes
from projects.models import Project
from smsconsole.queue import stop_requested
from tests.delivery.conftest import MakeDispatch, accept
from tests.delivery.streaming import loose, send

pytestmark = pytest.mark.django_db


class CountedDriver(GatewayDriver):
    """Accepts everything; knows how many of it were opened and closed."""

    kind = "counted"
    opened: list[Mapping[str, Any]] = []
    closed: list[Mapping[str, Any]] = []

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if settings.get("broken"):
            raise GatewayMisconfigured("It is broken.")
        self.settings = settings
        self.opened.append(settings)

    def open(self) -> None: ...

    def close(self) -> None:
        self.closed.append(self.settings)

    def submit(self, messages: Sequence[OutboundMessage], *, keep_going: Any) -> Iterator[SubmitResult]:
        yield from map(accept, messages)


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    CountedDriver.opened, CountedDriver.closed = [], []
    monkeypatch.setitem(DRIVERS, "counted", CountedDriver)


@pytest.fixture
def gateway(db: None) -> Gateway:
    return Gateway.objects.create(slug="counted", name="Counted", kind="counted")


@pytest.fixture
def lane(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Lane:
    """Driven by the test itself, in the test's own transaction."""
    monkeypatch.setattr(lanes.threading.Thread, "start", lambda _self: None)
    return Lane(gateway.pk)


def hand_over_one(project: Project) -> None:
    send(project, [loose(1)])
    gather()


def test_the_driver_stays_open_between_windows(project: Project, gateway: Gateway, lane: Lane) -> None:
    for _ in range(3):
        hand_over_one(project)
        lane._drain_once()
    assert Message.objects.filter(status=MessageStatus.SUBMITTED).count() == 3
    assert (len(CountedDriver.opened), len(CountedDriver.closed)) == (1, 0)
    lane._give_back_driver()
    assert len(CountedDriver.closed) == 1


def test_another_setup_wants_another_driver(project: Project, gateway: Gateway, lane: Lane) -> None:
    hand_over_one(project)
    lane._drain_once()
    Gateway.objects.filter(pk=gateway.pk).update(settings={"host": "new"})
    hand_over_one(project)
    lane._drain_once()
    assert [settings.get("host") for settings in CountedDriver.opened] == [None, "new"]
    assert len(CountedDriver.closed) == 1
    CarrierTemplate.objects.create(gateway=gateway, template_id="1", text="Hi {1}")
    lane._drain_once()
    assert CountedDriver.opened[-1]["carrier_templates"] == [["1", "Hi {1}"]]


def test_a_setup_that_cannot_work_is_noted_and_leaves_everything_waiting(
    project: Project, gateway: Gateway, lane: Lane
) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(settings={"broken": True})
    hand_over_one(project)
    assert lane._drain_once() is False
    assert Message.objects.get().status == MessageStatus.QUEUED
    assert GatewayHealth.objects.get(gateway=gateway).reason == "It is broken."


def test_a_paused_gateway_sends_nothing(project: Project, gateway: Gateway, lane: Lane) -> None:
    hand_over_one(project)
    Gateway.objects.filter(pk=gateway.pk).update(is_enabled=False)
    assert lane._drain_once() is False
    assert CountedDriver.opened == []


def test_campaigns_are_left_to_the_workers(
    project: Project, gateway: Gateway, lane: Lane, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(3)
    hand_over_one(project)
    lane._drain_once()
    assert Message.objects.filter(status=MessageStatus.SUBMITTED).count() == 1


def test_an_open_breaker_is_tried_with_one_message(project: Project, gateway: Gateway, lane: Lane) -> None:
    send(project, [loose(i) for i in range(5)])
    gather()
    GatewayHealth.objects.create(
        gateway=gateway,
        down_since="2026-01-01T00:00Z",
        failed_at="2026-01-01T00:00Z",
        probe_at="2026-01-01T00:00Z",
        n_failures=3,
    )
    lane._drain_once()
    assert Message.objects.filter(status=MessageStatus.SUBMITTED).count() == 5
    assert GatewayHealth.objects.get(gateway=gateway).probe_at is None


@pytest.mark.django_db(transaction=True)
def test_lanes_drain_when_they_are_woken_and_end_when_they_are_told(
    project: Project, gateway: Gateway
) -> None:
    opened = Lanes()
    try:
        for i in range(3):
            hand_over_one(project)
            opened.wake(gateway.pk)
            pause = threading.Event()
            for _ in range(200):
                if Message.objects.filter(status=MessageStatus.SUBMITTED).count() == i + 1:
                    break
                pause.wait(0.05)
            else:
                pytest.fail("it did not leave")
    finally:
        stop_requested.set()
        opened.join()
    assert (len(CountedDriver.opened), len(CountedDriver.closed)) == (1, 1)
    assert not any(lane.is_alive for lane in opened._lanes.values())
    connection.close()
