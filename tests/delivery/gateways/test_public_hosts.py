from __future__ import annotations

import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from delivery.gateways import public_hosts
from delivery.gateways.http_line import Answer, HttpLine, NotWritten, Trip, on_trip
from delivery.gateways.public_hosts import is_public, public_addresses, url_problem

PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - what must not be called
    "255.255.255.255",
    "224.0.0.1",
    "192.88.99.1",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2002:a00:1::",
    "2001:db8::1",
    "not an address",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_our_own_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "172.32.0.1"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://localhost:8000/",
        "http://a.localhost/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:10.0.0.1]/",
        "http://user:secret@sms.example.com/",
        "http://sms.example.com:25/",
        "http://sms.example.com:99999/",
        "ftp://sms.example.com/",
        "file:///etc/passwd",
        "gopher://sms.example.com/",
        "//sms.example.com/",
        "http://",
        "sms.example.com/send",
        "",
    ],
)
def test_addresses_that_no_gateway_may_call_are_refused_with_words(url: str) -> None:
    assert url_problem(url, is_internal=False).endswith(".")


@pytest.mark.parametrize(
    "url", ["https://sms.example.com/send?to=1", "http://8.8.8.8:8080/", "https://例え.jp/", "https://a:8443"]
)
def test_public_addresses_are_allowed(url: str) -> None:
    assert url_problem(url, is_internal=False) == ""


def test_inside_our_own_network_everything_but_odd_schemes_is_allowed() -> None:
    assert url_problem("http://10.0.0.7:13013/cgi-bin/sendsms", is_internal=True) == ""
    assert url_problem("file:///etc/passwd", is_internal=True)


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def port() -> object:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def _get(url: str, answers: list[list[str]]) -> Answer:
    """Fetch, with a resolver that gives one of the answers after the other."""
    line = HttpLine(addresses_of=partial(public_addresses, resolve=lambda host, port: answers.pop(0)))
    try:
        return on_trip(Trip(line, time.monotonic() + 5), lambda: line.send("GET", url))  # type: ignore[no-any-return]
    finally:
        line.close()


def test_a_name_that_leads_into_our_own_network_is_not_connected_to(port: int) -> None:
    with pytest.raises(NotWritten) as refusal:
        _get(f"http://rebind.example:{port}/", [["127.0.0.1"]])
    assert "own network" in refusal.value.words


def test_one_private_address_among_public_ones_is_enough_to_refuse(port: int) -> None:
    with pytest.raises(NotWritten):
        _get(f"http://rebind.example:{port}/", [["8.8.8.8", "127.0.0.1"]])


def test_the_connection_goes_to_the_checked_address(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second look-up would give the other answer, as a name that is being rebound does."""
    monkeypatch.setattr(public_hosts, "is_public", lambda address: address == "127.0.0.1")
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    assert _get(f"http://rebind.example:{port}/", answers).body == b"ok"
    assert answers == [["10.0.0.1"]]


def test_a_name_that_nobody_knows_is_a_connection_that_was_not_made() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(NotWritten) as refusal:
        public_addresses("nowhere.example", 443, resolve=unknown)
    assert "nowhere.example" in refusal.value.words
