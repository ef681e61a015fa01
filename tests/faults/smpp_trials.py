"""A console of real processes on an SMPP line: one of two SMSCs that keep books of their own, and a session."""

from __future__ import annotations

import contextlib
import itertools
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from delivery import services
from delivery.ledger import check_dispatch
from delivery.models import Dispatch, Gateway, GatewayPace, Message, MessageBody, MessagePart, Route
from delivery.queries import read_counts
from delivery.simulation import control
from delivery.simulation.address import parse_address
from delivery.simulation.ledger import TAKEN, read_ledger
from delivery.simulation.smsc import INCOMPLETE
from delivery.statuses import DispatchState, MessageStatus
from smsconsole.lib.segments import n_segments
from tests.delivery.simulation.running_smsc import free_port
from tests.faults import second_smsc
from tests.faults.checks import ever_uncertain
from tests.faults.stack import ROOT, FaultStack

SENDER = "Acme"
# One segment and several, in GSM-7 with escaped characters and in UCS-2 with surrogate pairs.
TEXTS = (
    "Your parcel {n} is on its way.",
    "Parcel {n}: " + "[{{€}}] left the depot; " * 16,
    "您的包裹 {n} 已发出，退订回复 TD",
    "包裹 {n}：" + "🚚 已从仓库发出。" * 22,
)
_numbers = itertools.count(1)


class Arrived(NamedTuple):
    """A whole message in an SMSC's own books."""

    msisdn: str
    text: str
    ids: tuple[str, ...]


class SmppTrial:
    """A gateway, its SMSC and its session, beside the stack's stores, scheduler and workers."""

    system_id, password = "console", ""

    def __init__(self, stack: FaultStack, **settings: Any) -> None:
        self.stack = stack
        self.port = free_port()
        name = f"smsc-{next(_numbers)}"
        self.ledger = stack.folder / f"{name}.jsonl"
        self._control = parse_address(str(stack.folder / f"{name}.sock"))
        line = {
            "host": "127.0.0.1",
            "port": self.port,
            "system_id": self.system_id,
            "password": self.password,
        }
        patience = {"response_seconds": 1.8, "connect_seconds": 2, "enquire_seconds": 2, "window": 100}
        self.gateway = Gateway.objects.create(
            slug=name, name=name, kind="smpp", settings={**line, **patience, **settings}
        )
        GatewayPace.objects.create(gateway=self.gateway)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ledger_starts: dict[int, int] = {}

    # --- Processes ----------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        with (self.stack.folder / f"{self.gateway.slug}-{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *self._command(name)],
                cwd=ROOT,
                env=self.stack.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if name == "smsc":
            self.stack.wait_for(self._listens, what="the SMSC listens")

    def _command(self, name: str) -> list[str]:
        if name == "session":
            return ["manage.py", "run_smpp_session", self.gateway.slug]
        return [
            "manage.py",
            "smsc_simulator",
            f"--port={self.port}",
            f"--control={self._control}",
            f"--ledger={self.ledger}",
            "--receipt-min-ms=50",
            "--receipt-max-ms=400",
        ]

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        process = self.processes[name]
        process.send_signal(how)
        process.wait(timeout=30)

    def restart(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        self.end(name, how)
        self.start(name)

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        Dispatch.objects.filter(gateway=self.gateway, sent_at=None).update(state=DispatchState.SUSPENDED)
        Gateway.objects.filter(pk=self.gateway.pk).update(is_enabled=False)
        Route.objects.filter(gateway=self.gateway).delete()

    # --- Set up -------------------------------------------------------------------------------------------

    def script(self, **values: object) -> None:
        control.change_script(self._control, values)

    def stats(self) -> Mapping[str, Any]:
        return control.read_stats(self._control)

    def change(self, *, rate: float | None = None, **settings: Any) -> None:
        """Set the gateway up differently, as its page does; the session binds anew."""
        self.gateway.settings |= settings
        row = Gateway.objects.filter(pk=self.gateway.pk)
        row.update(settings=self.gateway.settings, rate_per_second=rate)

    def take_all_messages(self) -> None:
        """Let the project's campaigns leave by this line."""
        Route.objects.create(project=self.stack.project, gateway=self.gateway)

    # --- Messages -----------------------------------------------------------------------------------------

    def hand_over(self, n: int, *, texts: Sequence[str] = TEXTS) -> Dispatch:
        """A dispatch whose messages all differ in number and text."""
        owner = f"smpp:{time.monotonic_ns()}"
        dispatch = services.open_dispatch(
            owner=owner,
            project=self.stack.project,
            gateway=self.gateway,
            n_messages=n,
            state=DispatchState.RUNNING,
        )
        self.note_opening(dispatch)
        rows = []
        for i in range(n):
            text = texts[i % len(texts)].format(n=f"{dispatch.pk}/{i}")
            rows.append(services.NewMessage(i, f"+86138{i:08d}", "CN", SENDER, text, n_segments(text)))
        for offset in range(0, n, 500):
            with transaction.atomic():
                services.append_messages(dispatch=dispatch, offset=offset, rows=rows[offset : offset + 500])
        services.finish_fanout(dispatch_id=dispatch.pk)
        dispatch.refresh_from_db()
        return dispatch

    def note_opening(self, dispatch: Dispatch, *, ledger_start: int | None = None) -> None:
        """Nothing of the dispatch had left when the SMSC's file ended there, or yet."""
        self._ledger_starts[dispatch.pk] = self.ledger_end() if ledger_start is None else ledger_start

    def ledger_end(self) -> int:
        return self.ledger.stat().st_size if self.ledger.exists() else 0

    def counts(self, dispatch: Dispatch) -> dict[MessageStatus, int]:
        return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}

    def wait_for_counts(
        self, dispatch: Dispatch, expected: Mapping[MessageStatus, int], *, seconds: float = 60
    ) -> float:
        wanted = {status: n for status, n in expected.items() if n}
        try:
            return self.stack.wait_for(
                lambda: self.counts(dispatch) == wanted, what=f"counts are {wanted}", seconds=seconds
            )
        except AssertionError as error:
            raise AssertionError(f"{error}; they are {self.counts(dispatch)}") from None

    def wait_until_delivered(self, dispatch: Dispatch, *, seconds: float = 60) -> float:
        return self.wait_for_counts(dispatch, {MessageStatus.DELIVERED: dispatch.n_reserved}, seconds=seconds)

    # --- The SMSC's books ---------------------------------------------------------------------------------

    def arrived(self, dispatch: Dispatch) -> Iterator[Arrived]:
        for line in read_ledger(self.ledger, start=self._ledger_starts[dispatch.pk]):
            if line.verdict in TAKEN and line.code != INCOMPLETE:
                yield Arrived(line.msisdn, line.text, line.gateway_message_ids)

    def assert_books_agree(self, dispatch: Dispatch, *, max_uncertain: int = 0) -> dict[str, float]:
        """Number by number, text by text, id by id: what the database says left is what the SMSC's file holds.

        Returns the row for the fault table.
        """
        seconds = self.stack.wait_until_sent(dispatch)
        dispatch.refresh_from_db()
        statuses = dict(Message.objects.filter(dispatch_id=dispatch.pk).values_list("id", "status"))
        bodies = MessageBody.objects.filter(message_id__in=statuses.keys())
        named = {
            (msisdn, text): pk for pk, msisdn, text in bodies.values_list("message_id", "msisdn", "text")
        }
        assert len(named) == len(statuses) == dispatch.n_total, "messages of a trial differ from each other"
        ids: dict[int, list[str]] = defaultdict(list)
        parts = MessagePart.objects.filter(message_id__in=statuses.keys()).order_by(
            "message_id", "attempt", "seq"
        )
        for message_id, written in parts.values_list("message_id", "gateway_message_id"):
            ids[message_id].append(written)
        arrived = list(self.arrived(dispatch))
        times = Counter(named.get((one.msisdn, one.text), 0) for one in arrived)
        assert times[0] == 0, "the SMSC holds a text that nobody sent"
        doubled = sum(n - 1 for n in times.values())
        assert doubled == 0
        left = {pk for pk, status in statuses.items() if status in _LEFT}
        uncertain = {pk for pk, status in statuses.items() if status == MessageStatus.UNCERTAIN}
        assert not left - times.keys(), f"{len(left - times.keys())} are said to have left and did not"
        assert times.keys() <= left | uncertain, "what is said not to have left did"
        for one in arrived:
            # Where an answer was lost, the ids of some parts may be missing.
            known = ids[named[one.msisdn, one.text]]
            assert set(known) <= set(one.ids)
            assert max_uncertain or tuple(known) == one.ids
        assert ever_uncertain(dispatch) <= max_uncertain
        assert check_dispatch(dispatch.pk) == []
        return {
            "doubled": doubled,
            "missing": 0,
            "uncertain": ever_uncertain(dispatch),
            "seconds": round(seconds, 1),
        }


_LEFT = frozenset(
    {
        MessageStatus.SUBMITTED,
        MessageStatus.DELIVERED,
        MessageStatus.UNDELIVERED,
        MessageStatus.EXPIRED,
        MessageStatus.REJECTED,
    }
)


class SecondSmscTrial(SmppTrial):
    """The same on smpp.twisted's server."""

    system_id, password = second_smsc.SYSTEM_ID, second_smsc.PASSWORD

    def _command(self, name: str) -> list[str]:
        if name == "smsc":
            return ["-m", "tests.faults.second_smsc", str(self.port), str(self.ledger)]
        return super()._command(name)

    def arrived(self, dispatch: Dispatch) -> Iterator[Arrived]:
        start = self._ledger_starts[dispatch.pk]
        return (Arrived(*one) for one in second_smsc.lines_of(self.ledger, start=start))


@contextlib.contextmanager
def running(trial: SmppTrial) -> Iterator[SmppTrial]:
    try:
        trial.start("smsc")
        trial.start("session")
        yield trial
    finally:
        trial.close()
