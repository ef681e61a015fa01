"""The sandbox: what a number's last digits promise happens, nothing leaves, and nothing counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from delivery.drain import drain
from delivery.gateways.base import OutboundMessage, Outcome, ReceiptState
from delivery.gateways.errors import GatewayUnavailable
from delivery.gateways.sandbox import RECEIPT_SECONDS, SandboxDriver
from delivery.ledger import check_dispatch, check_usage
from delivery.lines.opening import open_gateway
from delivery.models import CapUsage, Gateway, Message, NumberSlots, Receipt
from delivery.services.receipts import apply_receipts
from delivery.services.sandbox import tell_sandbox
from delivery.statuses import MessageStatus, Reason
from delivery.urgent.gathering import gather
from projects.models import Cap, FrequencyRule, Project
from tests.delivery.streaming import TAGS, loose, send
from tests.factories import OrganizationFactory

DELIVERED, FAILS, SILENT, REFUSED, OTHER = (
    "+8613800000001",
    "+8613800000002",
    "+8613800000003",
    "+8613800000004",
    "+8613812345678",
)


@pytest.fixture
def driver() -> Iterator[SandboxDriver]:
    driver = SandboxDriver({})
    Redis.from_url(settings.RQ_QUEUES["delivery"]["URL"]).delete(driver._key)
    yield driver
    driver.close()


def outbound(*numbers: str) -> list[OutboundMessage]:
    return [OutboundMessage(i, 1, number, "", "Hi", 1) for i, number in enumerate(numbers, start=1)]


def submit(driver: SandboxDriver, *numbers: str) -> dict[str, Outcome]:
    messages = outbound(*numbers)
    results = driver.submit(messages, keep_going=lambda: True)
    return {message.msisdn: r.outcome for message, r in zip(messages, results, strict=True)}


def test_only_what_ends_in_0004_is_refused(driver: SandboxDriver) -> None:
    outcomes = submit(driver, DELIVERED, FAILS, SILENT, REFUSED, OTHER)
    assert outcomes.pop(REFUSED) == Outcome.REFUSED
    assert set(outcomes.values()) == {Outcome.ACCEPTED}


def test_receipts_are_due_after_a_second_and_none_for_who_stays_silent(
    driver: SandboxDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr("delivery.gateways.sandbox.time.time", lambda: now)
    submit(driver, DELIVERED, FAILS, SILENT, REFUSED, OTHER)
    assert driver.due_receipts() == []
    monkeypatch.setattr("delivery.gateways.sandbox.time.time", lambda: now + RECEIPT_SECONDS)
    states = {receipt.reference: receipt.state for receipt in driver.due_receipts()}
    assert states == {
        "1-1": ReceiptState.DELIVERED,
        "2-1": ReceiptState.UNDELIVERED,
        "5-1": ReceiptState.DELIVERED,
    }


def test_what_is_not_stored_is_told_again_and_what_is_stored_never(
    driver: SandboxDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    submit(driver, DELIVERED)
    clock = iter([now + 2, now + 3, now + 20, now + 60])
    monkeypatch.setattr("delivery.gateways.sandbox.time.time", lambda: next(clock))
    assert len(driver.due_receipts()) == 1
    assert driver.due_receipts() == []
    assert len(driver.due_receipts()) == 1
    driver.forget()
    assert driver.due_receipts() == []


def test_without_valkey_nothing_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.RQ_QUEUES["delivery"], "URL", "redis://127.0.0.1:1/0")
    driver = SandboxDriver({})
    with pytest.raises(GatewayUnavailable):
        list(driver.submit(outbound(DELIVERED), keep_going=lambda: True))
    # What needs no receipt needs no Valkey either.
    assert submit(driver, SILENT, REFUSED) == {SILENT: Outcome.ACCEPTED, REFUSED: Outcome.REFUSED}


def test_nothing_is_taken_once_it_should_stop(driver: SandboxDriver) -> None:
    results = list(driver.submit(outbound(DELIVERED), keep_going=lambda: False))
    assert [r.outcome for r in results] == [Outcome.UNSENT]


@pytest.mark.django_db(transaction=True)
def test_a_sandbox_message_goes_the_whole_way_and_counts_for_nothing(
    driver: SandboxDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization = OrganizationFactory()
    project = Project.objects.create(organization=organization, name="Shop", slug="shop")
    FrequencyRule.objects.create(project=project, dimension="per_day", n_messages=1, is_on=True)
    Cap.objects.create(project=project, scope="all", period="day", cap=1)
    numbers = [DELIVERED, DELIVERED, FAILS, SILENT, REFUSED, OTHER]
    stream, ids = send(project, [loose(number) for number in numbers], tags={**TAGS, "sandbox": "yes"})
    gather()
    gateway = stream.gateway
    drain(gateway, until=time.monotonic() + 10, only_streams=True)
    later = time.time() + RECEIPT_SECONDS
    monkeypatch.setattr("delivery.gateways.sandbox.time.time", lambda: later)
    assert tell_sandbox() == 4
    assert Receipt.objects.count() == 4
    deadline = time.monotonic() + 30
    while Message.objects.filter(status=MessageStatus.SUBMITTED).count() > 1:
        # Somebody's open transaction may keep receipts from being read.
        assert time.monotonic() < deadline
        apply_receipts()
    statuses: dict[int, Any] = {m.pk: (m.status, m.reason) for m in Message.objects.all()}
    assert [statuses[i] for i in ids] == [
        (MessageStatus.DELIVERED, Reason.NONE),
        (MessageStatus.DELIVERED, Reason.NONE),
        (MessageStatus.UNDELIVERED, Reason.UNREACHABLE),
        (MessageStatus.SUBMITTED, Reason.NONE),
        (MessageStatus.FAILED, Reason.GATEWAY_REFUSED),
        (MessageStatus.DELIVERED, Reason.NONE),
    ]
    assert not NumberSlots.objects.exists()
    assert not CapUsage.objects.exists()
    assert check_dispatch(stream.pk) == []
    assert check_usage(project.pk) == []


@pytest.mark.django_db
def test_without_a_sandbox_there_is_nothing_to_tell() -> None:
    assert tell_sandbox() == 0


@pytest.mark.django_db
def test_it_is_opened_like_every_gateway() -> None:
    gateway = Gateway.objects.create(slug="sandbox", name="Sandbox", kind="sandbox")
    assert isinstance(open_gateway(gateway), SandboxDriver)
