"""How fast a line may go: the rate it was set, what its carrier slowed it to, and the share of verification codes.

The clock is a row of PostgreSQL (`GatewayPace`) that every claim of a gateway locks, so that any number of workers keep
one rate together. A carrier that asks to slow down halves it, at most once a second; from there it climbs back by a
twentieth of the set rate each second. Everything but verification codes goes by a clock of its own where a share of
the rate is kept for them; they may use the whole line, and run ahead of it by half a second rather than wait behind a
window of others.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from delivery import sql_pace as sql
from delivery.models import Gateway

CLIMB_PER_SECOND: Final = 0.05
# A line without a rate of its own is limited for so long after its carrier asked to slow down.
SLOWED_SECONDS: Final = 1 / CLIMB_PER_SECOND
HALVED_AGAIN_AFTER_SECONDS: Final = 1.0
# Slower than this nothing makes a line, unless it was set so.
SLOWEST_RATE: Final = 1.0
URGENT_AHEAD_SECONDS: Final = 0.5
CREDIT_SECONDS: Final = 0.05


class Line(NamedTuple):
    """What a claim may take: segments per second (None: no limit), and how long it has to wait before."""

    rate: float | None
    wait_seconds: float
    is_bulk: bool = False
    share: float = 0.0

    @property
    def own_rate(self) -> float | None:
        """Of what is left to those who claim: for all but verification codes less than the line's."""
        return self.rate * (1 - self.share) if self.rate is not None and self.is_bulk else self.rate


def effective_rate(
    nominal: float | None, slowed_rate: float | None, slowed_seconds: float | None
) -> float | None:
    """Segments per second now, `slowed_seconds` after the carrier asked to slow down; None without any limit."""
    if slowed_rate is None or slowed_seconds is None:
        return nominal
    if nominal is None:
        # It climbs towards twice the halved rate, at which it was last seen.
        climbed = slowed_rate * (1 + 2 * CLIMB_PER_SECOND * slowed_seconds)
        return climbed if slowed_seconds < SLOWED_SECONDS else None
    return min(nominal, slowed_rate + CLIMB_PER_SECOND * nominal * slowed_seconds)


def lock_line(cursor: Any, gateway: Gateway, *, is_urgent: bool) -> Line:
    """The line as it is now; nobody else claims from it before the transaction is over. One statement."""
    cursor.execute(sql.LOCK_PACE, {"gateway": gateway.pk})
    row = cursor.fetchone()
    is_bulk, share = not is_urgent, gateway.verification_share
    if row is None:
        return Line(gateway.rate_per_second, 0.0, is_bulk, share)
    free_in, bulk_in, slowed_rate, slowed_seconds = row
    rate = effective_rate(gateway.rate_per_second, slowed_rate, slowed_seconds)
    wait = free_in - URGENT_AHEAD_SECONDS if is_urgent else free_in
    if is_bulk and share and rate is not None and bulk_in is not None:
        wait = max(wait, bulk_in)
    return Line(rate, max(0.0, wait), is_bulk, share)


def take_line(cursor: Any, gateway: Gateway, line: Line, *, n_segments: int) -> None:
    """Let the line be busy for as long as these segments take; without a limit nothing is written."""
    if line.rate is None or line.own_rate is None:
        return
    bulk_seconds = n_segments / line.own_rate if line.is_bulk and line.share else None
    values = {"seconds": n_segments / line.rate, "bulk_seconds": bulk_seconds, "credit": CREDIT_SECONDS}
    cursor.execute(sql.TAKE_PACE, {"gateway": gateway.pk, **values})


def slow_line(gateway: Gateway, *, seen_rate: float) -> None:
    """Halve the line's rate because its carrier asked for less; `seen_rate` is what passed, for a line without one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.LOCK_PACE, {"gateway": gateway.pk})
        row = cursor.fetchone()
        _free_in, _bulk_in, slowed_rate, slowed_seconds = row or (0.0, None, None, None)
        if slowed_seconds is not None and slowed_seconds < HALVED_AGAIN_AFTER_SECONDS:
            return
        nominal = gateway.rate_per_second
        rate = effective_rate(nominal, slowed_rate, slowed_seconds) or seen_rate
        slowest = min(SLOWEST_RATE, nominal or SLOWEST_RATE)
        cursor.execute(sql.SLOW_LINE, {"gateway": gateway.pk, "rate": max(slowest, rate / 2)})


def pause_line(gateway: Gateway, *, seconds: float) -> None:
    """Let nothing be claimed for so long."""
    with connection.cursor() as cursor:
        cursor.execute(sql.PAUSE_LINE, {"gateway": gateway.pk, "seconds": seconds})
