"""The ground under all drivers that speak HTTP, by a carrier as plain as can be."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import pytest

from delivery.gateways.base import Exchange, GatewayDriver, OutboundMessage, Outcome, SubmitResult
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable
from delivery.gateways.fields import Words
from delivery.gateways.http import Group, HttpDriver
from delivery.gateways.http_line import (
    MAX_ANSWER_BYTES,
    HttpLine,
    NotWritten,
    Refused,
    RefusedForOne,
    retry_after_seconds,
)
from delivery.statuses import Reason
from tests.carriers.faults import FaultTable
from tests.carriers.server import RETRY_AFTER_SECONDS, Carrier, Fault, Received, Reply
from tests.delivery.gateways.contract import (
    LATE_SECONDS,
    MSISDN_PREFIX,
    TEXT,
    Behaviour,
    GatewayContract,
    Line,
    always,
    messages,
    outcomes,
    submit,
)
from tests.timing import measures_time


class PlainDriver(HttpDriver):
    """Sends each message as JSON and believes the word in the answer."""

    kind: ClassVar[str] = "plain"
    label: ClassVar[Words] = "Plain"
    what: ClassVar[str] = "send"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._url = settings["url"]
        self.n_per_request = settings.get("n_per_request", 1)
        self.n_sends = 1

    @property
    def url(self) -> str:
        return str(self._url)

    def send(self, group: Group) -> Iterable[SubmitResult]:
        for _ in range(self.n_sends):
            answer = self.line.send("POST", self.url, body=json.dumps(group.messages).encode())
        said = json.loads(answer.body)
        if "refusal" in said:
            raise Refused(said["refusal"], Reason.CONTENT_BLOCKED)
        for message_id, word, ids in said["results"]:
            outcome = Outcome(word)
            is_bad = outcome is Outcome.REFUSED
            is_slow = outcome is Outcome.THROTTLED
            code = said.get("code", "no")
            reason = Reason.UNKNOWN_CODE if code == "4711x" else Reason.INVALID_NUMBER
            yield SubmitResult(
                message_id, outcome, tuple(ids), code if is_bad else "", reason if is_bad else Reason.NONE,
                1.0 if is_slow else 0.0,
            )  # fmt: skip


class PlainCarrier(Carrier):
    def __init__(self) -> None:
        super().__init__()
        self.taken: list[OutboundMessage] = []
        self.word = "accepted"
        self.code = "no"
        self.leaves_out: set[int] = set()
        self.mixes = False

    def answer(self, request: Received) -> Reply:
        got = [OutboundMessage(*message) for message in request.json()]
        self.taken += got
        results = []
        for message in got:
            word = ("accepted", "refused", "throttled", None)[message.id % 4] if self.mixes else self.word
            if word is None or message.id in self.leaves_out:
                continue
            ids = [f"{message.id}.{n}" for n in range(message.n_segments)] if word == "accepted" else []
            results.append([message.id, word, ids])
        return Reply.json({"results": results[::-1], "code": self.code})


class PlainLine(Line):
    def __init__(self, carrier: PlainCarrier) -> None:
        self.carrier = carrier

    def driver(self, *, patient: bool = True) -> GatewayDriver:
        timeout = 5 if patient else 0.8
        return PlainDriver({"url": self.carrier.url, "timeout_seconds": timeout, "n_per_request": 40})

    def behave(self, behaviour: Behaviour) -> None:
        carrier = self.carrier
        carrier.fault, carrier.delay_seconds, carrier.word, carrier.mixes = None, 0.0, "accepted", False
        if behaviour is Behaviour.STAY_SILENT:
            carrier.fault = Fault.TIMEOUT
        elif behaviour is Behaviour.ANSWER_LATE:
            carrier.delay_seconds = LATE_SECONDS
        elif behaviour is Behaviour.MIX:
            carrier.mixes = True
        elif behaviour is Behaviour.THROTTLE:
            carrier.word = "throttled"
        elif behaviour in (Behaviour.REFUSE, Behaviour.REFUSE_WITH_UNKNOWN_CODE):
            carrier.word = "refused"
            carrier.code = "4711x" if behaviour is Behaviour.REFUSE_WITH_UNKNOWN_CODE else "no"

    def arrived(self) -> list[OutboundMessage]:
        return list(self.carrier.taken)

    def hang_up(self) -> None:
        self.carrier.hang_up()

    def come_back(self) -> None:
        self.carrier.start()


@pytest.fixture
def carrier() -> Iterator[PlainCarrier]:
    with PlainCarrier() as carrier:
        yield carrier


@pytest.fixture
def line(carrier: PlainCarrier) -> PlainLine:
    return PlainLine(carrier)


class TestContract(GatewayContract):
    pass


class TestFaults(FaultTable):
    def driver_at(self, carrier: Carrier, *, timeout_seconds: float) -> HttpDriver:
        return PlainDriver({"url": carrier.url, "timeout_seconds": timeout_seconds, "n_connections": 4})

    def taken_by(self, carrier: Carrier) -> list[str]:
        assert isinstance(carrier, PlainCarrier)
        return [message.msisdn for message in carrier.taken]


def driver_of(carrier: PlainCarrier, **settings: Any) -> PlainDriver:
    return PlainDriver({"url": carrier.url, "timeout_seconds": 2, **settings})


def test_a_second_request_on_one_trip_is_never_sent(carrier: PlainCarrier) -> None:
    driver = driver_of(carrier)
    driver.n_sends = 2
    results = submit(driver, messages(5))
    assert outcomes(results) == {Outcome.UNCERTAIN}
    assert len(carrier.taken) == 5


def test_what_the_line_saw_counts_more_than_what_a_driver_makes_of_it(carrier: PlainCarrier) -> None:
    class Hasty(PlainDriver):
        def send(self, group: Group) -> Iterable[SubmitResult]:
            try:
                return list(super().send(group))
            except Exception:
                return [SubmitResult(message.id, Outcome.REFUSED) for message in group.messages]

    carrier.fault = Fault.RESET_BEFORE_BODY
    assert outcomes(submit(Hasty({"url": carrier.url}), messages(3))) == {Outcome.UNCERTAIN}


def test_an_answer_longer_than_any_carriers_is_not_read_to_its_end() -> None:
    class Wordy(PlainCarrier):
        def answer(self, request: Received) -> Reply:
            reply = super().answer(request)
            return Reply(reply.body + b" " * MAX_ANSWER_BYTES)

    with Wordy() as carrier:
        [result] = submit(driver_of(carrier), messages(1)).values()
    assert (result.outcome, result.code) == (Outcome.UNCERTAIN, "answer too long")


@measures_time
def test_requests_run_side_by_side_up_to_the_setting(carrier: PlainCarrier) -> None:
    carrier.delay_seconds = 0.3
    began = time.monotonic()
    assert outcomes(submit(driver_of(carrier, n_connections=4), messages(8))) == {Outcome.ACCEPTED}
    assert 0.55 < time.monotonic() - began < 1.5


def test_keep_going_is_asked_in_the_thread_of_the_caller(carrier: PlainCarrier) -> None:
    asked_in = []

    def keep_going() -> bool:
        asked_in.append(threading.current_thread())
        return True

    submit(driver_of(carrier), messages(6), keep_going)
    assert asked_in == [threading.current_thread()] * 6


def test_a_number_that_the_answer_leaves_out_is_uncertain(carrier: PlainCarrier) -> None:
    carrier.leaves_out = {2}
    results = submit(driver_of(carrier, n_per_request=3), messages(3))
    assert results[2].outcome is Outcome.UNCERTAIN
    assert {results[1].outcome, results[3].outcome} == {Outcome.ACCEPTED}


@measures_time
def test_the_deadline_holds_for_an_answer_that_comes_byte_by_byte(carrier: PlainCarrier) -> None:
    carrier.fault = Fault.ENDLESS
    began = time.monotonic()
    assert outcomes(submit(driver_of(carrier, timeout_seconds=0.5), messages(1))) == {Outcome.UNCERTAIN}
    assert time.monotonic() - began < 1.5


def test_a_line_that_fails_after_the_first_request_leaves_the_rest_unsent(carrier: PlainCarrier) -> None:
    driver = driver_of(carrier, n_connections=1)
    results = driver.submit(messages(20), keep_going=always)
    first = next(results)
    carrier.hang_up()
    rest = list(results)
    assert first.outcome is Outcome.ACCEPTED
    assert Outcome.UNSENT in {result.outcome for result in rest}
    assert len(rest) == 19


def test_a_handshake_that_fails_has_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        driver = PlainDriver({"url": f"https://127.0.0.1:{port}/", "timeout_seconds": 0.4})
        with pytest.raises(GatewayUnavailable):  # it never says a word of TLS
            submit(driver, messages(1))


def test_a_request_that_cannot_be_built_keeps_its_messages() -> None:
    driver = PlainDriver({"url": "nonsense://", "timeout_seconds": 0.4})
    with pytest.raises(GatewayUnavailable):
        submit(driver, messages(1))


def test_a_host_that_must_not_be_called_is_not_called(carrier: PlainCarrier) -> None:
    class Guarded(PlainDriver):
        def new_line(self) -> HttpLine:
            def refuse(host: str, port: int) -> list[str]:
                raise NotWritten(f"{host} is ours")

            return HttpLine(addresses_of=refuse)

    with pytest.raises(GatewayUnavailable, match=r"127\.0\.0\.1 is ours"):
        submit(Guarded({"url": carrier.url}), messages(1))
    assert carrier.received == []


class TestExchanges:
    def exchanges(
        self, carrier: PlainCarrier, window: list[OutboundMessage], **settings: Any
    ) -> list[Exchange]:
        driver = driver_of(carrier, **settings)
        noted: list[Exchange] = []
        thread = threading.current_thread()

        def keep(exchange: Exchange) -> None:
            assert threading.current_thread() is thread
            noted.append(exchange)

        driver.on_exchange = keep
        submit(driver, window)
        return noted

    def test_numbers_and_texts_are_masked(self, carrier: PlainCarrier) -> None:
        [exchange] = self.exchanges(carrier, messages(1))
        said = exchange.request + exchange.answer
        assert not exchange.is_fault
        assert exchange.what == "send"
        assert "HTTP 200" in exchange.answer
        assert f"…({len(TEXT)} characters)" in exchange.request
        assert TEXT not in said
        assert MSISDN_PREFIX not in said
        assert "*********0001" in exchange.request

    def test_of_what_went_well_a_sample_is_kept_and_every_fault(self, carrier: PlainCarrier) -> None:
        assert len(self.exchanges(carrier, messages(10))) == 1
        carrier.fault = Fault.THROTTLED
        faults = self.exchanges(carrier, messages(10))
        assert len(faults) == 10
        assert all(fault.is_fault and "429" in fault.answer for fault in faults)

    def test_an_unreachable_line_is_kept_as_a_fault(self, carrier: PlainCarrier) -> None:
        driver = driver_of(carrier)
        noted: list[Exchange] = []
        driver.on_exchange = noted.append
        carrier.hang_up()
        with pytest.raises(GatewayUnavailable):
            submit(driver, messages(1))
        assert [exchange.is_fault for exchange in noted] == [True]
        assert "cannot be reached" in noted[0].answer


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("-3", 1),
        ("nan", 1),
        ("inf", 1),
        ("1e9", 600),
        ("soon", 1),
        ("", 1),
        ("0.01", 0.1),
    ],
)
def test_retry_after_is_read_with_reserve(value: str, seconds: float) -> None:
    assert retry_after_seconds({"retry-after": value}) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert retry_after_seconds({"retry-after": "Fri, 31 Dec 2100 23:59:59 GMT"}) == 600


def test_throttled_requests_wait_as_long_as_the_carrier_says(carrier: PlainCarrier) -> None:
    carrier.fault = Fault.THROTTLED
    results = submit(driver_of(carrier), messages(3))
    assert {result.retry_after_seconds for result in results.values()} == {RETRY_AFTER_SECONDS}


@pytest.mark.parametrize(
    "settings",
    [{"n_connections": 0}, {"n_connections": "many"}, {"timeout_seconds": 0}, {"timeout_seconds": "nan"}],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(GatewayMisconfigured):
        PlainDriver({"url": "http://127.0.0.1", **settings})


class TestRefusedForOne:
    """A carrier that refuses a whole request because of one number in it."""

    class Driver(PlainDriver):
        bad: ClassVar[set[int]] = {3, 14}

        def send(self, group: Group) -> Iterable[SubmitResult]:
            results = list(super().send(group))
            if self.bad & {message.id for message in group.messages}:
                raise RefusedForOne("bad number", Reason.INVALID_NUMBER)
            return results

    def test_the_others_go_out(self, carrier: PlainCarrier) -> None:
        driver = self.Driver({"url": carrier.url, "n_per_request": 16})
        results = submit(driver, messages(16))
        refused = {n for n, result in results.items() if result.outcome is Outcome.REFUSED}
        assert refused == self.Driver.bad
        assert outcomes(results) == {Outcome.REFUSED, Outcome.ACCEPTED}
        assert len(carrier.received) == 15

    def test_what_breaks_on_the_way_down_is_uncertain_only_where_it_was_written(
        self, carrier: PlainCarrier
    ) -> None:
        carrier.faults = [None, Fault.TIMEOUT]
        driver = self.Driver(
            {"url": carrier.url, "n_per_request": 4, "timeout_seconds": 0.5, "n_connections": 1}
        )
        results = submit(driver, messages(4))
        by_outcome = {n: result.outcome for n, result in results.items()}
        assert by_outcome == {
            1: Outcome.ACCEPTED,
            2: Outcome.ACCEPTED,
            3: Outcome.UNCERTAIN,
            4: Outcome.UNCERTAIN,
        }
