"""The one function that appends to the outbox."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

APPEND_EVENT = "INSERT INTO outbox_event (kind, subject, payload) VALUES (%s, %s, %s)"


def append_event(*, kind: str, subject: str, payload: dict[str, Any]) -> None:
    """Append an event to the caller's transaction.

    `kind` is `<noun>.<past participle>` (`campaign.suspended`), `subject` names the thing (`campaign:<uuid>`).
    The payload holds ids and words, never a number of a person or a text.
    """
    with connection.cursor() as cursor:
        cursor.execute(APPEND_EVENT, [kind, subject, json.dumps(payload, separators=(",", ":"))])
