from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from vonage_http_client import Auth, HttpClient, HttpClientOptions
from vonage_sms import Sms, SmsMessage

from delivery.gateways.base import OutboundMessage, Outcome, Push, ReceiptState, ReplyPart
from delivery.gateways.errors import GatewayMisconfigured, PushRefused
from delivery.gateways.http import HttpDriver
from delivery.gateways.vonage import VonageDriver
from delivery.statuses import Reason
from tests.carriers.faults import FaultTable
from tests.carriers.one_by_one import OneByOneContract, OneByOneLine
from tests.carriers.server import Carrier, Fault
from tests.carriers.vonage import API_KEY, API_SECRET, PUSH_URL, SIGNATURE_SECRET, VonageApi, signature
from tests.delivery.gateways.contract import Line, messages, outcomes, submit

SETTINGS: dict[str, Any] = {"api_key": API_KEY, "api_secret": API_SECRET, "push_url": PUSH_URL}
METHODS = ["md5hash", "md5", "sha1", "sha256", "sha512"]


def driver_at(carrier: Carrier, **settings: object) -> VonageDriver:
    return VonageDriver({**SETTINGS, "url": carrier.url, "timeout_seconds": 5, **settings})


@pytest.fixture
def carrier() -> Iterator[VonageApi]:
    with VonageApi() as carrier:
        yield carrier


class VonageLine(OneByOneLine[VonageApi]):
    def open(self, **settings: object) -> HttpDriver:
        return driver_at(self.carrier, **settings)


class TestContract(OneByOneContract):
    @pytest.fixture
    def line(self, carrier: VonageApi) -> VonageLine:
        return VonageLine(carrier)

    def test_each_segment_of_each_message_has_an_id_of_its_own(self, line: Line) -> None:
        assert isinstance(line, VonageLine)
        line.carrier.n_parts = 3
        super().test_each_segment_of_each_message_has_an_id_of_its_own(line)


class TestFaults(FaultTable):
    def driver_at(self, carrier: Carrier, *, timeout_seconds: float) -> HttpDriver:
        return driver_at(carrier, timeout_seconds=timeout_seconds, n_connections=4)

    def taken_by(self, carrier: Carrier) -> list[str]:
        assert isinstance(carrier, VonageApi)
        return [message.msisdn for message in carrier.taken]


# --- Requests -------------------------------------------------------------------------------------------------


def by_sdk(carrier: VonageApi, message: OutboundMessage) -> None:
    """Send the message as the SDK does by itself, but for the scheme."""
    client = HttpClient(
        Auth(api_key=API_KEY, api_secret=API_SECRET), HttpClientOptions(rest_host=carrier.host, max_retries=0)
    )
    really = client._session.request

    def request(**kwargs: Any) -> Any:
        return really(**{**kwargs, "url": kwargs["url"].replace("https://", "http://")})

    client._session.request = request  # type: ignore[method-assign]
    Sms(client).send(
        SmsMessage(
            to=message.msisdn[1:],
            from_=message.sender,
            text=message.text,
            type="unicode",
            client_ref=message.reference,
            callback=PUSH_URL,
        )
    )


def test_the_request_is_the_one_that_the_sdk_sends_by_itself(carrier: VonageApi) -> None:
    [message] = messages(1)
    by_sdk(carrier, message)
    submit(driver_at(carrier), [message])
    theirs, ours = carrier.received
    assert (ours.method, ours.path, ours.query) == (theirs.method, theirs.path, theirs.query)
    assert parse_qsl(ours.body.decode()) == parse_qsl(theirs.body.decode())
    different = {"host", "accept-encoding", "connection", "content-length"}
    assert {k: v for k, v in ours.headers.items() if k not in different} == {
        k: v for k, v in theirs.headers.items() if k not in different
    }


def test_a_message_that_may_have_been_taken_is_not_sent_again(carrier: VonageApi) -> None:
    """The SDK by itself tries again when a connection ends without an answer."""
    carrier.faults = [Fault.RESET_BEFORE_BODY, None]
    [message] = messages(1)
    assert outcomes(submit(driver_at(carrier), [message])) == {Outcome.UNCERTAIN}
    assert len(carrier.taken) == 1


@pytest.mark.parametrize("method", METHODS)
def test_requests_are_signed_where_there_is_no_secret(carrier: VonageApi, method: str) -> None:
    carrier.signed_by = method
    driver = driver_at(carrier, api_secret="", signature_secret=SIGNATURE_SECRET, signature_method=method)
    window = [message._replace(text="a=b&c = 花") for message in messages(3)]
    assert outcomes(submit(driver, window)) == {Outcome.ACCEPTED}


def test_an_international_sender_loses_its_plus_sign(carrier: VonageApi) -> None:
    [message] = messages(1)
    submit(driver_at(carrier, sender="+441632960960"), [message._replace(sender="")])
    assert carrier.forms[0]["from"] == "441632960960"


@pytest.mark.parametrize("push_url", ["http://127.0.0.1/push/t/", f"https://a.example/{'x' * 90}/"])
def test_a_callback_that_vonage_would_refuse_is_left_out(carrier: VonageApi, push_url: str) -> None:
    submit(driver_at(carrier, push_url=push_url), messages(1))
    assert "callback" not in carrier.forms[0]


@pytest.mark.parametrize(
    ("statuses", "outcome", "ids", "code", "reason"),
    [
        (["0", "0"], Outcome.ACCEPTED, ("00000100", "00000101"), "", Reason.NONE),
        (["1"], Outcome.THROTTLED, (), "status 1", Reason.THROTTLED),
        (["1", "10"], Outcome.THROTTLED, (), "status 1", Reason.THROTTLED),
        (["4"], Outcome.REFUSED, (), "status 4", Reason.ACCOUNT_PROBLEM),
        (["7"], Outcome.REFUSED, (), "status 7", Reason.BLACKLISTED),
        (["1", "15"], Outcome.REFUSED, (), "status 15", Reason.SENDER_REFUSED),
        (["99"], Outcome.REFUSED, (), "status 99", Reason.UNKNOWN_CODE),
        (["0", "1"], Outcome.REFUSED, ("00000100",), "status 1", Reason.PARTIAL),
        (["0", "6", "0"], Outcome.REFUSED, ("00000100", "00000102"), "status 6", Reason.PARTIAL),
        ([], Outcome.UNCERTAIN, (), "unreadable answer", Reason.UNKNOWN_CODE),
    ],
)
def test_the_statuses_of_the_segments_say_what_became_of_the_message(
    carrier: VonageApi,
    monkeypatch: pytest.MonkeyPatch,
    statuses: list[str],
    outcome: Outcome,
    ids: tuple[str, ...],
    code: str,
    reason: Reason,
) -> None:
    monkeypatch.setattr(carrier, "accept", lambda message: carrier.reply(message, statuses))
    [result] = submit(driver_at(carrier), messages(1)).values()
    assert result[1:5] == (outcome, ids, code, reason)


def test_nothing_of_an_answer_reaches_the_log(carrier: VonageApi, caplog: pytest.LogCaptureFixture) -> None:
    carrier.fault = Fault.NOT_FOUND
    with caplog.at_level(logging.INFO):
        submit(driver_at(carrier), messages(1))
    assert "Not here" not in caplog.text


# --- Pushes ---------------------------------------------------------------------------------------------------

RECEIPT = {
    "msisdn": "8613800000001",
    "to": "Shop",
    "network-code": "46000",
    "messageId": "0A0000001234567B",
    "price": "0.03330000",
    "status": "delivered",
    "scts": "2611201203",
    "err-code": "0",
    "api-key": API_KEY,
    "client-ref": "17-2",
    "message-timestamp": "2026-11-20 12:03:04",
}
REPLY = {
    "api-key": API_KEY,
    "msisdn": "8613800000001",
    "to": "447700900001",
    "messageId": "0A0000000123ABCD1",
    "text": "Yes & no = 花",
    "type": "unicode",
    "keyword": "YES",
    "message-timestamp": "2026-11-20 12:03:04",
}
DRIVER = VonageDriver(SETTINGS)


def pushes(fields: dict[str, str]) -> list[Push]:
    """The same push by GET, as a form and as JSON."""
    common = Push("POST", PUSH_URL, {}, {}, b"")
    return [
        common._replace(method="GET", query=fields),
        common._replace(body=urlencode(fields).encode()),
        common._replace(body=json.dumps(fields).encode()),
    ]


@pytest.mark.parametrize("n", range(3))
def test_a_receipt_is_read_however_it_comes(n: int) -> None:
    [receipt] = DRIVER.read_push(pushes(RECEIPT)[n]).receipts
    assert receipt == (
        "0A0000001234567B",
        ReceiptState.DELIVERED,
        "",
        datetime(2026, 11, 20, 12, 3, 4, tzinfo=UTC),
        "17-2",
        "+8613800000001",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("failed", ReceiptState.UNDELIVERED),
        ("expired", ReceiptState.EXPIRED),
        ("rejected", ReceiptState.REJECTED),
        ("accepted", None),
        ("buffered", None),
        ("unknown", None),
        ("travelling", None),
    ],
)
def test_only_final_states_are_news(status: str, state: ReceiptState | None) -> None:
    events = DRIVER.read_push(pushes({**RECEIPT, "status": status, "err-code": "6"})[0])
    assert [(receipt.state, receipt.code) for receipt in events.receipts] == ([(state, "6")] if state else [])
    assert not events.replies


def test_the_codes_of_receipts_have_reasons_of_their_own() -> None:
    assert VonageDriver.receipt_reasons["3"] is Reason.INVALID_NUMBER
    assert VonageDriver.receipt_reasons["6"] is Reason.CONTENT_BLOCKED


@pytest.mark.parametrize("written", ["soon", "", "2026-11-20", "1999-01-01 00:00:00", "2999-01-01 00:00:00"])
def test_a_time_that_cannot_be_is_that_of_its_arrival(written: str) -> None:
    [receipt] = DRIVER.read_push(pushes({**RECEIPT, "message-timestamp": written})[0]).receipts
    assert abs(receipt.reported_at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("n", range(3))
def test_a_reply_is_read_however_it_comes(n: int) -> None:
    [reply] = DRIVER.read_push(pushes(REPLY)[n]).replies
    assert reply == ("+8613800000001", "Yes & no = 花", "447700900001", "0A0000000123ABCD1", None)


def test_a_part_of_a_long_reply_says_where_it_belongs() -> None:
    fields = {**REPLY, "concat": "true", "concat-ref": "17", "concat-total": "3", "concat-part": "2"}
    [reply] = DRIVER.read_push(pushes(fields)[0]).replies
    assert reply.part == ReplyPart("17", 3, 2)
    for odd in ({"concat-part": "4"}, {"concat-total": "x"}, {"concat": "false"}):
        [reply] = DRIVER.read_push(pushes({**fields, **odd})[0]).replies
        assert reply.part is None


def test_a_binary_reply_is_no_news() -> None:
    fields = {**REPLY, "type": "binary", "data": "0011", "udh": "06050415811581"}
    del fields["text"]
    events = DRIVER.read_push(pushes(fields)[1])
    assert (list(events.receipts), list(events.replies)) == ([], [])


class TestSignatures:
    def driver(self, method: str) -> VonageDriver:
        return VonageDriver({**SETTINGS, "signature_secret": SIGNATURE_SECRET, "signature_method": method})

    def signed(self, fields: dict[str, str], method: str) -> dict[str, str]:
        fields = {**fields, "timestamp": "1763640000", "nonce": "aaaaaaaa-bbbb"}
        return {**fields, "sig": signature(fields, method)}

    @pytest.mark.parametrize("method", METHODS)
    def test_a_genuine_push_is_read(self, method: str) -> None:
        for fields in (RECEIPT, REPLY):
            for push in pushes(self.signed(fields, method)):
                events = self.driver(method).read_push(push)
                assert len(events.receipts) + len(events.replies) == 1
        upper = {**self.signed(RECEIPT, method), "sig": self.signed(RECEIPT, method)["sig"].upper()}
        assert self.driver(method).read_push(pushes(upper)[0]).receipts

    @pytest.mark.parametrize("method", METHODS)
    def test_any_other_is_refused(self, method: str) -> None:
        good = self.signed(RECEIPT, method)
        other = "sha1" if method != "sha1" else "sha256"
        for bad in (
            RECEIPT,
            {**good, "sig": ""},
            {**good, "sig": "é"},
            {**good, "status": "failed"},
            {**good, "extra": "1"},
            self.signed(RECEIPT, other),
            {**good, "sig": signature({k: v for k, v in good.items() if k != "sig"}, method, "another")},
        ):
            for push in pushes(bad):
                with pytest.raises(PushRefused):
                    self.driver(method).read_push(push)


@pytest.mark.parametrize(
    "push",
    [
        pushes({**RECEIPT, "api-key": "of-somebody-else"})[0],
        pushes({"other": "1"})[0],
        Push("POST", PUSH_URL, {}, {}, b"{"),
        Push("POST", PUSH_URL, {}, {}, b'{"a": ' * 100_000),
        Push("POST", PUSH_URL, {}, {}, b"\xff"),
    ],
)
def test_what_is_not_vonages_is_refused(push: Push) -> None:
    with pytest.raises(PushRefused):
        DRIVER.read_push(push)


@pytest.mark.parametrize(
    "changed",
    [{"api_key": ""}, {"api_secret": ""}, {"signature_method": "crc"}, {"url": "rest.nexmo.com"}],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(GatewayMisconfigured):
        VonageDriver({**SETTINGS, **changed})
