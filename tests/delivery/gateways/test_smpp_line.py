"""The line beneath the driver, over real sockets: encryption, roles, goodbyes, attempts."""

from __future__ import annotations

import ipaddress
import itertools
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from delivery.gateways.base import Outcome
from delivery.gateways.errors import GatewayUnavailable
from delivery.gateways.smpp import SmppDriver
from delivery.smpp import binds
from delivery.smpp.binds import pause_after
from tests.delivery.gateways.contract import messages, outcomes, submit
from tests.delivery.smpp.smsc import ACCEPT, SILENCE, Answer, Smsc


@pytest.fixture
def smsc() -> Iterator[Smsc]:
    smsc = Smsc()
    smsc.start()
    yield smsc
    smsc.stop()


def driver_for(smsc: Smsc, **settings: object) -> SmppDriver:
    return SmppDriver(
        {"host": "127.0.0.1", "port": smsc.port, "system_id": "me", "connect_seconds": 2, "window": 50}
        | settings
    )


def keeps_everything(deliveries: object) -> bool:
    return True


# --- TLS ----------------------------------------------------------------------------------------------------


class Certificate(NamedTuple):
    pem: str
    key: str


def make_certificate(host: str) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return make_certificate("smsc.example")


@pytest.fixture
def tls_smsc(certificate: Certificate, tmp_path: Path) -> Iterator[Smsc]:
    """One that also wants a certificate of ours: the same one will do."""
    file = tmp_path / "both.pem"
    file.write_text(certificate.pem + certificate.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.load_verify_locations(file)
    context.verify_mode = ssl.CERT_REQUIRED
    smsc = Smsc(tls=context)
    smsc.start()
    yield smsc
    smsc.stop()


def test_it_speaks_tls_with_a_certificate_of_its_own(tls_smsc: Smsc, certificate: Certificate) -> None:
    driver = driver_for(
        tls_smsc,
        tls=True,
        tls_ca=certificate.pem,
        tls_server_name="smsc.example",
        tls_certificate=certificate.pem,
        tls_key=certificate.key,
    )
    assert outcomes(submit(driver, messages(20))) == {Outcome.ACCEPTED}
    driver.close()


@pytest.mark.parametrize(
    "settings",
    [{"tls_server_name": "smsc.example"}, {"tls_server_name": "other.example", "tls_ca": True}],
    ids=["an unknown authority", "another name"],
)
def test_a_certificate_that_is_not_the_smscs_is_refused(
    tls_smsc: Smsc, certificate: Certificate, settings: dict[str, object]
) -> None:
    settings = settings | {"tls_ca": certificate.pem if settings.get("tls_ca") else ""}
    driver = driver_for(
        tls_smsc, tls=True, tls_certificate=certificate.pem, tls_key=certificate.key, **settings
    )
    with pytest.raises(GatewayUnavailable, match="certificate"):
        driver.open()
    driver.close()
    assert tls_smsc.binds == []


def test_an_unchecked_certificate_is_taken_when_the_operator_wants_it(
    tls_smsc: Smsc, certificate: Certificate
) -> None:
    driver = driver_for(
        tls_smsc, tls=True, tls_verify=False, tls_certificate=certificate.pem, tls_key=certificate.key
    )
    driver.open()
    driver.close()
    assert len(tls_smsc.binds) == 1


# --- Binds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "roles"),
    [
        ("transceiver", ["transceiver", "transceiver"]),
        ("pair", ["receiver", "receiver", "transmitter", "transmitter"]),
        ("transmitter", ["transmitter", "transmitter"]),
    ],
)
def test_it_binds_as_it_is_set_up(smsc: Smsc, mode: str, roles: list[str]) -> None:
    driver = driver_for(smsc, bind_mode=mode, n_binds=2)
    driver.listen(keeps_everything)
    driver.open()
    smsc.wait_for(lambda: len(smsc.binds) == len(roles))
    assert sorted(role for _, role, _ in smsc.binds) == roles
    assert outcomes(submit(driver, messages(200))) == {Outcome.ACCEPTED}
    driver.close()


def test_several_binds_share_the_messages(smsc: Smsc) -> None:
    smsc.behaviour.on_submit = lambda one: Answer(delay_seconds=0.01)
    driver = driver_for(smsc, n_binds=4, window=10)
    driver.listen(keeps_everything)
    driver.open()
    smsc.wait_for(lambda: len(smsc.binds) == 4)
    submit(driver, messages(200))
    shares = {
        n: sum(one.connection == n for one in smsc.submits) for n in {s.connection for s in smsc.submits}
    }
    assert len(shares) == 4
    assert min(shares.values()) > 20
    driver.close()


def test_when_one_of_several_binds_breaks_the_others_go_on(smsc: Smsc) -> None:
    driver = driver_for(smsc, n_binds=3, window=10)
    driver.listen(keeps_everything)
    driver.open()
    smsc.wait_for(lambda: len(smsc.binds) == 3)
    smsc.behaviour.after = {60: "reset"}
    found = submit(driver, messages(200))
    uncertain = [result for result in found.values() if result.outcome == Outcome.UNCERTAIN]
    assert 1 <= len(uncertain) <= 10
    assert outcomes(found) <= {Outcome.ACCEPTED, Outcome.UNCERTAIN, Outcome.UNSENT}
    smsc.wait_for(lambda: len(smsc.binds) == 4)
    driver.close()


def test_a_receiver_alone_cannot_send(smsc: Smsc) -> None:
    driver = driver_for(smsc, bind_mode="receiver")
    driver.listen(keeps_everything)
    with pytest.raises(Exception, match="receiver only"):
        driver.open()
    driver.close()


# --- Goodbyes -----------------------------------------------------------------------------------------------


def test_it_unbinds_when_it_is_closed(smsc: Smsc) -> None:
    driver = driver_for(smsc)
    driver.open()
    driver.close()
    assert smsc.unbinds == 1
    assert [one.state for one in driver.last_states] == ["closed"]


def test_when_the_smsc_says_goodbye_answers_are_waited_for_and_it_binds_again(smsc: Smsc) -> None:
    smsc.behaviour.on_submit = lambda one: Answer(delay_seconds=0.2)
    driver = driver_for(smsc, window=200)
    driver.listen(keeps_everything)
    driver.open()
    asked = itertools.count()

    def say_goodbye_in_between() -> bool:
        if next(asked) == 2:
            smsc.unbind()
            time.sleep(0.1)
        return True

    found = submit(driver, messages(200), say_goodbye_in_between)
    assert outcomes(found) == {Outcome.ACCEPTED, Outcome.UNSENT}
    assert len(smsc.submits) == sum(result.outcome == Outcome.ACCEPTED for result in found.values())
    smsc.wait_for(lambda: len(smsc.binds) == 2 and driver.is_usable)
    driver.close()


def test_a_session_that_the_smsc_takes_for_unbound_is_bound_again(smsc: Smsc) -> None:
    smsc.behaviour.on_submit = lambda one: Answer(0x04)
    driver = driver_for(smsc)
    driver.listen(keeps_everything)
    found = submit(driver, messages(5))
    assert outcomes(found) == {Outcome.UNSENT}
    assert all(result.retry_after_seconds > 0 for result in found.values())
    smsc.wait_for(lambda: len(smsc.binds) == 2)
    driver.close()


# --- Attempts -------------------------------------------------------------------------------------------------


def test_the_pauses_grow_to_a_minute_and_differ() -> None:
    pauses = [pause_after(n, is_refused=False) for n in range(1, 20)]
    assert 0.3 < pauses[0] <= 0.5
    assert all(pause <= 60 for pause in pauses)
    assert all(pause >= 45 for pause in pauses[9:])
    assert len(set(pauses)) == len(pauses)
    assert 3.7 < pause_after(1, is_refused=True) <= 5


def test_a_bind_that_is_of_no_use_is_not_repeated_in_a_hot_loop(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SMSC takes the bind and ends the connection: every pause is twice the one before."""
    monkeypatch.setattr(binds, "FIRST_PAUSE_SECONDS", 0.1)
    driver = driver_for(smsc)
    driver.listen(keeps_everything)
    driver.open()
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline:
        for peer in list(smsc._connections.values()):
            if peer.role:
                smsc._loop.call_soon_threadsafe(peer.end, "close")
        time.sleep(0.01)
    # 0.1, 0.2, 0.4, 0.8 …
    assert 3 <= len(smsc.binds) <= 8
    driver.close()


def test_silence_is_ended_by_enquire_link(smsc: Smsc) -> None:
    driver = driver_for(smsc, enquire_seconds=0.3, response_seconds=0.3)
    driver.listen(keeps_everything)
    driver.open()
    smsc.wait_for(lambda: smsc.enquiries >= 2)
    assert len(smsc.binds) == 1
    smsc.behaviour.answers_enquire = False
    smsc.wait_for(lambda: len(smsc.binds) == 2)
    driver.close()


def test_nothing_more_is_written_to_who_says_nothing_at_all(smsc: Smsc) -> None:
    """Half-open or dead: what is lost is one window, not one after the other."""
    smsc.behaviour.on_submit = lambda one: SILENCE
    smsc.behaviour.answers_enquire = False
    driver = driver_for(smsc, window=10, response_seconds=0.4, enquire_seconds=60)
    driver.listen(keeps_everything)
    found = submit(driver, messages(40))
    assert len(smsc.submits) == 10
    assert sum(result.outcome == Outcome.UNCERTAIN for result in found.values()) == 10
    assert outcomes(found) == {Outcome.UNCERTAIN, Outcome.UNSENT}
    smsc.wait_for(lambda: len(smsc.binds) == 2)
    driver.close()


def test_who_answers_enquire_link_alone_is_written_to_again(smsc: Smsc) -> None:
    smsc.behaviour.on_submit = lambda one: SILENCE if len(smsc.submits) <= 10 else ACCEPT
    driver = driver_for(smsc, window=10, response_seconds=0.4, enquire_seconds=60)
    driver.listen(keeps_everything)
    found = submit(driver, messages(40))
    assert sum(result.outcome == Outcome.UNCERTAIN for result in found.values()) == 10
    assert outcomes(found) == {Outcome.UNCERTAIN, Outcome.ACCEPTED}
    assert smsc.enquiries >= 1
    assert len(smsc.binds) == 1
    driver.close()
