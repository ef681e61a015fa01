"""Receipts, replies, statistics, numbers and conversions by Tencent's API 3.0, in both of its spellings."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.models import Answer, Conversion
from delivery.message_ids import message_id_of
from delivery.models import Message
from delivery.statuses import MessageStatus, Reason
from tests.api.sending.offers import Shop, home_number
from tests.api.tencent_v3.calling import Program
from tests.api.tencent_v5.happened import answered, settled
from tests.factories import ProjectFactory, SecretKeyFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 0, 3, 4, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return Shop(pulls_status=True, pulls_replies=True)


@pytest.fixture
def sent(program: Program, shop: Shop) -> Any:
    def send(n: int = 0, context: str = "") -> str:
        answer = program(
            "SendSms",
            PhoneNumberSet=[home_number(n)],
            SmsSdkAppId=str(shop.project.sdk_app_id),
            TemplateId=str(shop.notice.body_template_id),
            SignName="演示商城",
            TemplateParamSet=["1234", "5"],
            SessionContext=context,
        )
        serial: str = answer["SendStatusSet"][0]["SerialNo"]
        return serial

    return send


def pull(program: Program, shop: Shop, what: str = "PullSmsSendStatus", limit: int = 10) -> list[Any]:
    name = "SmsSdkAppId" if program.version.startswith("2021") else "SmsSdkAppid"
    answer = program(what, **{name: str(shop.project.sdk_app_id), "Limit": limit})
    rows: list[Any] = answer[f"{what}Set"]
    return rows


def test_a_receipt_comes_out_of_the_queue_once(program, shop, sent):
    serial = sent(context="order 7")
    settled(shop.project, serial, MessageStatus.DELIVERED, code="DELIVRD", at=AT)
    assert pull(program, shop) == [
        {
            "UserReceiveTime": int(AT.timestamp()),
            "CountryCode": "86",
            "SubscriberNumber": "13800000000",
            "PhoneNumber": "+8613800000000",
            "SerialNo": serial,
            "ReportStatus": "SUCCESS",
            "Description": "DELIVRD",
            "SessionContext": "order 7",
        }
    ]
    # At once, within the same second and with the same bytes: the next ones, not the same again.
    assert pull(program, shop) == []


def test_the_older_version_spells_receipts_otherwise(old_program, shop, sent):
    serial = sent()
    settled(shop.project, serial, MessageStatus.UNDELIVERED, reason=Reason.UNREACHABLE, code="MI:0013", at=AT)
    assert pull(old_program, shop) == [
        {
            "UserReceiveTime": "2026-03-01 08:03:04",
            "UserReceiveUnixTime": int(AT.timestamp()),
            "NationCode": "86",
            "PurePhoneNumber": "+8613800000000",
            "PhoneNumber": "13800000000",
            "SerialNo": serial,
            "ReportStatus": "FAIL",
            "Description": "MI:0013",
        }
    ]


def test_a_reply_comes_out_of_the_queue_once(program, old_program, shop, sent):
    serial = sent()
    consent = f"{shop.sign.signature.uuid}:notification"
    first = answered(shop.project, serial, "谢谢", consent_key=consent)
    second = answered(shop.project, serial, "再见", consent_key=consent)
    assert pull(program, shop, "PullSmsReplyStatus", 1) == [
        {
            "ExtendCode": "",
            "CountryCode": "86",
            "PhoneNumber": "+8613800000000",
            "SignName": "演示商城",
            "ReplyContent": "谢谢",
            "ReplyTime": int(first.received_at.timestamp()),
            "SubscriberNumber": "13800000000",
        }
    ]
    [told] = pull(old_program, shop, "PullSmsReplyStatus", 100)
    assert (told["ReplyContent"], told["Sign"], told["NationCode"]) == ("再见", "演示商城", "86")
    assert told["ReplyUnixTime"] == int(second.received_at.timestamp())
    assert len(told["ReplyTime"]) == len("2026-03-01 08:03:04")


def test_a_request_with_a_nonce_that_comes_again_gets_the_same_items(program, shop, sent):
    serial = sent()
    settled(shop.project, serial, MessageStatus.DELIVERED)
    # The time is signed, too: a second later it would be another request.
    parameters = {"SmsSdkAppId": shop.project.sdk_app_id, "Limit": 10, "Timestamp": str(int(time.time()))}
    first = program.form("PullSmsSendStatus", **parameters)["PullSmsSendStatusSet"]
    again = program.form("PullSmsSendStatus", **parameters)["PullSmsSendStatusSet"]
    assert [one["SerialNo"] for one in first] == [serial]
    assert first == again


def test_an_empty_queue_leaves_no_answer_behind(program, shop):
    program.form("PullSmsSendStatus", SmsSdkAppId=shop.project.sdk_app_id, Limit=10)
    assert not Answer.objects.exists()


def test_of_one_number_receipts_are_told_as_often_as_one_asks(program, old_program, shop, sent):
    serial = sent()
    sent(1)
    settled(shop.project, serial, MessageStatus.DELIVERED, code="DELIVRD")
    now = int(time.time())
    given = {"Offset": 0, "Limit": 10, "PhoneNumber": "+8613800000000"}
    new = {"BeginTime": now - 3600, "EndTime": now + 60, "SmsSdkAppId": str(shop.project.sdk_app_id)}
    old = {"SendDateTime": now - 3600, "EndDateTime": now + 60, "SmsSdkAppid": str(shop.project.sdk_app_id)}
    for _time in range(2):
        [told] = program("PullSmsSendStatusByPhoneNumber", **given, **new)["PullSmsSendStatusSet"]
        assert (told["SerialNo"], told["ReportStatus"]) == (serial, "SUCCESS")
    [told] = old_program("PullSmsSendStatusByPhoneNumber", **given, **old)["PullSmsSendStatusSet"]
    assert told["PurePhoneNumber"] == "+8613800000000"
    beyond = {**given, "Offset": 1}
    assert program("PullSmsSendStatusByPhoneNumber", **beyond, **new)["PullSmsSendStatusSet"] == []


def test_of_one_number_replies_are_told_as_often_as_one_asks(program, shop, sent):
    answered(shop.project, sent(), "谢谢")
    now = int(time.time())
    for _time in range(2):
        [told] = program(
            "PullSmsReplyStatusByPhoneNumber",
            BeginTime=now - 3600,
            Offset=0,
            Limit=10,
            PhoneNumber="+8613800000000",
            SmsSdkAppId=str(shop.project.sdk_app_id),
        )["PullSmsReplyStatusSet"]
        assert told["ReplyContent"] == "谢谢"


def test_another_project_sees_none_of_it(shop, sent):
    settled(shop.project, sent(), MessageStatus.DELIVERED)
    serial = sent(1)
    project = ProjectFactory(pulls_status=True, pulls_replies=True)
    other = Program(SecretKeyFactory(project=project))
    app_id = str(project.sdk_app_id)
    now = int(time.time())
    assert other("PullSmsSendStatus", SmsSdkAppId=app_id, Limit=10)["PullSmsSendStatusSet"] == []
    assert (
        other(
            "PullSmsSendStatusByPhoneNumber",
            BeginTime=now - 3600,
            Offset=0,
            Limit=10,
            PhoneNumber="+8613800000000",
            SmsSdkAppId=app_id,
        )["PullSmsSendStatusSet"]
        == []
    )
    assert other.code("ReportConversion", SmsSdkAppId=app_id, SerialNo=serial, ConversionTime=now) == (
        "InvalidParameter.InvalidParameters"
    )
    assert other.code("PullSmsSendStatus", SmsSdkAppId=str(shop.project.sdk_app_id), Limit=10) == (
        "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
    )


def hours(program: Program, shop: Shop, action: str) -> dict[str, Any]:
    local = timezone.now().astimezone(shop.project.zone)
    begin, end = f"{local - timedelta(hours=1):%Y%m%d%H}", f"{local:%Y%m%d%H}"
    page = {"Limit": 0, "Offset": 0}
    if program.version.startswith("2021"):
        given = {"BeginTime": begin, "EndTime": end, "SmsSdkAppId": str(shop.project.sdk_app_id)}
    else:
        given = {
            "StartDateTime": int(begin),
            "EndDataTime": int(end),
            "SmsSdkAppid": str(shop.project.sdk_app_id),
        }
    told: dict[str, Any] = program(action, **given, **page)[action]
    return told


def test_statistics_count_what_was_asked_for(program, old_program, shop, sent):
    sent()
    sent(1)
    for one in (program, old_program):
        assert hours(one, shop, "SendStatusStatistics") == {
            "FeeCount": 0,
            "RequestCount": 2,
            "RequestSuccessCount": 0,
        }
        told = hours(one, shop, "CallbackStatusStatistics")
        assert set(told.values()) == {0}
        assert len(told) == 9


def test_there_are_no_packages_yet(program, old_program, shop):
    given = {"Limit": 10, "Offset": 0, "BeginTime": "2026010100", "EndTime": "2026010123"}
    assert (
        program("SmsPackagesStatistics", SmsSdkAppId=str(shop.project.sdk_app_id), **given)[
            "SmsPackagesStatisticsSet"
        ]
        == []
    )
    answer = old_program(
        "SmsPackagesStatistics", SmsSdkAppid=str(shop.project.sdk_app_id), Limit=10, Offset=0
    )
    assert answer["SmsPackagesStatisticsSet"] == []


def test_numbers_are_described(program):
    answer = program(
        "DescribePhoneNumberInfo", PhoneNumberSet=["+8613711112222", "+4915123456789", "0086137", "x"]
    )
    told = answer["PhoneNumberInfoSet"]
    assert told[0] == {
        "Code": "Ok",
        "Message": "parse success",
        "NationCode": "86",
        "SubscriberNumber": "13711112222",
        "PhoneNumber": "+8613711112222",
        "IsoCode": "CN",
        "IsoName": "China",
    }
    assert (told[1]["IsoCode"], told[1]["NationCode"]) == ("DE", "49")
    assert [one["IsoCode"] for one in told[2:]] == ["DEF", "DEF"]
    assert told[3]["PhoneNumber"] == "x"


def test_a_conversion_is_noted_once(program, shop, sent):
    serial = sent()
    now = int(time.time())
    for later in (0, 5):
        answer = program(
            "ReportConversion",
            SmsSdkAppId=str(shop.project.sdk_app_id),
            SerialNo=serial,
            ConversionTime=now - 10 + later,
        )
        assert answer["ReportConversionStatus"]["Code"] == "ok"
    assert Conversion.objects.get().message_id == message_id_of(serial)
    assert int(Conversion.objects.get().converted_at.timestamp()) == now - 10
    assert Message.objects.count() == 1
