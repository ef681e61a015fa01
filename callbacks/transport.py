"""One request to somebody else's server, and what came of it. Nothing it does can hurt the console.

The name is looked up once and the connection goes to the address that was judged: a name that means another one a
moment later gains nothing. No redirect is followed, no proxy or password of the environment used, and everything is
over at the deadline, however slowly the other side drips.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx
import requests
from django.conf import settings
from django.utils import timezone
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NameResolutionError

from callbacks.addresses import Target, is_allowed_address, is_allowed_by_name, may_connect, read_target
from callbacks.errors import AddressRefused
from delivery.gateways.public_hosts import look_up

DEADLINE_SECONDS = 15.0
CONNECT_SECONDS = 8.0
# What is read of an answer at most, and what of it is kept.
ANSWER_MAX_BYTES = 64 << 10
ANSWER_KEPT_BYTES = 1 << 10
RETRY_AFTER_MAX_SECONDS = 86_400.0
USER_AGENT = "SMS-Console-Callbacks/1.0"

_CONFIG = Config(
    ip_filter_enable=True,
    ip_filter_allow_loopback_ips=False,
    never_redirect=True,
    default_timeout=(CONNECT_SECONDS, DEADLINE_SECONDS),
    user_agent_override=USER_AGENT,
)


class Exchange(NamedTuple):
    """What came of a request: the status of the answer, or in `fault` why there was none that counts.

    `body` is what was read of the answer, cut.
    """

    status: int | None
    fault: str
    body: bytes
    milliseconds: int
    retry_after_seconds: float | None = None


# --- One request on its way -----------------------------------------------------------------------------------


class _Trip:
    """Knows the socket of this thread's request, so that it can be cut from outside."""

    def __init__(self) -> None:
        self.is_late = False
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None

    def hold(self, connected: socket.socket) -> None:
        # Another handle of the same connection: encryption takes the first one away.
        with self._lock:
            self.drop()
            self._handle = connected.dup()
            if self.is_late:
                self._shut()

    def cut(self) -> None:
        with self._lock:
            self.is_late = True
            self._shut()

    def drop(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _shut(self) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)


_trip: ContextVar[_Trip] = ContextVar("trip")


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _held(super()._new_conn())


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _held(super()._new_conn())


def _held(connected: socket.socket) -> socket.socket:
    _trip.get().hold(connected)
    return connected


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(IPFilterAdapter):  # type: ignore[misc]  # it has no types
    """The library's filter, and beside it only what the installer allows."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        target = read_target(request.url or "")
        address = _allowed_address(target)
        if address is not None:
            host_params, pool_kwargs = HTTPAdapter.build_connection_pool_key_attributes(
                self, request, verify, cert
            )
            request.headers["Host"] = _host_header(target, host_params["port"])
            if target.scheme == "https":
                pool_kwargs["assert_hostname"] = pool_kwargs["server_hostname"] = target.host
            host_params["host"] = f"[{address}]" if ":" in address else address
        else:
            host_params, pool_kwargs = super().build_connection_pool_key_attributes(request, verify, cert)
            if not may_connect(host_params["host"].strip("[]"), target.port):
                raise AddressRefused(host_params["host"])
        if target.scheme == "https":
            pool_kwargs["ssl_context"] = _tls()
        return host_params, pool_kwargs

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        # The context knows whom to trust already; reading the list anew takes longer than a request.
        conn.cert_reqs = "CERT_REQUIRED"


def _allowed_address(target: Target) -> str | None:
    """Where a host leads that the installer allows; None when he does not, and the filter has to judge."""
    by_name = is_allowed_by_name(target)
    if not by_name and all(entry.network is None for entry in settings.CALLBACK_ALLOWED_HOSTS):
        return None
    addresses = look_up(target.host, target.port)
    if by_name:
        return addresses[0]
    return next((address for address in addresses if is_allowed_address(address, target.port)), None)


def _host_header(target: Target, port: int | None) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if port is None else f"{host}:{port}"


@functools.cache
def _tls() -> ssl.SSLContext:
    # Takes a while, and nothing in it differs from host to host.
    return httpx.create_ssl_context()


# --- The request ----------------------------------------------------------------------------------------------


def post(
    url: str, *, headers: Mapping[str, str], body: bytes, deadline_seconds: float = DEADLINE_SECONDS
) -> Exchange:
    """Send the request and read the answer, as far as `ANSWER_MAX_BYTES`, until the deadline at most.

    Whatever the other side does, or whoever it turns out to be, is in the `Exchange`; nothing is raised.
    """
    began = time.monotonic()
    trip = _Trip()
    token = _trip.set(trip)
    alarm = threading.Timer(deadline_seconds, trip.cut)
    alarm.daemon = True
    alarm.start()
    status, answer, retry_after, fault = None, b"", None, ""
    try:
        # As it is written, before a library smooths it.
        read_target(url)
        with (
            HTTPSession(_CONFIG) as session,
            _sent(session, url, headers, body, deadline_seconds) as response,
        ):
            if trip.is_late:
                # A connection that was cut looks like the end of the headers, too.
                raise requests.Timeout
            status = response.status_code
            retry_after = _retry_after_seconds(response.headers.get("Retry-After", ""))
            answer, fault = _read(response, trip)
    except _FAILURES as error:
        fault = "timeout" if trip.is_late else _fault_of(error)
    finally:
        alarm.cancel()
        _trip.reset(token)
        trip.drop()
    milliseconds = round((time.monotonic() - began) * 1000)
    return Exchange(status, fault, answer, milliseconds, retry_after)


_FAILURES = (AddressRefused, requests.RequestException, HTTPError, OSError, ValueError)


def _sent(
    session: HTTPSession, url: str, headers: Mapping[str, str], body: bytes, deadline_seconds: float
) -> requests.Response:
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(is_https_proto=scheme == "https://"))
    # One request, one connection: who closes an idle one in the wrong moment is not taken for a failure.
    sent_headers = {**headers, "Accept-Encoding": "identity", "Connection": "close"}
    response: requests.Response = session.post(
        url,
        data=body,
        headers=sent_headers,
        stream=True,
        allow_redirects=False,
        timeout=(min(CONNECT_SECONDS, deadline_seconds), deadline_seconds),
    )
    return response


def _read(response: requests.Response, trip: _Trip) -> tuple[bytes, str]:
    """What the answer says, and what is wrong with how it says it; the status came through in any case."""
    try:
        answer = response.raw.read(ANSWER_MAX_BYTES + 1, decode_content=False)
    except (HTTPError, OSError, ValueError):
        return b"", "timeout" if trip.is_late else "connection"
    if len(answer) > ANSWER_MAX_BYTES:
        return answer[:ANSWER_MAX_BYTES], "too_long"
    # A connection that was cut looks like the end of an answer without a length.
    return answer, "timeout" if trip.is_late else ""


def _fault_of(error: BaseException) -> str:
    """The word for what went wrong before there was an answer."""
    if isinstance(error, AddressRefused | InvalidIPAddress):
        return "address"
    if isinstance(error, requests.Timeout):
        return "timeout"
    if isinstance(error, requests.exceptions.SSLError):
        return "tls"
    causes = list(_causes(error))
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "refused"
    if any(isinstance(cause, socket.gaierror | NameResolutionError) for cause in causes):
        return "dns"
    # A server that hangs up without a word is both.
    if any(
        isinstance(cause, http.client.HTTPException) and not isinstance(cause, OSError) for cause in causes
    ):
        return "protocol"
    return "connection"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that stand behind it, also those that the libraries hand on as a value."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _retry_after_seconds(value: str) -> float | None:
    """When the receiver wants to be asked again: its Retry-After in seconds or as a date, a day at most."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - timezone.now()).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(seconds, RETRY_AFTER_MAX_SECONDS) if 0 < seconds < float("inf") else None
