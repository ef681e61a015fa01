from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from delivery.gateways.base import Outcome, Push, ReceiptState
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable, PushRefused
from delivery.gateways.generic_http import GenericHttpDriver
from delivery.gateways.http import HttpDriver
from delivery.statuses import Reason
from tests.carriers.faults import FaultTable
from tests.carriers.one_by_one import OneByOneContract, OneByOneLine
from tests.carriers.plain_json import KEY, PlainJson
from tests.carriers.server import Carrier, Fault
from tests.delivery.gateways.contract import Behaviour, messages, submit

SETTINGS: dict[str, Any] = {
    "method": "POST",
    "url": "https://sms.example.com/v1/send",
    "headers": "Authorization: Bearer {credential}",
    "credential": KEY,
    "body_kind": "json",
    "body": '{"to": "{msisdn_plain}", "from": "{sender}", "text": "{text}", "ref": "{reference}",'
    ' "segments": {n_segments}}',
    "success_path": "status",
    "success_value": "OK",
    "id_path": "data.ids",
    "code_path": "code",
    "code_meanings": "401 = account_problem",
    "throttle_codes": "BUSY",
}


def driver_at(carrier: Carrier, **settings: object) -> GenericHttpDriver:
    return GenericHttpDriver(
        {**SETTINGS, "url": f"{carrier.url}/v1/send", "is_internal": True, "timeout_seconds": 5, **settings}
    )


@pytest.fixture
def carrier() -> Iterator[PlainJson]:
    with PlainJson() as carrier:
        yield carrier


class GenericLine(OneByOneLine[PlainJson]):
    def open(self, **settings: object) -> HttpDriver:
        return driver_at(self.carrier, **settings)


class TestContract(OneByOneContract):
    @pytest.fixture
    def line(self, carrier: PlainJson) -> GenericLine:
        return GenericLine(carrier)


class TestFaults(FaultTable):
    def driver_at(self, carrier: Carrier, *, timeout_seconds: float) -> HttpDriver:
        return driver_at(carrier, timeout_seconds=timeout_seconds, n_connections=4)

    def taken_by(self, carrier: Carrier) -> list[str]:
        assert isinstance(carrier, PlainJson)
        return [message.msisdn for message in carrier.taken]


def test_an_error_inside_200_is_a_refusal(carrier: PlainJson) -> None:
    carrier.behaviour = Behaviour.REFUSE
    [result] = submit(driver_at(carrier), messages(1)).values()
    assert (result.outcome, result.code, result.reason) == (Outcome.REFUSED, "401", Reason.ACCOUNT_PROBLEM)


def test_the_gateway_may_be_inside_our_network_only_when_it_says_so(carrier: PlainJson) -> None:
    with pytest.raises(GatewayMisconfigured, match="own network"):
        driver_at(carrier, is_internal=False)
    driver = driver_at(carrier, is_internal=False, url="http://localtest.example/v1/send")
    with pytest.raises(GatewayUnavailable):
        submit(driver, messages(1))
    assert carrier.received == []


def test_a_name_that_leads_inside_is_not_called(carrier: PlainJson, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: [(2, 1, 6, "", ("127.0.0.1", 80))])
    port = carrier.url.rpartition(":")[2]
    driver = driver_at(carrier, is_internal=False, url=f"http://sms.example.com:{port}/v1/send")
    with pytest.raises(GatewayUnavailable, match="own network"):
        submit(driver, messages(1))
    with pytest.raises(GatewayUnavailable, match="own network"):
        driver.open()
    assert carrier.received == []


class TestTrying:
    def test_what_went_over_the_line_is_shown_without_the_secret(self, carrier: PlainJson) -> None:
        driver = driver_at(
            carrier,
            url=f"{carrier.url}/v1/send?key={{credential}}",
            headers="Authorization: Bearer {credential}",
        )
        tried = driver.try_it("+8613800000001", "Hello 12345678", sender="Shop")
        assert tried.result.outcome is Outcome.ACCEPTED
        assert "8613800000001" in tried.request
        assert "Hello 12345678" in tried.request
        assert '"ids"' in tried.answer
        assert KEY not in tried.request + tried.answer
        assert len(carrier.taken) == 1

    def test_what_failed_is_told(self, carrier: PlainJson) -> None:
        carrier.fault = Fault.SERVER_ERROR
        tried = driver_at(carrier).try_it("+8613800000001", "Hello")
        assert tried.result.outcome is Outcome.UNCERTAIN
        assert "HTTP 500" in tried.answer
        carrier.hang_up()
        tried = driver_at(carrier).try_it("+8613800000001", "Hello")
        assert tried.result.outcome is Outcome.UNSENT
        assert "cannot be reached" in tried.answer


def push(body: str = "", **parts: Any) -> Push:
    return Push(
        **{
            "method": "POST",
            "url": "https://console.example.com/push/t/",
            "query": {},
            "headers": {"content-type": "application/json"},
            "body": body.encode(),
            **parts,
        }
    )


PUSHES: dict[str, Any] = {
    "list_path": "reports",
    "receipt_id_path": "id",
    "receipt_state_path": "state",
    "receipt_states": "7 = delivered\nlost = expired",
    "receipt_code_path": "error.code",
    "receipt_msisdn_path": "number",
    "receipt_reference_path": "ref",
    "reply_text_path": "message",
    "reply_msisdn_path": "number",
    "reply_destination_path": "to",
    "reply_id_path": "id",
}


class TestPushes:
    def driver(self, **settings: object) -> GenericHttpDriver:
        return GenericHttpDriver({**SETTINGS, **PUSHES, **settings})

    def test_receipts_and_replies_are_told_apart_entry_by_entry(self) -> None:
        body = """{"reports": [
            {"id": "a1", "state": "DELIVRD", "number": "8613800000001", "ref": "17-0"},
            {"id": 2, "state": 7},
            {"id": "c", "state": "lost", "error": {"code": 34}},
            {"id": "d", "state": "UNDELIV"},
            {"id": "e", "state": "travelling"},
            {"state": "DELIVRD"},
            {"id": "r", "message": "STOP", "number": "00 86 138-0000-0002", "to": "1069"},
            {"other": 1}
        ]}"""
        events = self.driver(push_answer="done").read_push(push(body))
        assert [(r.gateway_message_id, r.state, r.code) for r in events.receipts] == [
            ("a1", ReceiptState.DELIVERED, ""),
            ("2", ReceiptState.DELIVERED, ""),
            ("c", ReceiptState.EXPIRED, "34"),
            ("d", ReceiptState.UNDELIVERED, "UNDELIV"),
        ]
        assert (events.receipts[0].reference, events.receipts[0].msisdn) == ("17-0", "+8613800000001")
        assert events.receipts[0].reported_at.tzinfo is not None
        [reply] = events.replies
        assert reply[:4] == ("+8613800000002", "STOP", "1069", "r")
        assert events.answer == b"done"

    def test_a_form_or_a_query_is_one_entry(self) -> None:
        driver = self.driver(list_path="", receipt_code_path="err")
        form = push(
            "id=a1&state=DELIVRD&err=000", headers={"content-type": "application/x-www-form-urlencoded"}
        )
        query = push(method="GET", query={"id": "a1", "state": "DELIVRD", "err": "000"}, headers={})
        for one in (form, query):
            [receipt] = driver.read_push(one).receipts
            assert (receipt.gateway_message_id, receipt.code) == ("a1", "000")

    def test_a_wrong_or_missing_secret_is_refused(self) -> None:
        driver = self.driver(list_path="", push_secret="s3cret", push_secret_name="X-Secret")
        body = '{"id": "a", "state": "DELIVRD"}'
        assert driver.read_push(push(body, headers={"x-secret": "s3cret"})).receipts
        assert driver.read_push(push(body, query={"X-Secret": "s3cret"})).receipts
        for parts in ({"headers": {"x-secret": "s3cre"}}, {"headers": {}}, {"query": {"X-Secret": "é"}}):
            with pytest.raises(PushRefused):
                driver.read_push(push(body, **parts))

    @pytest.mark.parametrize("body", ["{", '{"reports": ', '{"other": []}', "[" * 100_000])
    def test_what_cannot_be_read_is_refused(self, body: str) -> None:
        with pytest.raises(PushRefused):
            self.driver().read_push(push(body))

    def test_entries_that_are_no_objects_are_no_news(self) -> None:
        events = self.driver().read_push(push('{"reports": [1, "a", null, [], {"state": {}}]}'))
        assert (events.receipts, events.replies) == ([], [])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": ""}, "https://"),
        ({"url": "https://{sender}.example.com/"}, "host"),
        ({"body": '{"to": "{msisdn}"}'}, "{text}"),
        ({"body": '{"text": "{text}"}'}, "{msisdn}"),
        ({"body": '{"to": "{msisdn}", "text": {text}}'}, "not JSON"),
        ({"body_kind": "xml", "body": "<a>{msisdn}<b>{text}</a>"}, "not XML"),
        ({"body": ""}, "body"),
        ({"method": "GET"}, "GET"),
        ({"headers": "no colon"}, "header"),
        ({"headers": "X-A: b\nHost: other"}, "Host"),
        ({"headers": "X-A: {text}"}, "{text}"),
        ({"headers": "X-A: é"}, "X-A"),
        ({"credential": "sé"}, "secret"),
        ({"success_statuses": "2xx"}, "2xx"),
        ({"success_path": "a..b"}, "a..b"),
        ({"success_value": ""}, "condition"),
        ({"success_value": "/(/"}, "regular expression"),
        ({"id_pattern": "("}, "regular expression"),
        ({"code_meanings": "5 = bad_luck"}, "bad_luck"),
        ({"receipt_states": "2"}, "“2”"),
        ({"list_path": "["}, "path"),
        ({"push_secret": "x", "push_secret_name": " "}, "secret"),
        ({"timeout_seconds": 0}, "number"),
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused_with_words(changed: dict[str, object], words: str) -> None:
    with pytest.raises(GatewayMisconfigured, match=words.replace("{", "\\{")):
        GenericHttpDriver({**SETTINGS, **changed})


def test_every_field_has_a_name_of_its_own_and_secrets_are_secrets() -> None:
    names = [field.name for field in GenericHttpDriver.fields]
    assert len(names) == len(set(names))
    assert GenericHttpDriver.secret_fields() == {"credential", "push_secret"}
    assert all(field.group for field in GenericHttpDriver.fields)
