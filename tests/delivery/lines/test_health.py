"""Gateways that cannot be used: noted by the drain, told after a minute, once, and told again when they work."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from delivery.drain import drain
from delivery.gateways.base import OutboundMessage
from delivery.gateways.errors import GatewayUnavailable
from delivery.lines import health
from delivery.models import Gateway, GatewayHealth
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.conftest import MakeDispatch, ScriptedDriver

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_beliefs() -> None:
    health._worked_at.clear()


def told() -> list[str]:
    kinds = OutboxEvent.objects.filter(kind__startswith="gateway.").order_by("id")
    return list(kinds.values_list("kind", flat=True))


def let_pass(gateway: Gateway, seconds: int) -> None:
    GatewayHealth.objects.filter(gateway=gateway).update(
        down_since=timezone.now() - timedelta(seconds=seconds)
    )


def fail(_message: OutboundMessage) -> None:
    raise GatewayUnavailable("nobody answers")


def test_the_drain_notes_that_a_gateway_cannot_be_used(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(1)
    driver.answer = fail  # type: ignore[assignment]
    drain(gateway, until=time.monotonic() + 0.3, driver=driver)
    noted = GatewayHealth.objects.get(gateway=gateway)
    assert (noted.reason, noted.told_at) == ("nobody answers", None)
    assert noted.down_since is not None


def test_a_minute_later_it_is_told_once(gateway: Gateway) -> None:
    health.note_unusable(gateway.pk, "nobody answers")
    assert health.tell_down() == 0
    let_pass(gateway, 61)
    assert health.tell_down() == 1
    health.note_unusable(gateway.pk, "nobody answers")
    assert health.tell_down() == 0
    assert told() == ["gateway.down"]


def test_it_is_told_when_it_works_again(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    health.note_unusable(gateway.pk, "nobody answers")
    let_pass(gateway, 61)
    health.tell_down()
    make_dispatch(1)
    drain(gateway, until=float("inf"), driver=driver)
    assert told() == ["gateway.down", "gateway.up"]
    assert GatewayHealth.objects.get(gateway=gateway).down_since is None


def test_a_line_that_recovers_within_a_minute_is_nobodys_news(gateway: Gateway) -> None:
    health.note_unusable(gateway.pk, "nobody answers")
    health.note_usable(gateway.pk)
    assert health.tell_down() == 0
    assert told() == []


def test_a_line_that_nobody_tries_any_more_is_not_called_down(gateway: Gateway) -> None:
    health.note_unusable(gateway.pk, "nobody answers")
    long_ago = timezone.now() - timedelta(seconds=600)
    GatewayHealth.objects.update(down_since=long_ago, failed_at=long_ago)
    assert health.tell_down() == 0
    assert GatewayHealth.objects.get().down_since is None


def test_a_gateway_that_works_costs_no_statement_but_one_in_ten_seconds(
    gateway: Gateway, django_assert_num_queries: object
) -> None:
    health.note_usable(gateway.pk)
    with django_assert_num_queries(0):  # type: ignore[operator]
        health.note_usable(gateway.pk)
