"""The resident that sends what programs hand over: it listens, gathers, and wakes who sends.

main    gathers as soon as somebody rings, then every few milliseconds while there is something, else once a second
lanes   a thread for each gateway that workers drive (`lanes.py`); the lines of SMPP are woken where they are held

Any number of these processes may run; whatever one of them leaves behind when it dies is found by the next one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from django.db import DatabaseError, InterfaceError, connection

from delivery.bells import URGENT_CHANNEL, WORK_CHANNEL, Ear, ring
from delivery.gateways import is_driven_by_workers
from delivery.models import Gateway
from delivery.sessions.leadership import drop_connection
from delivery.sql import streams as sql_streams
from delivery.urgent.gathering import gather
from delivery.urgent.lanes import Lanes
from smsconsole.queue import stop_requested

log = logging.getLogger(__name__)

# What comes within this time of what was gathered last shares a window with what else comes.
GATHER_SECONDS = 0.03
# Whatever rings were lost: so often somebody looks.
LOOK_SECONDS = 1.0
FAULT_PAUSE_SECONDS = 1.0
# How long the kind of a gateway is believed; it hardly ever changes.
BELIEF_SECONDS = 60.0


class Urgent:
    """Runs in the calling thread until `stop_requested`."""

    def __init__(self) -> None:
        self._ear = Ear(URGENT_CHANNEL)
        self._lanes = Lanes()
        self._looked_at = float("-inf")
        self._kinds: dict[int, tuple[float, str]] = {}

    def run(self) -> None:
        log.info("urgent begins")
        try:
            while not stop_requested.is_set():
                try:
                    self._ear.listen()
                    self._turn()
                except (DatabaseError, InterfaceError) as error:
                    log.warning("urgent: no database error=%s", type(error).__name__)
                    drop_connection()
                    stop_requested.wait(FAULT_PAUSE_SECONDS)
                except Exception:
                    # One bad row must not keep everybody's messages from leaving for ever without a word.
                    log.exception("urgent: gathering failed")
                    drop_connection()
                    stop_requested.wait(FAULT_PAUSE_SECONDS)
        finally:
            self._lanes.join()
            drop_connection()
            log.info("urgent ended")

    def _turn(self) -> None:
        began_at = time.monotonic()
        gathered = gather()
        if gathered.gateway_ids:
            self._wake(gathered.gateway_ids)
        if began_at - self._looked_at >= LOOK_SECONDS:
            self._looked_at = began_at
            self._look()
        if gathered.is_more:
            return
        if gathered.n_handovers:
            stop_requested.wait(max(0.0, began_at + GATHER_SECONDS - time.monotonic()))
            return
        self._ear.wait(max(0.0, self._looked_at + LOOK_SECONDS - time.monotonic()))

    def _look(self) -> None:
        """Wake for everything that waits in a stream: retries that are due, what was continued, what was moved."""
        with connection.cursor() as cursor:
            cursor.execute(sql_streams.GATEWAYS_WITH_STREAMS)
            found = cursor.fetchall()
        now = time.monotonic()
        self._kinds |= {gateway_id: (now, kind) for gateway_id, kind in found}
        self._wake(gateway_id for gateway_id, _kind in found)

    def _wake(self, gateway_ids: Iterable[int]) -> None:
        for gateway_id in sorted(gateway_ids):
            if is_driven_by_workers(self._kind_of(gateway_id)):
                self._lanes.wake(gateway_id)
            else:
                ring(WORK_CHANNEL, str(gateway_id))

    def _kind_of(self, gateway_id: int) -> str:
        now = time.monotonic()
        read_at, kind = self._kinds.get(gateway_id, (float("-inf"), ""))
        if now - read_at > BELIEF_SECONDS:
            kind = Gateway.objects.values_list("kind", flat=True).get(pk=gateway_id)
            self._kinds[gateway_id] = now, kind
        return kind
