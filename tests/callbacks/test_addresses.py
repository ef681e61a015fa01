"""Nothing but the public internet is called, whatever the address looks like: not when it is saved, not when sent."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from callbacks.addresses import check_url, read_target
from callbacks.errors import AddressRefused
from callbacks.transport import post
from delivery.gateways import public_hosts
from smsconsole.lib.allowed_hosts import parse_allowed_hosts
from tests.callbacks.receivers import Receiver

# Every spelling of an address that does not belong to the public internet, and every port and scheme that is not asked.
REFUSED = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://127.0.0.1.nip.io.internal/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://printer/",
    "https://db.internal/",
    "https://nas.local/",
    "https://0.0.0.0/",
    "https://0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://8.8.8.8/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fec0::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://１２７.０.０.１/",
    "https://①②⑦.⓪.⓪.①/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://localhost\u3002/",
    "https://exämple.com/",
    "https://user@hooks.example.com/",
    "https://user:password@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://127.0.0.1\\.hooks.example.com/",
    "https://hooks.example.com:80\\@127.0.0.1/",
    "https://hooks.example.com /",
    "https://hooks.example.com\r\nHost: 127.0.0.1/",
    "https://hooks.example.com\t/",
    " https://hooks.example.com/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:25/",
    "https://hooks.example.com:6379/",
    "https://hooks.example.com:5432/",
    "https://hooks.example.com:8000/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:65536/",
    "https://hooks.example.com:abc/",
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "gopher://hooks.example.com:6379/_FLUSHALL",
    "dict://hooks.example.com/",
    "javascript:alert(1)",
    "data:text/plain,hello",
    "//hooks.example.com/",
    "hooks.example.com",
    "https://",
    "https:///path",
    "https://?",
    "https://[::1",
    "https://..",
    "https://.example.com/",
    "https://a..example.com/",
    "https://-a.example.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://hooks.example.com/" + "a" * 500,
    "",
]
# Where a name leads that must not be followed, however public it looks.
INNER_ADDRESSES = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.192",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.251",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:a9fe:a9fe::1",
    "2001:db8::1",
    "2001:0:4136:e378::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "3fff::1",
]
PUBLIC = "93.184.216.34"


class Resolver:
    """Stands in for the system's: each question is answered with the next addresses; the last ones stay."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self.answers: list[list[str]] = []
        self.asked: list[str] = []
        self._real = real

    def __call__(self, host: str, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
        try:
            return list(self._real(host, port, *args, **{**kwargs, "flags": socket.AI_NUMERICHOST}))
        except OSError:
            self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses
        ]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    resolver = Resolver(socket.getaddrinfo)
    resolver.answers = [[PUBLIC]]
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return resolver


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every address that a socket was asked to connect to; none of them is."""
    tried: list[Any] = []

    def connect(_socket: socket.socket, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def send(url: str) -> str:
    return post(url, headers={}, body=b"{}", deadline_seconds=2).fault


@pytest.mark.parametrize("url", REFUSED)
def test_it_is_refused_when_saved_and_when_sent(url: str, resolver: Resolver, connected: list[Any]) -> None:
    with pytest.raises(AddressRefused) as refusal:
        check_url(url)
    assert str(refusal.value)
    assert send(url) == "address"
    assert connected == []
    assert resolver.asked == []


@pytest.mark.parametrize("address", INNER_ADDRESSES)
def test_a_name_that_leads_inside_is_refused_when_saved_and_when_sent(
    address: str, resolver: Resolver, connected: list[Any]
) -> None:
    resolver.answers = [[address]]
    with pytest.raises(AddressRefused, match="public internet"):
        check_url("https://hooks.example.com/sms")
    assert send("https://hooks.example.com/sms") == "address"
    assert connected == []


@pytest.mark.parametrize("address", INNER_ADDRESSES)
def test_a_name_that_leads_inside_besides_is_refused_when_saved(address: str, resolver: Resolver) -> None:
    resolver.answers = [[PUBLIC, address]]
    with pytest.raises(AddressRefused):
        check_url("https://hooks.example.com/sms")


@pytest.mark.parametrize("n_public", [1, 2, 3])
def test_a_name_that_means_something_else_a_moment_later_gains_nothing(
    n_public: int, resolver: Resolver, connected: list[Any]
) -> None:
    resolver.answers = [*[[PUBLIC]] * n_public, ["169.254.169.254"]]
    check_url("https://hooks.example.com/sms")
    for _ in range(4):
        send("https://hooks.example.com/sms")
    # Whatever was connected to is what was judged.
    assert set(connected) <= {(PUBLIC, 443)}
    assert send("https://hooks.example.com/sms") == "address"


def test_a_public_host_is_called_at_the_address_that_was_judged(
    resolver: Resolver, connected: list[Any]
) -> None:
    check_url("https://hooks.example.com/sms?key=1")
    assert send("https://hooks.example.com/sms?key=1") == "refused"
    assert connected == [(PUBLIC, 443)]
    assert send("https://hooks.example.com:8443/") == "refused"
    assert connected[1:] == [(PUBLIC, 8443)]


def test_a_name_that_nobody_knows_is_refused_when_saved(resolver: Resolver) -> None:
    resolver.answers = [[]]
    with pytest.raises(AddressRefused, match="not known"):
        check_url("https://hooks.example.com/sms")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://HOOKS.Example.com./sms",
        "https://xn--fsq.com/",
        "https://hooks.example.com:8443/a/b?c=d%20e#f",
        "https://a_b.example.com/",
        "https://1and1.example/",
    ],
)
def test_public_names_may_be_called(url: str, resolver: Resolver) -> None:
    check_url(url)


# --- What an installer allows ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allowed", "url", "leads_to", "is_taken"),
    [
        ("crm.lan", "https://crm.lan/", "10.0.0.7", True),
        ("crm.lan", "https://CRM.lan/", "10.0.0.7", True),
        ("crm.lan", "https://crm.lan:9000/", "10.0.0.7", False),
        ("crm.lan:9000", "https://crm.lan:9000/", "10.0.0.7", True),
        ("crm.lan:9000", "https://crm.lan/", "10.0.0.7", False),
        ("crm.lan:*", "https://crm.lan:9000/", "10.0.0.7", True),
        ("crm.lan", "https://evil-crm.lan/", "10.0.0.7", False),
        ("crm.lan", "https://a.crm.lan/", "10.0.0.7", False),
        ("10.0.0.0/8", "https://hooks.example.com/", "10.0.0.7", True),
        ("10.0.0.0/8", "https://hooks.example.com/", "192.168.0.7", False),
        ("10.0.0.0/8", "https://10.0.0.7/", "10.0.0.7", True),
        ("10.0.0.0/8", "https://11.0.0.7/", "11.0.0.7", False),
        ("10.0.0.0/8", "https://10.0.0.7:6379/", "10.0.0.7", False),
        ("10.0.0.0/8:8000", "https://hooks.example.com:8000/", "10.0.0.7", True),
        ("10.0.0.0/8:8000", "https://hooks.example.com:8000/", PUBLIC, False),
        ("[fd00::/8]:8443", "https://[fd00::7]:8443/", "fd00::7", True),
        ("fd00::/8", "https://[fd00::7]/", "fd00::7", True),
        ("10.0.0.0/8", "https://[::ffff:10.0.0.7]/", "::ffff:10.0.0.7", True),
        ("crm.lan", "http://crm.lan/", "10.0.0.7", False),
    ],
)
def test_allowed_hosts_are_called_and_only_they(
    allowed: str,
    url: str,
    leads_to: str,
    is_taken: bool,
    resolver: Resolver,
    connected: list[Any],
    settings: Any,
) -> None:
    settings.CALLBACK_ALLOWED_HOSTS = parse_allowed_hosts(allowed)
    resolver.answers = [[leads_to]]
    if is_taken:
        check_url(url)
    else:
        with pytest.raises(AddressRefused):
            check_url(url)
    assert send(url) == ("refused" if is_taken else "address")
    assert [address[0] for address in connected] == ([leads_to] if is_taken else [])


def test_an_allowed_name_may_be_written_as_one_label(settings: Any, resolver: Resolver) -> None:
    settings.CALLBACK_ALLOWED_HOSTS = parse_allowed_hosts("crm")
    check_url("https://crm/hooks")


def test_plain_http_is_a_setting(settings: Any, resolver: Resolver) -> None:
    settings.CALLBACK_ALLOW_HTTP = True
    check_url("http://hooks.example.com/")
    assert read_target("http://hooks.example.com/").port == 80


def test_a_server_of_the_loopback_is_not_reached() -> None:
    with Receiver() as receiver:
        assert send(receiver.url) == "address"
        assert send(f"https://localhost:{receiver.port}/") == "address"
        assert receiver.n_connections == 0


@pytest.mark.parametrize(
    "text", ["10.0.0.0/33", "a b", "crm.lan:99999", "crm.lan:x", "[fd00::1", "1.2.3", "-x", "*"]
)
def test_a_wrong_setting_is_said(text: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        parse_allowed_hosts(text)
    assert refusal.type is ValueError


def test_the_filter_of_gateways_is_the_same_one() -> None:
    assert not any(public_hosts.is_public(address) for address in INNER_ADDRESSES)
