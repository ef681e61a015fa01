"""Carriers that take one message per request, for the contract of drivers: what they share besides the server."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

import pytest

from delivery.gateways.base import GatewayDriver, OutboundMessage
from delivery.gateways.http import HttpDriver
from tests.carriers.server import Carrier, Fault, Received, Reply
from tests.delivery.gateways import contract
from tests.delivery.gateways.contract import LATE_SECONDS, Behaviour, GatewayContract, Line

IMPATIENT_SECONDS = 1.4
# A silent carrier must have been given all of a window within the time that an impatient driver waits, so the window
# is small and goes out side by side.
N_MESSAGES = N_CONNECTIONS = 48

_MIX = (Behaviour.ACCEPT, Behaviour.REFUSE, Behaviour.THROTTLE)


class OneByOneCarrier(Carrier):
    """Keeps what it took as messages; `behaviour` says how it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[OutboundMessage] = []
        self.behaviour = Behaviour.ACCEPT

    @abstractmethod
    def read(self, request: Received) -> OutboundMessage:
        """The message that the request submits; asserts that the request is as documented."""

    @abstractmethod
    def accept(self, message: OutboundMessage) -> Reply: ...

    @abstractmethod
    def refuse(self, message: OutboundMessage, *, is_known: bool) -> Reply:
        """With a code that the driver knows, or with one that it does not."""

    @abstractmethod
    def throttle(self, message: OutboundMessage) -> Reply: ...

    def answer(self, request: Received) -> Reply:
        message = self.read(request)
        self.taken.append(message)
        behaviour = self.behaviour
        if behaviour is Behaviour.MIX:
            behaviour = _MIX[len(self.taken) % len(_MIX)]
        if behaviour is Behaviour.REFUSE:
            return self.refuse(message, is_known=True)
        if behaviour is Behaviour.REFUSE_WITH_UNKNOWN_CODE:
            return self.refuse(message, is_known=False)
        if behaviour is Behaviour.THROTTLE:
            return self.throttle(message)
        return self.accept(message)


class OneByOneContract(GatewayContract):
    """The contract, with windows that go out through an SDK one by one in reasonable time."""

    @pytest.fixture(autouse=True)
    def small_windows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contract, "N_MESSAGES", N_MESSAGES)


C = TypeVar("C", bound=OneByOneCarrier)


class OneByOneLine(Line, Generic[C]):
    """A driver and such a carrier."""

    def __init__(self, carrier: C) -> None:
        self.carrier = carrier

    @abstractmethod
    def open(self, **settings: object) -> HttpDriver:
        """A driver for the carrier, with these settings besides."""

    def driver(self, *, patient: bool = True) -> GatewayDriver:
        driver = self.open(timeout_seconds=8 if patient else IMPATIENT_SECONDS)
        if not patient:
            driver.n_connections = N_CONNECTIONS
            driver.line = driver.new_line()
        return driver

    def behave(self, behaviour: Behaviour) -> None:
        carrier = self.carrier
        carrier.behaviour = behaviour
        carrier.fault = Fault.TIMEOUT if behaviour is Behaviour.STAY_SILENT else None
        carrier.faults = [None, None, None, Fault.TIMEOUT] * 50 if behaviour is Behaviour.MIX else []
        carrier.delay_seconds = LATE_SECONDS if behaviour is Behaviour.ANSWER_LATE else 0.0

    def arrived(self) -> list[OutboundMessage]:
        return list(self.carrier.taken)

    def hang_up(self) -> None:
        self.carrier.hang_up()

    def come_back(self) -> None:
        self.carrier.start()
