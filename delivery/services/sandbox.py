"""The receipts of the sandbox, which come from the console itself."""

from __future__ import annotations

from delivery.gateways.errors import GatewayUnavailable
from delivery.gateways.sandbox import SandboxDriver
from delivery.models import SANDBOX_KIND, Gateway
from delivery.services.receipts import store_receipts


def tell_sandbox() -> int:
    """Store the receipts of the sandbox that are due; how many. While Valkey is away they wait."""
    gateway_id = Gateway.objects.filter(kind=SANDBOX_KIND).values_list("pk", flat=True).order_by("pk").first()
    if gateway_id is None:
        return 0
    driver = SandboxDriver({})
    n = 0
    try:
        while events := driver.due_receipts():
            store_receipts(gateway_id=gateway_id, events=events)
            driver.forget()
            n += len(events)
    except GatewayUnavailable:
        return n
    finally:
        driver.close()
    return n
