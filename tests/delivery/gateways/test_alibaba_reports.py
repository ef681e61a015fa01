"""Alibaba Cloud in the Chinese mainland: its templates, what it is asked, what it reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.gateways.base import (
    Push,
    QueryAnswer,
    QueryOutcome,
    ReceiptEvent,
    ReceiptState,
    SubmittedMessage,
)
from delivery.gateways.errors import GatewayUnavailable, PushRefused
from tests.carriers.alibaba import AlibabaCarrier
from tests.delivery.gateways.contract import (
    submit,
)
from tests.delivery.gateways.test_alibaba import NOTE, driver_of, message


@pytest.fixture
def carrier() -> Iterator[AlibabaCarrier]:
    with AlibabaCarrier() as carrier:
        yield carrier


def test_approved_templates_are_fetched_page_by_page(carrier: AlibabaCarrier) -> None:
    carrier.templates = [
        {
            "TemplateCode": f"SMS_{n}",
            "TemplateContent": f"text {n}",
            "AuditStatus": "AUDIT_STATE_PASS" if n % 2 else "AUDIT_STATE_INIT",
        }
        for n in range(120)
    ]
    found = driver_of(carrier).fetch_templates()
    assert len(found) == 60
    assert found[0] == ("SMS_1", "text 1")


def test_what_cannot_be_asked_says_why(carrier: AlibabaCarrier) -> None:
    carrier.error = (403, "NoPermission")
    with pytest.raises(GatewayUnavailable, match="NoPermission"):
        driver_of(carrier).fetch_templates()


class TestQuery:
    # 23:59:30 in China: the carrier may have sent it on either day.
    submitted_at = datetime(2026, 11, 20, 15, 59, 30, tzinfo=UTC)
    text = f"【公司】{NOTE[1]}"

    def ask(self, carrier: AlibabaCarrier, *rows: dict[str, Any], ids: tuple[str, ...] = ()) -> QueryAnswer:
        defaults = {
            "PhoneNum": "13800000007",
            "SendDate": "2026-11-20 23:59:31",
            "ReceiveDate": "2026-11-21 00:00:05",
            "SendStatus": 3,
            "ErrCode": "DELIVERED",
            "TemplateCode": "SMS_222",
            "Content": self.text,
        }
        carrier.details = [{**defaults, **row} for row in rows]
        asked = SubmittedMessage(7, 1, "+8613800000007", "", self.text, 1, self.submitted_at, ids)
        [answer] = driver_of(carrier).query([asked])
        return answer

    def test_our_reference_settles_it(self, carrier: AlibabaCarrier) -> None:
        failed = {"OutId": "7-1", "SendStatus": 2, "ErrCode": "MK:0012"}
        answer = self.ask(carrier, {"OutId": "6-1"}, failed, {})
        assert (answer.outcome, answer.state, answer.code) == (
            QueryOutcome.FINAL,
            ReceiptState.UNDELIVERED,
            "MK:0012",
        )
        assert answer.reported_at == datetime(2026, 11, 20, 16, 0, 5, tzinfo=UTC)

    def test_text_and_time_settle_it(self, carrier: AlibabaCarrier) -> None:
        answer = self.ask(carrier, {"Content": "【公司】another"}, {}, {"SendDate": "2026-11-20 20:00:00"})
        assert (answer.outcome, answer.state) == (QueryOutcome.FINAL, ReceiptState.DELIVERED)

    def test_the_day_after_is_asked_too(self, carrier: AlibabaCarrier) -> None:
        assert self.ask(carrier, {"SendDate": "2026-11-21 00:00:10"}).outcome is QueryOutcome.FINAL

    def test_what_waits_for_its_receipt_was_taken(self, carrier: AlibabaCarrier) -> None:
        answer = self.ask(carrier, {"SendStatus": 1, "ErrCode": "", "OutId": "7-1"})
        assert (answer.outcome, answer.state) == (QueryOutcome.TAKEN, None)

    def test_its_id_settles_it(self, carrier: AlibabaCarrier) -> None:
        rows = ({"BizId": "900^0", "ErrCode": "a"}, {"BizId": "901^0", "ErrCode": "b"})
        answer = self.ask(carrier, *rows, ids=("901^0:13800000007",))
        assert (answer.code, answer.gateway_message_ids) == ("b", ("901^0:13800000007",))

    @pytest.mark.parametrize(
        "rows",
        [(), ({"OutId": "6-1"},), ({"SendDate": "2026-11-20 20:00:00"},)],
        ids=["nothing", "somebody else's", "another time"],
    )
    def test_what_the_carrier_never_had_is_missing(
        self, carrier: AlibabaCarrier, rows: tuple[dict[str, Any], ...]
    ) -> None:
        assert self.ask(carrier, *rows).outcome is QueryOutcome.MISSING

    @pytest.mark.parametrize(
        "rows",
        [({}, {}), ({"Content": "【公司】hidden***"},), ({},) * 600],
        ids=["two alike", "a text that differs", "too many"],
    )
    def test_what_may_be_this_one_or_another_is_unknown(
        self, carrier: AlibabaCarrier, rows: tuple[dict[str, Any], ...]
    ) -> None:
        assert self.ask(carrier, *rows).outcome is QueryOutcome.UNKNOWN

    def test_a_carrier_that_does_not_answer_cannot_be_asked(self, carrier: AlibabaCarrier) -> None:
        carrier.hang_up()
        with pytest.raises(GatewayUnavailable):
            self.ask(carrier)


def push_of(value: Any) -> Push:
    body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return Push("POST", "https://sms.example.com/push/x/", {}, {"content-type": "application/json"}, body)


class TestPushes:
    # The samples of the documents, with numbers of our own.
    report = {
        "phone_number": "13800000001",
        "send_time": "2017-01-01 00:00:00",
        "report_time": "2017-01-01 00:01:00",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": "9006^0",
        "out_id": "1-1",
    }
    up = {
        "phone_number": "13800000001",
        "send_time": "2017-09-01 11:12:13",
        "content": "TD",
        "sign_name": "公司",
        "dest_code": "1234",
        "sequence_id": 1234567890,
    }

    def test_receipts_are_known_by_request_and_number(self, carrier: AlibabaCarrier) -> None:
        failed = {**self.report, "success": False, "err_code": "MK:0012", "phone_number": "8613800000002"}
        pushed = driver_of(carrier).read_push(push_of([self.report, failed]))
        at = datetime(2016, 12, 31, 16, 1, tzinfo=UTC)
        assert pushed.receipts[0] == ReceiptEvent(
            "9006^0:13800000001", ReceiptState.DELIVERED, "DELIVERED", at, "1-1", "+8613800000001"
        )
        assert pushed.receipts[1].gateway_message_id == "9006^0:13800000002"
        assert pushed.receipts[1].state is ReceiptState.UNDELIVERED
        assert json.loads(pushed.answer)["code"] == 0

    def test_a_receipt_names_what_the_submit_named(self, carrier: AlibabaCarrier) -> None:
        driver = driver_of(carrier)
        [result] = submit(driver, [message(1)]).values()
        biz_id = result.gateway_message_ids[0].rpartition(":")[0]
        [receipt] = driver.read_push(push_of([{**self.report, "biz_id": biz_id}])).receipts
        assert (receipt.gateway_message_id,) == result.gateway_message_ids

    def test_replies(self, carrier: AlibabaCarrier) -> None:
        nameless = {name: value for name, value in self.up.items() if name != "sequence_id"}
        driver = driver_of(carrier)
        first, second = driver.read_push(push_of([self.up, nameless])).replies
        assert (first.msisdn, first.text, first.destination) == ("+8613800000001", "TD", "1234")
        assert first.gateway_reply_id == "1234567890"
        assert second.gateway_reply_id
        assert driver.read_push(push_of([nameless])).replies == [second]

    @pytest.mark.parametrize(
        "body",
        [b"", b"no", b"[1]", b'"x"', b"null", b'[{"a": 1}]', b"\xff", [{**report, "phone_number": "1;drop"}]],
        ids=str,
    )
    def test_what_is_not_the_carriers_is_refused(self, carrier: AlibabaCarrier, body: Any) -> None:
        with pytest.raises(PushRefused):
            driver_of(carrier).read_push(push_of(body))
