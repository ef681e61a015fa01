"""One request over HTTP, and what can be said of it afterwards.

Every carrier's request goes through `HttpLine.send`, also those that a carrier's SDK has built and signed: so that
"nothing was written" and "perhaps it was taken" are told apart in one place, and nothing is sent a second time.
"""

from __future__ import annotations

import functools
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore
import httpx
from django.utils import timezone
from django.utils.translation import gettext as _

from delivery.statuses import Reason

# More than any carrier has to say; what is longer is a fault or an attack.
MAX_ANSWER_BYTES = 1 << 20
READ_BYTES = 1 << 16
# Shorter than the balancers in front of carriers wait: a connection they are about to close is not written to.
IDLE_SECONDS = 5.0
RETRY_AFTER_SECONDS = 1.0
MAX_RETRY_AFTER_SECONDS = 600.0


# --- What a request can come to besides an answer -------------------------------------------------------------


class Verdict(Exception):
    """What became of all messages of a request. `code` is the carrier's word, or ours where it said none."""

    def __init__(self, code: str = "", reason: Reason = Reason.NONE) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class NotWritten(Verdict):
    """No byte of the request left. `words` say why, for the person who operates the console."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class Unclear(Verdict):
    """The request left and may have been taken: nobody knows."""


class Refused(Verdict):
    """The carrier said no to the whole request; nothing of it was taken."""


class RefusedForOne(Refused):
    """The carrier refused the whole request because of one of its messages, and does not say which.

    Nothing was taken, so the driver asks again with each half: good numbers do not suffer for a bad one.
    """


class Throttled(Verdict):
    """The carrier said not now; nothing of the request was taken."""

    def __init__(self, code: str = "", retry_after_seconds: float = RETRY_AFTER_SECONDS) -> None:
        super().__init__(code, Reason.THROTTLED)
        self.retry_after_seconds = retry_after_seconds


# --- One request on its way -----------------------------------------------------------------------------------


class Answer(NamedTuple):
    """A whole answer. Header names are in lower case; the body is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Trip:
    """The one request that this thread may send now, and how far it came."""

    line: HttpLine
    deadline: float  # monotonic seconds
    seconds: float = float("inf")  # the most from the moment it is sent
    is_written: bool = False
    request: tuple[str, str, Mapping[str, str], bytes] | None = None
    answer: Answer | None = None
    verdict: Verdict | None = None
    began: float = field(default_factory=time.monotonic)

    def seconds_left(self) -> float:
        return self.deadline - time.monotonic()


_trip: ContextVar[Trip | None] = ContextVar("trip", default=None)


def on_trip(trip: Trip, errand: Callable[[], Any]) -> Any:
    """Run the errand; what it sends in this thread belongs to the trip."""
    token = _trip.set(trip)
    try:
        return errand()
    finally:
        _trip.reset(token)


def current_trip() -> Trip:
    """The trip this thread is on; sending outside of one is a programming error."""
    trip = _trip.get()
    if trip is None:
        raise RuntimeError("Nothing may be sent to a carrier outside of a trip.")
    return trip


# --- The line -------------------------------------------------------------------------------------------------


class HttpLine:
    """Connections to one carrier, kept open from request to request; threads may share it.

    Redirects are not followed, nothing is repeated, proxies of the environment are not used.
    """

    def __init__(
        self, *, n_connections: int = 1, addresses_of: Callable[[str, int], Sequence[str]] | None = None
    ) -> None:
        """`addresses_of` may refuse a host (raising `NotWritten`) or say which addresses are connected to."""
        self._n_connections = n_connections
        self._backend = _Backend(addresses_of)
        self._pool: httpcore.ConnectionPool | None = None

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send the request of the current trip and return its whole answer, whatever its status says.

        Raises a `Verdict` for a request that did not get one, was told to slow down (429) or was sent elsewhere
        (a redirect). A second request on the same trip is refused: it would send its messages twice.
        """
        trip = current_trip()
        if trip.request is not None:
            trip.verdict = trip.verdict or Unclear("sent twice", Reason.UNKNOWN_CODE)
            raise trip.verdict
        sent_headers = {name: value for name, value in (headers or {}).items() if _is_passed_on(name)}
        sent_headers["Accept-Encoding"] = "identity"
        trip.request = (method, url, sent_headers, body)
        trip.deadline = min(trip.deadline, time.monotonic() + trip.seconds)
        try:
            trip.answer = self._exchange(trip, method, url, sent_headers, body)
            _refuse_detours(trip.answer)
        except Verdict as verdict:
            trip.verdict = verdict
            raise
        return trip.answer

    def reach(self, url: str, *, timeout_seconds: float) -> None:
        """Connect to the host of this address and hang up; raises `NotWritten`."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        trip = Trip(self, time.monotonic() + timeout_seconds)
        try:
            on_trip(trip, lambda: self._backend.connect_tcp(parts.hostname or "", port).close())
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise NotWritten(_cannot_be_reached(url, error)) from None

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _connections(self) -> httpcore.ConnectionPool:
        if self._pool is None:
            self._pool = httpcore.ConnectionPool(
                ssl_context=_tls(),
                max_connections=self._n_connections,
                max_keepalive_connections=self._n_connections,
                keepalive_expiry=IDLE_SECONDS,
                http2=False,
                retries=0,
                network_backend=self._backend,
            )
        return self._pool

    def _exchange(self, trip: Trip, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        seconds = max(trip.seconds_left(), 0.0)
        timeouts = {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
        encoded = [(name.encode("ascii"), value.encode("utf-8")) for name, value in headers.items()]
        try:
            with self._connections().stream(
                method, url, headers=encoded, content=body, extensions={"timeout": timeouts}
            ) as response:
                answer_headers = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                packed = response.iter_stream()
                return Answer(
                    response.status,
                    answer_headers,
                    _unpacked(packed, answer_headers.get("content-encoding", "")),
                )
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            if not trip.is_written:
                raise NotWritten(_cannot_be_reached(url, error)) from None
            if isinstance(error, httpcore.TimeoutException):
                raise Unclear("timeout", Reason.NO_ANSWER) from None
            raise Unclear("connection lost", Reason.NO_ANSWER) from None


def _refuse_detours(answer: Answer) -> None:
    if answer.status == 429:
        raise Throttled("HTTP 429", retry_after_seconds(answer.headers))
    if answer.status < 200 or 300 <= answer.status < 400 or answer.status == 408:
        raise Unclear(f"HTTP {answer.status}", Reason.UNKNOWN_CODE)


def retry_after_seconds(headers: Mapping[str, str]) -> float:
    """When the carrier wants to be asked again: its Retry-After in seconds or as a date, else a second."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - timezone.now()).total_seconds()
        except (ValueError, TypeError):
            return RETRY_AFTER_SECONDS
    if not 0 < seconds < float("inf"):
        return RETRY_AFTER_SECONDS
    return min(max(seconds, 0.1), MAX_RETRY_AFTER_SECONDS)


def _is_passed_on(name: str) -> bool:
    # SDKs ask for packed answers and for hanging up; the line does neither. Lengths are counted anew.
    return name.lower() not in ("accept-encoding", "connection", "content-length", "transfer-encoding")


def _unpacked(packed: Iterable[bytes], encoding: str) -> bytes:
    """The body, unpacked when it came packed although nobody asked for it; never more than `MAX_ANSWER_BYTES`."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Unclear("unreadable answer", Reason.UNKNOWN_CODE)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding not in ("", "identity") else None
    body = bytearray()
    n_packed = 0
    try:
        for chunk in packed:
            n_packed += len(chunk)
            room = MAX_ANSWER_BYTES + 1 - len(body)
            body += unpacker.decompress(chunk, room) if unpacker else chunk
            if len(body) > MAX_ANSWER_BYTES or n_packed > MAX_ANSWER_BYTES:
                raise Unclear("answer too long", Reason.UNKNOWN_CODE)
    except zlib.error:
        raise Unclear("unreadable answer", Reason.UNKNOWN_CODE) from None
    if unpacker is not None and n_packed and not unpacker.eof:
        raise Unclear("half an answer", Reason.NO_ANSWER)
    return bytes(body)


def _cannot_be_reached(url: str, error: Exception) -> str:
    host = urlsplit(url).netloc.rpartition("@")[2]
    return _("%(host)s cannot be reached: %(why)s.") % {
        "host": host,
        "why": str(error) or type(error).__name__,
    }


@functools.cache
def _tls() -> ssl.SSLContext:
    # Takes a while, and nothing in it differs from gateway to gateway.
    return httpx.create_ssl_context()


# --- Sockets that know the deadline ---------------------------------------------------------------------------


class _Backend(httpcore.NetworkBackend):
    """Connects to the addresses that may be connected to; every wait ends at the deadline of the trip."""

    def __init__(self, addresses_of: Callable[[str, int], Sequence[str]] | None) -> None:
        self._addresses_of = addresses_of
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses_of(host, port) if self._addresses_of else (host,)
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                stream = self._sockets.connect_tcp(address, port, _seconds_left(httpcore.ConnectTimeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _Stream(stream)
        raise failure


class _Stream(httpcore.NetworkStream):
    """A connection that notes in the trip when something is written to it.

    The handshake of TLS does not pass `write`: while it fails, nothing of the request has left.
    """

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _seconds_left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        seconds = _seconds_left(httpcore.WriteTimeout)
        if buffer:
            current_trip().is_written = True
        self._inner.write(buffer, seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = _seconds_left(httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _seconds_left(too_late: type[Exception]) -> float:
    """For a socket: what is left until the deadline; a wait per read alone would let a slow answer go on for ever."""
    seconds = current_trip().seconds_left()
    if seconds <= 0:
        raise too_late()
    return seconds
