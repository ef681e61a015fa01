"""All binds of one line, kept by a loop in a thread of its own. What others may call is safe from any thread.

The loop asks no database and waits for nobody: what arrives is handed on, what may leave is written in bulk.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from delivery.smpp import pdu
from delivery.smpp.binds import SET_UP_WRONGLY, Bind, BindStatus, LineDown, pause_after
from delivery.smpp.connection import BindRefused, Connection, Delivery, Owner
from delivery.smpp.profile import Profile
from delivery.smpp.waiting import Parcel, Submission

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
# Who wants to send waits for a bind that is tried again so soon.
PATIENCE_SECONDS = 2.0

# Takes what arrived; called in the loop's thread, must not block. False: there is no room, stop reading.
Listener = Callable[[Sequence[Delivery]], bool]


class Line(Owner):
    """Start it, hand it parcels, stop it. Without a listener it binds as one transmitter."""

    def __init__(self, profile: Profile, *, name: str, listener: Listener | None = None) -> None:
        self.profile = profile
        self._name = name
        self._listener = listener
        roles = profile.roles(listens=listener is not None)
        self._binds = [Bind(number, role) for number, role in enumerate(roles, start=1)]
        self._queue: deque[Parcel] = deque()
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._stopping: asyncio.Event | None = None
        self._started = threading.Event()
        self._is_stopped = False
        self._reads = True
        self._thread = threading.Thread(target=self._run, name=f"line-{name}", daemon=True)

    # --- From any thread ----------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()
        self._started.wait()

    def stop(self, *, seconds: float) -> None:
        """Begin nothing more, wait for answers, unbind, and end the thread. Stopping twice does nothing."""
        if not self._thread.is_alive():
            return
        self._call(self._leave)
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._call(self._abort)
            self._thread.join(2.0)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive() and not self._is_stopped

    def is_usable(self) -> bool:
        """Whether some bind takes submits now."""
        return any(bind.connection is not None and bind.connection.can_submit for bind in self._binds)

    def is_up(self) -> bool:
        """Whether it does what it is set up for: sends, or receives if that is all it may."""
        senders = [bind for bind in self._binds if bind.may_submit]
        return self.is_usable() if senders else any(bind.state == "bound" for bind in self._binds)

    def wait_until_usable(self, seconds: float, *, hurry: bool = False) -> None:
        """Wait for a bind that takes submits; raises `LineDown` when none is to be expected soon.

        An attempt that fails meanwhile ends the wait. `hurry`: do not sit out the pause before the next one, unless
        the SMSC has refused us.
        """
        deadline = time.monotonic() + seconds
        tries = {bind.number: bind.n_failed_tries for bind in self._binds}
        if hurry and not self.is_usable():
            self._call(self._hurry)
        with self._changed:
            while not self.is_usable():
                now = time.monotonic()
                if now >= deadline or not self.is_alive or not self._is_hopeful(tries, now, hurry):
                    raise self._why_down()
                self._changed.wait(min(deadline - now, 0.5))

    def _is_hopeful(self, tries: dict[int, int], now: float, hurry: bool) -> bool:
        return any(
            bind.may_submit
            and bind.n_failed_tries <= tries[bind.number]
            and (
                bind.state in ("connecting", "bound")
                or bind.next_try - now < PATIENCE_SECONDS
                or (hurry and not bind.is_refused)
            )
            for bind in self._binds
        )

    def _why_down(self) -> LineDown:
        senders = [bind for bind in self._binds if bind.may_submit]
        if not senders:
            return LineDown(
                "The line is bound as a receiver only: nothing can be sent.", is_set_up_wrongly=True
            )
        words = next((bind.words for bind in senders if bind.words), "The line is not bound yet.")
        wrong = any(bind.is_set_up_wrongly for bind in senders)
        return LineDown(f"{self.profile.place}: {words}", is_set_up_wrongly=wrong)

    def hand_over(self, parcels: Sequence[Parcel]) -> None:
        """Write these as soon as there is room; without any usable bind they are withdrawn at once."""
        self._call(self._look_first, parcels)

    def withdraw(self, submission: Submission) -> None:
        """What of it is not written yet never will be."""
        self._call(self._withdraw, submission)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """These are stored and committed."""
        self._call(self._acknowledge, deliveries)

    def go_on_reading(self) -> None:
        """There is room again for what arrives."""
        self._call(self._read, True)

    def ask(self, command: int, body: bytes, *, seconds: float) -> pdu.Frame:
        """Any other request and its answer; raises `LineDown` without one."""
        future = asyncio.run_coroutine_threadsafe(self._ask(command, body, seconds), self._loop)
        try:
            return future.result(seconds + 1.0)
        except (TimeoutError, ConnectionError) as error:
            raise LineDown(str(error) or "The SMSC did not answer.") from None

    def states(self) -> list[BindStatus]:
        now = time.monotonic()
        return [self._status(bind, now) for bind in self._binds]

    def _status(self, bind: Bind, now: float) -> BindStatus:
        connection = bind.connection
        state = "leaving" if connection and connection.is_leaving else bind.state
        return BindStatus(
            bind.number,
            bind.role,
            state,
            now - bind.since,
            max(0.0, bind.next_try - now) if state == "waiting" else None,
            len(connection.outstanding) if connection else 0,
            len(connection.throttled_at) if connection else 0,
            connection.n_submitted if connection else 0,
            connection.n_delivered if connection else 0,
            bind.words,
        )

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            # The loop has ended: nothing that was handed over can leave any more.
            for argument in arguments:
                if function == self._look_first and isinstance(argument, Sequence):
                    _withdraw_parcels(argument)

    # --- In the loop: what leaves ---------------------------------------------------------------------------

    def _look_first(self, parcels: Sequence[Parcel]) -> None:
        # One turn later: whether the other side has hung up meanwhile is read before anything is written to it.
        self._loop.call_soon(self._take, parcels)

    def _take(self, parcels: Sequence[Parcel]) -> None:
        self._queue.extend(parcels)
        self.pump()

    def pump(self) -> None:
        connections = [bind.connection for bind in self._binds if bind.connection is not None]
        usable = [connection for connection in connections if connection.can_submit]
        for connection in connections:
            if not connection.can_submit and connection.backlog:
                _withdraw_parcels([tuple(connection.backlog)])
                connection.backlog.clear()
        if not usable:
            parcels, self._queue = self._queue, deque()
            _withdraw_parcels(parcels)
            return
        while self._queue:
            roomiest = max(usable, key=_room)
            if roomiest.room <= 0:
                break
            roomiest.backlog.extend(self._queue.popleft())
        for connection in usable:
            connection.flush()

    def _withdraw(self, submission: Submission) -> None:
        kept: deque[Parcel] = deque()
        for parcel in self._queue:
            if parcel[0].submission is submission:
                _withdraw_parcels([parcel])
            else:
                kept.append(parcel)
        self._queue = kept
        for bind in self._binds:
            if bind.connection is not None:
                theirs = [part for part in bind.connection.backlog if part.submission is submission]
                _withdraw_parcels([theirs] if theirs else [])
                if theirs:
                    bind.connection.backlog = deque(
                        part for part in bind.connection.backlog if part.submission is not submission
                    )
        submission.changed.set()

    async def _ask(self, command: int, body: bytes, seconds: float) -> pdu.Frame:
        connection = next(
            (b.connection for b in self._binds if b.connection is not None and b.connection.can_submit), None
        )
        if connection is None:
            raise ConnectionError(str(self._why_down()))
        return await asyncio.wait_for(connection.request(command, body), seconds)

    # --- In the loop: what arrives ---------------------------------------------------------------------------

    def takes_deliveries(self) -> bool:
        return self._listener is not None

    def delivered(self, deliveries: Sequence[Delivery]) -> None:
        if self._listener is not None and not self._listener(deliveries):
            self._read(False)

    def _read(self, goes_on: bool) -> None:
        self._reads = goes_on
        for bind in self._binds:
            if bind.connection is not None:
                bind.connection.read(goes_on)

    def _acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        by_connection: dict[Connection, list[pdu.Frame]] = {}
        for connection, frame in deliveries:
            by_connection.setdefault(connection, []).append(frame)
        for connection, frames in by_connection.items():
            connection.acknowledge(frames)

    # --- In the loop: binds ------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._keep_binds())
        finally:
            self._is_stopped = True
            with self._changed:
                self._changed.notify_all()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self._withdraw_all()

    async def _keep_binds(self) -> None:
        self._stopping = asyncio.Event()
        self._started.set()
        ticking = asyncio.create_task(self._tick())
        keepers = [asyncio.create_task(self._keep(bind)) for bind in self._binds]
        try:
            await asyncio.gather(*keepers)
        finally:
            ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            for bind in self._binds:
                if bind.connection is not None:
                    bind.connection.tick(now)

    async def _keep(self, bind: Bind) -> None:
        """Bind, stay bound until it ends, wait, bind again."""
        assert self._stopping is not None  # nosec B101 # noqa: S101 - set before any keeper
        while not self._stopping.is_set():
            bind.become("connecting")
            bind.is_refused = bind.is_set_up_wrongly = False
            has_served = was_bound = False
            try:
                has_served = await self._stay_bound(bind)
                was_bound = True
            except BindRefused as refusal:
                bind.is_refused, bind.words = True, str(refusal)
                bind.is_set_up_wrongly = refusal.status in SET_UP_WRONGLY
            except TimeoutError:
                bind.words = "The SMSC does not answer."
            except (OSError, ValueError) as error:
                bind.words = f"The SMSC cannot be reached: {_words_of(error)}."
            bind.connection = None
            bind.n_failures = 0 if has_served else bind.n_failures + 1
            if self._stopping.is_set():
                break
            pause = pause_after(bind.n_failures, is_refused=bind.is_refused)
            bind.next_try = time.monotonic() + pause
            bind.become("waiting")
            log.warning(
                "line=%s bind=%d is down pause=%.1f reason=%s", self._name, bind.number, pause, bind.words
            )
            bind.n_failed_tries += not was_bound
            self._tell()
            self.pump()
            bind.wake.clear()
            await _wait(bind.wake, pause)
        bind.become("closed")
        self._tell()

    async def _stay_bound(self, bind: Bind) -> bool:
        """Whether the bind was of use before it ended."""
        profile = self.profile
        async with asyncio.timeout(profile.connect_seconds):
            _transport, connection = await self._loop.create_connection(
                lambda: Connection(self, profile, bind.role),
                profile.host,
                profile.port,
                ssl=profile.tls,
                server_hostname=profile.tls_server_name if profile.tls else None,
            )
        try:
            async with asyncio.timeout(profile.connect_seconds):
                await asyncio.shield(connection.bound)
        except TimeoutError:
            connection.abort("The SMSC does not answer the bind.")
            connection.bound.exception()
            raise
        bind.connection = connection
        bind.words = ""
        bind.become("bound")
        log.info("line=%s bind=%d is bound role=%s", self._name, bind.number, bind.role)
        if not self._reads:
            connection.read(False)
        self._tell()
        self.pump()
        if self._stopping is not None and self._stopping.is_set():
            connection.leave("The console unbound.")
        bind.words = await connection.ended
        return connection.has_served

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _leave(self) -> None:
        if self._stopping is not None:
            self._stopping.set()
        for bind in self._binds:
            bind.wake.set()
            if bind.connection is not None:
                bind.connection.leave("The console unbound.")

    def _hurry(self) -> None:
        for bind in self._binds:
            if not bind.is_refused:
                bind.wake.set()

    def _abort(self) -> None:
        for bind in self._binds:
            if bind.connection is not None:
                bind.connection.abort("The console closed the connection.")

    def _withdraw_all(self) -> None:
        parcels, self._queue = self._queue, deque()
        _withdraw_parcels(parcels)


def _room(connection: Connection) -> int:
    return connection.room


def _withdraw_parcels(parcels: Sequence[Parcel] | deque[Parcel]) -> None:
    touched: set[Submission] = set()
    for parcel in parcels:
        for part in parcel:
            part.withdraw()
            touched.add(part.submission)
    for submission in touched:
        submission.changed.set()


def _words_of(error: Exception) -> str:
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words).rstrip(".")


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
