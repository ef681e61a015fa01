"""Which gateways cannot be used, noted where they are driven, told after a minute; and the breaker.

The drain says after each submit how it went. Written is only what is new: a failure, which comes every few seconds
at most, and the first success after one.

After three failures in a row, or one that only a person can mend, the breaker opens: nothing is leased or claimed
before `probe_at`. Then one worker takes the probe and tries a window of one message. If that works the breaker closes;
if not it stays open for twice as long, up to a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from delivery.models import Gateway, GatewayHealth
from smsconsole.outbox.services import append_event

# A line that stumbles and recovers within this time is nobody's news.
DOWN_SECONDS = 60
# So long after its last failure a gateway that nobody tries any more is not called down.
SILENT_SECONDS = 120
# How long a process believes that a gateway works before it looks again.
BELIEF_SECONDS = 10.0

# The breaker opens after so many failures in a row …
FAILURES_TO_OPEN = 3
# … for so long, then twice as long each time, a little more or less so that gateways do not come back in step.
OPEN_SECONDS = 2
MOST_OPEN_SECONDS = 60
# What only a person can mend.
MISCONFIGURED_SECONDS = 30

# Windows that were under way when the breaker opened fail too; they are no further failures.
NOTE_FAILURE = """
INSERT INTO delivery_gatewayhealth AS h (gateway_id, down_since, failed_at, reason, n_failures, probe_at)
VALUES (%(gateway)s, clock_timestamp(), clock_timestamp(), %(reason)s, 1,
        clock_timestamp() + %(at_once)s * interval '1 second')
ON CONFLICT (gateway_id) DO UPDATE SET failed_at = excluded.failed_at, reason = excluded.reason,
    down_since = coalesce(h.down_since, excluded.down_since),
    n_failures = CASE WHEN h.probe_at > clock_timestamp() AND NOT %(is_probe)s THEN h.n_failures
                      ELSE h.n_failures + 1 END,
    probe_at = CASE
        WHEN h.probe_at > clock_timestamp() AND NOT %(is_probe)s THEN greatest(h.probe_at, excluded.probe_at)
        WHEN excluded.probe_at IS NOT NULL THEN excluded.probe_at
        WHEN h.n_failures + 1 >= %(limit)s THEN clock_timestamp() + (0.8 + 0.4 * random()) * interval '1 second'
            * least(%(most)s, %(first)s * 2 ^ least(h.n_failures + 1 - %(limit)s, 20))
    END
"""
CLEAR = """
UPDATE delivery_gatewayhealth h SET down_since = NULL, told_at = NULL, n_failures = 0, probe_at = NULL
FROM (SELECT gateway_id, told_at FROM delivery_gatewayhealth WHERE gateway_id = %(gateway)s
      AND (down_since IS NOT NULL OR n_failures > 0 OR probe_at IS NOT NULL) FOR UPDATE) was
WHERE h.gateway_id = was.gateway_id RETURNING was.told_at IS NOT NULL
"""
# Only one worker gets it, also after the gateway was set up anew; when it dies with it, another one after the lease.
TAKE_PROBE = """
UPDATE delivery_gatewayhealth
SET probe_at = clock_timestamp() + %(lease)s * interval '1 second', failed_at = greatest(failed_at, %(changed_at)s)
WHERE gateway_id = %(gateway)s AND probe_at IS NOT NULL
  AND (probe_at <= clock_timestamp() OR failed_at < %(changed_at)s)
RETURNING gateway_id
"""
GIVE_PROBE_BACK = """
UPDATE delivery_gatewayhealth SET probe_at = clock_timestamp() + interval '1 second'
WHERE gateway_id = %(gateway)s AND probe_at IS NOT NULL
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


def note_unusable(
    gateway_id: int, reason: str, *, needs_person: bool = False, is_probe: bool = False
) -> None:
    """The gateway did not take anything: it is down from the first such moment on.

    `needs_person`: it fails until somebody sets it up anew. `is_probe`: somebody tried whether it works again.
    """
    _worked_at.pop(gateway_id, None)
    with _unless_away(), connection.cursor() as cursor:
        cursor.execute(
            NOTE_FAILURE,
            {
                "gateway": gateway_id,
                "reason": reason[:300],
                "at_once": MISCONFIGURED_SECONDS if needs_person else None,
                "is_probe": is_probe,
                "limit": FAILURES_TO_OPEN,
                "first": OPEN_SECONDS,
                "most": MOST_OPEN_SECONDS,
            },
        )


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


def seconds_to_probe(gateway: Gateway) -> float | None:
    """Until the gateway may be tried; None while its breaker is closed. Reads no row but the gateway's `health`.

    One that was set up anew since it failed may be tried at once.
    """
    noted: GatewayHealth | None = getattr(gateway, "health", None)
    if noted is None or noted.probe_at is None:
        return None
    if gateway.changed_at > noted.failed_at:
        return 0.0
    return max(0.0, (noted.probe_at - timezone.now()).total_seconds())


def take_probe(gateway: Gateway) -> bool:
    """Whether it is ours to try whether the gateway works again."""
    # The next success has to be written, whatever this process believed.
    _worked_at.pop(gateway.pk, None)
    with connection.cursor() as cursor:
        values = {"gateway": gateway.pk, "lease": settings.LEASE_SECONDS, "changed_at": gateway.changed_at}
        cursor.execute(TAKE_PROBE, values)
        return cursor.fetchone() is not None


def give_probe_back(gateway_id: int) -> None:
    """Nothing could be tried; in a second somebody else may."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_PROBE_BACK, {"gateway": gateway_id})


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
