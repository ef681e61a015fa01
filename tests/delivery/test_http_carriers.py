"""The whole way through carriers that are spoken to by HTTP: drained, answered, reported back, or uncertain.

The other side is a carrier's documented API over true HTTP; its ledger is what the database is held against.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from delivery.counters import fold_deltas
from delivery.drain import drain
from delivery.models import CarrierTemplate, Dispatch, Gateway, GatewayExchange, Message, MessagePart
from delivery.queries import read_counts
from delivery.services import apply_receipts
from delivery.services.inquiries import ask_carrier
from delivery.statuses import MessageStatus, Reason
from tests.carriers.alibaba import KEY_ID, KEY_SECRET, AlibabaCarrier
from tests.carriers.server import Fault
from tests.carriers.tencent import APP_ID, SECRET_ID, SECRET_KEY, TencentCarrier, status_row
from tests.delivery.conftest import MakeDispatch

# Stored receipts are read behind the oldest running transaction, so these tests have to commit.
pytestmark = pytest.mark.django_db(transaction=True)

NOTE = "您的订单已打包发送，请注意查收。"
CODE = "您的验证码为{1}，请于5分钟内填写。"


@pytest.fixture
def tencent() -> Iterator[TencentCarrier]:
    with TencentCarrier() as carrier:
        yield carrier


@pytest.fixture
def alibaba() -> Iterator[AlibabaCarrier]:
    with AlibabaCarrier() as carrier:
        yield carrier


def set_up_tencent(gateway: Gateway, carrier: TencentCarrier) -> None:
    gateway.kind = "tencent"
    gateway.settings = {
        "sdk_app_id": APP_ID,
        "endpoint": carrier.url,
        "timeout_seconds": 1,
        "n_per_request": 10,
    }
    gateway.secret = json.dumps({"secret_id": SECRET_ID, "secret_key": SECRET_KEY})
    gateway.save()
    for template_id, text in (("1", NOTE), ("2", CODE)):
        CarrierTemplate.objects.create(gateway=gateway, template_id=template_id, text=text)


def set_up_alibaba(gateway: Gateway, carrier: AlibabaCarrier) -> None:
    gateway.kind = "alibaba"
    gateway.settings = {"endpoint": carrier.url, "timeout_seconds": 1, "n_per_request": 10}
    gateway.secret = json.dumps({"access_key_id": KEY_ID, "access_key_secret": KEY_SECRET})
    gateway.save()
    CarrierTemplate.objects.create(gateway=gateway, template_id="SMS_1", text=NOTE)


def numbers(n: int) -> list[str]:
    return [f"+86138000{i:05d}" for i in range(n)]


def run(gateway: Gateway) -> None:
    drain(gateway, until=time.monotonic() + 20)


def counts(dispatch: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}


def push(client: Client, gateway: Gateway, body: object) -> dict[str, object]:
    User.objects.create(email="somebody@example.com", name="Somebody")  # else the console is being set up
    answer = client.post(
        reverse("push", args=[gateway.push_token]), json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 200
    return json.loads(answer.content)  # type: ignore[no-any-return]


def test_tencent_from_the_rows_to_the_receipts(
    tencent: TencentCarrier, gateway: Gateway, hand_over: MakeDispatch, client: Client
) -> None:
    set_up_tencent(gateway, tencent)
    pairs = [
        (msisdn, f"【公司】{NOTE if i % 2 else CODE.replace('{1}', str(i))}")
        for i, msisdn in enumerate(numbers(40))
    ]
    dispatch = hand_over(pairs)
    run(gateway)
    assert counts(dispatch) == {MessageStatus.SUBMITTED: 40}
    assert sorted(number for number, _ in tencent.taken) == sorted(numbers(40))
    parts = list(MessagePart.objects.values_list("gateway_message_id", flat=True))
    assert len(set(parts)) == 40

    rows = [
        {
            "user_receive_time": "2026-11-21 12:00:00",
            "nationcode": "86",
            "mobile": "13800000000",
            "report_status": "SUCCESS" if n else "FAIL",
            "errmsg": "DELIVRD" if n else "MK:0012",
            "sid": part,
        }
        for n, part in enumerate(parts)
    ]
    assert push(client, gateway, rows) == {"result": 0, "errmsg": "OK"}
    apply_receipts()
    assert counts(dispatch) == {MessageStatus.DELIVERED: 39, MessageStatus.UNDELIVERED: 1}
    assert Message.objects.get(status=MessageStatus.UNDELIVERED).reason == Reason.INVALID_NUMBER

    said = "".join(exchange.request + exchange.answer for exchange in GatewayExchange.objects.all())
    assert "SendSms" in "".join(GatewayExchange.objects.values_list("what", flat=True))
    for hidden in (
        *numbers(40),
        *(number.removeprefix("+86") for number in numbers(40)),
        NOTE,
        SECRET_ID,
        SECRET_KEY,
    ):
        assert hidden not in said


def test_faults_on_the_way_leave_the_ledger_and_the_database_of_one_mind(
    tencent: TencentCarrier, gateway: Gateway, hand_over: MakeDispatch
) -> None:
    set_up_tencent(gateway, tencent)
    tencent.faults = [
        None, Fault.THROTTLED, Fault.SERVER_ERROR, Fault.RESET_BEFORE_BODY, None, Fault.HALF_JSON, Fault.TIMEOUT,
        Fault.REDIRECT, None, Fault.RESET_IN_BODY,
    ]  # fmt: skip
    pairs = [(msisdn, f"【公司】{NOTE}") for msisdn in numbers(120)]
    dispatch = hand_over(pairs)
    for _ in range(4):
        run(gateway)
        if not Message.objects.filter(status=MessageStatus.QUEUED).exists():
            break
        time.sleep(2)
    taken = Counter(number for number, _ in tencent.taken)
    assert max(taken.values()) == 1
    by_status = counts(dispatch)
    assert sum(by_status.values()) == 120
    assert by_status.keys() <= {MessageStatus.SUBMITTED, MessageStatus.UNCERTAIN, MessageStatus.QUEUED}
    n_taken = len(taken)
    assert by_status[MessageStatus.SUBMITTED] <= n_taken
    assert n_taken <= by_status[MessageStatus.SUBMITTED] + by_status[MessageStatus.UNCERTAIN]


def test_an_uncertain_message_is_settled_by_asking_tencent(
    tencent: TencentCarrier, gateway: Gateway, hand_over: MakeDispatch, settings: pytest.FixtureRequest
) -> None:
    settings.INQUIRY_AFTER_SECONDS = 0  # type: ignore[attr-defined]
    set_up_tencent(gateway, tencent)
    tencent.fault = Fault.RESET_BEFORE_BODY
    [msisdn] = numbers(1)
    dispatch = hand_over([(msisdn, f"【公司】{NOTE}")])
    run(gateway)
    assert counts(dispatch) == {MessageStatus.UNCERTAIN: 1}
    tencent.fault = None
    context = tencent.received[0].json()["SessionContext"]
    tencent.statuses = [status_row(msisdn, "2019:1", context=context)]
    fold_deltas()  # uncertain messages are found by their counts
    assert ask_carrier(gateway) == 1
    assert counts(dispatch) == {MessageStatus.DELIVERED: 1}
    assert len(tencent.taken) == 1


def test_alibaba_from_the_rows_to_the_receipts(
    alibaba: AlibabaCarrier, gateway: Gateway, hand_over: MakeDispatch, client: Client
) -> None:
    set_up_alibaba(gateway, alibaba)
    bad = "13800000007"
    alibaba.code_of = lambda asked: "isv.MOBILE_NUMBER_ILLEGAL" if bad in asked else "OK"
    dispatch = hand_over([(msisdn, f"【公司】{NOTE}") for msisdn in numbers(30)])
    run(gateway)
    assert counts(dispatch) == {MessageStatus.SUBMITTED: 29, MessageStatus.FAILED: 1}
    assert sorted(alibaba.taken) == sorted(
        number.removeprefix("+86") for number in numbers(30) if bad not in number
    )
    rows = [
        {
            "phone_number": name.rpartition(":")[2],
            "report_time": "2026-11-21 12:00:00",
            "success": True,
            "err_code": "DELIVERED",
            "biz_id": name.rpartition(":")[0],
        }
        for name in MessagePart.objects.values_list("gateway_message_id", flat=True)
    ]
    assert push(client, gateway, rows)["code"] == 0
    apply_receipts()
    assert counts(dispatch) == {MessageStatus.DELIVERED: 29, MessageStatus.FAILED: 1}


def test_a_text_without_a_template_says_so(
    alibaba: AlibabaCarrier, gateway: Gateway, hand_over: MakeDispatch
) -> None:
    set_up_alibaba(gateway, alibaba)
    dispatch = hand_over([(numbers(1)[0], "【公司】Something nobody approved")])
    run(gateway)
    assert counts(dispatch) == {MessageStatus.FAILED: 1}
    assert Message.objects.get().reason == Reason.NO_CARRIER_TEMPLATE
    assert alibaba.received == []
