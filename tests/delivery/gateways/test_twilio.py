from __future__ import annotations

import builtins
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from delivery.gateways.base import (
    OutboundMessage,
    Outcome,
    Push,
    QueryAnswer,
    QueryOutcome,
    ReceiptState,
    SubmittedMessage,
)
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable, PushRefused
from delivery.gateways.http import HttpDriver
from delivery.gateways.twilio import N_LISTED, TWIML, TwilioDriver
from delivery.statuses import Reason
from tests.carriers.faults import FaultTable
from tests.carriers.one_by_one import OneByOneContract, OneByOneLine
from tests.carriers.server import Carrier, Fault
from tests.carriers.twilio import ACCOUNT_SID, AUTH_TOKEN, PUSH_URL, TwilioApi, signature
from tests.delivery.gateways.contract import TEXT, messages, outcomes, submit

SETTINGS: dict[str, Any] = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "push_url": PUSH_URL}
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def driver_at(carrier: Carrier, **settings: object) -> TwilioDriver:
    return TwilioDriver({**SETTINGS, "url": carrier.url, "timeout_seconds": 5, **settings})


@pytest.fixture
def carrier() -> Iterator[TwilioApi]:
    with TwilioApi() as carrier:
        yield carrier


class TwilioLine(OneByOneLine[TwilioApi]):
    def open(self, **settings: object) -> HttpDriver:
        return driver_at(self.carrier, **settings)


class TestContract(OneByOneContract):
    has_one_id_per_message = True

    @pytest.fixture
    def line(self, carrier: TwilioApi) -> TwilioLine:
        return TwilioLine(carrier)


class TestFaults(FaultTable):
    def driver_at(self, carrier: Carrier, *, timeout_seconds: float) -> HttpDriver:
        return driver_at(carrier, timeout_seconds=timeout_seconds, n_connections=4)

    def taken_by(self, carrier: Carrier) -> list[str]:
        assert isinstance(carrier, TwilioApi)
        return [message.msisdn for message in carrier.taken]


# --- Requests -------------------------------------------------------------------------------------------------


def test_the_request_is_the_one_that_the_sdk_sends_by_itself(carrier: TwilioApi) -> None:
    class ElsewhereClient(TwilioHttpClient):  # type: ignore[misc]
        def request(self, method: str, url: str, **kwargs: Any) -> Any:  # type: ignore[override]
            return super().request(method, url.replace("https://api.twilio.com", carrier.url), **kwargs)

    [message] = messages(1)
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=ElsewhereClient())
    client.messages.create(
        to=message.msisdn,
        from_=message.sender,
        body=message.text,
        status_callback=f"{PUSH_URL}?reference={message.reference}",
    )
    submit(driver_at(carrier), [message])
    by_sdk, by_us = carrier.received
    assert (by_us.method, by_us.path, by_us.query) == (by_sdk.method, by_sdk.path, by_sdk.query)
    assert sorted(parse_qsl(by_us.body.decode())) == sorted(parse_qsl(by_sdk.body.decode()))
    ours_alone = {"host", "accept-encoding", "connection", "content-length"}
    assert {k: v for k, v in by_us.headers.items() if k not in ours_alone} == {
        k: v for k, v in by_sdk.headers.items() if k not in ours_alone
    }


def test_a_messaging_service_takes_the_place_of_the_sender(carrier: TwilioApi) -> None:
    submit(driver_at(carrier, messaging_service_sid="MG1"), messages(1))
    assert carrier.forms[0]["MessagingServiceSid"] == "MG1"


def test_a_message_without_a_sender_has_that_of_the_gateway(carrier: TwilioApi) -> None:
    [message] = messages(1)
    submit(driver_at(carrier, sender="+14155550100"), [message._replace(sender="")])
    assert carrier.forms[0]["From"] == "+14155550100"


def test_an_api_key_signs_in_place_of_the_account(carrier: TwilioApi) -> None:
    carrier.user, carrier.password = "SK1", "key"
    driver = driver_at(carrier, api_key_sid="SK1", api_key_secret="key")
    assert outcomes(submit(driver, messages(1))) == {Outcome.ACCEPTED}


@pytest.mark.parametrize("push_url", ["http://127.0.0.1:8000/push/t/", "http://localhost/push/t/", ""])
def test_a_console_that_twilio_cannot_reach_names_no_callback(push_url: str) -> None:
    class NoCallback(TwilioApi):
        def read(self, request: Any) -> OutboundMessage:
            assert "StatusCallback" not in request.form()
            return messages(1)[0]

    with NoCallback() as carrier:
        assert outcomes(submit(driver_at(carrier, push_url=push_url), messages(1))) == {Outcome.ACCEPTED}


@pytest.mark.parametrize(
    ("status", "code", "outcome", "reason"),
    [
        (400, 21211, Outcome.REFUSED, Reason.INVALID_NUMBER),
        (400, 21610, Outcome.REFUSED, Reason.UNSUBSCRIBED),
        (400, 21614, Outcome.REFUSED, Reason.INVALID_NUMBER),
        (400, 21612, Outcome.REFUSED, Reason.ROUTE_ERROR),
        (401, 20003, Outcome.REFUSED, Reason.ACCOUNT_PROBLEM),
        (400, 21606, Outcome.REFUSED, Reason.SENDER_REFUSED),
        (400, 29998, Outcome.REFUSED, Reason.UNKNOWN_CODE),
        (429, 20429, Outcome.THROTTLED, Reason.THROTTLED),
        (400, 21611, Outcome.THROTTLED, Reason.THROTTLED),
        (500, 20500, Outcome.UNCERTAIN, Reason.UNKNOWN_CODE),
        (503, 20503, Outcome.UNCERTAIN, Reason.UNKNOWN_CODE),
    ],
)
def test_an_error_is_told_by_its_code(
    carrier: TwilioApi,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: int,
    outcome: Outcome,
    reason: Reason,
) -> None:
    monkeypatch.setattr(carrier, "accept", lambda message: carrier.error(status, code, "words"))
    [result] = submit(driver_at(carrier), messages(1)).values()
    assert (result.outcome, result.reason) == (outcome, reason)
    if outcome is Outcome.REFUSED:
        assert result.code == str(code)


def test_exchanges_hide_the_push_address(carrier: TwilioApi) -> None:
    driver = driver_at(carrier)
    noted = []
    driver.on_exchange = noted.append
    submit(driver, messages(1))
    [exchange] = noted
    assert "t0ken" not in exchange.request + exchange.answer
    assert AUTH_TOKEN not in exchange.request
    assert TEXT not in exchange.request + exchange.answer


# --- Pushes ---------------------------------------------------------------------------------------------------


def push(fields: dict[str, str], *, url: str = f"{PUSH_URL}?reference=17-2", **parts: Any) -> Push:
    fields = {"AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01", **fields}
    return Push(
        **{
            "method": "POST",
            "url": url,
            "query": dict(parse_qsl(url.partition("?")[2])),
            "headers": {
                "content-type": "application/x-www-form-urlencoded",
                "x-twilio-signature": signature(url, fields),
            },
            "body": urlencode(fields).encode(),
            **parts,
        }
    )


STATUS = {
    "MessageSid": "SM1",
    "SmsSid": "SM1",
    "To": "+8613800000001",
    "From": "Shop",
    "MessageStatus": "delivered",
}
DRIVER = TwilioDriver(SETTINGS)


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("delivered", "", ReceiptState.DELIVERED),
        ("undelivered", "30003", ReceiptState.UNDELIVERED),
        ("failed", "30002", ReceiptState.REJECTED),
    ],
)
def test_a_status_is_a_receipt_with_our_reference(status: str, code: str, state: ReceiptState) -> None:
    fields = {**STATUS, "MessageStatus": status, "SmsStatus": status}
    if code:
        fields["ErrorCode"] = code
    events = DRIVER.read_push(push(fields))
    [receipt] = events.receipts
    assert (receipt.gateway_message_id, receipt.state, receipt.code) == ("SM1", state, code)
    assert (receipt.reference, receipt.msisdn) == ("17-2", "+8613800000001")
    assert (events.replies, events.answer, events.content_type) == ([], TWIML, "text/xml")


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "accepted", "scheduled"])
def test_a_status_on_the_way_is_no_news(status: str) -> None:
    events = DRIVER.read_push(push({**STATUS, "MessageStatus": status}))
    assert (events.receipts, events.replies) == ([], [])


def test_the_carriers_own_time_is_kept() -> None:
    [receipt] = DRIVER.read_push(push({**STATUS, "RawDlrDoneDate": "2611201203"})).receipts
    assert receipt.reported_at == datetime(2026, 11, 20, 12, 3, tzinfo=UTC)
    for odd in ("9911201203", "soon"):
        [receipt] = DRIVER.read_push(push({**STATUS, "RawDlrDoneDate": odd})).receipts
        assert abs(receipt.reported_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_reply_is_read_and_answered_with_empty_twiml() -> None:
    fields = {
        "MessageSid": "SM2",
        "SmsStatus": "received",
        "From": "+8613800000001",
        "To": "+14155550100",
        "Body": "Yes & no = 花\n",
        "NumSegments": "1",
    }
    events = DRIVER.read_push(push(fields, url=PUSH_URL))
    [reply] = events.replies
    assert reply[:4] == ("+8613800000001", "Yes & no = 花\n", "+14155550100", "SM2")
    assert (events.receipts, events.answer) == ([], TWIML)


def test_a_push_by_get_is_signed_over_its_address() -> None:
    url = f"{PUSH_URL}?{urlencode({**STATUS, 'AccountSid': ACCOUNT_SID, 'reference': '17-2'})}"
    one = push({}, url=url, method="GET", body=b"", headers={"x-twilio-signature": signature(url, {})})
    [receipt] = DRIVER.read_push(one).receipts
    assert (receipt.gateway_message_id, receipt.reference) == ("SM1", "17-2")


def test_a_push_that_is_not_twilios_is_refused() -> None:
    good = push(STATUS)
    forged = urlencode({**dict(parse_qsl(good.body.decode())), "MessageStatus": "failed"}).encode()
    for bad in (
        good._replace(body=forged),
        good._replace(url=good.url.replace("17-2", "18-2")),
        good._replace(headers={"x-twilio-signature": signature(good.url, STATUS, "other")}),
        good._replace(headers={}),
        good._replace(headers={"x-twilio-signature": "é"}),
        good._replace(body=b"\xff\xfe"),
        push({**STATUS, "AccountSid": "AC-of-somebody-else"}),
        push({"Other": "1"}),
    ):
        with pytest.raises(PushRefused):
            DRIVER.read_push(bad)


# --- Asking ---------------------------------------------------------------------------------------------------


def submitted(**parts: Any) -> SubmittedMessage:
    return SubmittedMessage(
        **{
            "id": 17,
            "attempt": 2,
            "msisdn": "+8613800000001",
            "sender": "Shop",
            "text": TEXT,
            "n_segments": 1,
            "submitted_at": NOW,
            **parts,
        }
    )


class TestAsking:
    def ask(self, carrier: TwilioApi, **parts: Any) -> QueryAnswer:
        [answer] = driver_at(carrier).query([submitted(**parts)])
        assert (answer.message_id, answer.attempt) == (17, 2)
        return answer

    def keep(self, carrier: TwilioApi, sid: str, **parts: Any) -> None:
        message = OutboundMessage(17, 2, "+8613800000001", "Shop", TEXT, 1)
        carrier.resources.append(carrier.resource(message, sid=sid, **{"created_at": NOW, **parts}))

    def test_the_only_one_with_this_text_and_time_is_the_message(self, carrier: TwilioApi) -> None:
        self.keep(carrier, "SM9", created_at=NOW + timedelta(hours=2))
        self.keep(carrier, "SM8", body="another text")
        self.keep(carrier, "SM7", direction="inbound")
        self.keep(carrier, "SM1", status="undelivered", error_code=30005)
        self.keep(carrier, "SM0", created_at=NOW - timedelta(hours=2))
        answer = self.ask(carrier)
        assert (answer.outcome, answer.state) == (QueryOutcome.FINAL, ReceiptState.UNDELIVERED)
        assert (answer.code, answer.gateway_message_ids, answer.reported_at) == ("30005", ("SM1",), NOW)

    def test_a_message_on_its_way_was_taken(self, carrier: TwilioApi) -> None:
        self.keep(carrier, "SM1", status="sent", body=f"Sent from your Twilio trial account - {TEXT}")
        answer = self.ask(carrier)
        assert (answer.outcome, answer.gateway_message_ids) == (QueryOutcome.TAKEN, ("SM1",))

    def test_several_that_fit_say_nothing(self, carrier: TwilioApi) -> None:
        self.keep(carrier, "SM1")
        self.keep(carrier, "SM2")
        assert self.ask(carrier).outcome is QueryOutcome.UNKNOWN

    def test_none_that_fits_is_missing(self, carrier: TwilioApi) -> None:
        self.keep(carrier, "SM0", created_at=NOW - timedelta(hours=2))
        assert self.ask(carrier).outcome is QueryOutcome.MISSING

    def test_a_list_that_does_not_reach_back_far_enough_says_nothing(self, carrier: TwilioApi) -> None:
        for n in range(N_LISTED + 1):
            self.keep(carrier, f"SM{n}", created_at=NOW + timedelta(hours=1))
        assert self.ask(carrier).outcome is QueryOutcome.UNKNOWN

    def test_a_message_whose_id_is_known_is_asked_for_by_it(self, carrier: TwilioApi) -> None:
        self.keep(carrier, "SM1", status="delivered")
        assert self.ask(carrier, gateway_message_ids=("SM1",)).state is ReceiptState.DELIVERED
        assert self.ask(carrier, gateway_message_ids=("SM2",)).outcome is QueryOutcome.MISSING

    def test_nobody_who_answers_is_told(self, carrier: TwilioApi) -> None:
        carrier.fault = Fault.SERVER_ERROR
        with pytest.raises(GatewayUnavailable):
            self.ask(carrier)


@pytest.mark.parametrize(
    "changed",
    [
        {"account_sid": ""},
        {"auth_token": " "},
        {"api_key_sid": "SK1"},
        {"url": "ftp://x"},
        {"n_connections": 0},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(GatewayMisconfigured):
        TwilioDriver({**SETTINGS, **changed})


def test_without_the_sdk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    really = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("twilio"):
            raise ImportError(name)
        return really(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(GatewayMisconfigured, match=r"smsconsole\[twilio\]"):
        TwilioDriver(SETTINGS)
