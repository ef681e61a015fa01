"""Reads for the page of one gateway. Bounded samples only: nothing here counts messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from delivery.gateways.public_hosts import url_problem
from delivery.lines.gateway_kinds import Kind
from delivery.lines.opening import push_address
from delivery.models import CarrierTemplate, Gateway, GatewayExchange
from delivery.models.lines import LineState
from delivery.queries.gateways import GatewayRow, Throughput, gateway_row, throughput
from delivery.queries.routes import RouteRow, route_rows
from delivery.services.id_forms import IdFormProposal, propose_id_form

EXCHANGES_SHOWN: Final = 20
TEMPLATES_SHOWN: Final = 200

# Of the newest receipts of all gateways those of this one, and when their messages were submitted.
DELAYS = """
WITH newest AS (
    SELECT gateway_id, gateway_message_id, reference, received_at FROM delivery_receipt
    WHERE received_at > clock_timestamp() - interval '1 hour' ORDER BY id DESC LIMIT 5000
), sample AS (
    SELECT * FROM newest WHERE gateway_id = %(gateway)s LIMIT 300
), delays AS (
    SELECT extract(epoch FROM s.received_at - m.submitted_at) AS seconds
    FROM sample s
    LEFT JOIN LATERAL (
        SELECT p.message_id FROM delivery_messagepart p
        WHERE p.gateway_id = s.gateway_id AND p.gateway_message_id = s.gateway_message_id
        ORDER BY p.id DESC LIMIT 1
    ) part ON true
    JOIN delivery_message m ON m.id = coalesce(
        part.message_id, substring(s.reference FROM '^([0-9]{1,18})-[0-9]+$')::bigint)
    WHERE m.submitted_at IS NOT NULL
)
SELECT count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds),
       percentile_disc(0.95) WITHIN GROUP (ORDER BY seconds)
FROM delays
"""


@dataclass(frozen=True, slots=True)
class ReceiptDelays:
    """How long after its submit a receipt came: in half of a sample of the last hour, and in 95 of 100."""

    n_sampled: int
    half_seconds: float
    most_seconds: float


@dataclass(frozen=True, slots=True)
class LiveGateway:
    """What moves on the page of a gateway."""

    row: GatewayRow
    throughput: Throughput
    delays: ReceiptDelays | None
    lines: list[LineState]

    @property
    def gateway(self) -> Gateway:
        return self.row.gateway

    @property
    def kind(self) -> Kind:
        return self.row.kind

    @property
    def no_session(self) -> bool:
        """Whether a process has to hold its line, and none does."""
        return self.kind.has_session and self.gateway.is_enabled and all(line.is_stale for line in self.lines)


def live_gateway(gateway: Gateway) -> LiveGateway:
    """Its state, rate and delays, as of now. Eight queries."""
    return LiveGateway(
        row=gateway_row(gateway),
        throughput=throughput(gateway),
        delays=receipt_delays(gateway),
        lines=list(LineState.objects.filter(gateway=gateway).order_by("number")),
    )


def receipt_delays(gateway: Gateway) -> ReceiptDelays | None:
    """None when no receipt of it came within the hour. One query over at most 300 receipts."""
    with connection.cursor() as cursor:
        cursor.execute(DELAYS, {"gateway": gateway.pk})
        n, half, most = cursor.fetchone()
    return ReceiptDelays(n, float(half), float(most)) if n else None


def newest_exchanges(gateway: Gateway) -> list[GatewayExchange]:
    """What went over its line last, newest first. One query."""
    return list(GatewayExchange.objects.filter(gateway=gateway).order_by("-id")[:EXCHANGES_SHOWN])


def carrier_templates(gateway: Gateway) -> list[CarrierTemplate]:
    """The texts approved at its carrier. One query."""
    return list(CarrierTemplate.objects.filter(gateway=gateway).order_by("template_id")[:TEMPLATES_SHOWN])


def routes_through(gateway: Gateway) -> list[RouteRow]:
    """The routes that lead through it, as they stand among all. One query."""
    return [row for row in route_rows() if row.route.gateway_id == gateway.pk]


def is_public(address: str) -> bool:
    """Whether carriers can be expected to reach an address: public, and over HTTPS. Names are not looked up."""
    return address.startswith("https://") and not url_problem(address, is_internal=False)


@dataclass(frozen=True, slots=True)
class GatewayPage:
    """Everything on the page of a gateway."""

    live: LiveGateway
    exchanges: list[GatewayExchange]
    looked_at: datetime
    templates: list[CarrierTemplate]
    routes: list[RouteRow]
    push_address: str
    is_push_address_public: bool
    id_form: IdFormProposal | None


def gateway_page(gateway: Gateway) -> GatewayPage:
    """Eleven queries; one more each for a carrier with templates and for receipts that wait in vain."""
    live = live_gateway(gateway)
    address = push_address(gateway) if live.kind.receives_pushes else ""
    return GatewayPage(
        live=live,
        exchanges=newest_exchanges(gateway),
        looked_at=live.row.at,
        templates=carrier_templates(gateway) if live.kind.takes_templates else [],
        routes=routes_through(gateway),
        push_address=address,
        is_push_address_public=is_public(address),
        id_form=propose_id_form(gateway),
    )
