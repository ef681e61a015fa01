"""The places of a line where connections are bound, and when each is tried again."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from delivery.smpp import statuses
from delivery.smpp.connection import Connection
from delivery.smpp.profile import Role

# After a refusal an SMSC is not asked again at once: it may lock the account.
FIRST_PAUSE_SECONDS = 0.5
FIRST_REFUSED_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
# Refusals that last until somebody changes the settings.
SET_UP_WRONGLY = frozenset({statuses.RINVPASWD, statuses.RINVSYSID, statuses.RINVSYSTYP})
_dice = random.SystemRandom()


class LineDown(Exception):
    """No bind can take a submit now. Its words are for the operator."""

    def __init__(self, words: str, *, is_set_up_wrongly: bool = False) -> None:
        super().__init__(words)
        self.is_set_up_wrongly = is_set_up_wrongly


class BindStatus(NamedTuple):
    """How one bind is. `seconds`: since when, and until it is tried again."""

    number: int
    role: Role
    state: str  # "connecting", "bound", "leaving", "waiting", "closed"
    since_seconds: float
    tries_again_in_seconds: float | None
    n_outstanding: int
    n_throttled: int
    n_submitted: int
    n_delivered: int
    words: str


@dataclass(slots=True)
class Bind:
    """A place for a connection, and how it fares."""

    number: int
    role: Role
    state: str = "connecting"
    since: float = field(default_factory=time.monotonic)
    next_try: float = 0.0
    n_failures: int = 0
    n_failed_tries: int = 0
    is_refused: bool = False
    is_set_up_wrongly: bool = False
    words: str = ""
    connection: Connection | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def become(self, state: str) -> None:
        if state != self.state:
            self.state, self.since = state, time.monotonic()

    @property
    def may_submit(self) -> bool:
        return self.role is not Role.RECEIVER


def pause_after(n_failures: int, *, is_refused: bool) -> float:
    """Seconds before the next attempt: longer with each failure, and never the same for all of many lines."""
    first = FIRST_REFUSED_PAUSE_SECONDS if is_refused else FIRST_PAUSE_SECONDS
    pause = min(LONGEST_PAUSE_SECONDS, first * 2 ** max(0, min(n_failures, 16) - 1))
    return float(pause * _dice.uniform(0.75, 1.0))
