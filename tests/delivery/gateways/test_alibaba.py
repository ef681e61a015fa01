"""Alibaba Cloud in the Chinese mainland, through its SDK, against a server that checks the signature."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from delivery.gateways.alibaba import AlibabaDriver
from delivery.gateways.alibaba_line import verdict_on
from delivery.gateways.base import (
    Exchange,
    GatewayDriver,
    OutboundMessage,
    Outcome,
)
from delivery.gateways.errors import GatewayMisconfigured
from delivery.gateways.http import HttpDriver
from delivery.gateways.http_line import Refused, Throttled, Unclear
from delivery.statuses import Reason
from tests.carriers.alibaba import KEY_ID, KEY_SECRET, AlibabaCarrier, acs3_signature
from tests.carriers.faults import FaultTable
from tests.carriers.server import Carrier, Fault, Received
from tests.delivery.gateways.contract import (
    LATE_SECONDS,
    Behaviour,
    GatewayContract,
    Line,
    outcomes,
    submit,
)

ANYTHING = [["SMS_100", "${any}"]]
LOGIN = ["SMS_111", "您的验证码为${code}，请于${minutes}分钟内填写。"]
NOTE = ["SMS_222", "您的订单已打包发送，请注意查收。"]
UNKNOWN_CODE = "isv.NEVER_HEARD_OF"


def driver_of(carrier: Carrier, **settings: Any) -> AlibabaDriver:
    return AlibabaDriver(
        {
            "access_key_id": KEY_ID,
            "access_key_secret": KEY_SECRET,
            "endpoint": carrier.url,
            "timeout_seconds": 5,
            "sign_name": "公司",
            "carrier_templates": [LOGIN, NOTE],
            **settings,
        }
    )


def message(message_id: int, text: str = NOTE[1], msisdn: str = "") -> OutboundMessage:
    return OutboundMessage(message_id, 0, msisdn or f"+8613800{message_id:06d}", "", text, 1)


class AlibabaLine(Line):
    def __init__(self, carrier: AlibabaCarrier) -> None:
        self.carrier = carrier

    def driver(self, *, patient: bool = True) -> GatewayDriver:
        settings = {"timeout_seconds": 5 if patient else 0.8, "n_per_request": 40}
        return driver_of(self.carrier, carrier_templates=ANYTHING, **settings)

    def behave(self, behaviour: Behaviour) -> None:
        carrier = self.carrier
        carrier.fault, carrier.faults, carrier.delay_seconds = None, [], 0.0
        carrier.code_of = lambda numbers: "OK"
        codes = {
            Behaviour.REFUSE: "isv.AMOUNT_NOT_ENOUGH",
            Behaviour.REFUSE_WITH_UNKNOWN_CODE: UNKNOWN_CODE,
            Behaviour.THROTTLE: "Throttling.User",
        }
        if behaviour is Behaviour.STAY_SILENT:
            carrier.fault = Fault.TIMEOUT
        elif behaviour is Behaviour.ANSWER_LATE:
            carrier.delay_seconds = LATE_SECONDS
        elif behaviour is Behaviour.MIX:
            said = iter(["OK", "isv.AMOUNT_NOT_ENOUGH", "Throttling.User", "isp.SYSTEM_ERROR"] * 20)
            carrier.code_of = lambda numbers: next(said)
        elif code := codes.get(behaviour):
            carrier.code_of = lambda numbers: code

    def arrived(self) -> list[OutboundMessage]:
        found = []
        for action, asked in self.carrier.asked:
            if action == "SendSms":
                numbers = asked["PhoneNumbers"].split(",")
                rows = [(number, asked["SignName"], json.loads(asked["TemplateParam"])) for number in numbers]
            else:
                rows = list(
                    zip(
                        asked["PhoneNumberJson"],
                        asked["SignNameJson"],
                        asked["TemplateParamJson"],
                        strict=True,
                    )
                )
            found += [self._message(*row) for row in rows]
        return found

    def _message(self, number: str, signature: str, values: dict[str, str]) -> OutboundMessage:
        front = "" if signature == "公司" and not values["any"].startswith("您好") else f"【{signature}】"
        return OutboundMessage(int(number[-6:]), 0, f"+86{number}", "Shop", front + values["any"], 1)

    def hang_up(self) -> None:
        self.carrier.hang_up()

    def come_back(self) -> None:
        self.carrier.start()


@pytest.fixture
def carrier() -> Iterator[AlibabaCarrier]:
    with AlibabaCarrier() as carrier:
        yield carrier


@pytest.fixture
def line(carrier: AlibabaCarrier) -> AlibabaLine:
    return AlibabaLine(carrier)


class TestContract(GatewayContract):
    has_one_id_per_message = True
    msisdn_of_any_text = "+8613800000001"


class TestFaults(FaultTable):
    def driver_at(self, carrier: Carrier, *, timeout_seconds: float) -> HttpDriver:
        return driver_of(
            carrier, timeout_seconds=timeout_seconds, n_per_request=1, carrier_templates=ANYTHING
        )

    def taken_by(self, carrier: Carrier) -> list[str]:
        assert isinstance(carrier, AlibabaCarrier)
        return [f"+86{number}" for number in carrier.taken]


# --- Requests -------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_the_document() -> None:
    """The example of the document "Request structure and signature, version 3"."""
    request = Received(
        "POST",
        "/",
        {
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            "RegionId": "cn-shanghai",
        },
        {
            "host": "ecs.cn-shanghai.aliyuncs.com",
            "x-acs-action": "RunInstances",
            "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "x-acs-date": "2023-10-26T10:22:32Z",
            "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
            "x-acs-version": "2014-05-26",
        },
        b"",
    )
    signature = acs3_signature(request, signed_headers=list(request.headers), secret="YourAccessKeySecret")
    assert signature == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


@pytest.mark.parametrize("n", [1, 3])
def test_the_request_is_the_one_that_the_sdk_sends_by_itself(
    carrier: AlibabaCarrier, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    from alibabacloud_dysmsapi20170525 import models
    from alibabacloud_dysmsapi20170525.client import Client
    from alibabacloud_tea_openapi.utils_models import Config

    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    submit(driver_of(carrier), [message(i, f"您的验证码为{i}，请于5分钟内填写。") for i in range(1, n + 1)])
    [ours] = carrier.received
    key = {"access_key_id": KEY_ID, "access_key_secret": KEY_SECRET}
    client = Client(Config(**key, endpoint=carrier.host, protocol="http"))
    if n == 1:
        client.send_sms(models.SendSmsRequest().from_map(ours.query))
    else:
        client.send_batch_sms(models.SendBatchSmsRequest().from_map({**ours.query, **ours.form()}))
    theirs = carrier.received[1]
    assert (ours.method, ours.path, ours.query, ours.form()) == (
        theirs.method,
        theirs.path,
        theirs.query,
        theirs.form(),
    )
    of_every_request = {"x-acs-date", "x-acs-signature-nonce", "authorization"}
    for name in theirs.headers.keys() - {"accept-encoding", "connection"}:
        assert name in of_every_request or ours.headers[name] == theirs.headers[name]


@pytest.mark.parametrize("wrong", [{"access_key_id": "another"}, {"access_key_secret": "another"}], ids=str)
def test_a_wrong_key_is_told_as_a_problem_of_the_account(
    carrier: AlibabaCarrier, wrong: dict[str, str]
) -> None:
    [result] = submit(driver_of(carrier, **wrong), [message(1)]).values()
    assert (result.outcome, result.reason) == (Outcome.REFUSED, Reason.ACCOUNT_PROBLEM)
    assert carrier.taken == []


def test_numbers_with_the_same_text_share_a_request(carrier: AlibabaCarrier) -> None:
    window = [message(n, f"【店铺】{NOTE[1]}") for n in range(1, 251)]
    results = submit(driver_of(carrier, n_per_request=200), window)
    assert outcomes(results) == {Outcome.ACCEPTED}
    assert sorted(len(asked["PhoneNumbers"].split(",")) for _, asked in carrier.asked) == [50, 200]
    for action, asked in carrier.asked:
        assert (action, asked["TemplateCode"], asked["SignName"]) == ("SendSms", "SMS_222", "店铺")
        assert not asked.keys() & {"OutId", "TemplateParam"}
    assert len({result.gateway_message_ids for result in results.values()}) == 250


def test_different_texts_of_a_template_share_a_request_of_a_hundred(carrier: AlibabaCarrier) -> None:
    window = [message(n, f"【店铺】您的验证码为{n:04d}，请于5分钟内填写。") for n in range(1, 131)]
    assert outcomes(submit(driver_of(carrier, n_per_request=500), window)) == {Outcome.ACCEPTED}
    assert [action for action, _ in carrier.asked] == ["SendBatchSms"] * 2
    asked = max((asked for _, asked in carrier.asked), key=lambda asked: len(asked["PhoneNumberJson"]))
    assert len(asked["PhoneNumberJson"]) == 100
    assert asked["TemplateParamJson"][6] == {"code": "0007", "minutes": "5"}
    assert (asked["PhoneNumberJson"][6], asked["SignNameJson"][6]) == ("13800000007", "店铺")


def test_with_batches_off_each_text_carries_our_reference(carrier: AlibabaCarrier) -> None:
    window = [message(n, f"您的验证码为{n:04d}，请于5分钟内填写。") for n in (1, 2)]
    submit(driver_of(carrier, batches=False), window)
    assert sorted(asked["OutId"] for _, asked in carrier.asked) == ["1-0", "2-0"]
    [first] = [asked for _, asked in carrier.asked if asked["OutId"] == "1-0"]
    assert first == {
        "PhoneNumbers": "13800000001",
        "SignName": "公司",
        "TemplateCode": "SMS_111",
        "TemplateParam": '{"code":"0001","minutes":"5"}',
        "OutId": "1-0",
    }


def test_the_id_joins_request_and_number(carrier: AlibabaCarrier) -> None:
    results = submit(driver_of(carrier), [message(1), message(2)])
    [biz_id] = {result.gateway_message_ids[0].rpartition(":")[0] for result in results.values()}
    assert results[2].gateway_message_ids == (f"{biz_id}:13800000002",)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (message(1, "something else"), Reason.NO_CARRIER_TEMPLATE),
        (message(1, msisdn="+14155550100"), Reason.ROUTE_ERROR),
    ],
    ids=["text", "number"],
)
def test_what_the_carrier_cannot_take_is_never_sent(
    carrier: AlibabaCarrier, sent: OutboundMessage, reason: Reason
) -> None:
    results = submit(driver_of(carrier), [sent, message(2)])
    assert (results[1].outcome, results[1].reason) == (Outcome.REFUSED, reason)
    assert results[2].outcome is Outcome.ACCEPTED
    assert carrier.taken == ["13800000002"]


def test_a_text_without_any_signature_is_never_sent(carrier: AlibabaCarrier) -> None:
    [result] = submit(driver_of(carrier, sign_name=""), [message(1)]).values()
    assert (result.outcome, result.reason) == (Outcome.REFUSED, Reason.SENDER_REFUSED)
    assert carrier.received == []


# --- Answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_same", [True, False], ids=["same text", "different texts"])
def test_a_bad_number_spoils_nothing_for_the_others(carrier: AlibabaCarrier, is_same: bool) -> None:
    bad = {"13800000007", "13800000042"}
    carrier.code_of = lambda numbers: "isv.MOBILE_NUMBER_ILLEGAL" if bad & set(numbers) else "OK"
    text = NOTE[1] if is_same else "您的验证码为{}，请于5分钟内填写。"
    results = submit(driver_of(carrier), [message(n, text.format(n)) for n in range(1, 61)])
    refused = {n for n, result in results.items() if result.outcome is Outcome.REFUSED}
    assert refused == {7, 42}
    assert {results[n].reason for n in refused} == {Reason.INVALID_NUMBER}
    assert outcomes(results) == {Outcome.ACCEPTED, Outcome.REFUSED}
    assert max(Counter(carrier.taken).values()) == 1
    assert len(carrier.taken) == 58


def test_nothing_is_asked_again_once_it_must_not_go_on(carrier: AlibabaCarrier) -> None:
    carrier.code_of = lambda numbers: "isv.MOBILE_NUMBER_ILLEGAL"
    answers = iter([True])
    results = submit(driver_of(carrier), [message(n) for n in range(8)], lambda: next(answers, False))
    assert outcomes(results) == {Outcome.UNSENT}
    assert len(carrier.received) == 1


@pytest.mark.parametrize(
    ("status", "code", "outcome", "reason"),
    [
        (400, "Throttling.User", Outcome.THROTTLED, Reason.THROTTLED),
        (400, "SignatureDoesNotMatch", Outcome.REFUSED, Reason.ACCOUNT_PROBLEM),
        (403, "Forbidden.RAM", Outcome.REFUSED, Reason.ACCOUNT_PROBLEM),
        (503, "ServiceUnavailable", Outcome.UNCERTAIN, Reason.UNKNOWN_CODE),
        (500, "InternalError", Outcome.UNCERTAIN, Reason.UNKNOWN_CODE),
        (400, "NeverHeardOf", Outcome.REFUSED, Reason.UNKNOWN_CODE),
    ],
)
def test_what_the_gate_answers(
    carrier: AlibabaCarrier, status: int, code: str, outcome: Outcome, reason: Reason
) -> None:
    carrier.error = (status, code)
    carrier.headers = {"x-ratelimit-user-api": "Limit:100,Remain:0,TimeLeft:2500"}
    [result] = submit(driver_of(carrier), [message(1)]).values()
    assert (result.outcome, result.reason, result.code) == (outcome, reason, code)
    if outcome is Outcome.THROTTLED:
        assert result.retry_after_seconds == 2.5


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("isv.AMOUNT_NOT_ENOUGH", Refused, Reason.ACCOUNT_PROBLEM),
        ("isv.SMS_SIGNATURE_ILLEGAL", Refused, Reason.SENDER_REFUSED),
        ("isv.SMS_TEMPLATE_ILLEGAL", Refused, Reason.NO_CARRIER_TEMPLATE),
        ("isv.BUSINESS_LIMIT_CONTROL", Refused, Reason.FREQUENCY_LIMIT),
        ("isp.RAM_PERMISSION_DENY", Refused, Reason.ACCOUNT_PROBLEM),
        ("isp.SYSTEM_ERROR", Unclear, Reason.UNKNOWN_CODE),
        ("Throttling", Throttled, Reason.THROTTLED),
        ("", Unclear, Reason.UNKNOWN_CODE),
        (UNKNOWN_CODE, Refused, Reason.UNKNOWN_CODE),
    ],
)
def test_codes_become_reasons(code: str, kind: type[Exception], reason: Reason) -> None:
    verdict = verdict_on(code, kind="alibaba")
    assert isinstance(verdict, kind)
    assert verdict.reason is reason


def test_exchanges_show_neither_numbers_nor_texts_nor_keys(carrier: AlibabaCarrier) -> None:
    driver = driver_of(carrier)
    noted: list[Exchange] = []
    driver.on_exchange = noted.append
    submit(driver, [message(1, "【店铺】您的验证码为4711，请于5分钟内填写。")])
    [exchange] = noted
    assert "SMS_111" in exchange.request
    assert "*******0001" in exchange.request
    assert '"Code": "OK"' in exchange.answer
    for hidden in ("4711", "13800000001", KEY_ID, KEY_SECRET, "Signature="):
        assert hidden not in exchange.request + exchange.answer


@pytest.mark.parametrize(
    "settings", [{"access_key_id": ""}, {"endpoint": "dysmsapi.aliyuncs.com"}, {"n_per_request": 0}], ids=str
)
def test_settings_that_cannot_work_are_refused(carrier: AlibabaCarrier, settings: dict[str, Any]) -> None:
    with pytest.raises(GatewayMisconfigured):
        driver_of(carrier, **settings)
