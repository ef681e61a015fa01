"""Reads for the pages about gateways: the list, and the live part of a gateway's own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, Sum
from django.utils import timezone

from delivery.lines.gateway_kinds import Kind, kind_of
from delivery.lines.pace import Slowed, effective_rate
from delivery.models import (
    SANDBOX_KIND,
    Batch,
    Dispatch,
    Gateway,
    GatewayHealth,
    GatewayPace,
    Window,
)
from delivery.statuses import WindowState

PAGE_ROWS: Final = 50
# What is called the rate now is measured over so many seconds.
RATE_SECONDS: Final = 10
# The clock of a busy line always runs a little ahead.
REST_WORTH_TELLING: Final = timedelta(seconds=3)
LONGEST_SEGMENTS: Final = 20
# A dispatch that sends is served at least this often; more of them at once are not looked at.
SERVED_SPAN: Final = timedelta(minutes=5)
MOST_DISPATCHES: Final = 200


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """A gateway as staff see it. `n_waiting` messages have it as their way, held ones among them."""

    gateway: Gateway
    health: GatewayHealth | None
    pace: GatewayPace | None
    n_waiting: int
    at: datetime

    @property
    def kind(self) -> Kind:
        return kind_of(self.gateway.kind)

    @property
    def verification_percent(self) -> int:
        """The share of its rate that is kept for verification codes."""
        return round(self.gateway.verification_share * 100)

    @property
    def state(self) -> str:
        """paused | broken | down | slowed | working: the first that holds."""
        if not self.gateway.is_enabled:
            return "paused"
        if self.probe_at is not None:
            return "broken"
        if self.down_since is not None:
            return "down"
        return "slowed" if self.slowed_rate is not None or self.rests_until else "working"

    @property
    def down_since(self) -> datetime | None:
        return self.health.down_since if self.health else None

    @property
    def probe_at(self) -> datetime | None:
        """While the breaker is open: when one small window tries it again."""
        return self.health.probe_at if self.health else None

    @property
    def reason(self) -> str:
        """Its newest fault, while it is down."""
        return self.health.reason if self.health and (self.health.down_since or self.probe_at) else ""

    @property
    def slowed_rate(self) -> float | None:
        """The rate it may go at now, after its carrier asked to slow down; None when that is over."""
        pace = self.pace
        if pace is None or pace.slowed_rate is None or pace.slowed_at is None:
            return None
        seconds = max((self.at - pace.slowed_at).total_seconds(), 0.0)
        nominal = self.gateway.rate_per_second
        rate = effective_rate(
            nominal, Slowed(pace.slowed_rate, seconds, pace.slowed_from or pace.slowed_rate)
        )
        return None if rate is None or rate == nominal else rate

    @property
    def rests_until(self) -> datetime | None:
        """When its carrier wants to be asked again, if that is not within a moment."""
        if self.pace is None:
            return None
        # One long message may keep a slow line busy for a while.
        usual = REST_WORTH_TELLING + timedelta(
            seconds=LONGEST_SEGMENTS / (self.gateway.rate_per_second or 100)
        )
        return self.pace.next_free_at if self.pace.next_free_at - self.at > usual else None


def gateway_rows(*, after: int | None) -> list[GatewayRow]:
    """In the order they were made, from the id on, one more than a page holds. Four queries."""
    found = (
        Gateway.objects.exclude(kind=SANDBOX_KIND).order_by("id").select_related("changed_by").defer("secret")
    )
    return _rows(list((found.filter(pk__gt=after) if after else found)[: PAGE_ROWS + 1]))


def gateway_row(gateway: Gateway) -> GatewayRow:
    """This one. Three queries."""
    return _rows([gateway])[0]


@dataclass(frozen=True, slots=True)
class Throughput:
    """What passes through a gateway: messages a second over the last ones, and how many are unanswered."""

    per_second: float
    n_in_flight: int


def throughput(gateway: Gateway) -> Throughput:
    """Two queries, over the dispatches that were served lately and their windows of the last seconds alone."""
    since = timezone.now() - timedelta(seconds=RATE_SECONDS)
    served = Dispatch.objects.filter(
        Q(sent_at=None) | Q(sent_at__gt=since), last_served_at__gt=since - SERVED_SPAN
    )
    windows = Window.objects.filter(
        dispatch_id__in=list(served.values_list("pk", flat=True)[:MOST_DISPATCHES]),
        claimed_at__gt=since,
        gateway_id=gateway.pk,
    ).aggregate(n=Sum("n_messages"), in_flight=Sum("n_messages", filter=Q(state=WindowState.SUBMITTING)))
    return Throughput(per_second=(windows["n"] or 0) / RATE_SECONDS, n_in_flight=windows["in_flight"] or 0)


def _rows(gateways: list[Gateway]) -> list[GatewayRow]:
    keys = [gateway.pk for gateway in gateways]
    health = {row.gateway_id: row for row in GatewayHealth.objects.filter(gateway__in=keys)}
    paces = {row.gateway_id: row for row in GatewayPace.objects.filter(gateway__in=keys)}
    waiting = dict(
        Batch.objects.filter(gateway__in=keys, n_open__gt=0)
        .values_list("gateway_id")
        .annotate(n=Sum("n_open"))
    )
    now = timezone.now()
    return [
        GatewayRow(gateway, health.get(gateway.pk), paces.get(gateway.pk), waiting.get(gateway.pk, 0), now)
        for gateway in gateways
    ]
