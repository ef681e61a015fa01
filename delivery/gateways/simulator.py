"""The driver of the simulated gateway, and the one to read before writing another.

Its other side is `delivery/simulation`, a process of its own; the wire is described there.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings as console_settings
from django.utils.translation import gettext_lazy as _

from delivery.gateways.base import GatewayDriver, OutboundMessage, Outcome, SubmitResult
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable
from delivery.gateways.fields import Words
from delivery.simulation.address import Address, connect, parse_address
from delivery.statuses import Reason
from smsconsole.embedded.location import socket_path

log = logging.getLogger(__name__)

# Messages per write. Between two writes the driver asks whether to go on.
GROUP_SIZE = 50
READ_BYTES = 1 << 18

OUTCOMES = {str(outcome): outcome for outcome in (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.THROTTLED)}

REFUSAL_REASONS = {
    "INVALID_NUMBER": Reason.INVALID_NUMBER,
    "BLACKLISTED": Reason.BLACKLISTED,
    "CONTENT_BLOCKED": Reason.CONTENT_BLOCKED,
    "NO_ROUTE": Reason.ROUTE_ERROR,
    "REFUSED": Reason.GATEWAY_REFUSED,
}

Reference = tuple[int, int]


def own_address() -> str:
    """Where the console's own simulated gateway listens: the same for every process of one `DATA_DIR`."""
    return str(socket_path(console_settings.DATA_DIR, "simulated-gateway.sock"))


def address_of(settings: Mapping[str, Any]) -> Address:
    """Where the simulated gateway of these settings listens; raises ValueError with words for a person."""
    return parse_address(str(settings.get("address") or own_address()))


class SimulatorDriver(GatewayDriver):
    """Settings: `address` and `timeout_seconds`, the most that one window may take.

    Without an address (a socket path or host:port) it is the one of the console's own simulated gateway.
    """

    kind: ClassVar[str] = "simulator"
    label: ClassVar[Words] = _("Simulated gateway")

    def __init__(self, settings: Mapping[str, Any]) -> None:
        try:
            self._address = address_of(settings)
            self._timeout_seconds = float(settings.get("timeout_seconds", 5.0))
        except (TypeError, ValueError) as error:
            raise GatewayMisconfigured(str(error)) from None
        if self._timeout_seconds <= 0:
            raise GatewayMisconfigured("timeout_seconds must be more than 0.")
        self._connection: socket.socket | None = None
        self._unread = b""

    def open(self) -> None:
        self._connected()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        deadline = time.monotonic() + self._timeout_seconds
        connection = self._connected()
        pending: set[Reference] = set()
        n_written = 0
        whole = True
        reusable = False
        try:
            while whole and n_written < len(messages) and time.monotonic() < deadline and keep_going():
                group = messages[n_written : n_written + GROUP_SIZE]
                frame = json.dumps(group).encode() + b"\n"
                n_bytes = _write(connection, frame, deadline)
                whole = n_bytes == len(frame)
                if n_bytes:
                    pending.update([message[:2] for message in group])
                    n_written += len(group)
                elif not n_written:
                    raise GatewayUnavailable(f"The simulated gateway at {self._address} hung up.")
            yield from [SubmitResult(message.id, Outcome.UNSENT) for message in messages[n_written:]]
            alive = yield from self._read_answers(connection, pending, deadline)
            reusable = whole and alive
        finally:
            # Also when the caller walks away: answers of this window must not reach the next one half-read.
            if not reusable:
                self.close()
        if pending:
            log.warning("submit unanswered gateway=%s n=%d of=%d", self._address, len(pending), n_written)
        for message_id, _attempt in pending:
            yield SubmitResult(message_id, Outcome.UNCERTAIN, reason=Reason.NO_ANSWER)

    def _connected(self) -> socket.socket:
        """The open connection, a new one where the other side has hung up since the last window.

        Looking first matters: a write to a connection that is already dead may seem to work, and the window
        would be uncertain without need.
        """
        if self._connection is not None and not self._is_alive(self._connection):
            self.close()
        if self._connection is None:
            try:
                self._connection = connect(self._address, timeout_seconds=self._timeout_seconds)
            except OSError as error:
                raise GatewayUnavailable(
                    f"The simulated gateway at {self._address} cannot be reached: {error.strerror or error}."
                ) from None
            self._unread = b""
        return self._connection

    def _is_alive(self, connection: socket.socket) -> bool:
        """Whether the other side is still there. Late answers of earlier windows are taken in on the way."""
        connection.setblocking(False)
        try:
            while received := connection.recv(READ_BYTES):
                self._unread += received
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def _read_answers(
        self, connection: socket.socket, pending: set[Reference], deadline: float
    ) -> Generator[SubmitResult, None, bool]:
        """Yield what is answered in time and take it out of `pending`.

        The value of the generator is False when the connection is of no more use.
        """
        while pending:
            lines, newline, rest = self._unread.rpartition(b"\n")
            if newline:
                self._unread = rest
                try:
                    results = [_result(*answer) for line in lines.split(b"\n") for answer in json.loads(line)]
                except (ValueError, TypeError):
                    log.error("answer unreadable gateway=%s n_bytes=%d", self._address, len(lines))
                    return False
                for reference, result in results:
                    if reference in pending:
                        pending.remove(reference)
                        yield result
                continue
            remaining_seconds = deadline - time.monotonic()
            if remaining_seconds <= 0:
                return True
            connection.settimeout(remaining_seconds)
            try:
                received = connection.recv(READ_BYTES)
            except TimeoutError:
                return True
            except OSError:
                return False
            if not received:
                return False
            self._unread += received
        return True


def _write(connection: socket.socket, frame: bytes, deadline: float) -> int:
    """Write as much of the frame as the other side takes before the deadline; how many bytes that were."""
    n_bytes = 0
    try:
        while n_bytes < len(frame) and (remaining_seconds := deadline - time.monotonic()) > 0:
            connection.settimeout(remaining_seconds)
            n_bytes += connection.send(frame[n_bytes:] if n_bytes else frame)
    except OSError:  # a time-out too
        pass
    return n_bytes


def _result(
    message_id: int, attempt: int, word: str, ids: Sequence[str], code: str, retry_after_seconds: float
) -> tuple[Reference, SubmitResult]:
    """One answer in the console's words. An answer that cannot be understood leaves its message uncertain."""
    outcome = OUTCOMES.get(word, Outcome.UNCERTAIN)
    reason = Reason.NONE
    if outcome is Outcome.REFUSED:
        reason = REFUSAL_REASONS.get(code, Reason.UNKNOWN_CODE)
    elif outcome is Outcome.THROTTLED:
        reason = Reason.THROTTLED
    elif outcome is Outcome.UNCERTAIN:
        reason = Reason.UNKNOWN_CODE
    result = SubmitResult(message_id, outcome, tuple(ids), code, reason, retry_after_seconds)
    return (message_id, attempt), result
