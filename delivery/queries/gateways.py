"""Reads for the pages about gateways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q

from delivery.models import Dispatch, Gateway, GatewayHealth
from delivery.statuses import DispatchState

PAGE_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """A gateway as staff see it. `n_open` dispatches have messages that wait for it, held ones left out."""

    gateway: Gateway
    down_since: datetime | None
    reason: str
    n_open: int

    @property
    def state(self) -> str:
        if not self.gateway.is_enabled:
            return "paused"
        return "down" if self.down_since else "working"


def gateway_rows(*, after: int | None) -> list[GatewayRow]:
    """In the order they were made, from the id on, one more than a page holds. Three queries."""
    found = Gateway.objects.order_by("id").select_related("changed_by").defer("secret")
    gateways = list((found.filter(pk__gt=after) if after else found)[: PAGE_ROWS + 1])
    keys = [gateway.pk for gateway in gateways]
    health = {row.gateway_id: row for row in GatewayHealth.objects.filter(gateway__in=keys)}
    is_open = Q(sent_at=None, state=DispatchState.RUNNING, n_open__gt=0)
    open_ones = dict(
        Dispatch.objects.filter(is_open, gateway__in=keys).values_list("gateway_id").annotate(n=Count("pk"))
    )
    return [_row(gateway, health.get(gateway.pk), open_ones.get(gateway.pk, 0)) for gateway in gateways]


def _row(gateway: Gateway, health: GatewayHealth | None, n_open: int) -> GatewayRow:
    return GatewayRow(
        gateway=gateway,
        down_since=health.down_since if health else None,
        reason=health.reason if health and health.down_since else "",
        n_open=n_open,
    )
