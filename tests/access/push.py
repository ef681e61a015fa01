"""Rows of the access table: where carriers report. It is nobody's page; without a carrier's body it refuses."""

from __future__ import annotations

from typing import Any

from delivery.models import Gateway
from tests.access.kit import Row, Things

REFUSED = (403, 403, 403, 403, 403, 403)


def of_push(things: Things) -> list[Any]:
    return [Gateway.objects.create(slug="line", name="Line", kind="simulator").push_token]


def of_push_of_receipts(things: Things) -> list[Any]:
    return [*of_push(things), "receipts"]


ROWS: list[Row] = [
    ("push", "get", of_push, REFUSED),
    ("push", "post", of_push, REFUSED),
    ("push-of", "get", of_push_of_receipts, REFUSED),
    ("push-of", "post", of_push_of_receipts, REFUSED),
]
