"""Tencent Cloud, through its SDK, against a server that speaks the documented API and checks the signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from delivery.gateways.base import (
    GatewayDriver,
    OutboundMessage,
    Outcome,
)
from delivery.gateways.errors import GatewayMisconfigured
from delivery.gateways.http import HttpDriver
from delivery.gateways.tencent import TencentDriver
from delivery.gateways.tencent_codes import REASONS, verdict_on
from delivery.statuses import Reason
from tests.carriers.faults import FaultTable
from tests.carriers.server import Carrier, Fault, Received
from tests.carriers.tencent import APP_ID, SECRET_ID, SECRET_KEY, TencentCarrier, tc3_signature
from tests.delivery.gateways.contract import (
    LATE_SECONDS,
    Behaviour,
    GatewayContract,
    Line,
    outcomes,
    submit,
)

ANYTHING = [["100", "{1}"]]
LOGIN = ["1110", "{1}为您的登录验证码，请于{2}分钟内填写，如非本人操作，请忽略本短信。"]
NOTE = ["2220", "您的订单已打包发送，请注意查收。"]
# What belongs to who carries a request, not to the request.
OF_THE_TRANSPORT = {"accept", "accept-encoding", "connection", "user-agent", "content-length"}
UNKNOWN_CODE = "FailedOperation.NeverHeardOf"
MIX = ("Ok", "FailedOperation.PhoneNumberInBlacklist", "RequestLimitExceeded", "InternalError.Timeout")


def driver_of(carrier: Carrier, **settings: Any) -> TencentDriver:
    return TencentDriver(
        {
            "secret_id": SECRET_ID,
            "secret_key": SECRET_KEY,
            "sdk_app_id": APP_ID,
            "endpoint": carrier.url,
            "timeout_seconds": 5,
            "carrier_templates": [LOGIN, NOTE, *ANYTHING],
            **settings,
        }
    )


def message(message_id: int, text: str, msisdn: str = "", sender: str = "") -> OutboundMessage:
    return OutboundMessage(message_id, 0, msisdn or f"+8613800{message_id:06d}", sender, text, 1)


class TencentLine(Line):
    def __init__(self, carrier: TencentCarrier) -> None:
        self.carrier = carrier
        self.text_of: dict[tuple[str, ...], str] = {}

    def driver(self, *, patient: bool = True) -> GatewayDriver:
        settings = {"timeout_seconds": 5 if patient else 0.8, "n_per_request": 40}
        return driver_of(self.carrier, carrier_templates=ANYTHING, **settings)

    def behave(self, behaviour: Behaviour) -> None:
        carrier = self.carrier
        carrier.fault, carrier.delay_seconds, carrier.code_of = None, 0.0, lambda number: "Ok"
        codes = {
            Behaviour.REFUSE: "FailedOperation.PhoneNumberInBlacklist",
            Behaviour.REFUSE_WITH_UNKNOWN_CODE: UNKNOWN_CODE,
            Behaviour.THROTTLE: "RequestLimitExceeded",
        }
        if behaviour is Behaviour.STAY_SILENT:
            carrier.fault = Fault.TIMEOUT
        elif behaviour is Behaviour.ANSWER_LATE:
            carrier.delay_seconds = LATE_SECONDS
        elif behaviour is Behaviour.MIX:
            carrier.code_of = lambda number: MIX[int(number[-2:]) % 4]
        elif code := codes.get(behaviour):
            carrier.code_of = lambda number: code

    def arrived(self) -> list[OutboundMessage]:
        """The whole of what was asked for; numbers of the contract say which message they are of."""
        return [
            OutboundMessage(_id_of(number), 0, number, "Shop", _text_of(asked), 1)
            for asked in (request.json() for request in self.carrier.received)
            for number in asked["PhoneNumberSet"]
        ]

    def hang_up(self) -> None:
        self.carrier.hang_up()

    def come_back(self) -> None:
        self.carrier.start()


def _id_of(number: str) -> int:
    return int(number[-6:]) if number.startswith("+8613800") else 1


def _text_of(asked: dict[str, Any]) -> str:
    [value] = asked["TemplateParamSet"]
    return (f"【{asked['SignName']}】" if "SignName" in asked else "") + str(value)


@pytest.fixture
def carrier() -> Iterator[TencentCarrier]:
    with TencentCarrier() as carrier:
        yield carrier


@pytest.fixture
def line(carrier: TencentCarrier) -> TencentLine:
    return TencentLine(carrier)


class TestContract(GatewayContract):
    has_one_id_per_message = True
    msisdn_of_any_text = "+8613800000001"


class TestFaults(FaultTable):
    def driver_at(self, carrier: Carrier, *, timeout_seconds: float) -> HttpDriver:
        return driver_of(carrier, timeout_seconds=timeout_seconds, n_per_request=1)

    def taken_by(self, carrier: Carrier) -> list[str]:
        assert isinstance(carrier, TencentCarrier)
        return [number for number, _ in carrier.taken]


# --- Requests -------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_the_document() -> None:
    """The example of the document "Signature v3", of another service."""
    request = Received(
        "POST",
        "/",
        {},
        {
            "content-type": "application/json; charset=utf-8",
            "host": "cvm.tencentcloudapi.com",
            "x-tc-timestamp": "1551113065",
        },
        b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}',
    )
    scope, signature = tc3_signature(request, secret_key=SECRET_KEY, service="cvm")
    assert scope == "2019-02-25/cvm/tc3_request"
    assert signature == "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"


def test_the_request_is_the_one_that_the_sdk_sends_by_itself(
    carrier: TencentCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tencentcloud.common.credential import Credential
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
    from tencentcloud.sms.v20210111 import models
    from tencentcloud.sms.v20210111.sms_client import SmsClient

    monkeypatch.setenv("NO_PROXY", carrier.host)
    submit(driver_of(carrier), [message(7, f"【公司】{NOTE[1]}")])
    request = models.SendSmsRequest()
    request.from_json_string(carrier.received[0].body.decode())
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=carrier.host))
    SmsClient(Credential(SECRET_ID, SECRET_KEY), "ap-guangzhou", profile).SendSms(request)
    ours, theirs = carrier.received
    assert (ours.method, ours.path, ours.query, ours.json()) == (
        theirs.method,
        theirs.path,
        theirs.query,
        theirs.json(),
    )
    of_every_request = {"x-tc-timestamp", "x-tc-traceid", "authorization"}
    for name in theirs.headers.keys() - OF_THE_TRANSPORT:
        assert name in ours.headers
        assert name in of_every_request or ours.headers[name] == theirs.headers[name]


def test_a_wrong_key_is_told_as_a_problem_of_the_account(carrier: TencentCarrier) -> None:
    [result] = submit(driver_of(carrier, secret_key="another"), [message(1, NOTE[1])]).values()
    assert (result.outcome, result.reason) == (Outcome.REFUSED, Reason.ACCOUNT_PROBLEM)
    assert result.code == "AuthFailure.SignatureFailure"
    assert carrier.taken == []


def test_numbers_with_the_same_text_share_a_request(carrier: TencentCarrier) -> None:
    window = [message(n, f"【公司】{NOTE[1]}") for n in range(1, 251)]
    results = submit(driver_of(carrier, n_per_request=200), window)
    assert outcomes(results) == {Outcome.ACCEPTED}
    asked = [request.json() for request in carrier.received]
    assert sorted(len(one["PhoneNumberSet"]) for one in asked) == [50, 200]
    for one in asked:
        assert (one["TemplateId"], one["TemplateParamSet"], one["SignName"]) == ("2220", [], "公司")
        assert one["SessionContext"].startswith("text-")
    assert len({result.gateway_message_ids for result in results.values()}) == 250


def test_a_text_of_its_own_has_a_request_of_its_own_with_our_reference(carrier: TencentCarrier) -> None:
    text = "【公司】471100为您的登录验证码，请于5分钟内填写，如非本人操作，请忽略本短信。"
    submit(driver_of(carrier), [message(7, text)])
    assert carrier.received[0].json() == {
        "PhoneNumberSet": ["+8613800000007"],
        "SmsSdkAppId": APP_ID,
        "TemplateId": "1110",
        "TemplateParamSet": ["471100", "5"],
        "SignName": "公司",
        "SessionContext": "7-0",
    }


def test_the_same_number_twice_is_two_requests(carrier: TencentCarrier) -> None:
    window = [message(n, NOTE[1], "+8613800000001") for n in (1, 2)]
    results = submit(driver_of(carrier), window)
    assert outcomes(results) == {Outcome.ACCEPTED}
    assert results[1].gateway_message_ids != results[2].gateway_message_ids
    assert len(carrier.received) == 2


def test_a_text_without_a_template_is_refused_and_never_sent(carrier: TencentCarrier) -> None:
    driver = driver_of(carrier, carrier_templates=[NOTE])
    results = submit(driver, [message(1, "【公司】something else"), message(2, NOTE[1])])
    assert (results[1].outcome, results[1].reason) == (Outcome.REFUSED, Reason.NO_CARRIER_TEMPLATE)
    assert results[2].outcome is Outcome.ACCEPTED
    assert [number for number, _ in carrier.taken] == ["+8613800000002"]


def test_only_numbers_of_its_region_are_sent(carrier: TencentCarrier) -> None:
    window = [message(1, NOTE[1]), message(2, NOTE[1], "+14155550100", "Shop")]
    china = submit(driver_of(carrier), window)
    assert (china[2].outcome, china[2].reason) == (Outcome.REFUSED, Reason.ROUTE_ERROR)
    abroad = submit(driver_of(carrier, region="international"), window)
    assert (abroad[1].outcome, abroad[1].reason) == (Outcome.REFUSED, Reason.ROUTE_ERROR)
    home, world = (request.json() for request in carrier.received)
    assert "SenderId" not in home
    assert world["SenderId"] == "Shop"


def test_texts_without_signature_take_that_of_the_gateway(carrier: TencentCarrier) -> None:
    submit(driver_of(carrier, sign_name="公司"), [message(1, NOTE[1]), message(2, f"【店】{NOTE[1]}")])
    assert sorted(request.json()["SignName"] for request in carrier.received) == ["公司", "店"]


# --- Answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "text/plain"]
)
def test_an_error_inside_200_is_read_whatever_its_type(carrier: TencentCarrier, content_type: str) -> None:
    carrier.error, carrier.content_type = "FailedOperation.InsufficientBalanceInSmsPackage", content_type
    [result] = submit(driver_of(carrier), [message(1, NOTE[1])]).values()
    assert (result.outcome, result.reason, result.code) == (
        Outcome.REFUSED,
        Reason.ACCOUNT_PROBLEM,
        "FailedOperation.InsufficientBalanceInSmsPackage",
    )


def test_a_number_left_out_of_the_answer_is_uncertain(carrier: TencentCarrier) -> None:
    carrier.leaves_out = {"+8613800000002"}
    results = submit(driver_of(carrier), [message(n, NOTE[1]) for n in (1, 2, 3)])
    assert [results[n].outcome for n in (1, 2, 3)] == [Outcome.ACCEPTED, Outcome.UNCERTAIN, Outcome.ACCEPTED]


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        ("LimitExceeded.PhoneNumberDailyLimit", Outcome.REFUSED, Reason.FREQUENCY_LIMIT),
        ("FailedOperation.SignatureIncorrectOrUnapproved", Outcome.REFUSED, Reason.SENDER_REFUSED),
        ("FailedOperation.TemplateUnapprovedOrNotExist", Outcome.REFUSED, Reason.NO_CARRIER_TEMPLATE),
        ("UnauthorizedOperation.SerivceSuspendDueToArrears", Outcome.REFUSED, Reason.ACCOUNT_PROBLEM),
        ("InvalidParameterValue.IncorrectPhoneNumber", Outcome.REFUSED, Reason.INVALID_NUMBER),
        ("InternalError.SendAndRecvFail", Outcome.UNCERTAIN, Reason.UNKNOWN_CODE),
        ("InternalError", Outcome.UNCERTAIN, Reason.UNKNOWN_CODE),
        ("RequestLimitExceeded.UinLimitExceeded", Outcome.THROTTLED, Reason.THROTTLED),
        (UNKNOWN_CODE, Outcome.REFUSED, Reason.UNKNOWN_CODE),
        ("", Outcome.UNCERTAIN, Reason.UNKNOWN_CODE),
    ],
)
def test_codes_become_reasons(carrier: TencentCarrier, code: str, outcome: Outcome, reason: Reason) -> None:
    carrier.code_of = lambda number: code
    [by_number] = submit(driver_of(carrier), [message(1, NOTE[1])]).values()
    assert (by_number.outcome, by_number.reason) == (outcome, reason)
    if code:
        carrier.error = code
        [whole] = submit(driver_of(carrier), [message(1, NOTE[1])]).values()
        assert (whole.outcome, whole.reason, whole.code) == (outcome, reason, code)


def test_every_code_of_the_sdk_has_a_verdict() -> None:
    from tencentcloud.sms.v20210111 import errorcodes

    codes = {value for name, value in vars(errorcodes).items() if name.isupper() and isinstance(value, str)}
    assert len(codes) > 80
    for_sending = {code for code in REASONS if code in codes}
    assert len(for_sending) > 40
    assert all(verdict_on(code).reason for code in codes)


@pytest.mark.parametrize(
    "settings",
    [
        {"secret_id": ""},
        {"sdk_app_id": None},
        {"endpoint": "ftp://x"},
        {"region": "moon"},
        {"n_per_request": 201},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(carrier: TencentCarrier, settings: dict[str, Any]) -> None:
    with pytest.raises(GatewayMisconfigured):
        driver_of(carrier, **settings)
