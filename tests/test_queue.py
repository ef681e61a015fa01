"""The doorbell: rings after the commit, only then, and never at the price of the page."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import django_rq
import pytest
from django.conf import settings
from django.db import transaction

from smsconsole import queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def frozen_valkey() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def waiting() -> list[tuple[str, list[object]]]:
    return [(job.func_name, list(job.args)) for job in django_rq.get_queue("delivery").jobs]


@pytest.mark.usefixtures("empty_queues")
def test_it_rings_when_the_transaction_commits() -> None:
    with transaction.atomic():
        queue.enqueue("delivery.jobs.drain", 7)
        assert waiting() == []
    assert waiting() == [("delivery.jobs.drain", [7])]


@pytest.mark.usefixtures("empty_queues")
def test_what_is_rolled_back_does_not_ring() -> None:
    with transaction.atomic():
        queue.enqueue("delivery.jobs.drain", 7)
        transaction.set_rollback(True)
    assert waiting() == []


def test_a_frozen_valkey_costs_seconds_not_the_page(
    monkeypatch: pytest.MonkeyPatch, frozen_valkey: str
) -> None:
    monkeypatch.setitem(settings.RQ_QUEUES["delivery"], "URL", frozen_valkey)
    monkeypatch.setattr(queue, "RING_TIMEOUT_SECONDS", 0.2)
    started = time.monotonic()
    queue.enqueue("delivery.jobs.drain", 7)
    assert time.monotonic() - started < 10


def test_without_valkey_the_ring_is_lost_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(settings.RQ_QUEUES["delivery"], "URL", "redis://127.0.0.1:1/0")
    queue.enqueue("delivery.jobs.drain", 7)
    assert "ring lost job=delivery.jobs.drain" in caplog.text
