"""What passes between claim, submit and settle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from delivery.gateways.base import OutboundMessage


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to claim from one batch, until it is released or runs out."""

    batch_id: int
    dispatch_id: int
    token: int


class ClaimedWindow(NamedTuple):
    """Messages that are submitting by our token, and the countries for their counters."""

    id: int
    lease: Lease
    gateway_id: int
    messages: list[OutboundMessage]
    countries: list[str]


class Nothing(NamedTuple):
    """No window could be claimed now. `wait_seconds` None: this lease has nothing more to give.

    `pause_seconds` keeps a batch from being leased again at once when what is left of it is in other hands.
    """

    wait_seconds: float | None = None
    pause_seconds: float = 0.0
