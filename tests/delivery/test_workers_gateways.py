"""Which gateways the workers send through, and what they build the drivers from."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from delivery import jobs
from delivery.drain import drain
from delivery.gateways import DRIVERS, is_driven_by_workers
from delivery.gateways.base import DrivenBy
from delivery.gateways.errors import GatewayMisconfigured
from delivery.models import Gateway, GatewayHealth, Window
from delivery.sweep import ring_gateways
from tests.delivery.conftest import MakeDispatch, ScriptedDriver

pytestmark = pytest.mark.django_db


class SessionDriver(ScriptedDriver):
    kind: ClassVar[str] = "session"
    driven_by: ClassVar[DrivenBy] = DrivenBy.SESSION


class SecretDriver(ScriptedDriver):
    kind: ClassVar[str] = "secretive"
    built: ClassVar[list[Mapping[str, Any]]] = []

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__()
        if not settings.get("password"):
            raise GatewayMisconfigured("Type the password.")
        self.built.append(settings)


@pytest.fixture(autouse=True)
def drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    for driver in (SessionDriver, SecretDriver):
        monkeypatch.setitem(DRIVERS, driver.kind, driver)
    monkeypatch.setattr(SecretDriver, "built", [])


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr("delivery.sweep.enqueue", lambda *args: calls.append(args))
    return calls


def test_the_workers_leave_a_line_alone_that_a_process_of_its_own_holds(
    gateway: Gateway, make_dispatch: MakeDispatch, rung: list[tuple[Any, ...]]
) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(kind="session")
    make_dispatch(5)
    ring_gateways()
    jobs.drain(gateway.pk)
    assert rung == []
    assert not Window.objects.exists()


def test_the_sweep_rings_for_a_gateway_of_the_workers(
    gateway: Gateway, make_dispatch: MakeDispatch, rung: list[tuple[Any, ...]]
) -> None:
    make_dispatch(5)
    ring_gateways()
    assert rung == [("delivery.jobs.drain", gateway.pk)]


def test_a_gateway_of_an_unknown_kind_is_the_workers(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    """So that somebody hears of it."""
    assert is_driven_by_workers("gone")
    Gateway.objects.filter(pk=gateway.pk).update(kind="gone")
    make_dispatch(5)
    jobs.drain(gateway.pk)
    assert "gone" in GatewayHealth.objects.get(gateway=gateway).reason


def test_a_drain_builds_its_driver_with_the_secrets(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    gateway.kind, gateway.settings, gateway.secret = "secretive", {"user": "a"}, '{"password": "b"}'
    gateway.save()
    dispatch = make_dispatch(5)
    drain(gateway, until=time.monotonic() + 5)
    dispatch.refresh_from_db()
    assert dispatch.sent_at is not None
    (built,) = SecretDriver.built
    assert (built["user"], built["password"]) == ("a", "b")


def test_a_gateway_that_cannot_be_built_is_noted_as_unusable(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    gateway.kind = "secretive"
    gateway.save()
    make_dispatch(5)
    assert drain(gateway, until=time.monotonic() + 5) is False
    assert GatewayHealth.objects.get(gateway=gateway).reason == "Type the password."
