"""What passes between the rules and the writing of a claim: the rows of a window, and what was decided of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from delivery.caps import ReachedCap
from delivery.frequency import Block, Slot


class Row(NamedTuple):
    """A queued message as the claim reads it."""

    id: int
    attempt: int
    msisdn: str
    sender: str
    text: str
    n_segments: int
    country: str


@dataclass(slots=True)
class Admission:
    """What the rules say of the rows of a window: the first `n_rows` are dealt with, the rest stays where it is."""

    n_rows: int
    day: Any
    now: datetime
    passing: list[Row] = field(default_factory=list)
    blocked: list[tuple[Row, Block]] = field(default_factory=list)
    aside: dict[datetime, list[Row]] = field(default_factory=dict)
    slots: dict[str, Sequence[Slot]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    reached: ReachedCap | None = None
