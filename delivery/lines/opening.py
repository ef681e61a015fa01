"""From a gateway's row to the driver that speaks to it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse

from delivery.gateways import open_driver
from delivery.gateways.base import GatewayDriver
from delivery.lines.exchanges import keep
from delivery.models import CarrierTemplate, Gateway


def settings_of(gateway: Gateway) -> dict[str, Any]:
    """The settings of the gateway as its driver takes them.

    With its secrets, the carrier's templates, and the address that a carrier reports to.
    """
    templates = CarrierTemplate.objects.filter(gateway=gateway).order_by("pk")
    return {
        **gateway.settings,
        **json.loads(gateway.secret or "{}"),
        "push_url": push_address(gateway),
        "carrier_templates": [list(row) for row in templates.values_list("template_id", "text")],
    }


def push_address(gateway: Gateway) -> str:
    """Where its carrier reports; whoever knows it can try, so it is a secret."""
    return f"{settings.CONSOLE_URL}{reverse('push', args=[gateway.push_token])}"


def open_gateway(gateway: Gateway) -> GatewayDriver:
    """The gateway's driver, not connected yet; raises `GatewayMisconfigured` with words for the operator."""
    driver = open_driver(gateway.kind, settings_of(gateway))
    driver.on_exchange = partial(keep, gateway.pk)
    return driver
