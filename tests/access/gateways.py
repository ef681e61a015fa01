"""Rows of the access table: gateways, routes and carriers' codes, for platform staff alone."""

from __future__ import annotations

from typing import Any

from delivery.models import CarrierCode, CarrierTemplate, Gateway, Route
from delivery.services import ensure_simulated_gateway
from tests.access.kit import Row, Things, no_arguments
from tests.access.standing import STAFF, STAFF_REFUSED


def of_kind(things: Things) -> list[Any]:
    return ["simulator"]


def of_gateway(things: Things) -> list[Any]:
    return [ensure_simulated_gateway().slug]


def of_template(things: Things) -> list[Any]:
    gateway: Gateway = ensure_simulated_gateway()
    made, _ = CarrierTemplate.objects.get_or_create(gateway=gateway, template_id="1", defaults={"text": "x"})
    return [gateway.slug, made.pk]


def of_route(things: Things) -> list[Any]:
    return [Route.objects.create(gateway=ensure_simulated_gateway()).uuid]


def of_code(things: Things) -> list[Any]:
    return [CarrierCode.objects.get_or_create(kind="simulator", code="XX:0001")[0].pk]


ROWS: list[Row] = [
    ("staff-gateway-list", "get", no_arguments, STAFF),
    ("staff-gateway-choose", "get", no_arguments, STAFF),
    ("staff-gateway-add", "get", of_kind, STAFF),
    ("staff-gateway-add", "post", of_kind, STAFF_REFUSED),
    ("staff-gateway", "get", of_gateway, STAFF),
    ("staff-gateway-live", "get", of_gateway, STAFF),
    ("staff-gateway-exchanges", "get", of_gateway, STAFF),
    ("staff-gateway-edit", "get", of_gateway, STAFF),
    ("staff-gateway-edit", "post", of_gateway, STAFF_REFUSED),
    ("staff-gateway-pause", "post", of_gateway, STAFF),
    ("staff-gateway-continue", "post", of_gateway, STAFF),
    ("staff-gateway-delete", "post", of_gateway, STAFF),
    ("staff-gateway-renew", "post", of_gateway, STAFF),
    ("staff-gateway-try", "post", of_gateway, STAFF_REFUSED),
    ("staff-gateway-id-form", "post", of_gateway, STAFF_REFUSED),
    ("staff-gateway-templates", "post", of_gateway, STAFF),
    ("staff-gateway-template-add", "post", of_gateway, STAFF_REFUSED),
    ("staff-gateway-template-remove", "post", of_template, STAFF),
    ("staff-route-list", "get", no_arguments, STAFF),
    ("staff-route-ask", "post", no_arguments, STAFF_REFUSED),
    ("staff-route-add", "get", no_arguments, STAFF),
    ("staff-route-add", "post", no_arguments, STAFF_REFUSED),
    ("staff-route-edit", "get", of_route, STAFF),
    ("staff-route-edit", "post", of_route, STAFF_REFUSED),
    ("staff-route-disable", "post", of_route, STAFF),
    ("staff-route-enable", "post", of_route, STAFF),
    ("staff-route-delete", "post", of_route, STAFF),
    ("staff-code-list", "get", no_arguments, STAFF),
    ("staff-code-edit", "get", of_code, STAFF),
    ("staff-code-edit", "post", of_code, STAFF_REFUSED),
]
