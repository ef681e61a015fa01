"""`manage.py run_callbacks` as it runs: quick, killed at its worst moments, stopped, without a database, twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from callbacks.models import Callback
from delivery.message_ids import public_message_id
from delivery.models import Dispatch
from projects.models import CallbackEndpoint, Project
from tests.callbacks.conftest import MakeMessages, endpoint_of, settle
from tests.callbacks.receivers import Receiver, slow
from tests.factories import ProjectFactory
from tests.timing import measures_time

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the command beside the test's own database; ends what is left of it afterwards."""
    processes: list[subprocess.Popen[bytes]] = []
    database = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "DATABASE_URL": database.geturl(),
        "ENCRYPTION_KEYS": settings.ENCRYPTION_KEYS[0],
        "SECRET_KEY": settings.SECRET_KEY,
        "CALLBACK_ALLOWED_HOSTS": "127.0.0.1:*",
        "CALLBACK_ALLOW_HTTP": "true",
    }

    def begin(*, fail_point: str = "") -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_callbacks"],
            cwd=ROOT,
            env={**environment, "FAIL_POINTS": fail_point},
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def endpoint(project: Project, receiver: Receiver) -> CallbackEndpoint:
    return endpoint_of(project, receiver.url, n_per_request=1)


def wait_for(condition: Callable[[], Any], *, what: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def public(ids: list[int]) -> set[str]:
    return {public_message_id(pk) for pk in ids}


def tell_one(dispatch: Dispatch, offset: int) -> str:
    [message_id] = settle(dispatch, offsets=[offset])
    return public_message_id(message_id)


@measures_time
def test_the_first_try_is_quick(
    start: Start, endpoint: CallbackEndpoint, receiver: Receiver, make_messages: MakeMessages
) -> None:
    start()
    dispatch = make_messages(61)
    tell_one(dispatch, 60)
    wait_for(lambda: receiver.heard, what="it does not send")
    told_at = {}
    for offset in range(60):
        told_at[tell_one(dispatch, offset)] = time.monotonic()
        time.sleep(0.03)
    wait_for(lambda: set(told_at) <= set(receiver.message_ids), what="something was not told")
    heard_at = {message_id: heard.at for heard in receiver.heard for message_id in heard.message_ids}
    waits = sorted(heard_at[message_id] - at for message_id, at in told_at.items())
    assert waits[int(len(waits) * 0.95)] <= 2.0, waits


@pytest.mark.parametrize(
    "moment", ["callbacks-written", "callbacks-taken", "callbacks-answered", "callbacks-settled"]
)
def test_whoever_kills_it_nothing_is_lost(
    moment: str,
    start: Start,
    endpoint: CallbackEndpoint,
    receiver: Receiver,
    make_messages: MakeMessages,
) -> None:
    dispatch = make_messages(30)
    ids = settle(dispatch, offsets=range(10))
    killed = start(fail_point=f"{moment}:{1 if moment == 'callbacks-written' else 3}")
    assert killed.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    n_heard = len(receiver.heard)
    ids += settle(dispatch, offsets=range(10, 30))
    start()
    wait_for(lambda: Callback.objects.filter(state="delivered").count() >= 30 - 4, what="it does not go on")
    # What the dead one had in hand comes when its time is over.
    Callback.objects.filter(state="waiting").update(next_try_at=timezone.now())
    wait_for(lambda: set(receiver.message_ids) == public(ids), what="something was lost")
    wait_for(lambda: not Callback.objects.exclude(state="delivered").exists(), what="something still waits")
    assert Callback.objects.count() == 30, "an event was told twice"
    # Only what was under way in that moment may have come twice, and its id says so.
    assert n_heard <= 10
    assert len(receiver.heard) - len(set(receiver.ids)) <= 4


def test_asked_to_stop_it_finishes_what_is_under_way(
    start: Start, endpoint: CallbackEndpoint, receiver: Receiver, make_messages: MakeMessages
) -> None:
    process = start()
    receiver.behaviour = slow(1.0)
    settle(make_messages(1))
    wait_for(lambda: receiver.heard, what="it does not send")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert Callback.objects.get().state == "delivered"
    assert len(receiver.heard) == 1


def test_it_survives_an_outage_of_the_database(
    start: Start, endpoint: CallbackEndpoint, receiver: Receiver, make_messages: MakeMessages
) -> None:
    process = start()
    settle(make_messages(1))
    wait_for(lambda: receiver.heard, what="it does not send")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    ids = settle(make_messages(5))
    wait_for(lambda: public(ids) <= set(receiver.message_ids), what="it does not come back")
    assert process.poll() is None


def test_of_two_processes_one_sends_and_the_other_takes_over(
    start: Start, endpoint: CallbackEndpoint, receiver: Receiver, make_messages: MakeMessages
) -> None:
    first = start()
    settle(make_messages(1))
    wait_for(lambda: receiver.heard, what="it does not send")
    start()
    dispatch = make_messages(60)
    ids = settle(dispatch, offsets=range(30))
    wait_for(lambda: public(ids) <= set(receiver.message_ids), what="something was not told")
    first.kill()
    first.wait()
    later = settle(dispatch, offsets=range(30, 60))
    wait_for(lambda: public(later) <= set(receiver.message_ids), what="nobody takes over")
    assert len(receiver.heard) == 61


@measures_time
def test_a_dead_endpoint_beside_it_does_not_slow_another_one(
    start: Start, endpoint: CallbackEndpoint, receiver: Receiver, make_messages: MakeMessages
) -> None:
    other = ProjectFactory(organization=endpoint.project.organization, slug="other")
    with Receiver(behaviour=slow(60)) as dead:
        endpoint_of(other, dead.url, n_per_request=1)
        settle(make_messages(40, project=other))
        start()
        wait_for(lambda: dead.heard, what="the dead one is not tried")
        ids = settle(make_messages(40))
        began = time.monotonic()
        wait_for(lambda: public(ids) <= set(receiver.message_ids), what="something was not told")
        assert time.monotonic() - began < 10
        assert dead.most_at_once <= 4
