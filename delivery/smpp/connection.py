"""One connection to the SMSC, from the bind to its end. Lives in the line's loop: it never blocks and never raises.

What arrives is cut and answered a buffer at a time, and everything that may leave is written at once.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from delivery.smpp import pdu, statuses
from delivery.smpp.errors import BadLength
from delivery.smpp.profile import BIND_COMMANDS, Profile, Role
from delivery.smpp.waiting import Part, PartState, Submission

# The other side takes nothing more when so much is written and not taken: nothing is added.
HIGH_WATER_BYTES = 1 << 16
# How long answers are waited for when the SMSC says goodbye.
LEAVE_SECONDS = 5.0
LINGER_SECONDS = 2.0
THROTTLES = frozenset({statuses.RTHROTTLED, statuses.RMSGQFUL})
UNBOUND = frozenset({statuses.RINVBNDSTS})  # it no longer takes us for bound
THROTTLED_MEMORY_SECONDS = 60.0


class Delivery(NamedTuple):
    """A deliver_sm or data_sm that waits to be stored, and then acknowledged on its own connection."""

    connection: Connection
    frame: pdu.Frame


class Owner(ABC):
    """The line, as a connection sees it."""

    @abstractmethod
    def pump(self) -> None:
        """There may be room to write more."""

    @abstractmethod
    def delivered(self, deliveries: Sequence[Delivery]) -> None:
        """These have arrived."""

    @abstractmethod
    def takes_deliveries(self) -> bool:
        """Whether somebody stores what arrives."""


class BindRefused(Exception):
    """The SMSC said no to the bind."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The SMSC refused the bind: {statuses.status_name(status)}.")
        self.status = status


class Connection(asyncio.Protocol):
    """Binds as `role` once connected. `bound` is resolved by the answer, `ended` with words when all is over."""

    def __init__(self, owner: Owner, profile: Profile, role: Role) -> None:
        self._owner = owner
        self._profile = profile
        self.role = role
        loop = asyncio.get_running_loop()
        self.bound: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[str] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._unread = b""
        self._sequence = 0
        self._is_full = False
        self._is_bound = False
        self._is_leaving = False
        self.is_over = False
        self._bind_sequence = 0
        self._unbind_sequence = 0
        self._heard_at = self._born_at = time.monotonic()
        self._enquired_at = 0.0
        # A whole answer's time has passed without a word: nothing more is written before there is one.
        self._is_doubted = False
        self._words = ""
        self._requests: dict[int, asyncio.Future[pdu.Frame]] = {}
        self.outstanding: dict[int, Part] = {}
        self.backlog: deque[Part] = deque()
        self.throttled_at: deque[float] = deque()
        self.n_submitted = 0
        self.n_answered = 0
        self.n_delivered = 0
        self.is_reading = True

    # --- What asyncio calls -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # nosec B101 # noqa: S101 - what create_connection gives
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self._bind_sequence = self._next_sequence()
        self._write(pdu.bind(BIND_COMMANDS[self.role], self._bind_sequence, self._profile.who))

    def data_received(self, data: bytes) -> None:
        if self.is_over:
            return
        self._heard_at = time.monotonic()
        self._enquired_at = 0.0
        words = ""
        try:
            frames, self._unread = pdu.frames(self._unread + data if self._unread else data)
        except BadLength as error:
            frames, words = error.frames, f"The SMSC sent what is not SMPP: {error}."
        self._take(frames)
        if words:
            self.abort(words)
        elif self._is_doubted:
            self._is_doubted = False
            self._owner.pump()

    def eof_received(self) -> None:
        self._end("The SMSC closed the connection.")

    def connection_lost(self, error: Exception | None) -> None:
        self._end(f"The connection broke: {error}." if error else "The connection was closed.")

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._owner.pump()

    # --- Submits ------------------------------------------------------------------------------------------

    @property
    def can_submit(self) -> bool:
        return self._is_bound and not self._is_leaving and not self.is_over and self.role is not Role.RECEIVER

    @property
    def room(self) -> int:
        """How many more submits may be begun here now."""
        if self._is_full or self._is_doubted or not self.can_submit:
            return 0
        return self._profile.window - len(self.outstanding) - len(self.backlog)

    def flush(self) -> None:
        """Write what may be written of the backlog, all at once."""
        room = self._profile.window - len(self.outstanding)
        if not self.backlog or room <= 0 or self._is_full or self._is_doubted or not self.can_submit:
            return
        now = time.monotonic()
        octets: list[bytes] = []
        touched: set[Submission] = set()
        while self.backlog and room > 0:
            part = self.backlog.popleft()
            if part.state is not PartState.WAITING:
                continue
            touched.add(part.submission)
            if now > part.submission.write_until:
                # Frozen, or suspended meanwhile: whoever sends it has lost the right to.
                part.withdraw()
                continue
            sequence = self._next_sequence()
            octets.append(
                pdu.HEADER.pack(pdu.HEADER_LENGTH + len(part.body), pdu.SUBMIT_SM, statuses.ROK, sequence)
            )
            octets.append(part.body)
            self.outstanding[sequence] = part
            part.state, part.written_at, part.connection = PartState.WRITTEN, now, self
            part.submission.n_left += 1
            room -= 1
        self.n_submitted += len(octets) // 2
        if octets:
            self._write(b"".join(octets))
        for submission in touched:
            submission.changed.set()

    def request(self, command: int, body: bytes) -> asyncio.Future[pdu.Frame]:
        """Send any other request; its answer, or an error when the connection ends before it."""
        answer: asyncio.Future[pdu.Frame] = asyncio.get_running_loop().create_future()
        sequence = self._next_sequence()
        self._requests[sequence] = answer
        self._write(pdu.pdu(command, sequence, body))
        return answer

    # --- What arrives -------------------------------------------------------------------------------------

    def _take(self, frames: Sequence[pdu.Frame]) -> None:
        deliveries: list[Delivery] = []
        answers: list[bytes] = []
        touched: set[Submission] = set()
        now = self._heard_at
        for frame in frames:
            command = frame.command
            if command == pdu.SUBMIT_SM_RESP:
                part = self.outstanding.pop(frame.sequence, None)
                if part is not None:
                    part.state, part.status, part.answer = PartState.ANSWERED, frame.status, frame.body
                    part.submission.n_closed += 1
                    touched.add(part.submission)
                    if frame.status:
                        self._note_refusal(frame.status, now)
                    self.n_answered += frame.status not in UNBOUND
            elif command in (pdu.DELIVER_SM, pdu.DATA_SM):
                deliveries.append(Delivery(self, frame))
            else:
                self._take_other(frame, answers)
            if self.is_over:
                break
        if answers:
            self._write(b"".join(answers))
        if deliveries:
            self._take_deliveries(deliveries)
        for submission in touched:
            submission.changed.set()
        if touched:
            self._owner.pump()

    def _note_refusal(self, status: int, now: float) -> None:
        if status in THROTTLES:
            self.throttled_at.append(now)
        elif status in UNBOUND:
            self.leave("The SMSC says that this session is not bound (ESME_RINVBNDSTS).")

    def _take_deliveries(self, deliveries: list[Delivery]) -> None:
        if self._owner.takes_deliveries():
            self.n_delivered += len(deliveries)
            self._owner.delivered(deliveries)
            return
        # Nobody here can store it: the SMSC has to keep it for who can.
        refusals = [answer_delivery(one.frame, statuses.RX_T_APPN) for one in deliveries]
        self._write(b"".join(refusals))

    def _take_other(self, frame: pdu.Frame, answers: list[bytes]) -> None:
        command, _status, sequence, _body = frame
        if command == pdu.ENQUIRE_LINK:
            answers.append(pdu.enquire_link_resp(sequence))
        elif command == pdu.UNBIND:
            answers.append(pdu.unbind_resp(sequence))
            self.leave("The SMSC unbound us.")
        elif command == pdu.GENERIC_NACK:
            # Which of our PDUs it could not read is uncertain, and so is what it makes of the next one.
            self.abort(f"The SMSC could not read us (generic_nack, {statuses.status_name(frame.status)}).")
        elif command == BIND_COMMANDS[self.role] | pdu.RESPONSE and sequence == self._bind_sequence:
            self._take_bind_answer(frame)
        elif command & pdu.RESPONSE:
            self._take_answer(frame)
        elif command not in pdu.UNANSWERED:
            answers.append(pdu.generic_nack(sequence, statuses.RINVCMDID))

    def _take_bind_answer(self, frame: pdu.Frame) -> None:
        if self.bound.done():
            return
        if frame.status != statuses.ROK:
            self.bound.set_exception(BindRefused(frame.status))
            self.abort(str(BindRefused(frame.status)))
            return
        self._is_bound = True
        self.bound.set_result(None)

    def _take_answer(self, frame: pdu.Frame) -> None:
        if frame.command == pdu.UNBIND_RESP:
            if frame.sequence == self._unbind_sequence:
                self.abort(self._words or "Unbound.")
            return
        answer = self._requests.pop(frame.sequence, None)
        if answer is not None and not answer.done():
            answer.set_result(frame)

    def acknowledge(self, frames: Sequence[pdu.Frame]) -> None:
        """These are stored. On a connection that is over it does nothing: the SMSC delivers them again."""
        if not self.is_over:
            self._write(b"".join([answer_delivery(frame, statuses.ROK) for frame in frames]))

    def read(self, goes_on: bool) -> None:
        """Stop or go on reading: what the other side may still write is bounded by what the socket holds."""
        if self._transport is None or self.is_over or goes_on == self.is_reading:
            return
        self.is_reading = goes_on
        if goes_on:
            self._heard_at = time.monotonic()
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    # --- Time ---------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Called ten times a second: answers that are overdue, silence, a goodbye that takes too long."""
        if self.is_over:
            return
        self._lose_overdue(now)
        while self.throttled_at and self.throttled_at[0] < now - THROTTLED_MEMORY_SECONDS:
            self.throttled_at.popleft()
        if self._is_leaving:
            self._say_goodbye(now)
        elif self._is_bound and self.is_reading:
            self._enquire(now)

    def _lose_overdue(self, now: float) -> None:
        overdue = now - self._profile.response_seconds
        if not self.is_reading:
            # The answers may lie in the socket; the sender's own deadline ends the wait.
            return
        touched: set[Submission] = set()
        for sequence, part in list(self.outstanding.items()):
            if part.written_at > overdue:
                break
            del self.outstanding[sequence]
            part.lose()
            touched.add(part.submission)
            self._is_doubted = self._is_doubted or self._heard_at < part.written_at
        for submission in touched:
            submission.changed.set()
        if touched:
            self._owner.pump()

    def _enquire(self, now: float) -> None:
        if self._enquired_at:
            if now - self._enquired_at > self._profile.response_seconds:
                self.abort("The SMSC does not answer enquire_link.")
        elif self._is_doubted or now - self._heard_at > self._profile.enquire_seconds:
            self._enquired_at = now
            self._write(pdu.enquire_link(self._next_sequence()))

    # --- The end ------------------------------------------------------------------------------------------

    def leave(self, words: str) -> None:
        """Begin nothing more, wait for answers a while, unbind and close."""
        if self._is_leaving or self.is_over:
            return
        self._is_leaving = True
        self._words = words
        self._left_at = time.monotonic()
        self._owner.pump()

    def _say_goodbye(self, now: float) -> None:
        waited = now - self._left_at
        if self.outstanding and waited < min(LEAVE_SECONDS, self._profile.response_seconds):
            return
        if not self._unbind_sequence:
            self._unbind_sequence = self._next_sequence()
            self._goodbye_at = now
            self._write(pdu.unbind(self._unbind_sequence))
        elif now - self._goodbye_at > LINGER_SECONDS:
            self.abort(self._words)

    def abort(self, words: str) -> None:
        """Close at once, without waiting for anything."""
        self._end(words)

    def _end(self, words: str) -> None:
        if self.is_over:
            return
        self.is_over = True
        self._words = self._words or words
        if self._transport is not None:
            # Not abort(): what was written last, such as an answer to unbind, should still arrive. But nobody who
            # has stopped reading may keep the socket.
            self._transport.close()
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)
        touched = {part.submission for part in self.outstanding.values()}
        for part in self.outstanding.values():
            part.lose()
        self.outstanding.clear()
        for submission in touched:
            submission.changed.set()
        for answer in self._requests.values():
            if not answer.done():
                answer.set_exception(ConnectionError(self._words))
        if not self.bound.done():
            self.bound.set_exception(ConnectionError(self._words))
        self.ended.set_result(self._words)
        self._owner.pump()

    @property
    def is_leaving(self) -> bool:
        return self._is_leaving

    @property
    def has_served(self) -> bool:
        """Whether it was of any use: after a bind that brings nothing the next one has to wait longer."""
        return self._is_bound and (self.n_answered > 0 or time.monotonic() - self._born_at > 10)

    def _next_sequence(self) -> int:
        self._sequence = pdu.next_sequence(self._sequence)
        return self._sequence

    def _write(self, octets: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)


def answer_delivery(frame: pdu.Frame, status: int) -> bytes:
    """The deliver_sm_resp or data_sm_resp."""
    if frame.command == pdu.DATA_SM:
        return pdu.data_sm_resp(frame.sequence, status=status)
    return pdu.deliver_sm_resp(frame.sequence, status)
