"""What a line needs to know, read once from a gateway's settings."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from delivery.smpp import pdu


class BindMode(StrEnum):
    """How the line is bound. A pair is a transmitter and a receiver."""

    TRANSCEIVER = "transceiver"
    PAIR = "pair"
    TRANSMITTER = "transmitter"
    RECEIVER = "receiver"


class Role(StrEnum):
    """What one bind may do."""

    TRANSCEIVER = "transceiver"
    TRANSMITTER = "transmitter"
    RECEIVER = "receiver"


BIND_COMMANDS = {
    Role.TRANSCEIVER: pdu.BIND_TRANSCEIVER,
    Role.TRANSMITTER: pdu.BIND_TRANSMITTER,
    Role.RECEIVER: pdu.BIND_RECEIVER,
}
_ROLES = {
    BindMode.TRANSCEIVER: (Role.TRANSCEIVER,),
    BindMode.PAIR: (Role.TRANSMITTER, Role.RECEIVER),
    BindMode.TRANSMITTER: (Role.TRANSMITTER,),
    BindMode.RECEIVER: (Role.RECEIVER,),
}

MAX_WINDOW = 2_000
MAX_BINDS = 16
# A window is written for a third of its lease (30 s) at most; its answers, and those of parts offered again, are to be
# heard before the lease is over.
MAX_RESPONSE_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Profile:
    """Where and how to bind."""

    host: str
    port: int
    who: pdu.Bind
    tls: ssl.SSLContext | None
    tls_server_name: str
    mode: BindMode
    n_binds: int
    window: int
    enquire_seconds: float
    response_seconds: float
    connect_seconds: float

    @property
    def place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def roles(self, *, listens: bool) -> list[Role]:
        """One role per bind. Who does not listen must not be handed receipts, and binds as transmitter only."""
        if not listens:
            return [Role.TRANSMITTER]
        return [role for _ in range(self.n_binds) for role in _ROLES[self.mode]]


def read_profile(settings: Mapping[str, Any]) -> Profile:
    """The profile of a gateway's settings; raises `ValueError` with words for the operator."""
    host = str(settings.get("host") or "").strip()
    if not host:
        raise ValueError("The host of the SMSC is missing.")
    profile = Profile(
        host=host,
        port=int(_number(settings, "port", 2775, smallest=1, largest=65_535)),
        who=pdu.Bind(
            str(settings.get("system_id") or ""),
            str(settings.get("password") or ""),
            str(settings.get("system_type") or ""),
        ),
        tls=_tls(settings),
        tls_server_name=str(settings.get("tls_server_name") or "") or host,
        mode=BindMode(settings.get("bind_mode") or BindMode.TRANSCEIVER),
        n_binds=int(_number(settings, "n_binds", 1, smallest=1, largest=MAX_BINDS)),
        window=int(_number(settings, "window", 10, smallest=1, largest=MAX_WINDOW)),
        enquire_seconds=_number(settings, "enquire_seconds", 30, smallest=0.2, largest=3_600),
        response_seconds=_number(
            settings, "response_seconds", 10, smallest=0.2, largest=MAX_RESPONSE_SECONDS
        ),
        connect_seconds=_number(settings, "connect_seconds", 5, smallest=0.2, largest=30),
    )
    # What does not fit its field is known before anybody connects.
    pdu.bind(pdu.BIND_TRANSCEIVER, 1, profile.who)
    return profile


def _number(
    settings: Mapping[str, Any], name: str, default: float, *, smallest: float, largest: float
) -> float:
    value = settings.get(name)
    try:
        number = float(default if value in (None, "") else value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number.") from None
    if not smallest <= number <= largest:
        raise ValueError(f"{name} must be between {smallest:g} and {largest:g}.")
    return number


def _tls(settings: Mapping[str, Any]) -> ssl.SSLContext | None:
    if not settings.get("tls"):
        return None
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if authority := str(settings.get("tls_ca") or "").strip():
            context.load_verify_locations(cadata=authority)
        _load_own_certificate(context, settings)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(f"The certificates cannot be read: {error}.") from None
    if settings.get("tls_verify") is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _load_own_certificate(context: ssl.SSLContext, settings: Mapping[str, Any]) -> None:
    certificate = str(settings.get("tls_certificate") or "").strip()
    key = str(settings.get("tls_key") or "").strip()
    if not certificate:
        return
    # The library reads certificates from files only. This one is readable by us alone, and gone at once.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(f"{certificate}\n{key}\n")
        file.flush()
        context.load_cert_chain(file.name)
