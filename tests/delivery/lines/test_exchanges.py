"""The newest exchanges of a line: faults all, the rest now and then, and never in the way of sending."""

from __future__ import annotations

import pytest
from django.db import connection

from delivery.gateways.base import Exchange
from delivery.lines import exchanges
from delivery.lines.opening import open_gateway, settings_of
from delivery.models import CarrierTemplate, Gateway, GatewayExchange

pytestmark = pytest.mark.django_db

USUAL = Exchange("SendSms", "to 138****0001", "Ok", milliseconds=12)
FAULT = Exchange("SendSms", "to 138****0001", "HTTP 500", is_fault=True)


@pytest.fixture(autouse=True)
def forget() -> None:
    exchanges._usual_at.clear()
    exchanges._faults.clear()


def test_one_a_second_is_kept_of_what_goes_well(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(exchanges.time, "monotonic", lambda: now)
    for _ in range(5):
        exchanges.keep(gateway.pk, USUAL)
    now += 1.01
    exchanges.keep(gateway.pk, USUAL)
    assert GatewayExchange.objects.count() == 2


def test_every_fault_is_kept_and_the_newest_fifty_stay(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    exchanges.keep(other.pk, USUAL)
    now = 100.0
    monkeypatch.setattr(exchanges.time, "monotonic", lambda: now)
    for n in range(60):
        now += 0.1
        exchanges.keep(gateway.pk, FAULT._replace(answer=f"fault {n}"))
    kept = GatewayExchange.objects.filter(gateway=gateway).order_by("id").values_list("answer", flat=True)
    assert list(kept) == [f"fault {n}" for n in range(10, 60)]
    assert GatewayExchange.objects.filter(gateway=other).count() == 1


def test_a_flood_of_faults_costs_no_more_than_what_is_kept(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges.time, "monotonic", lambda: 100.0)
    written: list[str] = []
    with connection.execute_wrapper(lambda run, sql, *rest: written.append(sql) or run(sql, *rest)):
        for _ in range(500):
            exchanges.keep(gateway.pk, FAULT)
    assert sum("delivery_gatewayexchange" in sql for sql in written) == exchanges.FAULTS_PER_SECOND


def test_it_never_raises_and_leaves_the_transaction_usable(gateway: Gateway) -> None:
    # No gateway has this id: its foreign key is refused at the end, the too small type at once.
    exchanges.keep(2**70, FAULT)
    assert Gateway.objects.filter(pk=gateway.pk).exists()


def test_what_does_not_fit_is_cut_and_what_cannot_be_stored_is_left_out(gateway: Gateway) -> None:
    exchanges.keep(gateway.pk, Exchange("x" * 200, "a\0b\ud800", "y" * 9_000, milliseconds=-5))
    kept = GatewayExchange.objects.get()
    assert (len(kept.what), kept.request, len(kept.answer), kept.milliseconds) == (60, "ab?", 4_000, 0)


def test_a_driver_that_is_opened_notes_to_its_gateway(gateway: Gateway) -> None:
    open_gateway(gateway).note(USUAL)
    assert GatewayExchange.objects.get().gateway_id == gateway.pk


def test_a_driver_gets_the_templates_approved_at_its_carrier(gateway: Gateway) -> None:
    CarrierTemplate.objects.create(gateway=gateway, template_id="1234", text="Your code is {1}.")
    assert settings_of(gateway)["carrier_templates"] == [["1234", "Your code is {1}."]]
