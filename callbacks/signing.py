"""Signatures of requests as Standard Webhooks has them: the receiver proves by them that the console speaks."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from standardwebhooks import Webhook

from projects.models import CallbackEndpoint

_SECRET_BYTES = 32


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def secrets_of(endpoint: CallbackEndpoint, *, now: datetime) -> list[str]:
    """The endpoint's secret and, while it is being rotated, the one before."""
    until = endpoint.previous_secret_until
    previous = [endpoint.previous_secret] if endpoint.previous_secret and until and until > now else []
    return [endpoint.secret, *previous]


def signed_headers(callback: UUID, body: str, *, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The three headers; a signature for each secret, with a space between."""
    # The library takes the digits of any zone for those of UTC.
    at = now.astimezone(UTC).replace(microsecond=0)
    message_id = str(callback)
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
