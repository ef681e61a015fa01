"""A real session process on a real line, beside the processes of a `FaultStack`; the SMSC is the test's own."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction

from delivery import services
from delivery.ledger import check_dispatch
from delivery.models import Dispatch, Gateway, GatewayPace, Message
from delivery.queries import read_counts
from delivery.statuses import DispatchState, MessageStatus
from smsconsole.lib.segments import n_segments
from tests.delivery.smpp.smsc import Smsc, Submit
from tests.faults.checks import ever_uncertain
from tests.faults.stack import ROOT, FaultStack

RESPONSE_SECONDS = 1.5
_numbers = itertools.count(1)


class TrialLine:
    """A gateway of its own, its SMSC and its session. Numbers of messages are their places in the dispatch."""

    SUSPENDED = DispatchState.SUSPENDED

    def __init__(self, stack: FaultStack, smsc: Smsc, **settings: Any) -> None:
        self.stack = stack
        self.smsc = smsc
        number = next(_numbers)
        self.gateway = Gateway.objects.create(
            slug=f"line-{number}",
            name=f"Line {number}",
            kind="smpp",
            settings={
                "host": "127.0.0.1",
                "port": smsc.port,
                "system_id": "console",
                "window": 20,
                "response_seconds": RESPONSE_SECONDS,
                "connect_seconds": 2,
                "enquire_seconds": 1,
            }
            | settings,
        )
        GatewayPace.objects.create(gateway=self.gateway)
        self.processes: list[subprocess.Popen[bytes]] = []
        self._opened_at: dict[int, float] = {}

    # --- The session --------------------------------------------------------------------------------------

    def start(self) -> subprocess.Popen[bytes]:
        with (self.stack.folder / f"{self.gateway.slug}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "run_smpp_session", self.gateway.slug],
                cwd=ROOT,
                env=self.stack.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the newest session, or freeze it."""
        self.processes[-1].send_signal(how)

    def restart(self) -> None:
        self.kill()
        self.processes[-1].wait()
        self.start()

    def close(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
            process.kill()
            process.wait()
        Dispatch.objects.filter(gateway=self.gateway, sent_at=None).update(state=DispatchState.SUSPENDED)
        Gateway.objects.filter(pk=self.gateway.pk).update(is_enabled=False)

    def log_text(self) -> str:
        return (self.stack.folder / f"{self.gateway.slug}.log").read_text()

    def wait_until_bound(self) -> None:
        self.stack.wait_for(lambda: self.smsc.n_connected > 0 and bool(self.smsc.binds), what="it is bound")

    # --- Messages -----------------------------------------------------------------------------------------

    def hand_over(
        self, n: int, *, texts: Sequence[str] = ("Trial",), state: DispatchState = DispatchState.RUNNING
    ) -> Dispatch:
        owner, opened_at = f"line:{time.monotonic_ns()}", time.time()
        dispatch = services.open_dispatch(
            owner=owner, project=self.stack.project, gateway=self.gateway, n_messages=n, state=state
        )
        rows = []
        for i in range(n):
            text = texts[i % len(texts)]
            rows.append(services.NewMessage(i, f"+86138{i:08d}", "CN", "Acme", text, n_segments(text)))
        for offset in range(0, n, 500):
            with transaction.atomic():
                services.append_messages(dispatch=dispatch, offset=offset, rows=rows[offset : offset + 500])
        services.finish_fanout(dispatch_id=dispatch.pk)
        self._opened_at[dispatch.pk] = opened_at
        dispatch.refresh_from_db()
        return dispatch

    def counts(self, dispatch: Dispatch) -> dict[MessageStatus, int]:
        return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}

    def wait_for_submits(self, n: int) -> None:
        self.stack.wait_for(lambda: len(self.smsc.submits) >= n, what=f"{n} submits", pause=0.002)

    def suspend(self, dispatch: Dispatch) -> None:
        services.suspend_dispatch(dispatch_id=dispatch.pk)

    def resume(self, dispatch: Dispatch) -> None:
        services.resume_dispatch(dispatch_id=dispatch.pk)

    def change(self, **settings: Any) -> None:
        """Set the gateway up differently, as its page does."""
        self.gateway.settings |= settings
        Gateway.objects.filter(pk=self.gateway.pk).update(settings=self.gateway.settings)

    def wait_until_all(self, dispatch: Dispatch, status: MessageStatus) -> None:
        self.stack.wait_for(
            lambda: self.counts(dispatch) == {status: dispatch.n_reserved}, what=f"all are {status.name}"
        )

    def taken_parts(self) -> dict[str, list[Submit]]:
        """What the SMSC has taken, by number."""
        found: dict[str, list[Submit]] = {}
        for submit in self.smsc.answered.values():
            found.setdefault(submit.destination, []).append(submit)
        return found

    # --- What must be true afterwards -----------------------------------------------------------------------

    def assert_whole(
        self, dispatch: Dispatch, *, max_uncertain: int, may_be_offered_again: bool = False
    ) -> dict[str, float]:
        """Each message reached the SMSC once or is uncertain, none is missing, and the books are right.

        `may_be_offered_again`: the SMSC refused some for now, so that only those it took count.
        """
        seconds = self.stack.wait_until_sent(dispatch)
        counts = self.counts(dispatch)
        uncertain = set(
            Message.objects.filter(dispatch_id=dispatch.pk, status=MessageStatus.UNCERTAIN).values_list(
                "id", flat=True
            )
        )
        first_id = dispatch.first_id or 0
        seen = list(self.smsc.answered.values()) if may_be_offered_again else list(self.smsc.submits)
        seen = [one for one in seen if one.at >= self._opened_at[dispatch.pk]]
        arrived = Counter((first_id + int(one.destination[-8:]), one.udh) for one in seen)
        doubled = sum(n - 1 for n in arrived.values())
        ids = {message_id for message_id, _ in arrived}
        missing = set(range(first_id, first_id + dispatch.n_reserved)) - ids - uncertain
        assert doubled == 0
        assert missing == set()
        assert sum(counts.values()) == dispatch.n_reserved
        assert ever_uncertain(dispatch) <= max_uncertain
        assert check_dispatch(dispatch.pk) == []
        return {
            "doubled": doubled,
            "missing": len(missing),
            "uncertain": ever_uncertain(dispatch),
            "seconds": round(seconds, 1),
        }


@contextlib.contextmanager
def trial_line(stack: FaultStack, **settings: Any) -> Iterator[TrialLine]:
    smsc = Smsc()
    smsc.start()
    line = TrialLine(stack, smsc, **settings)
    try:
        line.start()
        yield line
    except BaseException:
        # What the session said is gone with the stack's folder.
        sys.stderr.write(line.log_text()[-20_000:])
        raise
    finally:
        line.close()
        smsc.stop()
