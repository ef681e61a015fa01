"""The workers: JSON only, children that die with them, a shutdown that drains hear of."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django_rq
import psutil
import pytest
from django.conf import settings
from rq.serializers import JSONSerializer

from smsconsole.workers import DeliveryWorker, ImportsWorker

WAIT_SECONDS = 30.0

JOBS = """
import os, time
from smsconsole.queue import stop_requested

def sleep_for_ever(path):
    open(path, "w").write(str(os.getpid()))
    time.sleep(600)

def run_until_stopped(path):
    open(path, "w").write("running")
    stopped = stop_requested.wait(60)
    open(path, "w").write("stopped" if stopped else "never asked")
"""


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    (tmp_path / "trial_jobs.py").write_text(JOBS)
    return tmp_path


@pytest.fixture
def start_worker(jobs: Path, empty_queues: None) -> Iterator[Callable[[type, str], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(worker_class: type, queue: str) -> subprocess.Popen[bytes]:
        name = f"{worker_class.__module__}.{worker_class.__qualname__}"
        command = [sys.executable, "manage.py", "rqworker", queue, "--worker-class", name, "--skip-checks"]
        environment = {**os.environ, "PYTHONPATH": str(jobs)}
        started.append(subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(path: Path, *, not_text: str = "") -> str:
    """What a job wrote into the file; fails when it does not in good time."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        text = path.read_text() if path.exists() else ""
        if text and text != not_text:
            return text
        time.sleep(0.05)
    raise AssertionError(f"{path.name} was not written")


@pytest.mark.parametrize("worker_class", [ImportsWorker, DeliveryWorker])
def test_they_speak_json_whatever_the_command_asks_for(worker_class: type) -> None:
    queue = django_rq.get_queue("delivery")

    worker = worker_class([queue], connection=queue.connection, serializer="rq.serializers.PickleSerializer")

    assert worker.serializer is JSONSerializer
    assert queue.serializer is JSONSerializer


def test_only_the_imports_worker_forks() -> None:
    assert DeliveryWorker.execute_job.__qualname__ == "SimpleWorker.execute_job"
    assert ImportsWorker.execute_job.__qualname__ == "Worker.execute_job"


def test_an_import_dies_with_its_killed_worker(
    jobs: Path, start_worker: Callable[[type, str], subprocess.Popen[bytes]]
) -> None:
    worker = start_worker(ImportsWorker, "imports")
    django_rq.get_queue("imports").enqueue_call("trial_jobs.sleep_for_ever", args=[str(jobs / "pid")])
    child = psutil.Process(int(wait_for(jobs / "pid")))
    assert child.pid != worker.pid

    worker.kill()

    child.wait(WAIT_SECONDS)
    assert not child.is_running()


def test_sigterm_tells_a_running_drain_and_waits_for_it(
    jobs: Path, start_worker: Callable[[type, str], subprocess.Popen[bytes]]
) -> None:
    worker = start_worker(DeliveryWorker, "delivery")
    django_rq.get_queue("delivery").enqueue_call("trial_jobs.run_until_stopped", args=[str(jobs / "state")])
    assert wait_for(jobs / "state") == "running"

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(WAIT_SECONDS) == 0
    assert wait_for(jobs / "state", not_text="running") == "stopped"
