"""The numbers of the sandbox, from the request to what a program reads a second later."""

from __future__ import annotations

import time

import pytest

from delivery.drain import drain
from delivery.models import SANDBOX_KIND, Gateway
from delivery.services import apply_receipts
from delivery.services.sandbox import tell_sandbox
from delivery.urgent.gathering import gather
from tests.api.native.calling import Program
from tests.api.native.conftest import Shop

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = {
    "+4915123000001": ("delivered", ""),
    "+4915123000002": ("failed", "unreachable"),
    "+4915123000003": ("sent", ""),
    "+4915123000004": ("failed", "gateway_refused"),
    "+4915123000777": ("delivered", ""),
}


def test_each_number_ends_as_the_documentation_says(shop: Shop, sandbox: Program) -> None:
    words = {name: shop.message()[name] for name in ("template_id", "signature")}
    messages = [{"to": number, "parameters": ["Ada", "Berlin"]} for number in NUMBERS]
    sent = sandbox.post("batches", {**words, "messages": messages}).body
    assert (sent["accepted"], sent["sandbox"]) == (len(NUMBERS), True)

    gather()
    gateway = Gateway.objects.get(kind=SANDBOX_KIND)
    drain(gateway, until=time.monotonic() + 5)
    told = {}
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        tell_sandbox()
        apply_receipts()
        items = sandbox.get(f"batches/{sent['id']}").body["items"]
        told = {item["to"]: (item["status"], item["reason"]["code"]) for item in items}
        if told == NUMBERS:
            break
        time.sleep(0.2)
    assert told == NUMBERS
    figures = sandbox.get("statistics", since="2026-01-01T00:00:00Z", until="2026-12-31T00:00:00Z").body
    assert figures["items"][0]["requested"] == 0
