"""What passes between claim, submit and settle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from delivery.gateways.base import OutboundMessage
from delivery.limits.lease_rules import LeaseRules


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to claim from one batch, until it is released or runs out.

    `rules` are what limited the dispatch when it was leased; without them a claim reads its own. `is_paced`: the line
    is limited now even if its gateway has no rate. `is_probe`: only to see whether the gateway works again.
    """

    batch_id: int
    dispatch_id: int
    token: int
    rules: LeaseRules | None = None
    is_paced: bool = False
    is_probe: bool = False


class ClaimedWindow(NamedTuple):
    """Messages that are submitting by our token, and the countries for their counters.

    `holds_slots`: they hold slots for the frequency limits; `counted_on` is the day on which they count for caps,
    None for what counts for none. `fallbacks` are the gateways that may take what this one refuses.
    """

    id: int
    lease: Lease
    gateway_id: int
    messages: list[OutboundMessage]
    countries: list[str]
    project_id: int
    holds_slots: bool
    counted_on: date | None
    fallbacks: tuple[int, ...] = ()


class Nothing(NamedTuple):
    """No window could be claimed now. `wait_seconds` None: this lease has nothing more to give.

    `pause_seconds` keeps a batch from being leased again at once when what is left of it is in other hands.
    `unless_due`: it waits for a window to become due, and one may have come by the time the batch is given back.
    """

    wait_seconds: float | None = None
    pause_seconds: float = 0.0
    unless_due: bool = False
