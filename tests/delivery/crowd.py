"""Real processes that drain one gateway at once, can be killed, and note what their gateway was given and when."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from django.db import connection

from delivery.drain import drain
from delivery.gateways.base import GatewayDriver, OutboundMessage, Outcome, SubmitResult
from delivery.models import Dispatch, Gateway
from delivery.sweep import sweep

# Forked: the console is loaded once, not eight times.
_CONTEXT = multiprocessing.get_context("fork")

Answer = Callable[[OutboundMessage], SubmitResult]


class Submit(NamedTuple):
    """One message given to the gateway, and by when its answer had been written down at the latest."""

    message_id: int
    attempt: int
    outcome: str
    began_at: float
    settled_by: float


class NotingDriver(GatewayDriver):
    """Answers as told; notes in its process's file each window before it is answered, and when the next one came."""

    kind: ClassVar[str] = "noting"

    def __init__(self, settings: Mapping[str, Any], *, answer: Answer, path: Path) -> None:
        self._answer = answer
        self._file = path.open("a")

    def open(self) -> None: ...

    def close(self) -> None:
        self._note([])

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        results = [self._answer(message) for message in messages]
        self._note([(m.id, m.attempt, str(r.outcome)) for m, r in zip(messages, results, strict=True)])
        yield from results

    def _note(self, window: list[tuple[int, int, str]]) -> None:
        self._file.write(json.dumps([time.time(), window]) + "\n")
        self._file.flush()


class Crowd:
    """`n` processes, each draining until everything is sent; those that are killed are replaced."""

    def __init__(self, gateway: Gateway, folder: Path, *, n: int, answer: Answer) -> None:
        self._gateway_id = gateway.pk
        self._folder = folder
        self._answer = answer
        self._processes: list[BaseProcess] = []
        self._n_started = 0
        for _ in range(n):
            self._start()

    def _start(self) -> None:
        # A connection must not be shared between processes.
        connection.close()
        self._n_started += 1
        path = self._folder / f"submits-{self._n_started}.jsonl"
        process = _CONTEXT.Process(
            target=_drain_all, args=(self._gateway_id, path, self._answer), daemon=True
        )
        process.start()
        self._processes.append(process)

    def kill_one(self) -> None:
        """Kill -9, and start another in its place."""
        victim = self._processes.pop(0)
        os.kill(victim.pid or 0, signal.SIGKILL)
        victim.join()
        self._start()

    def wait(
        self, *dispatches: Dispatch, seconds: float, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        """Sweep, as the scheduler does, until all of them are sent or held."""
        deadline = time.monotonic() + seconds
        while Dispatch.objects.filter(
            pk__in=[d.pk for d in dispatches], sent_at=None, state="running"
        ).exists():
            assert time.monotonic() < deadline, f"not sent within {seconds:.0f} s"
            assert all(p.exitcode in (None, 0) for p in self._processes), "a process failed"
            meanwhile()
            sweep()
            time.sleep(0.1)

    def close(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()

    def submits(self) -> list[Submit]:
        """What the processes noted. Who was killed may have settled its last window at any time after."""
        found = []
        for path in sorted(self._folder.glob("submits-*.jsonl")):
            notes = [json.loads(line) for line in path.read_text().splitlines()]
            ends = [*(at for at, _ in notes[1:]), float("inf")]
            # One that was killed before its first window has noted nothing.
            for (began_at, window), end in zip(notes, ends[: len(notes)], strict=True):
                found += [Submit(*message, began_at, end) for message in window]
        return found


def _drain_all(gateway_id: int, path: Path, answer: Answer) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    gateway = Gateway.objects.get(pk=gateway_id)
    driver = NotingDriver({}, answer=answer, path=path)
    while True:
        drain(gateway, until=time.monotonic() + 1, driver=driver)
        driver.close()
        time.sleep(0.02)


@contextmanager
def crowd(gateway: Gateway, folder: Path, *, n: int = 8, answer: Answer) -> Iterator[Crowd]:
    opened = Crowd(gateway, folder, n=n, answer=answer)
    try:
        yield opened
    finally:
        opened.close()
        connection.close()


def accept_all(message: OutboundMessage) -> SubmitResult:
    return SubmitResult(message.id, Outcome.ACCEPTED, (f"gw-{message.reference}",))


def all_outcomes(message: OutboundMessage) -> SubmitResult:
    """Of a hundred: ten refused, ten throttled and ten unsent once, five uncertain; the same every time."""
    dice = (message.id * 7_919) % 100
    if dice < 10:
        return SubmitResult(message.id, Outcome.REFUSED)
    if dice < 20 and message.attempt == 1:
        return SubmitResult(message.id, Outcome.THROTTLED, retry_after_seconds=0.05)
    if dice < 30 and message.attempt == 1:
        return SubmitResult(message.id, Outcome.UNSENT)
    if 30 <= dice < 35:
        return SubmitResult(message.id, Outcome.UNCERTAIN)
    return accept_all(message)
