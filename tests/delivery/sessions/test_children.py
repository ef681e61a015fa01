"""One session per gateway that wants one, as rows come and go."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from delivery.models import Gateway
from delivery.sessions import children as children_module
from delivery.sessions.children import Children, wanted_slugs

pytestmark = pytest.mark.django_db(transaction=True)

ENDS_WHEN_ASKED = "import time; time.sleep(60)"


class Started:
    """The children that were started, harmless ones."""

    def __init__(self) -> None:
        self.by_slug: dict[str, list[subprocess.Popen[bytes]]] = {}
        self.code = ENDS_WHEN_ASKED

    def spawn(self, slug: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", self.code])
        self.by_slug.setdefault(slug, []).append(process)
        return process

    def living(self) -> set[str]:
        return {slug for slug, found in self.by_slug.items() if found[-1].poll() is None}


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    started, stopping = Started(), threading.Event()
    monkeypatch.setattr(children_module, "_spawn", started.spawn)
    monkeypatch.setattr(children_module, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(children_module, "FIRST_PAUSE_SECONDS", 0.3)
    thread = threading.Thread(target=Children(stopping).run)
    thread.start()
    yield started
    stopping.set()
    thread.join(20)
    assert not thread.is_alive()
    assert started.living() == set()


def line(slug: str, **fields: object) -> Gateway:
    return Gateway.objects.create(slug=slug, name=slug, kind="smpp", **fields)  # type: ignore[misc]


def test_only_enabled_lines_that_are_held_want_a_session() -> None:
    line("one")
    line("paused", is_enabled=False)
    Gateway.objects.create(slug="simulated", name="Simulated", kind="simulator")
    assert wanted_slugs() == {"one"}


def test_sessions_come_and_go_with_their_gateways(started: Started) -> None:
    line("one")
    wait_for(lambda: started.living() == {"one"})
    line("two")
    wait_for(lambda: started.living() == {"one", "two"})
    Gateway.objects.filter(slug="one").update(is_enabled=False)
    wait_for(lambda: started.living() == {"two"})
    assert started.by_slug["one"][-1].wait() == -signal.SIGTERM
    Gateway.objects.filter(slug="one").update(is_enabled=True)
    wait_for(lambda: started.living() == {"one", "two"})


def test_a_session_that_dies_is_started_again_ever_more_slowly(started: Started) -> None:
    started.code = "raise SystemExit(1)"
    line("one")
    time.sleep(3.0)
    # After 0.3, 0.6, 1.2, 2.4 seconds.
    assert 2 <= len(started.by_slug["one"]) <= 5
