"""Which gateways cannot be used, noted where they are driven, told after a minute.

The drain says after each submit how it went. Written is only what is new: a failure, which comes every few seconds
at most, and the first success after one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection, transaction

from delivery.models import Gateway
from smsconsole.outbox.services import append_event

# A line that stumbles and recovers within this time is nobody's news.
DOWN_SECONDS = 60
# So long after its last failure a gateway that nobody tries any more is not called down.
SILENT_SECONDS = 120
# How long a process believes that a gateway works before it looks again.
BELIEF_SECONDS = 10.0

NOTE_FAILURE = """
INSERT INTO delivery_gatewayhealth AS h (gateway_id, down_since, failed_at, reason)
VALUES (%(gateway)s, clock_timestamp(), clock_timestamp(), %(reason)s)
ON CONFLICT (gateway_id) DO UPDATE SET failed_at = excluded.failed_at, reason = excluded.reason,
    down_since = coalesce(h.down_since, excluded.down_since)
"""
CLEAR = """
UPDATE delivery_gatewayhealth h SET down_since = NULL, told_at = NULL
FROM (SELECT gateway_id, told_at FROM delivery_gatewayhealth WHERE gateway_id = %(gateway)s
      AND down_since IS NOT NULL FOR UPDATE) was
WHERE h.gateway_id = was.gateway_id RETURNING was.told_at IS NOT NULL
"""
# Long enough down, tried a moment ago, and not told yet.
TAKE_UNTOLD = """
UPDATE delivery_gatewayhealth SET told_at = clock_timestamp()
WHERE told_at IS NULL AND down_since < clock_timestamp() - make_interval(secs => %(down)s)
  AND failed_at > clock_timestamp() - make_interval(secs => %(silent)s)
RETURNING gateway_id
"""
# Failed once and never tried again: whether it is down nobody knows.
FORGET_SILENT = """
UPDATE delivery_gatewayhealth SET down_since = NULL
WHERE told_at IS NULL AND down_since IS NOT NULL
  AND failed_at < clock_timestamp() - make_interval(secs => %(silent)s)
"""

_worked_at: dict[int, float] = {}


def note_unusable(gateway_id: int, reason: str) -> None:
    """The gateway did not take anything: it is down from the first such moment on."""
    _worked_at.pop(gateway_id, None)
    with _unless_away(), connection.cursor() as cursor:
        cursor.execute(NOTE_FAILURE, {"gateway": gateway_id, "reason": reason[:300]})


def note_usable(gateway_id: int) -> None:
    """The gateway took what it was given. One statement every ten seconds and process."""
    now = time.monotonic()
    if now - _worked_at.get(gateway_id, float("-inf")) < BELIEF_SECONDS:
        return
    _worked_at[gateway_id] = now
    with _unless_away(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLEAR, {"gateway": gateway_id})
        row = cursor.fetchone()
        if row is not None and row[0]:
            _tell("gateway.up", gateway_id)


@contextmanager
def _unless_away() -> Iterator[None]:
    """What a submit brought must be settled even when the database is away just now: this note can be missed."""
    try:
        yield
    except (OperationalError, InterfaceError):
        connection.close()


def tell_down() -> int:
    """Tell of gateways that have been down for a minute, each once; how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FORGET_SILENT, {"silent": SILENT_SECONDS})
        cursor.execute(TAKE_UNTOLD, {"down": DOWN_SECONDS, "silent": SILENT_SECONDS})
        down = [row[0] for row in cursor.fetchall()]
        for gateway_id in down:
            _tell("gateway.down", gateway_id)
    return len(down)


def _tell(kind: str, gateway_id: int) -> None:
    uuid = str(Gateway.objects.values_list("uuid", flat=True).get(pk=gateway_id))
    append_event(kind=kind, subject=f"gateway:{uuid}", payload={"gateway": uuid})
