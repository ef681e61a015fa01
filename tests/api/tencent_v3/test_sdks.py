"""Tencent's own SDKs, unmodified, against a running console: only the endpoint and the protocol are others."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20190711 import models as old_models
from tencentcloud.sms.v20190711 import sms_client as old_client
from tencentcloud.sms.v20210111 import models as new_models
from tencentcloud.sms.v20210111 import sms_client as new_client

from api.tencent_v3.actions import ACTIONS
from api.tencent_v3.errors import NEW_VERSION, OLD_VERSION
from delivery.models import Message, MessageBody
from delivery.statuses import MessageStatus
from projects.models import SecretKey
from smsconsole.lib.types import Region
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.statuses import RevisionStatus, TextKind
from tests.api.sending.offers import Shop, number_abroad
from tests.api.serving import served
from tests.api.tencent_v5.happened import answered, settled
from tests.templates_app.texts import picture

pytestmark = pytest.mark.django_db(transaction=True)

PICTURE = base64.b64encode(picture()).decode()
NUMBER = "+8613788888801"


@pytest.fixture
def shop() -> Shop:
    return Shop(pulls_status=True, pulls_replies=True)


@pytest.fixture
def console(shop: Shop, key: SecretKey, tmp_path: Path) -> Iterator[str]:
    with served(tmp_path / "gunicorn.log") as address:
        yield address


class Sdk:
    """The SDK of one version. Asks for an action with the SDK's own request object; notes which were asked for."""

    def __init__(self, console: str, key: SecretKey, version: str, **profile: Any) -> None:
        is_new = version == NEW_VERSION
        self.models: ModuleType = new_models if is_new else old_models
        modules = new_client if is_new else old_client
        method = profile.pop("method", "POST")
        http = HttpProfile(protocol="http", endpoint=urlsplit(console).netloc, reqMethod=method)
        self.client = modules.SmsClient(
            credential.Credential(key.secret_id, key.secret),
            "ap-guangzhou",
            ClientProfile(httpProfile=http, **profile),
        )
        self.asked: set[str] = set()

    def __call__(self, action: str, **parameters: Any) -> Any:
        request = getattr(self.models, f"{action}Request")()
        request.from_json_string(json.dumps(parameters))
        self.asked.add(action)
        return getattr(self.client, action)(request)

    def code(self, action: str, **parameters: Any) -> str:
        with pytest.raises(TencentCloudSDKException) as refused:
            self(action, **parameters)
        assert refused.value.requestId
        return str(refused.value.code)


def app_of(shop: Shop) -> str:
    return str(shop.project.sdk_app_id)


def send(sdk: Sdk, shop: Shop, numbers: list[str], context: str = "order 7") -> list[Any]:
    template = str(shop.notice.body_template_id)
    common = {"PhoneNumberSet": numbers, "TemplateParamSet": ["A1", "SF2"], "SessionContext": context}
    if sdk.models is new_models:
        own = {"SmsSdkAppId": app_of(shop), "TemplateId": template, "SignName": "演示商城"}
    else:
        own = {"SmsSdkAppid": app_of(shop), "TemplateID": template, "Sign": "演示商城"}
    told: list[Any] = sdk("SendSms", **common, **own).SendStatusSet
    return told


def test_the_newer_sdk_asks_for_everything(console: str, shop: Shop, key: SecretKey) -> None:
    sdk = Sdk(console, key, NEW_VERSION)
    app = {"SmsSdkAppId": app_of(shop)}
    abroad = shop.template("Your order {1} is on its way.", TextKind.NOTIFICATION, Region.INTERNATIONAL)

    one, bad = send(sdk, shop, [NUMBER, "12"])
    assert (one.Code, one.Fee, one.IsoCode, one.SessionContext) == ("Ok", 1, "CN", "order 7")
    assert bad.Code == "InvalidParameterValue.IncorrectPhoneNumber"
    info = {
        "PhoneNumber": number_abroad(),
        "TemplateId": str(abroad.body_template_id),
        "TemplateParamSet": ["A"],
    }
    [multi] = sdk("SendMultiGlobalSms", MultiSmsInfoSet=[info], **app).SendMultiStatusSet
    assert (multi.Code, multi.IsoCode) == ("Ok", "DE")
    assert MessageBody.objects.count() == 2

    happened(shop, one.SerialNo)
    pulled(sdk, one.SerialNo, {"BeginTime": now() - 3600, "EndTime": now() + 60}, app)
    statistics(sdk, app, begin="BeginTime", end="EndTime", as_number=str)
    signs(sdk, use="SignPurpose")
    templates(sdk)

    [number] = sdk("DescribePhoneNumberInfo", PhoneNumberSet=[NUMBER]).PhoneNumberInfoSet
    assert (number.Code, number.NationCode, number.IsoName) == ("Ok", "86", "China")
    report = sdk("ReportConversion", SerialNo=one.SerialNo, ConversionTime=now(), **app)
    assert report.ReportConversionStatus.Code == "ok"

    assert (
        sdk.code("SendSms", PhoneNumberSet=[], TemplateId="1", **app)
        == "MissingParameter.EmptyPhoneNumberSet"
    )
    assert sdk.asked == set(ACTIONS)


def test_the_older_sdk_asks_for_everything(console: str, shop: Shop, key: SecretKey) -> None:
    sdk = Sdk(console, key, OLD_VERSION)
    app = {"SmsSdkAppid": app_of(shop)}

    one, bad = send(sdk, shop, [NUMBER, "12"])
    assert (one.Code, one.Fee, one.IsoCode) == ("Ok", 1, "CN")
    assert bad.Code == "InvalidParameterValue.IncorrectPhoneNumber"

    happened(shop, one.SerialNo)
    pulled(sdk, one.SerialNo, {"SendDateTime": now() - 3600, "EndDateTime": now() + 60}, app)
    statistics(sdk, app, begin="StartDateTime", end="EndDataTime", as_number=int)
    signs(sdk, use="UsedMethod")
    templates(sdk)

    assert sdk.asked == {action.name for action in ACTIONS.values() if OLD_VERSION in action.versions}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("sign_method", ["HmacSHA1", "HmacSHA256", "TC3-HMAC-SHA256"])
def test_every_way_of_signing_sends(
    console: str, shop: Shop, key: SecretKey, method: str, sign_method: str
) -> None:
    for version in (NEW_VERSION, OLD_VERSION):
        sdk = Sdk(console, key, version, signMethod=sign_method, method=method, language="en-US")
        assert [one.Code for one in send(sdk, shop, [NUMBER, "13788888802"], version)] == ["Ok", "Ok"]
    assert Message.objects.count() == 4


def now() -> int:
    return int(time.time())


def happened(shop: Shop, serial: str) -> None:
    """A receipt, and a reply to the message."""
    settled(shop.project, serial, MessageStatus.DELIVERED, code="DELIVRD")
    answered(shop.project, serial, "谢谢", consent_key=f"{shop.sign.signature.uuid}:notification")


def pulled(sdk: Sdk, serial: str, span: dict[str, int], app: dict[str, str]) -> None:
    of_number = {"Offset": 0, "Limit": 10, "PhoneNumber": NUMBER, **span, **app}
    [told] = sdk("PullSmsSendStatus", Limit=10, **app).PullSmsSendStatusSet
    assert (told.SerialNo, told.ReportStatus, told.Description) == (serial, "SUCCESS", "DELIVRD")
    assert sdk("PullSmsSendStatus", Limit=10, **app).PullSmsSendStatusSet == []
    [told] = sdk("PullSmsReplyStatus", Limit=10, **app).PullSmsReplyStatusSet
    assert (told.PhoneNumber, told.ReplyContent) == (NUMBER, "谢谢")
    [told] = sdk("PullSmsSendStatusByPhoneNumber", **of_number).PullSmsSendStatusSet
    assert told.SerialNo == serial
    [told] = sdk("PullSmsReplyStatusByPhoneNumber", **of_number).PullSmsReplyStatusSet
    assert told.ReplyContent == "谢谢"


def statistics(sdk: Sdk, app: dict[str, str], *, begin: str, end: str, as_number: type) -> None:
    hour = timezone.now()
    span = {
        begin: as_number(f"{hour - timedelta(hours=25):%Y%m%d%H}"),
        end: as_number(f"{hour + timedelta(hours=25):%Y%m%d%H}"),
    }
    page = {"Limit": 0, "Offset": 0, **app}
    assert sdk("SendStatusStatistics", **span, **page).SendStatusStatistics.RequestCount
    told = sdk("CallbackStatusStatistics", **span, **page).CallbackStatusStatistics
    assert told.CallbackFailCount == 0
    own = span if begin == "BeginTime" else {}
    packages = sdk("SmsPackagesStatistics", **{**page, "Limit": 10}, **own)
    assert packages.SmsPackagesStatisticsSet == []


def signs(sdk: Sdk, *, use: str) -> None:
    given = {
        "SignName": "新商城",
        "SignType": 0,
        "DocumentType": 0,
        "International": 0,
        use: 0,
        "ProofImage": PICTURE,
    }
    number = sdk("AddSmsSign", **given).AddSignStatus.SignId
    assert SignatureRevision.objects.get(signature=number).certificates.count() == 1
    changed = sdk("ModifySmsSign", SignId=number, **{**given, "SignName": "更新商城"})
    assert changed.ModifySignStatus.SignId == number
    [told] = sdk("DescribeSmsSignList", SignIdSet=[number], International=0).DescribeSignListStatusSet
    assert (told.SignName, told.StatusCode) == ("更新商城", 1)
    SignatureRevision.objects.filter(signature=number).update(status=RevisionStatus.APPROVED)
    [told] = sdk("DescribeSmsSignList", SignIdSet=[number], International=0).DescribeSignListStatusSet
    assert told.StatusCode == 0
    assert sdk("DeleteSmsSign", SignId=number).DeleteSignStatus.DeleteTime
    assert sdk.code("DeleteSmsSign", SignId=999999) == "FailedOperation.SignIdNotExist"


def templates(sdk: Sdk) -> None:
    text = "您的订单{1}已签收，感谢您的支持。"
    given = {
        "TemplateName": "签收通知",
        "TemplateContent": text,
        "SmsType": 2,
        "International": 0,
        "Remark": "签收",
    }
    number = int(sdk("AddSmsTemplate", **given).AddTemplateStatus.TemplateId)
    sdk("ModifySmsTemplate", TemplateId=number, **{**given, "TemplateContent": f"尊敬的用户，{text}"})
    assert BodyTemplateRevision.objects.get(body_template=number).text.startswith("尊敬的用户")
    [told] = sdk("DescribeSmsTemplateList", TemplateIdSet=[number], International=0).DescribeTemplateStatusSet
    assert (told.TemplateId, told.StatusCode) == (number, 1)
    assert sdk("DeleteSmsTemplate", TemplateId=number).DeleteTemplateStatus.DeleteTime


@pytest.mark.skipif(
    not os.environ.get("TENCENTCLOUD_NODEJS_SMS") or not shutil.which("node"),
    reason="TENCENTCLOUD_NODEJS_SMS does not name the folder of Tencent's npm package, or node is missing",
)
def test_the_npm_sdk_sends_and_pulls(console: str, shop: Shop, key: SecretKey) -> None:
    """Its package is `tencentcloud-sdk-nodejs-sms`; it is run as it is."""
    told = run_node(console, shop, key, "send")
    for version in ("new", "old"):
        assert [one["Code"] for one in told[version]["SendStatusSet"]] == [
            "Ok",
            "InvalidParameterValue.IncorrectPhoneNumber",
        ]
    assert told["refused"]["code"] == "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
    assert told["templates"]["DescribeTemplateStatusSet"]
    serial = told["new"]["SendStatusSet"][0]["SerialNo"]
    happened(shop, serial)
    told = run_node(console, shop, key, "pull")
    assert [one["SerialNo"] for one in told["status"]["PullSmsSendStatusSet"]] == [serial]
    assert [one["ReplyContent"] for one in told["reply"]["PullSmsReplyStatusSet"]] == ["谢谢"]


def run_node(console: str, shop: Shop, key: SecretKey, what: str) -> dict[str, Any]:
    script = Path(__file__).with_name("tencentcloud.js")
    run = subprocess.run(
        [shutil.which("node") or "node", str(script), what],
        env={
            **os.environ,
            "ENDPOINT": urlsplit(console).netloc,
            "SDK_APP_ID": app_of(shop),
            "SECRET_ID": key.secret_id,
            "SECRET_KEY": key.secret,
            "TEMPLATE": str(shop.notice.body_template_id),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told: dict[str, Any] = json.loads(run.stdout)
    return told
