"""The scheduler: beats that fail alone, one leader, a quick end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2
import pytest
from django.apps import apps
from django.db import connection, transaction

from smsconsole import beats
from smsconsole.beats import Beat, Scheduler

WAIT_SECONDS = 20.0
NUMBER = "+8613800138000"


@contextmanager
def running(*listed: Beat) -> Iterator[tuple[Scheduler, threading.Thread]]:
    scheduler = Scheduler(listed)
    thread = threading.Thread(target=scheduler.run)
    thread.start()
    try:
        yield scheduler, thread
    finally:
        scheduler.stop()
        thread.join(WAIT_SECONDS)


def counting(n: int) -> tuple[Callable[[], None], threading.Event]:
    """A beat's function, and what is set once it was called `n` times."""
    reached = threading.Event()
    calls: list[int] = []

    def function() -> None:
        calls.append(1)
        if len(calls) == n:
            reached.set()

    return function, reached


@contextmanager
def another_leader() -> Iterator[None]:
    """Somebody else's session holds the lead."""
    other = psycopg2.connect(**connection.get_connection_params())
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [beats.LEADER_LOCK_ID])
        yield
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_it_calls_a_beat_again_and_again() -> None:
    function, three_times = counting(3)

    with running(Beat("often", 0.01, function)):
        assert three_times.wait(WAIT_SECONDS)


@pytest.mark.django_db(transaction=True)
def test_a_failing_beat_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    function, three_times = counting(3)
    failed = threading.Event()

    def fail() -> None:
        failed.set()
        raise ValueError(f"{NUMBER} is in the way")

    with running(Beat("broken", 0.01, fail), Beat("well", 0.01, function)):
        assert failed.wait(WAIT_SECONDS)
        assert three_times.wait(WAIT_SECONDS)

    assert "beat failed name=broken error=ValueError" in caplog.text
    assert "in fail" in caplog.text
    assert NUMBER not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_slow_beat_does_not_delay_the_others() -> None:
    function, three_times = counting(3)
    release = threading.Event()

    def wait() -> None:
        release.wait(WAIT_SECONDS)

    with running(Beat("slow", 0.01, wait), Beat("quick", 0.01, function)):
        assert three_times.wait(WAIT_SECONDS)
        release.set()


@pytest.mark.django_db(transaction=True)
def test_it_ends_though_a_beat_is_at_work() -> None:
    release, at_work = threading.Event(), threading.Event()

    def wait() -> None:
        at_work.set()
        release.wait(WAIT_SECONDS)

    with running(Beat("slow", 0.01, wait)) as (scheduler, thread):
        assert at_work.wait(WAIT_SECONDS)
        scheduler.stop()
        thread.join(WAIT_SECONDS)

        assert not thread.is_alive()
        release.set()


@pytest.mark.django_db(transaction=True)
def test_a_second_scheduler_stands_by_and_takes_over() -> None:
    function, once = counting(1)

    with another_leader():
        assert beats.is_led()
        standby = Scheduler([Beat("one", 0.01, function)])
        standby._check_leadership()
        assert not standby._leading.is_set()
    connection.close()

    with running(Beat("one", 0.01, function)):
        assert once.wait(WAIT_SECONDS)
        assert beats.is_led()
    # The server gives the lock up when it has seen the connection's end.
    deadline = time.monotonic() + WAIT_SECONDS
    while beats.is_led():
        assert time.monotonic() < deadline, "the lead is held by nobody who lives"
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_after_every_connection_was_cut() -> None:
    before, once = counting(1)
    with running(Beat("one", 0.01, before)) as (scheduler, _):
        assert once.wait(WAIT_SECONDS)
        after, again = counting(2)
        scheduler._beats.clear()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        threading.Thread(
            target=scheduler._run_beat, args=[Beat("two", 0.01, lambda: _query_and(after))], daemon=True
        ).start()

        assert again.wait(WAIT_SECONDS)
        assert scheduler._leading.wait(WAIT_SECONDS)


def _query_and(then: Callable[[], None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    then()


@pytest.mark.django_db(transaction=True)
def test_a_database_error_says_its_code_and_not_the_row(caplog: pytest.LogCaptureFixture) -> None:
    def insert_twice() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE people (msisdn text PRIMARY KEY)")
            cursor.execute("INSERT INTO people VALUES (%s), (%s)", [NUMBER, NUMBER])

    with caplog.at_level(logging.ERROR):
        assert beats.run_beat(Beat("double", 1, insert_twice)) is False

    assert "error=IntegrityError code=23505" in caplog.text
    assert NUMBER not in caplog.text


def test_every_app_with_beats_is_heard() -> None:
    names = [beat.name for beat in beats.all_beats()]

    assert len(names) == len(set(names))
    assert any(config.name == "delivery" for config in apps.get_app_configs())
    assert names
