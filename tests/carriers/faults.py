"""The fault table of a carrier: what goes wrong on the way, what the driver says of it, what the carrier has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import Any

import pytest

from delivery.gateways.base import Outcome
from delivery.gateways.errors import GatewayUnavailable
from delivery.gateways.http import HttpDriver
from tests.carriers.server import TAKEN, Carrier, Fault
from tests.delivery.gateways.contract import messages, outcomes, submit

EXPECTED = {
    Fault.RESET_BEFORE_READING: Outcome.UNCERTAIN,
    Fault.THROTTLED: Outcome.THROTTLED,
    Fault.NOT_FOUND: Outcome.REFUSED,
    Fault.TIMEOUT: Outcome.UNCERTAIN,
    Fault.SERVER_ERROR: Outcome.UNCERTAIN,
    Fault.RESET_BEFORE_BODY: Outcome.UNCERTAIN,
    Fault.RESET_IN_BODY: Outcome.UNCERTAIN,
    Fault.HALF_JSON: Outcome.UNCERTAIN,
    Fault.REDIRECT: Outcome.UNCERTAIN,
    Fault.GZIP_BOMB: Outcome.UNCERTAIN,
    Fault.ENDLESS: Outcome.UNCERTAIN,
}
SLOW = frozenset({Fault.TIMEOUT, Fault.ENDLESS})
# What is waited out, and what no busy machine exceeds.
SHORT_SECONDS, LONG_SECONDS = 1.5, 20.0


class FaultTable(ABC):
    """Inherit, define a fixture `carrier`, and say how the driver is opened and what the carrier took."""

    @pytest.fixture(autouse=True)
    def long_lease(self, settings: Any) -> None:
        """The driver's own timeout decides, not what is left of the lease."""
        settings.LEASE_SECONDS = 90

    @abstractmethod
    def driver_at(self, carrier: Carrier, *, timeout_seconds: float) -> HttpDriver:
        """A driver for this carrier that waits so long for an answer, with several requests at a time."""

    @abstractmethod
    def taken_by(self, carrier: Carrier) -> list[str]:
        """The numbers, in E.164, of all messages that the carrier took, each as often as it was taken."""

    @pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
    def test_a_fault_is_told_as_what_it_is(self, carrier: Carrier, fault: Fault) -> None:
        carrier.fault = fault
        window = messages(3 if fault in SLOW else 6)
        seconds = SHORT_SECONDS if fault in SLOW else LONG_SECONDS
        results = submit(self.driver_at(carrier, timeout_seconds=seconds), window)
        assert outcomes(results) == {EXPECTED[fault]}
        taken = Counter(self.taken_by(carrier))
        expected = {message.msisdn for message in window} if fault in TAKEN else set()
        assert taken == dict.fromkeys(expected, 1)

    def test_after_a_fault_the_next_window_goes_out_whole_and_once(self, carrier: Carrier) -> None:
        driver = self.driver_at(carrier, timeout_seconds=SHORT_SECONDS)
        for fault in (Fault.RESET_BEFORE_BODY, Fault.HALF_JSON, Fault.SERVER_ERROR, Fault.TIMEOUT):
            carrier.fault = fault
            submit(driver, messages(2))
        carrier.fault = None
        n_before = len(self.taken_by(carrier))
        window = messages(20, first_id=1001)
        assert outcomes(submit(driver, window)) == {Outcome.ACCEPTED}
        assert sorted(self.taken_by(carrier)[n_before:]) == sorted(message.msisdn for message in window)

    def test_a_window_of_mixed_faults_loses_nothing_and_doubles_nothing(self, carrier: Carrier) -> None:
        faults = [None, Fault.THROTTLED, Fault.SERVER_ERROR, None, Fault.RESET_BEFORE_BODY, Fault.HALF_JSON]
        carrier.faults = faults * 5
        window = messages(30)
        results = submit(self.driver_at(carrier, timeout_seconds=LONG_SECONDS), window)
        taken = Counter(self.taken_by(carrier))
        assert max(taken.values()) == 1
        for message in window:
            outcome = results[message.id].outcome
            if outcome is Outcome.ACCEPTED:
                assert taken[message.msisdn] == 1
            elif outcome is not Outcome.UNCERTAIN:
                assert taken[message.msisdn] == 0

    def test_nobody_at_home_takes_nothing(self, carrier: Carrier) -> None:
        driver = self.driver_at(carrier, timeout_seconds=SHORT_SECONDS)
        carrier.hang_up()
        with pytest.raises(GatewayUnavailable):
            submit(driver, messages(3))
        assert self.taken_by(carrier) == []
