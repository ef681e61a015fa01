"""What an SMSC delivers: taken from the loop, read, stored in groups, committed, and only then acknowledged."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from delivery.gateways.base import Exchange, PolledEvents, ReceiptEvent, ReceiptState, ReplyEvent, ReplyPart
from delivery.gateways.masking import masked
from delivery.gateways.smpp import SmppDriver
from delivery.models import Gateway
from delivery.services.inbound import store_events
from delivery.sessions.leadership import drop_connection
from delivery.smpp import pdu
from delivery.smpp.connection import Connection, Delivery
from delivery.smpp.errors import BadPdu
from delivery.smpp.receipts import NoNews, Receipt, ReplyText

log = logging.getLogger(__name__)

# A group is stored when it is this large, or this old.
GROUP_SIZE = 500
GROUP_SECONDS = 0.05
MOST_AT_ONCE = 2_000
# With so many waiting nothing more is read from the line until half of them are stored.
MOST_HELD = 20_000
AWAY_PAUSE_SECONDS = 0.5
# A reply that comes again so soon on another connection was stored and its acknowledgement got lost.
REPEATED_SECONDS = 300.0

_WORD_OR_NUMBER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")


class Read(NamedTuple):
    """What a delivery comes to: an event, or an exchange to be kept, or nothing."""

    delivery: Delivery
    event: ReceiptEvent | ReplyEvent | None = None
    fault: Exchange | None = None


class Inbox:
    """Its thread stores; `take` is called by the line's loop and never waits."""

    def __init__(self, gateway: Gateway, driver: SmppDriver) -> None:
        self._gateway = gateway
        self._driver = driver
        self._waiting: deque[Delivery] = deque()
        self._came = threading.Event()
        self._stopping = threading.Event()
        # Each is counted by one thread alone.
        self._n_taken = 0
        self._n_done = 0
        self._is_full = False
        self._replies: dict[bytes, tuple[Connection, float]] = {}
        self._thread = threading.Thread(target=self._run, name=f"inbox-{gateway.slug}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def take(self, deliveries: Sequence[Delivery]) -> bool:
        """Keep these until they are stored. False: there is no room for more."""
        self._waiting.extend(deliveries)
        self._n_taken += len(deliveries)
        self._came.set()
        if self.n_held >= MOST_HELD:
            self._is_full = True
        return not self._is_full

    @property
    def n_held(self) -> int:
        """How many are not stored yet."""
        return self._n_taken - self._n_done

    def wait_until_empty(self, seconds: float) -> bool:
        """Whether everything that came is stored within so long."""
        deadline = time.monotonic() + seconds
        while self.n_held and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self.n_held

    def stop(self) -> None:
        """What is held and not stored is not acknowledged: the SMSC delivers it again."""
        self._stopping.set()
        self._came.set()
        self._thread.join(5.0)

    # --- In the inbox's own thread ----------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._came.wait()
                self._came.clear()
                while self._waiting and not self._stopping.is_set():
                    if len(self._waiting) < GROUP_SIZE:
                        self._stopping.wait(GROUP_SECONDS)
                    self._store_group()
        finally:
            connection.close()

    def _store_group(self) -> None:
        n = min(len(self._waiting), MOST_AT_ONCE)
        group = [self._waiting.popleft() for _ in range(n)]
        received_at = datetime.now(UTC)
        reads = [self._read(delivery, received_at) for delivery in group]
        if not self._store_through_outage(reads):
            return
        self._driver.line.acknowledge(group)
        self._n_done += n
        if self._is_full and self.n_held < MOST_HELD // 2:
            self._is_full = False
            self._driver.line.go_on_reading()

    def _store_through_outage(self, reads: Sequence[Read]) -> bool:
        """Store, and again while the database is away. False when it was asked to stop before that was done."""
        while not self._stopping.is_set():
            try:
                self._store(reads)
                return True
            except (OperationalError, InterfaceError) as error:
                drop_connection()
                log.warning("gateway=%s inbox waits error=%s", self._gateway.slug, type(error).__name__)
                self._stopping.wait(AWAY_PAUSE_SECONDS)
            except Exception:
                # Not stored is not acknowledged, whatever the reason.
                drop_connection()
                log.exception("gateway=%s inbox cannot store", self._gateway.slug)
                self._stopping.wait(AWAY_PAUSE_SECONDS)
        return False

    def _store(self, reads: Sequence[Read]) -> None:
        receipts = [read.event for read in reads if isinstance(read.event, ReceiptEvent)]
        fresh = [read for read in reads if isinstance(read.event, ReplyEvent) and not self._is_repeated(read)]
        replies = [read.event for read in fresh if isinstance(read.event, ReplyEvent)]
        if receipts or replies:
            self._store_events(receipts, replies)
        for read in reads:
            if isinstance(read.event, ReplyEvent):
                self._remember(read)
            elif read.fault is not None:
                self._driver.note(read.fault)
        self._note_one(reads)

    def _store_events(self, receipts: Sequence[ReceiptEvent], replies: Sequence[ReplyEvent]) -> None:
        """Store them; one that the database refuses for itself is kept as a fault, so that it stops no other."""
        try:
            store_events(self._gateway, PolledEvents(receipts, replies))
        except (OperationalError, InterfaceError):
            raise
        except DatabaseError as error:
            if len(receipts) + len(replies) > 1:
                for receipt in receipts:
                    self._store_events([receipt], [])
                for reply in replies:
                    self._store_events([], [reply])
                return
            log.error("gateway=%s delivery not storable error=%s", self._gateway.slug, type(error).__name__)
            words = f"The database refuses it: {type(error).__name__}."
            self._driver.note(Exchange("deliver_sm", "", words, is_fault=True))

    # --- Reading ------------------------------------------------------------------------------------------

    def _read(self, delivery: Delivery, received_at: datetime) -> Read:
        try:
            found = self._driver.read_delivery(delivery.frame, received_at)
        except BadPdu as error:
            return Read(delivery, fault=_fault(delivery.frame, str(error)))
        except Exception as error:
            # A fault of ours: one delivery must not keep all others from being stored.
            log.exception("gateway=%s delivery not readable", self._gateway.slug)
            return Read(delivery, fault=_fault(delivery.frame, type(error).__name__))
        if isinstance(found, NoNews):
            return Read(delivery, fault=_fault(delivery.frame, found.words) if found.is_fault else None)
        return Read(delivery, event_of(found))

    def _is_repeated(self, read: Read) -> bool:
        """Whether this reply was stored from a connection that ended before its acknowledgement arrived."""
        known = self._replies.get(read.delivery.frame.body)
        if known is None:
            return False
        stored_from, at = known
        return (
            stored_from is not read.delivery.connection
            and stored_from.is_over
            and time.monotonic() - at < REPEATED_SECONDS
        )

    def _remember(self, read: Read) -> None:
        now = time.monotonic()
        self._replies.pop(read.delivery.frame.body, None)
        self._replies[read.delivery.frame.body] = (read.delivery.connection, now)
        while self._replies:
            oldest = next(iter(self._replies))
            if now - self._replies[oldest][1] < REPEATED_SECONDS:
                break
            del self._replies[oldest]

    def _note_one(self, reads: Sequence[Read]) -> None:
        """One of the group, to see what they look like."""
        read = next((read for read in reads if read.event is not None), None)
        if read is None:
            return
        if isinstance(read.event, ReceiptEvent):
            words = f"receipt id={read.event.gateway_message_id} {read.event.state} code={read.event.code}"
            self._driver.note(
                Exchange("deliver_sm", f"{words} from {_hidden(read.event.msisdn)}", "ESME_ROK")
            )
        elif read.event is not None:
            words = f"reply from {read.event.msisdn} text={read.event.text}"
            self._driver.note(Exchange("deliver_sm", masked(words, [read.event.text]), "ESME_ROK"))


def event_of(found: Receipt | ReplyText) -> ReceiptEvent | ReplyEvent:
    """What was read, in the words of delivery."""
    if isinstance(found, Receipt):
        return ReceiptEvent(
            found.message_id,
            ReceiptState(found.state),
            found.code,
            found.reported_at,
            msisdn=found.msisdn,
        )
    part = ReplyPart(*found.place) if found.place is not None else None
    return ReplyEvent(found.msisdn, found.text, found.destination, part=part)


def _hidden(msisdn: str) -> str:
    return masked(msisdn, [])


def _fault(frame: pdu.Frame, words: str) -> Exchange:
    """A delivery that cannot be read. Which of it is a number or a text nobody knows, so only its shape is kept."""
    shape = _DIGIT.sub("9", _WORD_OR_NUMBER.sub("x", frame.body.decode("latin-1")))
    shape = "".join(character if character.isprintable() else "·" for character in shape)
    return Exchange(
        pdu.command_name(frame.command), f"{len(frame.body)} octets shaped {shape}", words, is_fault=True
    )
