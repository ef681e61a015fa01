"""Alibaba Cloud outside the Chinese mainland, through its SDK, against a server that checks the signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.gateways.alibaba_international import AlibabaInternationalDriver
from delivery.gateways.base import (
    GatewayDriver,
    OutboundMessage,
    Outcome,
    Push,
    QueryAnswer,
    QueryOutcome,
    ReceiptEvent,
    ReceiptState,
    SubmittedMessage,
)
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable, PushRefused
from delivery.gateways.http import HttpDriver
from delivery.statuses import Reason
from tests.carriers.alibaba import KEY_ID, KEY_SECRET, AlibabaInternationalCarrier
from tests.carriers.faults import FaultTable
from tests.carriers.server import Carrier, Fault
from tests.delivery.gateways import contract
from tests.delivery.gateways.contract import (
    LATE_SECONDS,
    Behaviour,
    GatewayContract,
    Line,
    outcomes,
    submit,
)

PREFIX = "+4477009"


def driver_of(carrier: Carrier, **settings: Any) -> AlibabaInternationalDriver:
    return AlibabaInternationalDriver(
        {
            "access_key_id": KEY_ID,
            "access_key_secret": KEY_SECRET,
            "endpoint": carrier.url,
            "timeout_seconds": 5,
            "n_connections": 4,
            **settings,
        }
    )


def message(message_id: int, text: str = "Hello", msisdn: str = "") -> OutboundMessage:
    return OutboundMessage(message_id, 0, msisdn or f"{PREFIX}{message_id:06d}", "Shop", text, 1)


class InternationalLine(Line):
    def __init__(self, carrier: AlibabaInternationalCarrier) -> None:
        self.carrier = carrier

    def driver(self, *, patient: bool = True) -> GatewayDriver:
        driver = driver_of(self.carrier, timeout_seconds=5 if patient else 0.9)
        # A silent carrier must have been given all of a window within the time that it waits.
        driver.n_connections = 100
        driver.line = driver.new_line()
        return driver

    def behave(self, behaviour: Behaviour) -> None:
        carrier = self.carrier
        carrier.fault, carrier.faults, carrier.delay_seconds = None, [], 0.0
        carrier.code_of = lambda numbers: "OK"
        codes = {
            Behaviour.REFUSE: "MOBILE_NUMBER_ILLEGAL",
            Behaviour.REFUSE_WITH_UNKNOWN_CODE: "NEVER_HEARD_OF",
            Behaviour.THROTTLE: "QPS_LIMIT_CONTROL",
        }
        mix = ("OK", "MOBILE_NUMBER_ILLEGAL", "QPS_LIMIT_CONTROL", "SYSTEM_ERROR")
        if behaviour is Behaviour.STAY_SILENT:
            carrier.fault = Fault.TIMEOUT
        elif behaviour is Behaviour.ANSWER_LATE:
            carrier.delay_seconds = LATE_SECONDS
        elif behaviour is Behaviour.MIX:
            carrier.code_of = lambda numbers: mix[int(numbers[0][-2:]) % 4]
        elif code := codes.get(behaviour):
            carrier.code_of = lambda numbers: code

    def arrived(self) -> list[OutboundMessage]:
        found = []
        for asked in self.carrier.asked:
            message_id, _dash, attempt = asked["TaskId"].partition("-")
            found.append(
                OutboundMessage(
                    int(message_id),
                    int(attempt),
                    f"+{asked['To']}",
                    asked["From"],
                    asked.get("Message", ""),
                    1,
                )
            )
        return found

    def hang_up(self) -> None:
        self.carrier.hang_up()

    def come_back(self) -> None:
        self.carrier.start()


@pytest.fixture
def carrier() -> Iterator[AlibabaInternationalCarrier]:
    with AlibabaInternationalCarrier() as carrier:
        yield carrier


@pytest.fixture
def line(carrier: AlibabaInternationalCarrier) -> InternationalLine:
    return InternationalLine(carrier)


@pytest.fixture(autouse=True)
def abroad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "MSISDN_PREFIX", PREFIX)
    # One by one through an SDK takes its time: a window must fit into what an impatient driver waits.
    monkeypatch.setattr(contract, "N_MESSAGES", 40)


class TestContract(GatewayContract):
    has_one_id_per_message = True


class TestFaults(FaultTable):
    def driver_at(self, carrier: Carrier, *, timeout_seconds: float) -> HttpDriver:
        return driver_of(carrier, timeout_seconds=timeout_seconds)

    def taken_by(self, carrier: Carrier) -> list[str]:
        assert isinstance(carrier, AlibabaInternationalCarrier)
        return [f"+{number}" for number in carrier.taken]


def test_the_request_is_that_of_the_document(carrier: AlibabaInternationalCarrier) -> None:
    driver = driver_of(carrier, type="OTP", validity_seconds=300, channel_id="c1")
    [result] = submit(driver, [message(7, "Your code: 4711 & more + é")]).values()
    assert carrier.asked == [
        {
            "To": "4477009000007",
            "From": "Shop",
            "Message": "Your code: 4711 & more + é",
            "Type": "OTP",
            "TaskId": "7-0",
            "ValidityPeriod": "300",
            "ChannelId": "c1",
        }
    ]
    assert result.gateway_message_ids == ("100803030000001",)


def test_the_request_is_the_one_that_the_sdk_sends_by_itself(
    carrier: AlibabaInternationalCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alibabacloud_dysmsapi20180501 import models
    from alibabacloud_dysmsapi20180501.client import Client
    from alibabacloud_tea_openapi.models import Config

    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    submit(driver_of(carrier), [message(7, "Café & more")])
    [ours] = carrier.received
    key = {"access_key_id": KEY_ID, "access_key_secret": KEY_SECRET}
    client = Client(Config(**key, endpoint=carrier.host, protocol="http"))
    client.send_message_to_globe(models.SendMessageToGlobeRequest().from_map(ours.query))
    theirs = carrier.received[1]
    assert (ours.method, ours.path, ours.query, ours.body) == (
        theirs.method,
        theirs.path,
        theirs.query,
        theirs.body,
    )


def test_what_is_not_said_is_not_sent(carrier: AlibabaInternationalCarrier) -> None:
    submit(driver_of(carrier), [message(1)._replace(sender="")])
    assert carrier.asked[0].keys() == {"To", "Message", "Type", "TaskId"}


def test_numbers_of_the_chinese_mainland_are_never_sent(carrier: AlibabaInternationalCarrier) -> None:
    results = submit(driver_of(carrier), [message(1, msisdn="+8613800000001"), message(2)])
    assert (results[1].outcome, results[1].reason) == (Outcome.REFUSED, Reason.ROUTE_ERROR)
    assert results[2].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("INVALID_SENDERID", Reason.SENDER_REFUSED),
        ("AMOUNT_NOT_ENOUGH", Reason.ACCOUNT_PROBLEM),
        ("NOT_SUPPORTED_COUNTRY", Reason.ROUTE_ERROR),
        ("BLACK_KEY_CONTROL_LIMIT", Reason.CONTENT_BLOCKED),
    ],
)
def test_codes_become_reasons(carrier: AlibabaInternationalCarrier, code: str, reason: Reason) -> None:
    carrier.code_of = lambda numbers: code
    [result] = submit(driver_of(carrier), [message(1)]).values()
    assert (result.outcome, result.reason, result.code) == (Outcome.REFUSED, reason, code)


def test_an_unclear_fault_of_the_carrier_is_uncertain(carrier: AlibabaInternationalCarrier) -> None:
    carrier.code_of = lambda numbers: "SYSTEM_ERROR"
    assert outcomes(submit(driver_of(carrier), [message(1)])) == {Outcome.UNCERTAIN}


class TestQuery:
    def ask(
        self, carrier: AlibabaInternationalCarrier, *, ids: tuple[str, ...] = ("m1",), **state: Any
    ) -> QueryAnswer:
        carrier.states = {"m1": state} if state else {}
        at = datetime(2026, 11, 20, tzinfo=UTC)
        [answer] = driver_of(carrier).query([SubmittedMessage(7, 1, f"{PREFIX}000007", "", "x", 1, at, ids)])
        return answer

    @pytest.mark.parametrize("status", [1, 3])
    def test_the_code_says_that_it_arrived(self, carrier: AlibabaInternationalCarrier, status: int) -> None:
        at = "Sat, 21 Nov 2026 16:58:22 +0800"
        answer = self.ask(carrier, Status=status, ErrorCode="DELIVERED", ReceiveDate=at)
        assert (answer.outcome, answer.state) == (QueryOutcome.FINAL, ReceiptState.DELIVERED)
        assert answer.reported_at == datetime(2026, 11, 21, 8, 58, 22, tzinfo=UTC)

    def test_without_a_code_it_was_only_taken(self, carrier: AlibabaInternationalCarrier) -> None:
        assert self.ask(carrier, Status=1).outcome is QueryOutcome.TAKEN

    def test_a_failure(self, carrier: AlibabaInternationalCarrier) -> None:
        answer = self.ask(carrier, Status=2, ErrorCode="EXPIRED")
        assert (answer.state, answer.code) == (ReceiptState.EXPIRED, "EXPIRED")

    def test_without_an_id_the_carrier_cannot_be_asked(self, carrier: AlibabaInternationalCarrier) -> None:
        assert self.ask(carrier, ids=()).outcome is QueryOutcome.UNKNOWN
        assert carrier.received == []

    def test_an_id_that_the_carrier_does_not_know(self, carrier: AlibabaInternationalCarrier) -> None:
        with pytest.raises(GatewayUnavailable, match="DATA_NOT_EXIST"):
            self.ask(carrier)


def push_of(value: Any) -> Push:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Push("POST", "https://sms.example.com/push/x/", {}, {"content-type": "application/json"}, body)


class TestPushes:
    report = {
        "to": "447700900001",
        "status": "3",
        "message_id": "m1",
        "send_date": "Sat, 21 Nov 2026 16:58:20 +0800",
        "receive_date": "Sat, 21 Nov 2026 16:58:22 +0800",
        "error_code": "DELIVERED",
        "error_description": "delivered",
    }

    @pytest.mark.parametrize("is_list", [True, False], ids=["several", "one"])
    def test_receipts(self, carrier: AlibabaInternationalCarrier, is_list: bool) -> None:
        pushed = driver_of(carrier).read_push(push_of([self.report] if is_list else self.report))
        at = datetime(2026, 11, 21, 8, 58, 22, tzinfo=UTC)
        assert pushed.receipts == [
            ReceiptEvent("m1", ReceiptState.DELIVERED, "DELIVERED", at, "", "+447700900001")
        ]
        assert json.loads(pushed.answer)["code"] == 0

    def test_names_in_the_other_spelling(self, carrier: AlibabaInternationalCarrier) -> None:
        row = {"To": "447700900001", "Status": 2, "MessageId": "m1", "ErrorCode": "REJECTD", "TaskId": "7-0"}
        [receipt] = driver_of(carrier).read_push(push_of([row])).receipts
        assert (receipt.state, receipt.reference) == (ReceiptState.REJECTED, "7-0")

    def test_that_it_was_sent_is_no_news(self, carrier: AlibabaInternationalCarrier) -> None:
        sent = {**self.report, "status": "1", "error_code": ""}
        assert driver_of(carrier).read_push(push_of([sent])).receipts == []

    @pytest.mark.parametrize("body", [b"", b"[1]", b"null", b'[{"a": 1}]', b"\xff"], ids=str)
    def test_what_is_not_the_carriers_is_refused(
        self, carrier: AlibabaInternationalCarrier, body: bytes
    ) -> None:
        with pytest.raises(PushRefused):
            driver_of(carrier).read_push(push_of(body))


@pytest.mark.parametrize(
    "settings", [{"type": "FAX"}, {"validity_seconds": -1}, {"access_key_secret": None}], ids=str
)
def test_settings_that_cannot_work_are_refused(
    carrier: AlibabaInternationalCarrier, settings: dict[str, Any]
) -> None:
    with pytest.raises(GatewayMisconfigured):
        driver_of(carrier, **settings)
