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

from delivery.models import Gateway
from delivery.sql import pace as sql

CLIMB_PER_SECOND: Final = 0.05
# A line without a rate of its own is limited for so long after its carrier asked to slow down.
SLOWED_SECONDS: Final = 1 / CLIMB_PER_SECOND
SLOWED_AGAIN_AFTER_SECONDS: Final = 1.0
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


class Slowed(NamedTuple):
    """How fast a line was when its carrier last asked to slow down, how long ago, and what it climbs back to."""

    rate: float
    seconds: float
    from_rate: float


def effective_rate(nominal: float | None, slowed: Slowed | None) -> float | None:
    """Segments per second now; None without any limit."""
    if slowed is None:
        return nominal
    if nominal is None and slowed.seconds >= SLOWED_SECONDS:
        return None
    climbed = slowed.rate + CLIMB_PER_SECOND * (nominal or slowed.from_rate) * slowed.seconds
    return climbed if nominal is None else min(nominal, climbed)


class _Clock(NamedTuple):
    """The row of the line: seconds until it is free, for all and for bulk, and whether it was slowed down."""

    free_in: float = 0.0
    bulk_in: float | None = None
    slowed: Slowed | None = None


def _lock(cursor: Any, gateway: Gateway) -> _Clock:
    cursor.execute(sql.LOCK_PACE, {"gateway": gateway.pk})
    row = cursor.fetchone()
    if row is None:
        return _Clock()
    free_in, bulk_in, rate, seconds, from_rate = row
    slowed = Slowed(rate, seconds, from_rate or rate) if rate is not None and seconds is not None else None
    return _Clock(free_in, bulk_in, slowed)


def lock_line(cursor: Any, gateway: Gateway, *, is_urgent: bool) -> Line:
    """The line as it is now; nobody else claims from it before the transaction is over. One statement."""
    clock = _lock(cursor, gateway)
    rate, share = effective_rate(gateway.rate_per_second, clock.slowed), gateway.verification_share
    wait = clock.free_in - URGENT_AHEAD_SECONDS if is_urgent else clock.free_in
    if not is_urgent and share and rate is not None and clock.bulk_in is not None:
        wait = max(wait, clock.bulk_in)
    return Line(rate, max(0.0, wait), not is_urgent, share)


def take_line(cursor: Any, gateway: Gateway, line: Line, *, n_segments: int) -> None:
    """Let the line be busy for as long as these segments take; without a limit nothing is written."""
    if line.rate is None or line.own_rate is None:
        return
    bulk_seconds = n_segments / line.own_rate if line.is_bulk and line.share else None
    values = {"seconds": n_segments / line.rate, "bulk_seconds": bulk_seconds, "credit": CREDIT_SECONDS}
    cursor.execute(sql.TAKE_PACE, {"gateway": gateway.pk, **values})


def slow_line(gateway: Gateway, *, throttled_share: float, seen_rate: float) -> None:
    """Slow the line down because its carrier asked for it: to half its rate when all was throttled.

    When a share was, by half of that share. `seen_rate` is what passed, for a line without a rate.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        slowed = _lock(cursor, gateway).slowed
        if slowed is not None and slowed.seconds < SLOWED_AGAIN_AFTER_SECONDS:
            return
        nominal = gateway.rate_per_second
        before = effective_rate(nominal, slowed)
        from_rate = slowed.from_rate if slowed is not None and before is not None else seen_rate
        slowest = min(SLOWEST_RATE, nominal or SLOWEST_RATE)
        rate = max(slowest, (before or seen_rate) * (1 - throttled_share / 2))
        cursor.execute(
            sql.SLOW_LINE, {"gateway": gateway.pk, "rate": rate, "from_rate": nominal or from_rate}
        )


def pause_line(gateway: Gateway, *, seconds: float) -> None:
    """Let nothing be claimed for so long."""
    with connection.cursor() as cursor:
        cursor.execute(sql.PAUSE_LINE, {"gateway": gateway.pk, "seconds": seconds})
