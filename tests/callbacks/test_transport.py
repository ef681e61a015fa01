"""One request to a server that does what servers do: every end has its word, and none lasts beyond the deadline."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callbacks import transport
from callbacks.transport import ANSWER_MAX_BYTES, Exchange, post
from smsconsole.lib.allowed_hosts import parse_allowed_hosts
from tests.callbacks.receivers import Behaviour, Receiver, answer, babble, drip, hang_up, huge, slow
from tests.delivery.gateways.test_http_encryption import own_certificate
from tests.timing import measures_time

HEADERS = {"Content-Type": "application/json", "webhook-id": "1"}


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Any) -> None:
    settings.CALLBACK_ALLOWED_HOSTS = parse_allowed_hosts("127.0.0.1:*,localhost:*")
    settings.CALLBACK_ALLOW_HTTP = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def call(url: str, *, seconds: float = 1.0) -> Exchange:
    return post(url, headers=HEADERS, body='{"text":"你好"}'.encode(), deadline_seconds=seconds)


def test_the_request_arrives_as_it_was_made(receiver: Receiver) -> None:
    exchange = call(receiver.url)
    assert (exchange.status, exchange.fault, exchange.body) == (200, "", b'{"result":0,"errmsg":"OK"}')
    [heard] = receiver.heard
    assert heard.body == '{"text":"你好"}'
    assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["user-agent"] == transport.USER_AGENT


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_are_not_used(
    variable: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert call(receiver.url).status == 200


def test_passwords_of_the_environment_are_not_told(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    call(receiver.url)
    assert "authorization" not in receiver.heard[0].headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int, receiver: Receiver) -> None:
    with Receiver() as elsewhere:
        receiver.behaviour = answer(status, b"", Location=elsewhere.url)
        assert call(receiver.url).status == status
        assert elsewhere.n_connections == 0


@pytest.mark.parametrize(
    ("behaviour", "status", "fault"),
    [
        (answer(500, b"no"), 500, ""),
        (hang_up, None, "connection"),
        (babble, None, "protocol"),
        (slow(5), None, "timeout"),
        (drip(b"HTTP/1.1 200 OK\r\nX-Drip: "), None, "timeout"),
        (drip(b"HTTP/1.1 200 OK\r\n\r\n"), 200, "timeout"),
        (drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"), 200, "timeout"),
        (drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n"), 200, "timeout"),
        (huge(8 << 20), 200, "too_long"),
    ],
    ids=[
        "500",
        "hangs up",
        "no HTTP",
        "slow",
        "dripping header",
        "dripping body",
        "dripping long body",
        "dripping chunks",
        "huge",
    ],
)
@measures_time
def test_every_end_has_its_word_in_time(
    behaviour: Behaviour, status: int | None, fault: str, receiver: Receiver
) -> None:
    receiver.behaviour = behaviour
    began = time.monotonic()
    exchange = call(receiver.url)
    assert (exchange.status, exchange.fault) == (status, fault)
    assert time.monotonic() - began < 3
    assert len(exchange.body) <= ANSWER_MAX_BYTES


def test_a_server_that_is_down_refuses(receiver: Receiver) -> None:
    receiver.stop()
    exchange = call(receiver.url)
    assert (exchange.status, exchange.fault) == (None, "refused")


def test_a_name_that_nobody_knows(settings: Any) -> None:
    exchange = call("https://nobody.invalid/")
    assert (exchange.status, exchange.fault) == (None, "dns")


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("120", 120, 120),
        ("0", None, None),
        ("-5", None, None),
        ("soon", None, None),
        ("inf", None, None),
        ("nan", None, None),
        ("99999999", 86_400, 86_400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None, None),
    ],
)
def test_when_to_come_again_is_read(
    value: str, low: float | None, high: float | None, receiver: Receiver
) -> None:
    receiver.behaviour = answer(503, b"", Retry_After=value)
    seconds = call(receiver.url).retry_after_seconds
    assert seconds is None if low is None or high is None else low <= (seconds or 0) <= high


# --- Encryption -----------------------------------------------------------------------------------------


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Its certificate is valid for localhost, and trusted."""
    certificate, key = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setattr(transport, "_tls", lambda: ssl.create_default_context(cafile=str(certificate)))
    with Receiver(tls=context) as receiver:
        yield receiver


def test_a_trusted_certificate_is_taken(secure: Receiver) -> None:
    exchange = call(f"https://localhost:{secure.port}/sms")
    assert (exchange.status, exchange.fault) == (200, "")


def test_a_certificate_of_another_name_is_refused_before_a_byte_leaves(secure: Receiver) -> None:
    exchange = call(f"https://127.0.0.1:{secure.port}/sms")
    assert (exchange.status, exchange.fault) == (None, "tls")
    assert secure.heard == []


def test_a_certificate_that_nobody_vouches_for_is_refused(
    secure: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_tls", ssl.create_default_context)
    exchange = call(f"https://localhost:{secure.port}/sms")
    assert (exchange.status, exchange.fault) == (None, "tls")
    assert secure.heard == []


@measures_time
def test_a_server_that_drags_out_the_handshake_is_cut_off() -> None:
    with Receiver(behaviour=slow(5)) as plain:
        began = time.monotonic()
        exchange = call(f"https://localhost:{plain.port}/sms")
    assert (exchange.status, exchange.fault) == (None, "timeout")
    assert time.monotonic() - began < 3
