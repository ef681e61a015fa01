"""The line over TLS, with a certificate of the test's own."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from delivery.gateways import http_line
from delivery.gateways.base import Outcome
from delivery.gateways.errors import GatewayUnavailable
from tests.carriers.server import Fault
from tests.delivery.gateways.contract import messages, outcomes, submit
from tests.delivery.gateways.test_http import PlainCarrier, PlainDriver, driver_of


def own_certificate(directory: Path) -> tuple[Path, Path]:
    """Files of a certificate for localhost and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@pytest.fixture
def carrier() -> Iterator[PlainCarrier]:
    with PlainCarrier() as carrier:
        yield carrier


@pytest.fixture
def secure(carrier: PlainCarrier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlainCarrier:
    certificate, key = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    carrier.encrypt(context)
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(http_line, "_tls", lambda: trusting)
    return carrier


def driver_at(secure: PlainCarrier, **settings: Any) -> PlainDriver:
    return driver_of(secure, url=secure.url.replace("http://127.0.0.1", "https://localhost"), **settings)


def test_messages_go_out(secure: PlainCarrier) -> None:
    driver = driver_at(secure)
    for first_id in (1, 21):
        assert outcomes(submit(driver, messages(20, first_id=first_id))) == {Outcome.ACCEPTED}
    assert len(secure.taken) == 40


def test_what_was_written_and_not_answered_is_uncertain(secure: PlainCarrier) -> None:
    secure.fault = Fault.RESET_BEFORE_BODY
    assert outcomes(submit(driver_at(secure), messages(3))) == {Outcome.UNCERTAIN}


def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    secure: PlainCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_line, "_tls", ssl.create_default_context)
    with pytest.raises(GatewayUnavailable, match="certificate"):
        submit(driver_at(secure), messages(3))
    assert secure.received == []


def test_a_certificate_for_another_name_gets_nothing(secure: PlainCarrier) -> None:
    with pytest.raises(GatewayUnavailable, match=r"127\.0\.0\.1"):
        submit(driver_of(secure, url=secure.url.replace("http", "https")), messages(3))
    assert secure.received == []
