"""Tencent Cloud: its templates, what it is asked, what it reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.gateways.base import (
    Push,
    QueryOutcome,
    ReceiptEvent,
    ReceiptState,
    SubmittedMessage,
)
from delivery.gateways.errors import GatewayUnavailable, PushRefused
from tests.carriers.server import Fault
from tests.carriers.tencent import TencentCarrier, status_row
from tests.delivery.gateways.contract import (
    submit,
)
from tests.delivery.gateways.test_tencent import NOTE, driver_of, message


@pytest.fixture
def carrier() -> Iterator[TencentCarrier]:
    with TencentCarrier() as carrier:
        yield carrier


def test_templates_in_effect_are_fetched_page_by_page(carrier: TencentCarrier) -> None:
    carrier.templates = [
        {
            "TemplateId": n,
            "International": n % 2,
            "StatusCode": 0 if n != 4 else 1,
            "TemplateContent": f"text {n}",
        }
        for n in range(1, 301)
    ]
    found = driver_of(carrier).fetch_templates()
    assert len(found) == 149
    assert found[:2] == [("2", "text 2"), ("6", "text 6")]
    abroad = driver_of(carrier, region="international").fetch_templates()
    assert len(abroad) == 150


def test_what_cannot_be_asked_says_why(carrier: TencentCarrier) -> None:
    carrier.error = "UnauthorizedOperation.RequestPermissionDeny"
    with pytest.raises(GatewayUnavailable, match="RequestPermissionDeny"):
        driver_of(carrier).fetch_templates()


def submitted(message_id: int = 7, *, ids: tuple[str, ...] = ()) -> SubmittedMessage:
    return SubmittedMessage(
        message_id, 1, f"+8613800{message_id:06d}", "", "x", 1, datetime(2026, 11, 20, tzinfo=UTC), ids
    )


class TestQuery:
    number = "+8613800000007"

    def ask(self, carrier: TencentCarrier, *, ids: tuple[str, ...] = ()) -> Any:
        [answer] = driver_of(carrier).query([submitted(ids=ids)])
        return answer

    def test_our_reference_settles_it(self, carrier: TencentCarrier) -> None:
        carrier.statuses = [
            status_row(self.number, "s1", context="6-1"),
            status_row(self.number, "s2", report="FAIL", description="MK:0012", context="7-1"),
        ]
        answer = self.ask(carrier)
        assert (answer.outcome, answer.state) == (QueryOutcome.FINAL, ReceiptState.UNDELIVERED)
        assert (answer.code, answer.gateway_message_ids) == ("MK:0012", ("s2",))

    def test_its_id_settles_it(self, carrier: TencentCarrier) -> None:
        carrier.statuses = [status_row(self.number, "s1"), status_row(self.number, "s2")]
        answer = self.ask(carrier, ids=("s2",))
        assert (answer.outcome, answer.gateway_message_ids) == (QueryOutcome.FINAL, ("s2",))

    def test_its_text_settles_it_after_a_shared_request(self, carrier: TencentCarrier) -> None:
        submit(driver_of(carrier), [message(7, NOTE[1]), message(8, NOTE[1])])
        context = carrier.received[0].json()["SessionContext"]
        carrier.statuses = [
            status_row(self.number, "s1", context="text-other"),
            status_row(self.number, "s2", context=context),
        ]
        [answer] = driver_of(carrier).query([submitted()._replace(text=NOTE[1])])
        assert (answer.outcome, answer.gateway_message_ids) == (QueryOutcome.FINAL, ("s2",))
        carrier.statuses.append(status_row(self.number, "s3", context=context))
        [answer] = driver_of(carrier).query([submitted()._replace(text=NOTE[1])])
        assert answer.outcome is QueryOutcome.UNKNOWN

    @pytest.mark.parametrize("contexts", [[], [""], ["", ""], ["9-1"], ["", "9-1"]], ids=str)
    def test_what_names_nothing_settles_nothing(self, carrier: TencentCarrier, contexts: list[str]) -> None:
        carrier.statuses = [status_row(self.number, f"s{n}", context=c) for n, c in enumerate(contexts)]
        assert self.ask(carrier).outcome is QueryOutcome.UNKNOWN

    def test_a_carrier_that_does_not_answer_cannot_be_asked(self, carrier: TencentCarrier) -> None:
        carrier.hang_up()
        with pytest.raises(GatewayUnavailable):
            self.ask(carrier)


def test_polling_takes_receipts_and_replies(carrier: TencentCarrier) -> None:
    carrier.statuses = [status_row("+8613800000001", f"s{n}", context="1-1") for n in range(130)]
    carrier.replies = [
        {
            "ExtendCode": "77",
            "CountryCode": "86",
            "PhoneNumber": "+8613800000001",
            "SignName": "公司",
            "ReplyContent": "TD",
            "ReplyTime": 1_795_000_000,
        }
    ]
    driver = driver_of(carrier, polls=True)
    first, second = driver.poll(), driver.poll()
    assert (len(first.receipts), first.has_more) == (100, True)
    assert (len(second.receipts), second.has_more) == (30, False)
    at = datetime.fromtimestamp(1_795_000_000, UTC)
    assert first.receipts[0] == ReceiptEvent(
        "s0", ReceiptState.DELIVERED, "DELIVRD", at, "1-1", "+8613800000001"
    )
    [reply] = first.replies
    assert (reply.msisdn, reply.text, reply.destination) == ("+8613800000001", "TD", "77")
    assert driver_of(carrier).poll().receipts == ()


def test_receipts_taken_are_not_lost_when_replies_cannot_be_had(carrier: TencentCarrier) -> None:
    carrier.statuses = [status_row("+8613800000001", "s1")]
    carrier.faults = [None, Fault.SERVER_ERROR]
    assert len(driver_of(carrier, polls=True).poll().receipts) == 1


def push_of(value: Any) -> Push:
    body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return Push("POST", "https://sms.example.com/push/x/", {}, {"content-type": "application/json"}, body)


class TestPushes:
    # The samples of the documents, with numbers of our own.
    status = {
        "user_receive_time": "2015-10-17 08:03:04",
        "nationcode": "86",
        "mobile": "13800000001",
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": "2019:538885",
        "sub_error": "new",
    }
    reply = {
        "extend": "",
        "mobile": "13800000001",
        "nationcode": "86",
        "sign": "公司",
        "text": "TD",
        "time": 1457336869,
    }

    def test_receipts(self, carrier: TencentCarrier) -> None:
        failed = {**self.status, "report_status": "FAIL", "errmsg": "MK:0012", "sid": "b"}
        expired = {**self.status, "report_status": "FAIL", "errmsg": "EXPIRED", "sid": "c"}
        pushed = driver_of(carrier).read_push(push_of([self.status, failed, expired]))
        at = datetime(2015, 10, 17, 0, 3, 4, tzinfo=UTC)
        assert pushed.receipts[0] == ReceiptEvent(
            "2019:538885", ReceiptState.DELIVERED, "DELIVRD", at, "", "+8613800000001"
        )
        assert [receipt.state for receipt in pushed.receipts[1:]] == [
            ReceiptState.UNDELIVERED,
            ReceiptState.EXPIRED,
        ]
        assert json.loads(pushed.answer) == {"result": 0, "errmsg": "OK"}

    def test_a_reply_is_the_same_each_time_it_is_brought(self, carrier: TencentCarrier) -> None:
        driver = driver_of(carrier)
        [first], [again] = (driver.read_push(push_of(self.reply)).replies for _ in range(2))
        assert first == again
        assert first.gateway_reply_id
        assert (first.msisdn, first.text) == ("+8613800000001", "TD")
        [another] = driver.read_push(push_of({**self.reply, "time": 1457336870})).replies
        assert another.gateway_reply_id != first.gateway_reply_id

    def test_a_row_that_says_nothing_is_left_out(self, carrier: TencentCarrier) -> None:
        odd = [{**self.status, "report_status": "MAYBE"}, {**self.status, "sid": ""}, self.status]
        assert len(driver_of(carrier).read_push(push_of(odd)).receipts) == 1

    @pytest.mark.parametrize(
        "body",
        [b"", b"no", b"[1]", b'"x"', b"null", b'[{"a": 1}]', b"\xff", {**reply, "mobile": "1;drop"}],
        ids=str,
    )
    def test_what_is_not_the_carriers_is_refused(self, carrier: TencentCarrier, body: Any) -> None:
        with pytest.raises(PushRefused):
            driver_of(carrier).read_push(push_of(body))
