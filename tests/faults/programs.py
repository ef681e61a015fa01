"""Programs that hand messages over one by one, as requests do: in this process, or in one that may be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection

from delivery.ledger import check_dispatch
from delivery.models import Dispatch, Handover, Message
from delivery.queries import read_counts
from delivery.simulation.ledger import read_ledger
from delivery.statuses import MessageStatus
from projects.models import Project
from tests.delivery.streaming import TAGS, loose, send
from tests.faults.stack import ROOT, FaultStack


class Programs:
    """Hands one message over every few milliseconds from a thread, until it is left."""

    def __init__(self, stack: FaultStack, *, every_seconds: float = 0.02) -> None:
        self._project_id = stack.project.pk
        self._every_seconds = every_seconds
        self._over = threading.Event()
        self.tags = {**TAGS, "template": str(time.monotonic_ns())}
        # What a program was told that it is taken.
        self.taken: list[int] = []
        self._ledger_start = stack.ledger_end()
        self._stack = stack

    def __enter__(self) -> Programs:
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _send_all(self) -> None:
        project = Project.objects.get(pk=self._project_id)
        try:
            while not self._over.wait(self._every_seconds):
                try:
                    self.send_one(project)
                except (DatabaseError, InterfaceError):
                    # It was not told anything; the row may be there or not.
                    connection.close()
        finally:
            connection.close()

    def send_one(self, project: Project) -> int:
        number = 1 + len(self.taken)
        _stream, ids = send(project, [loose(number)], tags=self.tags)
        self.taken.append(ids[0])
        return ids[0]

    def wait_for(self, n: int) -> None:
        self._stack.wait_for(lambda: len(self.taken) >= n, what=f"{n} messages are handed over")

    @property
    def stream(self) -> Dispatch:
        return Dispatch.objects.get(tags=self.tags)

    def submits(self) -> dict[int, int]:
        """How often the gateway saw each message of the stream."""
        ids = set(Message.objects.filter(dispatch_id=self.stream.pk).values_list("pk", flat=True))
        seen = dict.fromkeys(ids, 0)
        for line in read_ledger(self._stack.ledger, start=self._ledger_start):
            if line.message_id in seen:
                seen[line.message_id] += 1
        return seen

    def assert_whole(self, *, max_uncertain: int) -> dict[str, float]:
        """Every message that a program was told of left once, and the books are right."""
        stack = self._stack

        def is_over() -> bool:
            stream = self.stream
            return stream.n_open == 0 and not Handover.objects.filter(dispatch_id=stream.pk).exists()

        seconds = stack.wait_for(is_over, what="everything has left")
        stream = self.stream
        submits = self.submits()
        n_unsent = sum(n == 0 for n in submits.values())

        def receipts_are_in() -> bool:
            counts = read_counts(stream.pk)[0]
            return counts[MessageStatus.DELIVERED] == len(submits) - n_unsent

        stack.wait_for(receipts_are_in, what="every receipt is in")
        counts = read_counts(stream.pk)[0]
        assert set(self.taken) <= submits.keys()
        assert max(submits.values()) == 1
        # A claimed window whose sender died before its first byte stays uncertain: nobody can know that.
        assert counts[MessageStatus.UNCERTAIN] == n_unsent <= max_uncertain
        assert check_dispatch(stream.pk) == []
        return {
            "messages": len(submits),
            "doubled": 0,
            "missing": 0,
            "uncertain": n_unsent,
            "seconds": round(seconds, 1),
        }


_REQUESTER = """
import sys, django
django.setup()
from projects.models import Project
from tests.delivery.streaming import loose, send
project = Project.objects.get(pk=int(sys.argv[1]))
tags = {"kind": "verification", "region": "domestic", "template": sys.argv[2]}
with open(sys.argv[3], "a", buffering=1) as told:
    for number in range(int(sys.argv[4])):
        told.write(f"{send(project, [loose(number), loose(number + 1000)], tags=tags)[1][0]}\\n")
"""


def run_requester(stack: FaultStack, programs: Programs, *, n: int, fail_point: str) -> int:
    """A process that makes `n` requests of two messages and may die at one; what it told is added to `taken`."""
    told = Path(stack.folder) / f"told-{time.monotonic_ns()}"
    environment = {**stack.environment, "FAIL_POINTS": fail_point, "PYTHONPATH": str(ROOT)}
    environment.setdefault("DJANGO_SETTINGS_MODULE", os.environ["DJANGO_SETTINGS_MODULE"])
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            _REQUESTER,
            str(stack.project.pk),
            programs.tags["template"],
            str(told),
            str(n),
        ],
        cwd=ROOT,
        env=environment,
        timeout=120,
        check=False,
    )
    if told.exists():
        for line in told.read_text().split():
            programs.taken += [int(line), int(line) + 1]
    return done.returncode
