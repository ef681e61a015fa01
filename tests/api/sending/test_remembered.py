"""What a process remembers, it remembers for two seconds and no longer."""

from __future__ import annotations

import pytest

from api.sending import remembered
from api.sending.remembered import Remembered, limits_now
from projects.models import FrequencyRule
from projects.statuses import FrequencyDimension
from tests.factories import ProjectFactory


class Clock:
    """Stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    def shift(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(remembered, "SECONDS", 2.0)
    monkeypatch.setattr(remembered, "time", clock)
    return clock


def test_it_is_read_once_in_two_seconds(clock: Clock) -> None:
    values: Remembered[int] = Remembered()
    read = iter(range(100))
    assert [values.get("a", lambda: next(read)) for _ in range(3)] == [0, 0, 0]
    assert values.get("b", lambda: next(read)) == 1
    clock.shift(1.9)
    assert values.get("a", lambda: next(read)) == 0
    clock.shift(0.2)
    assert values.get("a", lambda: next(read)) == 2


def test_it_can_be_forgotten(clock: Clock) -> None:
    values: Remembered[int] = Remembered()
    assert values.age("a") == float("inf")
    values.get("a", lambda: 1)
    clock.shift(0.5)
    assert values.age("a") == pytest.approx(0.5)
    values.forget("a")
    assert values.get("a", lambda: 2) == 2


def test_what_cannot_be_read_is_not_remembered(clock: Clock) -> None:
    values: Remembered[int] = Remembered()

    def fail() -> int:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        values.get("a", fail)
    assert values.get("a", lambda: 1) == 1


def test_it_does_not_grow_for_ever(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MOST", 10)
    values: Remembered[int] = Remembered()
    for n in range(25):
        values.get(n, lambda n=n: n)
    assert len(values._kept) <= 10


@pytest.mark.django_db
def test_a_changed_limit_holds_after_two_seconds(clock: Clock) -> None:
    project = ProjectFactory()
    per_day = FrequencyDimension.PER_DAY
    assert limits_now(project).frequency_of(per_day).n_messages == 10
    FrequencyRule.objects.create(project=project, dimension=per_day, is_on=True, n_messages=3)
    assert limits_now(project).frequency_of(per_day).n_messages == 10
    clock.shift(2.1)
    assert limits_now(project).frequency_of(per_day).n_messages == 3
