"""The newest of what went over each line, kept for the person who looks for a fault."""

from __future__ import annotations

import logging
import time

from django.db import DatabaseError, InterfaceError, connection, transaction

from delivery.gateways.base import Exchange

log = logging.getLogger(__name__)

KEPT_PER_GATEWAY = 50
MAX_CHARACTERS = 4_000
# Of what went well one a second and process is enough to see what it looks like.
USUAL_EVERY_SECONDS = 1.0
# More faults in a second than are kept would only push each other out.
FAULTS_PER_SECOND = KEPT_PER_GATEWAY
# Whoever sends waits no longer than this for a note.
TIMEOUT_MILLISECONDS = 500

_HURRY = "SET LOCAL statement_timeout = %s"
_KEEP = """
WITH kept AS (
    INSERT INTO delivery_gatewayexchange (gateway_id, at, what, request, answer, is_fault, milliseconds)
    VALUES (%(gateway)s, clock_timestamp(), %(what)s, %(request)s, %(answer)s, %(is_fault)s, %(milliseconds)s)
)
DELETE FROM delivery_gatewayexchange WHERE gateway_id = %(gateway)s AND id <= (
    SELECT id FROM delivery_gatewayexchange WHERE gateway_id = %(gateway)s
    ORDER BY id DESC OFFSET %(others)s LIMIT 1)
"""

_usual_at: dict[int, float] = {}
_faults: dict[int, tuple[float, int]] = {}


def keep(gateway_id: int, exchange: Exchange) -> None:
    """Keep every fault, of the rest one a second; the oldest beyond 50 per gateway go. Never raises.

    Numbers and texts are masked by whoever hands it over. One statement, and none for what is passed over.
    """
    if not _is_wanted(gateway_id, is_fault=exchange.is_fault):
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_HURRY, [TIMEOUT_MILLISECONDS])
            cursor.execute(
                _KEEP,
                {
                    "gateway": gateway_id,
                    "what": _stored(exchange.what, 60),
                    "request": _stored(exchange.request, MAX_CHARACTERS),
                    "answer": _stored(exchange.answer, MAX_CHARACTERS),
                    "is_fault": exchange.is_fault,
                    "milliseconds": min(max(exchange.milliseconds, 0), 2**31 - 1),
                    "others": KEPT_PER_GATEWAY - 1,
                },
            )
    except (DatabaseError, InterfaceError) as error:
        log.warning("gateway=%s exchange not kept error=%s", gateway_id, type(error).__name__)
        if not connection.in_atomic_block:
            connection.close()


def _is_wanted(gateway_id: int, *, is_fault: bool) -> bool:
    now = time.monotonic()
    if is_fault:
        since, n = _faults.get(gateway_id, (now, 0))
        since, n = (since, n) if now - since < 1 else (now, 0)
        _faults[gateway_id] = since, n + 1
        return n < FAULTS_PER_SECOND
    if now - _usual_at.get(gateway_id, float("-inf")) < USUAL_EVERY_SECONDS:
        return False
    _usual_at[gateway_id] = now
    return True


def _stored(text: str, longest: int) -> str:
    text = text.replace("\0", "").encode("utf-8", errors="replace").decode()
    return text if len(text) <= longest else text[: longest - 1] + "…"
