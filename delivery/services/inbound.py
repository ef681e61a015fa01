"""What carriers bring by themselves: read by the gateway's driver, stored, and only then answered."""

from __future__ import annotations

import json
import logging
import time

from django.db import transaction

from delivery.gateways.base import Exchange, PolledEvents, Push, PushedEvents, ReceivesPushes
from delivery.gateways.errors import GatewayMisconfigured, PushRefused
from delivery.gateways.exchanges import laid_out
from delivery.gateways.masking import masked
from delivery.lines.exchanges import keep
from delivery.lines.opening import open_gateway
from delivery.models import Gateway
from delivery.services.receipts import store_receipts
from delivery.services.replies import store_replies

log = logging.getLogger(__name__)


def receive_push(gateway: Gateway, push: Push, *, what: str = "") -> PushedEvents:
    """Store what the carrier brought and commit; what comes back may then be answered.

    Raises `PushRefused` for what is not the carrier's or cannot be read, also from a kind that takes no pushes, and
    `GatewayMisconfigured`. Bringing the same twice is harmless. A paused gateway still takes what is brought.
    """
    began = time.monotonic()
    name = f"push {what}".strip()
    try:
        driver = open_gateway(gateway)
        if not isinstance(driver, ReceivesPushes):
            raise PushRefused("Gateways of this kind take no pushes.")
        pushed = driver.read_push(push)
        store_events(gateway, pushed)
    except (PushRefused, GatewayMisconfigured) as error:
        # Which of its words are a text nobody knows, so nothing of the body is kept.
        size = f"{push.method}, {len(push.body)} bytes of {push.headers.get('content-type', 'no type')}"
        keep(gateway.pk, Exchange(name, masked(size, []), masked(str(error), []), is_fault=True))
        log.warning("gateway=%s push refused=%s", gateway.pk, type(error).__name__)
        raise
    milliseconds = int((time.monotonic() - began) * 1000)
    keep(gateway.pk, _exchange(gateway, name, push, pushed, milliseconds))
    return pushed


def store_events(gateway: Gateway, events: PushedEvents | PolledEvents) -> None:
    """Store receipts and replies of one gateway in one transaction, and commit."""
    with transaction.atomic():
        if events.receipts:
            store_receipts(gateway_id=gateway.pk, events=events.receipts)
        if events.replies:
            store_replies(gateway_id=gateway.pk, events=events.replies)


def _exchange(gateway: Gateway, name: str, push: Push, pushed: PushedEvents, milliseconds: int) -> Exchange:
    """The push laid out, so that texts stand in it as people wrote them and can be masked."""
    texts = [reply.text for reply in pushed.replies if reply.text]
    query = [f"{name}={value}" for name, value in push.query.items()]
    body = laid_out(push.body, push.headers.get("content-type", ""))
    written = "\n".join(part for part in (push.method, *query, body) if part)
    request = masked(written, texts, _secrets(gateway))
    if not all(f"({len(text)} characters)" in request for text in texts):
        # It stands there in some way that only the driver can read.
        request = f"{push.method}, {len(push.body)} bytes"
    answer = pushed.answer.decode(errors="replace")
    return Exchange(name, request, masked(answer, texts), milliseconds=milliseconds)


def _secrets(gateway: Gateway) -> list[str]:
    return [str(value) for value in json.loads(gateway.secret or "{}").values() if value]
