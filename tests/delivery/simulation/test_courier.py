from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from delivery.simulation.courier import CHUNK_SIZE, Courier, Receipt

PATIENCE_SECONDS = 30


class Console:
    """Takes receipts, or refuses to for a while; the test waits for what it has."""

    def __init__(self) -> None:
        self.taken: list[Receipt] = []
        self.calls: list[int] = []
        self.n_refusals = 0
        self._changed = threading.Condition()

    def deliver(self, receipts: Sequence[Receipt], reported_at: datetime) -> None:
        assert reported_at.tzinfo is not None
        with self._changed:
            if self.n_refusals:
                self.n_refusals -= 1
                raise ConnectionError
            self.taken += receipts
            self.calls.append(len(receipts))
            self._changed.notify_all()

    def wait_for(self, n_receipts: int) -> list[str]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.taken) >= n_receipts, PATIENCE_SECONDS)
            return [receipt.gateway_message_id for receipt in self.taken]


def receipt(part: object) -> Receipt:
    return Receipt(str(part), "delivered", "DELIVRD", "1-0", "+8613800000001")


@pytest.fixture
def console() -> Console:
    return Console()


@pytest.fixture
def courier(console: Console, tmp_path: Path) -> Iterator[Courier]:
    courier = Courier(deliver=console.deliver, checkpoint=tmp_path / "checkpoint")
    courier.start()
    yield courier
    courier.stop()


def test_it_brings_receipts_in_the_order_they_are_due(courier: Courier, console: Console) -> None:
    courier.add([(0.4, receipt("c")), (0.0, receipt("a")), (0.2, receipt("b"))], start=0, end=10)
    assert console.wait_for(3) == ["a", "b", "c"]


def test_a_sooner_one_does_not_wait_for_a_later_one(courier: Courier, console: Console) -> None:
    courier.add([(3600, receipt("in an hour"))], start=0, end=10)
    courier.add([(0.0, receipt("now"))], start=10, end=20)
    assert console.wait_for(1) == ["now"]
    assert courier.n_waiting == 1


def test_many_travel_together_but_not_too_many(courier: Courier, console: Console) -> None:
    n_receipts = 2 * CHUNK_SIZE + 1
    courier.add([(0.0, receipt(n)) for n in range(n_receipts)], start=0, end=10)
    assert console.wait_for(n_receipts) == [str(n) for n in range(n_receipts)]
    assert console.calls == [CHUNK_SIZE, CHUNK_SIZE, 1]


def test_refused_ones_are_brought_again_and_overtaken_by_none(courier: Courier, console: Console) -> None:
    console.n_refusals = 3
    courier.add([(0.0, receipt("a"))], start=0, end=10)
    courier.add([(0.1, receipt("b"))], start=10, end=20)
    assert console.wait_for(2) == ["a", "b"]
    assert console.n_refusals == 0


def test_urgent_ones_have_arrived_when_it_says_so(courier: Courier, console: Console) -> None:
    console.n_refusals = 1
    seen: list[list[Receipt]] = []
    said = threading.Event()

    def then() -> None:
        seen.append(list(console.taken))
        said.set()

    courier.add_urgent([receipt("a"), receipt("b")], start=0, end=10, then=then)
    assert said.wait(PATIENCE_SECONDS)
    assert seen == [[receipt("a"), receipt("b")]]


def test_the_checkpoint_stands_before_the_first_outstanding_receipt(
    courier: Courier, console: Console
) -> None:
    courier.add([(0.0, receipt("a"))], start=0, end=10)
    courier.add([(0.0, receipt("b")), (3600, receipt("never"))], start=10, end=20)
    courier.add([(0.0, receipt("c"))], start=20, end=30)
    console.wait_for(3)
    courier.stop()
    assert courier.read_checkpoint() == 10


def test_the_checkpoint_stands_at_the_end_when_nothing_is_outstanding(
    courier: Courier, console: Console
) -> None:
    courier.add([(0.0, receipt("a"))], start=0, end=10)
    courier.add([], start=10, end=30)
    console.wait_for(1)
    courier.stop()
    assert courier.read_checkpoint() == 30


def test_what_the_console_never_took_is_outstanding(courier: Courier, console: Console) -> None:
    console.n_refusals = 1_000_000
    courier.add([(0.0, receipt("a"))], start=40, end=50)
    courier.stop()
    assert courier.read_checkpoint() == 40
    assert courier.n_waiting == 1


@pytest.mark.parametrize("content", [None, "", "nonsense"])
def test_without_a_readable_checkpoint_it_begins_at_the_beginning(
    tmp_path: Path, console: Console, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "checkpoint").write_text(content)
    assert Courier(deliver=console.deliver, checkpoint=tmp_path / "checkpoint").read_checkpoint() == 0
