"""From a gateway's row to the driver that speaks to it."""

from __future__ import annotations

import json
from typing import Any

from delivery.gateways import open_driver
from delivery.gateways.base import Exchange, GatewayDriver
from delivery.models import Gateway


def settings_of(gateway: Gateway) -> dict[str, Any]:
    """The settings of the gateway with its secrets among them, as its driver takes them."""
    return {**gateway.settings, **json.loads(gateway.secret or "{}")}


def open_gateway(gateway: Gateway) -> GatewayDriver:
    """The gateway's driver, not connected yet; raises `GatewayMisconfigured` with words for the operator."""
    driver = open_driver(gateway.kind, settings_of(gateway))
    driver.on_exchange = lambda exchange: _keep(gateway.pk, exchange)
    return driver


def _keep(gateway_id: int, exchange: Exchange) -> None:
    """Nothing is kept yet."""
