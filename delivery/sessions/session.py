"""Holding one gateway's line: senders drain its dispatches, the inbox stores, the main thread watches.

main      leads (an advisory lock), reads the gateway's row, writes how the binds are, tells of a line that is down
senders   `delivery.drain.drain`, each with a window of its own under way
listener  wakes the senders when somebody rings for the gateway
asker     asks the SMSC what became of messages that are uncertain
inbox     stores what arrives and has it acknowledged
line      the loop with the binds; asks no database
"""

from __future__ import annotations

import logging
import threading
import time
from enum import Enum, auto

from django.db import DatabaseError, InterfaceError, connection

from delivery.bells import WORK_CHANNEL, Ear
from delivery.drain import drain
from delivery.gateways.errors import GatewayMisconfigured
from delivery.gateways.smpp import SmppDriver
from delivery.lines.health import note_unusable, note_usable
from delivery.lines.opening import open_gateway
from delivery.models import Gateway
from delivery.services.inquiries import ask_carrier
from delivery.sessions.inbox import Inbox
from delivery.sessions.leadership import Leadership, drop_connection
from delivery.sessions.line_states import forget_other_binds, write_states
from smsconsole.queue import stop_requested

log = logging.getLogger(__name__)

WATCH_SECONDS = 1.0
STATES_SECONDS = 2.0
# A line that is down is noted so often: what is not noted for two minutes counts as no longer tried.
DOWN_NOTE_SECONDS = 10.0
# A sender asks so often whether there is something to send, unless it is told; and drains for so long at a time.
POLL_SECONDS = 0.25
SLICE_SECONDS = 2.0
# How often it is looked for uncertain messages that the SMSC can be asked about.
ASK_SECONDS = 15.0
UNBOUND_PAUSE_SECONDS = 0.1
FAULT_PAUSE_SECONDS = 1.0


class Ended(Enum):
    """Why a session ended."""

    STOPPED = auto()  # it was asked to
    CHANGED = auto()  # the gateway is set up differently: begin again with what it is now
    DISABLED = auto()  # ... or paused, or gone
    SUPERSEDED = auto()  # another process leads
    MISCONFIGURED = auto()


class Session:
    """Runs in the calling thread, which leads already, until it ends."""

    def __init__(self, gateway: Gateway, leadership: Leadership) -> None:
        self._gateway = gateway
        self._leadership = leadership
        self._over = threading.Event()
        self._look_now = threading.Event()
        self._bells: list[threading.Event] = []
        self._noted_at = float("-inf")
        self._was_down = False

    def run(self) -> Ended:
        try:
            driver = open_gateway(self._gateway)
        except GatewayMisconfigured as error:
            note_unusable(self._gateway.pk, str(error))
            return Ended.MISCONFIGURED
        if not isinstance(driver, SmppDriver):
            return Ended.DISABLED
        inbox = Inbox(self._gateway, driver)
        driver.listen(inbox.take)
        inbox.start()
        line = driver.line
        n_senders = max(1, min(8, int(self._gateway.settings.get("n_senders") or 2)))
        self._bells = [threading.Event() for _ in range(n_senders)]
        senders = [
            threading.Thread(target=self._send, args=[driver, bell], name=f"sender-{number}", daemon=True)
            for number, bell in enumerate(self._bells, start=1)
        ]
        senders.append(threading.Thread(target=self._listen, name="listener", daemon=True))
        senders.append(threading.Thread(target=self._ask, args=[driver], name="asker", daemon=True))
        log.info("session of gateway=%s begins place=%s", self._gateway.slug, line.profile.place)
        forget_other_binds(self._gateway.pk, len(driver.states()))
        for sender in senders:
            sender.start()
        try:
            return self._watch(driver, inbox)
        finally:
            self._end(driver, inbox, senders)

    # --- The main thread ------------------------------------------------------------------------------------

    def _watch(self, driver: SmppDriver, inbox: Inbox) -> Ended:
        states_at = float("-inf")
        while not stop_requested.is_set():
            leads = self._leadership.check()
            if leads is False:
                return Ended.SUPERSEDED
            if leads:
                ended = self._look_at_row()
                if ended is not None:
                    return ended
                now = time.monotonic()
                if now - states_at >= STATES_SECONDS:
                    states_at = now
                    self._write_states(driver, inbox)
                self._note_health(driver, now)
            self._look_now.wait(WATCH_SECONDS)
            self._look_now.clear()
        return Ended.STOPPED

    def _look_at_row(self) -> Ended | None:
        try:
            fresh = Gateway.objects.filter(pk=self._gateway.pk, is_enabled=True).first()
        except (DatabaseError, InterfaceError):
            drop_connection()
            return None
        if fresh is None:
            return Ended.DISABLED
        before = (self._gateway.kind, self._gateway.settings, self._gateway.secret)
        return Ended.CHANGED if (fresh.kind, fresh.settings, fresh.secret) != before else None

    def _write_states(self, driver: SmppDriver, inbox: Inbox) -> None:
        try:
            write_states(
                self._gateway.pk,
                driver.states(),
                window=driver.line.profile.window,
                n_waiting=inbox.n_held,
            )
        except (DatabaseError, InterfaceError) as error:
            log.warning("session of gateway=%s: states not written error=%s", self._gateway.slug, error)
            drop_connection()

    def _note_health(self, driver: SmppDriver, now: float) -> None:
        """A line on which nothing can leave is down even when nobody wants to send."""
        if driver.line.is_up():
            if self._was_down:
                self._was_down = False
                note_usable(self._gateway.pk)
            return
        words = next((one.words for one in driver.states() if one.words), "")
        if words and now - self._noted_at >= DOWN_NOTE_SECONDS:
            self._noted_at, self._was_down = now, True
            note_unusable(self._gateway.pk, words)

    def _end(self, driver: SmppDriver, inbox: Inbox, senders: list[threading.Thread]) -> None:
        """Claims end, windows are settled, what arrived is stored, then the line is unbound."""
        self._over.set()
        for bell in self._bells:
            bell.set()
        patience = driver.line.profile.response_seconds + SLICE_SECONDS + 3.0
        deadline = time.monotonic() + patience
        for sender in senders:
            sender.join(max(0.1, deadline - time.monotonic()))
        inbox.wait_until_empty(2.0)
        driver.close()
        self._write_states_at_end(driver, inbox)
        inbox.stop()
        log.info("session of gateway=%s ended", self._gateway.slug)

    def _write_states_at_end(self, driver: SmppDriver, inbox: Inbox) -> None:
        try:
            write_states(self._gateway.pk, driver.last_states, window=0, n_waiting=inbox.n_held)
        except (DatabaseError, InterfaceError):
            drop_connection()

    # --- The senders ----------------------------------------------------------------------------------------

    def _send(self, driver: SmppDriver, bell: threading.Event) -> None:
        try:
            while not self._is_over():
                if not driver.is_usable:
                    # A window that is claimed for a line that is down would only be given back.
                    self._over.wait(UNBOUND_PAUSE_SECONDS)
                    continue
                bell.clear()
                if not self._drain_once(driver):
                    bell.wait(POLL_SECONDS)
        finally:
            connection.close()

    def _listen(self) -> None:
        ear = Ear(WORK_CHANNEL)
        try:
            while not self._is_over():
                try:
                    heard = ear.wait(WATCH_SECONDS)
                except (DatabaseError, InterfaceError):
                    # Until the database is back the senders look by themselves.
                    drop_connection()
                    self._over.wait(FAULT_PAUSE_SECONDS)
                    continue
                if str(self._gateway.pk) in heard:
                    for bell in self._bells:
                        bell.set()
        finally:
            connection.close()

    def _drain_once(self, driver: SmppDriver) -> bool:
        """Whether there is more to do at once."""
        until = time.monotonic() + SLICE_SECONDS
        try:
            is_more = drain(self._gateway, until=until, driver=driver)
        except (DatabaseError, InterfaceError) as error:
            log.warning(
                "session of gateway=%s: drain ended error=%s", self._gateway.slug, type(error).__name__
            )
            drop_connection()
            self._over.wait(FAULT_PAUSE_SECONDS)
            return False
        except Exception:
            # A fault of ours must not end the line; the window's lease runs out and the sweep settles it.
            log.exception("session of gateway=%s: drain failed", self._gateway.slug)
            drop_connection()
            self._over.wait(FAULT_PAUSE_SECONDS)
            return False
        if is_more and time.monotonic() < until:
            # It saw that the gateway was changed; the main thread has to see it too.
            self._look_now.set()
            return False
        return is_more

    # --- The asker ------------------------------------------------------------------------------------------

    def _ask(self, driver: SmppDriver) -> None:
        try:
            while not self._over.wait(ASK_SECONDS):
                if driver.is_usable:
                    self._ask_once(driver)
        finally:
            connection.close()

    def _ask_once(self, driver: SmppDriver) -> None:
        try:
            ask_carrier(self._gateway, driver=driver)
        except (DatabaseError, InterfaceError) as error:
            log.warning(
                "session of gateway=%s: nothing asked error=%s", self._gateway.slug, type(error).__name__
            )
            drop_connection()
        except Exception:
            log.exception("session of gateway=%s: asking failed", self._gateway.slug)
            drop_connection()

    def _is_over(self) -> bool:
        return self._over.is_set() or stop_requested.is_set()
