"""Driving programs' messages out: a thread for each gateway that workers drive, its driver kept open."""

from __future__ import annotations

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from delivery.drain import drain
from delivery.gateways.base import GatewayDriver
from delivery.gateways.errors import GatewayMisconfigured
from delivery.lines.health import note_unusable
from delivery.lines.opening import open_gateway, settings_of
from delivery.models import Gateway
from delivery.sessions.leadership import drop_connection
from smsconsole.queue import stop_requested

log = logging.getLogger(__name__)

# A drain ends after so long, so that a gateway that was set up differently is seen.
SLICE_SECONDS = 2.0
# A line on which nothing has left for so long is given back.
IDLE_SECONDS = 30.0
FAULT_PAUSE_SECONDS = 1.0
# The gateway's answer to what is under way is waited for so long at the end; the rest is for the sweep.
GRACE_SECONDS = 10.0


class Lane:
    """One gateway's thread. `wake` may be called from any thread."""

    def __init__(self, gateway_id: int) -> None:
        self._gateway_id = gateway_id
        self._news = threading.Event()
        self._driver: GatewayDriver | None = None
        self._setup: tuple[object, ...] = ()
        self._thread = threading.Thread(target=self._run, name=f"lane-{gateway_id}", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def wake(self) -> None:
        self._news.set()

    def join(self, seconds: float) -> None:
        self._news.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            while not stop_requested.is_set():
                if not self._news.wait(IDLE_SECONDS):
                    self._give_back()
                    continue
                self._news.clear()
                if not stop_requested.is_set() and self._drain_once():
                    self._news.set()
        finally:
            self._give_back()

    def _give_back(self) -> None:
        self._give_back_driver()
        connection.close()

    def _give_back_driver(self) -> None:
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def _drain_once(self) -> bool:
        """Whether there is more to do at once."""
        try:
            gateway = Gateway.objects.filter(pk=self._gateway_id, is_enabled=True).first()
            driver = self._driver_of(gateway) if gateway is not None else None
            if gateway is None or driver is None:
                return False
            until = time.monotonic() + SLICE_SECONDS
            return drain(gateway, until=until, driver=driver, only_streams=True)
        except (DatabaseError, InterfaceError) as error:
            log.warning("lane of gateway=%s: drain ended error=%s", self._gateway_id, type(error).__name__)
        except Exception:
            # A fault of ours must not end the lane; the window's lease runs out and the sweep settles it.
            log.exception("lane of gateway=%s: drain failed", self._gateway_id)
        drop_connection()
        stop_requested.wait(FAULT_PAUSE_SECONDS)
        return False

    def _driver_of(self, gateway: Gateway) -> GatewayDriver | None:
        """The driver of the gateway as it is set up now; None when none can be built from that."""
        # Its carrier's templates are among them, which come and go without the row being changed.
        setup = (gateway.kind, settings_of(gateway))
        if self._driver is None or setup != self._setup:
            self._give_back_driver()
            try:
                self._driver = open_gateway(gateway)
            except GatewayMisconfigured as error:
                log.warning("gateway=%s unusable reason=%s", gateway.pk, error)
                note_unusable(gateway.pk, str(error), needs_person=True)
                return None
            self._setup = setup
        return self._driver


class Lanes:
    """The lanes of one process, opened when something is there for them."""

    def __init__(self) -> None:
        self._lanes: dict[int, Lane] = {}

    def wake(self, gateway_id: int) -> None:
        lane = self._lanes.get(gateway_id)
        if lane is None or not lane.is_alive:
            lane = self._lanes[gateway_id] = Lane(gateway_id)
        lane.wake()

    def join(self) -> None:
        """Let what is under way be answered and settled."""
        deadline = time.monotonic() + GRACE_SECONDS
        for lane in self._lanes.values():
            lane.join(max(0.1, deadline - time.monotonic()))
