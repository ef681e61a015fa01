"""PostgreSQL's doorbell wakes who listens, and a listener survives losing its connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, InterfaceError, connection, transaction

from delivery.bells import WORK_CHANNEL, Ear, ring
from delivery.models import Gateway
from delivery.sessions.leadership import Leadership
from delivery.sessions.session import Session
from smsconsole.queue import stop_requested
from tests.timing import measures_time

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_connection() -> Iterator[None]:
    """No other test's connection listens afterwards."""
    yield
    connection.close()


@contextmanager
def elsewhere(do: Callable[[], None]) -> Iterator[None]:
    """Runs this in another thread, on a connection of its own."""

    def run() -> None:
        try:
            do()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@measures_time
def test_it_hears_what_is_said_after_it_began_to_listen() -> None:
    ear = Ear(WORK_CHANNEL)
    ear.listen()
    with elsewhere(lambda: ring(WORK_CHANNEL, "7")):
        began_at = time.monotonic()
        assert ear.wait(5) == ["7"]
    assert time.monotonic() - began_at < 2
    assert ear.wait(0) == []


@measures_time
def test_it_waits_no_longer_than_it_was_told() -> None:
    began_at = time.monotonic()
    assert Ear(WORK_CHANNEL).wait(0.3) == []
    assert 0.25 < time.monotonic() - began_at < 2


@measures_time
def test_it_ends_early_when_the_process_is_to_stop() -> None:
    with elsewhere(lambda: (time.sleep(0.2), stop_requested.set())[1]):
        began_at = time.monotonic()
        assert Ear(WORK_CHANNEL).wait(10) == []
    assert time.monotonic() - began_at < 3


def test_it_says_that_the_connection_is_lost_and_listens_on_the_next_one() -> None:
    ear = Ear(WORK_CHANNEL)
    ear.listen()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()

    def end_it() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    with elsewhere(end_it), pytest.raises((DatabaseError, InterfaceError)):
        ear.wait(10)
    connection.close()
    ear.listen()
    with elsewhere(lambda: ring(WORK_CHANNEL, "8")):
        assert ear.wait(5) == ["8"]


def test_a_ring_that_is_lost_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise InterfaceError

    monkeypatch.setattr("delivery.bells.connection.cursor", fail)
    ring(WORK_CHANNEL, "9")


def test_a_ring_of_a_transaction_waits_for_its_commit() -> None:
    """`hand_over` rings after the commit; whoever rings inside would be heard no sooner."""
    ear = Ear(WORK_CHANNEL)
    ear.listen()

    def ring_within() -> None:
        with transaction.atomic():
            ring(WORK_CHANNEL, "1")
            time.sleep(0.5)

    with elsewhere(ring_within):
        assert ear.wait(0.2) == []
        assert ear.wait(5) == ["1"]


def test_the_senders_of_a_line_wake_when_somebody_rings_for_their_gateway() -> None:
    gateway = Gateway.objects.create(slug="line", name="Line", kind="smpp")
    session = Session(gateway, Leadership(gateway.pk))
    bells = [threading.Event(), threading.Event()]
    session._bells = bells
    with elsewhere(session._listen):
        try:
            deadline = time.monotonic() + 10
            while not all(bell.is_set() for bell in bells):
                assert time.monotonic() < deadline
                ring(WORK_CHANNEL, str(gateway.pk + 1))
                assert not any(bell.wait(0.05) for bell in bells)
                ring(WORK_CHANNEL, str(gateway.pk))
                bells[0].wait(0.5)
                bells[1].wait(0.5)
        finally:
            session._over.set()
