"""An installation without a carrier can be tried all the same."""

from __future__ import annotations

import pytest

from delivery.models import Gateway
from delivery.queries import default_gateway
from delivery.services import ensure_simulated_gateway, ensure_simulated_smsc

pytestmark = pytest.mark.django_db


def test_it_is_made_once() -> None:
    made = ensure_simulated_gateway()
    assert ensure_simulated_gateway() == made == default_gateway()
    assert Gateway.objects.count() == 1


def test_an_existing_one_is_left_as_it_is() -> None:
    own = Gateway.objects.create(slug="mine", name="Mine", kind="simulator", rate_per_second=7)
    assert ensure_simulated_gateway() == own
    own.refresh_from_db()
    assert own.rate_per_second == 7


def smsc_at(port: int) -> Gateway:
    smsc = ensure_simulated_smsc(port=port)
    assert smsc is not None
    return smsc


def test_the_simulated_smsc_stands_behind_the_simulated_gateway() -> None:
    smsc = smsc_at(21_000)
    assert smsc.is_simulated
    assert default_gateway() == ensure_simulated_gateway() != smsc


def test_there_is_no_simulated_smsc_beside_a_carrier() -> None:
    Gateway.objects.create(slug="own", name="Own", kind="smpp", settings={"host": "smsc.example"})
    assert ensure_simulated_smsc(port=21_000) is None


def test_the_simulated_smsc_moves_with_its_port_and_keeps_what_was_set_up() -> None:
    smsc = smsc_at(21_000)
    Gateway.objects.filter(pk=smsc.pk).update(settings=smsc.settings | {"window": 7}, rate_per_second=3)
    moved = smsc_at(21_001)
    assert (moved.pk, moved.settings["port"], moved.settings["window"]) == (smsc.pk, 21_001, 7)
    assert moved.rate_per_second == 3


def test_a_line_that_was_made_a_real_one_is_left_alone() -> None:
    smsc = smsc_at(21_000)
    real = {"host": "smsc.example", "port": 2775, "simulated": True}
    Gateway.objects.filter(pk=smsc.pk).update(settings=real)
    left_alone = smsc_at(21_001)
    assert left_alone.settings == real
    assert not left_alone.is_simulated


def test_a_simulated_one_steps_in_for_a_paused_one_only_where_no_real_one_can() -> None:
    first = ensure_simulated_gateway()
    smsc_at(21_000)
    Gateway.objects.filter(pk=first.pk).update(is_enabled=False)
    stands_in = default_gateway()
    assert stands_in is not None
    assert stands_in.is_simulated
    real = Gateway.objects.create(slug="own", name="Own", kind="smpp", settings={"host": "smsc.example"})
    assert default_gateway() == real
    Gateway.objects.filter(pk=first.pk).update(is_enabled=True)
    assert default_gateway() == first
