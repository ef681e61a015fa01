"""What a delivery worker runs: fetch by id, call one service."""

from __future__ import annotations

import time

from delivery import drain as drain_module
from delivery import services
from delivery.gateways import is_driven_by_workers
from delivery.models import Gateway
from delivery.services import inquiries
from smsconsole.queue import enqueue

# A drain ends after so long and rings for the next, so that a worker is never one gateway's for ever.
SLICE_SECONDS = 20.0


def drain(gateway_id: int) -> None:
    """Send what the gateway has to send; a hint that comes too often finds nothing and ends.

    A gateway whose line a process of its own holds open is left to that process.
    """
    gateway = Gateway.objects.filter(pk=gateway_id, is_enabled=True).first()
    if gateway is None or not is_driven_by_workers(gateway.kind):
        return
    if drain_module.drain(gateway, until=time.monotonic() + SLICE_SECONDS):
        enqueue("delivery.jobs.drain", gateway_id)


def cancel_rest(dispatch_id: int) -> None:
    services.cancel_rest(dispatch_id=dispatch_id)


def poll_gateway(gateway_id: int) -> None:
    services.poll_gateway(gateway_id)


def ask_carrier(gateway_id: int) -> None:
    gateway = Gateway.objects.filter(pk=gateway_id, is_enabled=True).first()
    if gateway is not None:
        inquiries.ask_carrier(gateway)


def reread_code(code_id: int) -> None:
    services.reread_code(code_id)
