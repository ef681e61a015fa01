"""Brings receipts to the console when they are due, in bulk, and again until the console has them."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

log = logging.getLogger(__name__)

# Receipts of the same tick travel together, at most so many at once.
TICK_SECONDS = 0.05
CHUNK_SIZE = 500
CHECKPOINT_SECONDS = 1.0
RETRY_SECONDS = (0.1, 0.3, 1.0, 2.0)  # the last one is repeated


class Receipt(NamedTuple):
    """What the phone's network says about one segment."""

    gateway_message_id: str
    state: str
    code: str
    reference: str
    msisdn: str


# What is carried: nothing is known of it here but when it is due.
Item = TypeVar("Item")
# Called with receipts in their order and the time at which the network sent them.
Deliver = Callable[[Sequence[Receipt], datetime], None]


class Courier(threading.Thread, Generic[Item]):
    """A thread that hands receipts to `deliver`, in the order of their ticks, each at least once.

    `deliver` returns when the console has them for good; when it raises, the same ones are handed over again.
    The checkpoint file keeps the place in the ledger before which no receipt is outstanding: a restarted
    server plans again what comes after it. Some of those arrive a second time, as a carrier's may.
    """

    def __init__(self, *, deliver: Callable[[Sequence[Item], datetime], None], checkpoint: Path) -> None:
        super().__init__(name="courier", daemon=True)
        self._deliver = deliver
        self._checkpoint = checkpoint
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._ticks: list[int] = []
        # Each with the place in the ledger of the submits it belongs to.
        self._due: dict[int, list[tuple[Item, int]]] = {}
        self._urgent: list[tuple[list[tuple[Item, int]], Callable[[], None]]] = []
        # How many receipts are under way per group of submits, keyed by its place in the ledger, ascending.
        self._outstanding: dict[int, int] = {}
        self._ledger_end = 0
        self.n_sent = 0
        self.n_waiting = 0

    def read_checkpoint(self) -> int:
        """The place in the ledger from which receipts have to be planned again; 0 when none was kept."""
        try:
            return int(self._checkpoint.read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def add(self, receipts: Sequence[tuple[float, Item]], *, start: int, end: int) -> None:
        """Take the receipts, each with the seconds until it is due, of the submits from `start` to `end`."""
        now = time.monotonic()
        with self._changed:
            self._expect(len(receipts), start=start, end=end)
            for seconds, receipt in receipts:
                tick = int((now + seconds) / TICK_SECONDS) + 1
                bucket = self._due.get(tick)
                if bucket is None:
                    bucket = self._due[tick] = []
                    heapq.heappush(self._ticks, tick)
                    if self._ticks[0] == tick:
                        self._changed.notify()
                bucket.append((receipt, start))

    def add_urgent(self, receipts: Sequence[Item], *, start: int, end: int, then: Callable[[], None]) -> None:
        """Take receipts that go before all others.

        `then` is called from the courier's thread once they are there.
        """
        with self._changed:
            self._expect(len(receipts), start=start, end=end)
            self._urgent.append(([(receipt, start) for receipt in receipts], then))
            self._changed.notify()

    def _expect(self, n_receipts: int, *, start: int, end: int) -> None:
        self._ledger_end = max(self._ledger_end, end)
        if n_receipts:
            self._outstanding[start] = self._outstanding.get(start, 0) + n_receipts
            self.n_waiting += n_receipts

    def stop(self) -> None:
        """End soon. What is outstanding stays outstanding behind the checkpoint."""
        self._stopping.set()
        with self._changed:
            self._changed.notify()
        if self.is_alive():
            self.join(timeout=10)

    def run(self) -> None:
        checkpoint_at = 0.0
        while not self._stopping.is_set():
            urgent, due = self._wait()
            if urgent:
                self._hand_over([placed for receipts, _ in urgent for placed in receipts])
                for _, then in urgent:
                    then()
            for first in range(0, len(due), CHUNK_SIZE):
                self._hand_over(due[first : first + CHUNK_SIZE])
            if time.monotonic() >= checkpoint_at:
                self._write_checkpoint()
                checkpoint_at = time.monotonic() + CHECKPOINT_SECONDS
        self._write_checkpoint()

    def _wait(self) -> tuple[list[tuple[list[tuple[Item, int]], Callable[[], None]]], list[tuple[Item, int]]]:
        """What is to be handed over now; nothing after a while, for the sake of the checkpoint."""
        with self._changed:
            now = time.monotonic()
            if not self._urgent and not self._stopping.is_set():
                next_at = self._ticks[0] * TICK_SECONDS if self._ticks else now + CHECKPOINT_SECONDS
                if next_at > now:
                    self._changed.wait(min(next_at - now, CHECKPOINT_SECONDS))
            urgent, self._urgent = self._urgent, []
            due: list[tuple[Item, int]] = []
            now = time.monotonic()
            while self._ticks and self._ticks[0] * TICK_SECONDS <= now:
                due += self._due.pop(heapq.heappop(self._ticks))
            return urgent, due

    def _hand_over(self, receipts: Sequence[tuple[Item, int]]) -> None:
        batch = [receipt for receipt, _ in receipts]
        reported_at = datetime.now(UTC)
        n_failures = 0
        while not self._stopping.is_set():
            try:
                self._deliver(batch, reported_at)
            except Exception as error:
                pause_seconds = RETRY_SECONDS[min(n_failures, len(RETRY_SECONDS) - 1)]
                log.warning("receipts kept n=%d error=%s", len(batch), type(error).__name__)
                n_failures += 1
                self._stopping.wait(pause_seconds)
            else:
                self._settle(Counter(start for _, start in receipts))
                return

    def _settle(self, n_per_group: Counter[int]) -> None:
        with self._changed:
            for start, n_receipts in n_per_group.items():
                self.n_sent += n_receipts
                self.n_waiting -= n_receipts
                self._outstanding[start] -= n_receipts
                if not self._outstanding[start]:
                    del self._outstanding[start]

    def _write_checkpoint(self) -> None:
        with self._changed:
            place = next(iter(self._outstanding), self._ledger_end)
        fresh = self._checkpoint.with_name(self._checkpoint.name + ".new")
        try:
            fresh.write_text(str(place))
            fresh.replace(self._checkpoint)
        except OSError as error:
            log.warning("checkpoint not written error=%s", error.strerror)
