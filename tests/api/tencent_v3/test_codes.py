"""The error codes of Tencent's table, each provoked through the API; those that cannot be say why."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.http.request import HttpHeaders
from django.utils import timezone
from tencentcloud.sms.v20190711 import errorcodes as old_codes
from tencentcloud.sms.v20210111 import errorcodes as new_codes

from accounts.models import IdentityVerification
from accounts.statuses import EntityKind
from api.tencent_v3.actions import sending
from api.tencent_v3.errors import (
    _OLD_CODES,
    BODY_RULES,
    BODY_TROUBLES,
    REFUSALS,
    SIGNATURE_RULES,
    SIGNATURE_TROUBLES,
)
from delivery.limits.frequency import Slot, content_key
from delivery.limits.slots import lock_numbers, write_slots
from delivery.models import Gateway
from projects.limits import limits_of
from projects.models import AllowedCountry, Cap, FrequencyRule, ListedNumber, Project, SecretKey
from projects.statuses import CapPeriod, FrequencyDimension, NumberList
from tests.api.sending.offers import ABROAD, Shop, home_number, number_abroad
from tests.api.tencent_v3.calling import OLD, Program, code_of, envelope
from tests.api.tencent_v3.test_texts import SIGN, TEMPLATE

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)  # in Shanghai
NIGHT = datetime(2026, 6, 1, 15, 30, tzinfo=UTC)

How = Callable[[Shop, Program], str]

GATEWAY_S_OWN = "what Tencent's inner services tell each other; the API's own code says it here"
# Tencent's table, and why these do not occur (yet). `docs/tencent.md` says the same.
NOT_YET = {
    **dict.fromkeys(
        (
            "FailedOperation.FailResolvePacket",
            "FailedOperation.JsonParseFail",
            "InternalError.ConstructUserDataFail",
            "InternalError.JsonParseFail",
            "InternalError.OtherError",
            "InternalError.ParseBackendResponseFail",
            "InternalError.RequestTimeException",
            "InternalError.RestApiInterfaceNotExist",
            "InternalError.SendAndRecvFail",
            "InternalError.SigFieldMissing",
            "InternalError.SigVerificationFail",
            "InternalError.UnknownError",
            "FailedOperation.ParametersOtherError",
        ),
        GATEWAY_S_OWN,
    ),
    **dict.fromkeys(
        ("FailedOperation.InsufficientBalanceInSmsPackage",), "packages come with the keeping of money"
    ),
    "UnauthorizedOperation.ServiceSuspendDueToArrears": "arrears come with the keeping of money",
    "FailedOperation.ForbidAddMarketingTemplates": "individuals add no texts by program: NotEnterpriseCertification",
    "FailedOperation.MissingSignature": "body templates need no signature before them",
    "FailedOperation.ProhibitSubAccountUse": "there are no sub-accounts",
    "FailedOperation.QualificationIdNotApproved": "the organization is verified, not each signature",
    "InvalidParameterValue.QualificationIdNotFound": "the organization is verified, not each signature",
    "FailedOperation.TemplateIncorrectOrUnapproved": "two other codes say which of the two it is",
    "InvalidParameter.AppidAndBizId": "SmsSdkAppIdVerifyFail",
    "InvalidParameterValue.MissingSignatureList": "FailedOperation.MissingSignatureList",
    "MissingParameter.MissingSignatureList": "FailedOperation.MissingSignatureList",
    "LimitExceeded.DailyLimit": "caps belong to projects: AppGlobalDailyLimit",
    "LimitExceeded.GlobalSmsSendingRateLimit": "RequestLimitExceeded",
    "UnsupportedOperation": "each case has a code of its own",
}
COMMON = {
    "AuthFailure.InvalidAuthorization",
    "AuthFailure.SecretIdNotFound",
    "AuthFailure.SignatureExpire",
    "AuthFailure.SignatureFailure",
    "InternalError",
    "InvalidAction",
    "InvalidParameterValue",
    "InvalidRequest",
    "NoSuchVersion",
    "RequestLimitExceeded",
    "RequestSizeLimitExceeded",
    "UnknownParameter",
    "UnsupportedProtocol",
}


def asked(action: str, parameters: dict[str, Any], **other: Any) -> How:
    """The code of the whole answer."""
    return lambda shop, program: program.code(action, **{**parameters, **other})


def app_id(shop: Shop) -> str:
    return str(shop.project.sdk_app_id)


def sent(**other: Any) -> How:
    """The code of the first number, or of the whole answer."""

    def how(shop: Shop, program: Program) -> str:
        is_old = program.version == OLD
        given = {
            "PhoneNumberSet": [home_number()],
            "SmsSdkAppid" if is_old else "SmsSdkAppId": app_id(shop),
            "TemplateID" if is_old else "TemplateId": str(shop.notice.body_template_id),
            "Sign" if is_old else "SignName": "演示商城",
            "TemplateParamSet": ["A1", "SF2"],
            **other,
        }
        return first_code(program("SendSms", **given))

    return how


def first_code(answer: dict[str, Any]) -> str:
    return code_of(answer) or answer["SendStatusSet"][-1]["Code"]


def abroad(**other: Any) -> How:
    def how(shop: Shop, program: Program) -> str:
        template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
        text = {"TemplateId": str(template.body_template_id), "SignName": ""}
        return sent(PhoneNumberSet=[number_abroad()], **text, **other)(shop, program)

    return how


def limited(dimension: FrequencyDimension) -> How:
    """A number that has had its one message."""

    def how(shop: Shop, program: Program) -> str:
        for one in FrequencyDimension:
            seconds = 30 if one == FrequencyDimension.SAME_CONTENT else None
            FrequencyRule.objects.create(
                project=shop.project, dimension=one, is_on=one == dimension, n_messages=1, n_seconds=seconds
            )
        now = timezone.now()
        text = "【演示商城】您的订单A1已打包发送，快递单号SF2，请注意查收。"
        slots = {home_number(): [Slot(int(now.timestamp() * 1_000_000) - 1_000, content_key(text), 1)]}
        with transaction.atomic(), connection.cursor() as cursor:
            lock_numbers(cursor, shop.project.pk, [home_number()])
            write_slots(cursor, shop.project.pk, slots, {}, limits_of(shop.project), now)
        return sent()(shop, program)

    return how


def capped(scope: str, how: How) -> How:
    def reached(shop: Shop, program: Program) -> str:
        Cap.objects.create(project=shop.project, scope=scope, period=CapPeriod.DAY, cap=0)
        return how(shop, program)

    return reached


def of_project(how: How, **fields: Any) -> How:
    def changed(shop: Shop, program: Program) -> str:
        Project.objects.filter(pk=shop.project.pk).update(**fields)
        return how(shop, program)

    return changed


def of_key(how: How, **fields: Any) -> How:
    def changed(shop: Shop, program: Program) -> str:
        SecretKey.objects.filter(pk=program.key.pk).update(**fields)
        return how(shop, program)

    return changed


def individual(how: How) -> How:
    def changed(shop: Shop, program: Program) -> str:
        IdentityVerification.objects.filter(organization=shop.project.organization).update(
            kind=EntityKind.INDIVIDUAL
        )
        return how(shop, program)

    return changed


def at(moment: datetime, how: How) -> How:
    def then(shop: Shop, program: Program) -> str:
        with time_machine.travel(moment, tick=True):
            return how(shop, program)

    return then


def with_setting(how: How, **values: Any) -> How:
    def changed(shop: Shop, program: Program) -> str:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in values.items():
                patch.setattr(settings, name, value)
            return how(shop, program)

    return changed


def sale(shop: Shop, program: Program) -> str:
    return sent(TemplateId=str(shop.sale.body_template_id), TemplateParamSet=["夏季"])(shop, program)


def code_text(shop: Shop, program: Program) -> str:
    return sent(TemplateId=str(shop.code.body_template_id), TemplateParamSet=["letters", "5"])(shop, program)


def listed(shop: Shop, program: Program) -> str:
    ListedNumber.objects.create(
        project=shop.project, list=NumberList.BLACKLIST, msisdn=home_number(), consent_key=""
    )
    return sent()(shop, program)


def without_gateway(shop: Shop, program: Program) -> str:
    Gateway.objects.update(is_enabled=False)
    return sent()(shop, program)


def failing(error: Exception) -> How:
    def fail(*_arguments: Any, **_named: Any) -> None:
        raise error

    def how(shop: Shop, program: Program) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sending, "place", fail)
            return sent()(shop, program)

    return how


def to_a_country_not_allowed(shop: Shop, program: Program) -> str:
    AllowedCountry.objects.create(project=shop.project, country="FR")
    return abroad()(shop, program)


def template_of_abroad_at_home(shop: Shop, program: Program) -> str:
    template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
    return sent(TemplateId=str(template.body_template_id))(shop, program)


def multi(*infos: dict[str, Any]) -> How:
    return lambda shop, program: program.code(
        "SendMultiGlobalSms", SmsSdkAppId=app_id(shop), MultiSmsInfoSet=list(infos)
    )


def twice(how: How) -> How:
    def again(shop: Shop, program: Program) -> str:
        how(shop, program)
        time.sleep(1.05)  # one a second is what a program may ask
        return how(shop, program)

    return again


def at_once(how: How) -> How:
    """More often than may be."""

    def often(shop: Shop, program: Program) -> str:
        return [how(shop, program) for _n in range(3)][-1]

    return often


def of_shop(action: str, make: Callable[[Shop], dict[str, Any]]) -> How:
    return lambda shop, program: program.code(action, **make(shop))


def number_info(shop: Shop, program: Program) -> str:
    [told] = program("DescribePhoneNumberInfo", PhoneNumberSet=["12"])["PhoneNumberInfoSet"]
    code: str = told["Code"]
    return code


def span(**other: Any) -> How:
    def how(shop: Shop, program: Program) -> str:
        now = int(time.time())
        given = {
            "BeginTime": now - 60,
            "EndTime": now,
            "Offset": 0,
            "Limit": 10,
            "PhoneNumber": home_number(),
        }
        return program.code("PullSmsSendStatusByPhoneNumber", SmsSdkAppId=app_id(shop), **{**given, **other})

    return how


def hours(**other: Any) -> How:
    given = {"BeginTime": "2026010100", "EndTime": "2026010123", "Limit": 0, "Offset": 0}
    return of_shop("CallbackStatusStatistics", lambda shop: {"SmsSdkAppId": app_id(shop), **given, **other})


def raw(body: bytes = b"{}", **other: Any) -> How:
    return lambda shop, program: code_of(program.post("SendSms", body, **other))


def header(**changed: str) -> How:
    def how(shop: Shop, program: Program) -> str:
        return code_of(program.send(b"{}", program.headers("SendSms", b"{}") | changed, path="/tencent/"))

    return how


def cut_off(shop: Shop, program: Program) -> str:
    class Broken:
        def read(self, _n: int = -1) -> bytes:
            raise OSError("connection reset")

        readline = read

    headers = HttpHeaders.to_wsgi_names(program.headers("SendSms", b"{}"))
    environ = {**headers, "wsgi.input": Broken(), "CONTENT_LENGTH": "10", "CONTENT_TYPE": "application/json"}
    return code_of(envelope(program.client.request(REQUEST_METHOD="POST", PATH_INFO="/", **environ)))


def old(how: How) -> How:
    return lambda shop, program: how(shop, Program(program.key, version=OLD))


HOW: dict[str, list[How]] = {
    "FailedOperation.ContainSensitiveWord": [sent(TemplateParamSet=["六合彩开奖", "SF2"])],
    "FailedOperation.MarketingSendTimeConstraint": [at(NIGHT, sale)],
    "FailedOperation.MissingSignatureList": [
        asked("DescribeSmsSignList", {"International": 0, "SignIdSet": [999999]})
    ],
    "FailedOperation.MissingSignatureToModify": [asked("ModifySmsSign", {**SIGN, "SignId": 999999})],
    "FailedOperation.MissingTemplateList": [
        asked("DescribeSmsTemplateList", {"International": 0, "TemplateIdSet": [999999]})
    ],
    "FailedOperation.MissingTemplateToModify": [
        asked("ModifySmsTemplate", {**TEMPLATE, "TemplateId": 999999})
    ],
    "FailedOperation.NotEnterpriseCertification": [
        individual(asked("AddSmsSign", SIGN)),
        individual(asked("AddSmsTemplate", TEMPLATE)),
        individual(asked("DeleteSmsSign", {"SignId": 1})),
    ],
    "FailedOperation.OtherError": [without_gateway],
    "FailedOperation.PhoneNumberInBlacklist": [listed],
    "FailedOperation.PhoneNumberParseFail": [number_info],
    "FailedOperation.SignIdNotExist": [asked("DeleteSmsSign", {"SignId": 999999})],
    "FailedOperation.SignNumberLimit": [with_setting(asked("AddSmsSign", SIGN), SIGNATURES_PER_PROJECT=1)],
    "FailedOperation.SignatureIncorrectOrUnapproved": [sent(SignName="无此签名"), sent(SignName="")],
    "FailedOperation.TemplateAlreadyPassedCheck": [
        of_shop("ModifySmsTemplate", lambda shop: {**TEMPLATE, "TemplateId": shop.notice.body_template_id})
    ],
    "FailedOperation.TemplateIdNotExist": [asked("DeleteSmsTemplate", {"TemplateId": 999999})],
    "FailedOperation.TemplateNumberLimit": [
        with_setting(asked("AddSmsTemplate", TEMPLATE), BODY_TEMPLATES_PER_PROJECT=1)
    ],
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": [sent(TemplateParamSet=["one"])],
    "FailedOperation.TemplateUnapprovedOrNotExist": [sent(TemplateId="999999")],
    "InternalError.Timeout": [failing(OperationalError("canceling statement due to statement timeout"))],
    "InvalidParameter": [raw(b"{"), sent(TemplateId=5), sent(PhoneNumberSet="+8613800000000")],
    "InvalidParameter.DirtyWordFound": [asked("AddSmsSign", SIGN, SignName="天天彩票")],
    "InvalidParameter.InvalidParameters": [
        sent(SessionContext="x" * 513),
        asked("AddSmsSign", SIGN, SignType=9),
        asked("AddSmsSign", SIGN, SignName="【商城】"),
        asked("AddSmsTemplate", TEMPLATE, TemplateName="x" * 61),
        old(asked("DescribeSmsSignList", {"International": 0, "Limit": 101})),
        of_shop(
            "ReportConversion",
            lambda shop: {"SmsSdkAppId": app_id(shop), "SerialNo": "none", "ConversionTime": 1},
        ),
    ],
    "InvalidParameterValue.BeginTimeVerifyFail": [span(BeginTime=1), hours(BeginTime="x")],
    "InvalidParameterValue.ContentLengthLimit": [
        sent(TemplateParamSet=["A" * 490, "SF2"]),
        asked("AddSmsTemplate", TEMPLATE, TemplateContent="长" * 501),
    ],
    "InvalidParameterValue.EndTimeVerifyFail": [
        hours(EndTime="2025010100"),
        hours(BeginTime="2025010100"),
        hours(EndTime="2026013200"),
    ],
    "InvalidParameterValue.ImageInvalid": [
        asked("AddSmsSign", SIGN, ProofImage="!"),
        asked("AddSmsSign", SIGN, ProofImage="QUJD"),
        asked("AddSmsSign", SIGN, SignPurpose=1),
        asked("AddSmsSign", SIGN, SignType=4, DocumentType=7),
    ],
    "InvalidParameterValue.IncorrectPhoneNumber": [sent(PhoneNumberSet=["12"]), span(PhoneNumber="12")],
    "InvalidParameterValue.InvalidDocumentType": [asked("AddSmsSign", SIGN, DocumentType=7)],
    "InvalidParameterValue.InvalidInternational": [
        asked("AddSmsSign", SIGN, International=2),
        asked("DescribeSmsTemplateList", {"International": -1}),
    ],
    "InvalidParameterValue.InvalidSignPurpose": [asked("AddSmsSign", SIGN, SignPurpose=5)],
    "InvalidParameterValue.InvalidSmsType": [asked("AddSmsTemplate", TEMPLATE, SmsType=4)],
    "InvalidParameterValue.InvalidStartTime": [span(EndTime=1)],
    "InvalidParameterValue.InvalidTemplateFormat": [
        asked("AddSmsTemplate", TEMPLATE, TemplateContent="您的订单{1}{2}已签收。"),
        asked("AddSmsTemplate", TEMPLATE, TemplateContent="您的订单{2}已签收。"),
    ],
    "InvalidParameterValue.InvalidUsedMethod": [
        old(
            asked(
                "AddSmsSign",
                {name: value for name, value in SIGN.items() if name != "SignPurpose"},
                UsedMethod=5,
            )
        )
    ],
    "InvalidParameterValue.LimitVerifyFail": [
        span(Limit=101),
        asked("DescribeSmsSignList", {"International": 0, "Limit": 101}),
        of_shop(
            "SmsPackagesStatistics", lambda shop: {"SmsSdkAppId": app_id(shop), "Limit": 501, "Offset": 0}
        ),
    ],
    "InvalidParameterValue.MarketingTemplateWithoutUnsubscribe": [
        asked("AddSmsTemplate", TEMPLATE, SmsType=1, TemplateContent="会员您好，夏季新品全场上架。")
    ],
    "InvalidParameterValue.MultiSmsInfoSetEmpty": [multi()],
    "InvalidParameterValue.OffsetVerifyFail": [span(Offset=-1), hours(Offset=-1)],
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": [
        sent(TemplateParamSet=["https://evil.example/x", "SF2"])
    ],
    "InvalidParameterValue.SdkAppIdNotExist": [sent(SmsSdkAppId="abc"), sent(SmsSdkAppId="")],
    "InvalidParameterValue.SignAlreadyPassedCheck": [
        of_shop("ModifySmsSign", lambda shop: {**SIGN, "SignId": shop.sign.signature_id})
    ],
    "InvalidParameterValue.SignExistAndUnapproved": [
        asked("AddSmsSign", SIGN, SignName="演示商城"),
        twice(asked("AddSmsSign", SIGN)),
    ],
    "InvalidParameterValue.SignNameLengthTooLong": [asked("AddSmsSign", SIGN, SignName="商" * 13)],
    "InvalidParameterValue.TemplateParameterFormatError": [code_text],
    "InvalidParameterValue.TemplateParameterLengthLimit": [
        individual(sent(TemplateParamSet=["A" * 13, "SF2"]))
    ],
    "InvalidParameterValue.TemplateWithDirtyWords": [
        asked("AddSmsTemplate", TEMPLATE, TemplateContent="天天彩票{1}开奖，请查收。")
    ],
    "InvalidParameterValue.UnsupportedTemplateVariable": [
        asked("AddSmsTemplate", TEMPLATE, TemplateContent="您的账单已出：${bill_url}，请查收。")
    ],
    "LimitExceeded.AppCountryOrRegionDailyLimit": [capped("DE", abroad())],
    "LimitExceeded.AppCountryOrRegionInBlacklist": [
        of_project(to_a_country_not_allowed, limits_countries=True)
    ],
    "LimitExceeded.AppDailyLimit": [capped("all", sent())],
    "LimitExceeded.AppGlobalDailyLimit": [capped("international", abroad())],
    "LimitExceeded.AppMainlandChinaDailyLimit": [capped("domestic", sent())],
    "LimitExceeded.DeliveryFrequencyLimit": [sent(PhoneNumberSet=[home_number(), home_number()])],
    "LimitExceeded.PhoneNumberCountLimit": [
        sent(PhoneNumberSet=[home_number(n) for n in range(201)]),
        asked("DescribePhoneNumberInfo", {"PhoneNumberSet": ["1"] * 201}),
    ],
    "LimitExceeded.PhoneNumberDailyLimit": [limited(FrequencyDimension.PER_DAY)],
    "LimitExceeded.PhoneNumberOneHourLimit": [limited(FrequencyDimension.PER_HOUR)],
    "LimitExceeded.PhoneNumberSameContentDailyLimit": [limited(FrequencyDimension.SAME_CONTENT_PER_DAY)],
    "LimitExceeded.PhoneNumberThirtySecondLimit": [limited(FrequencyDimension.SAME_CONTENT)],
    "MissingParameter": [asked("SendSms", {}), header(**{"X-TC-Version": ""})],
    "MissingParameter.EmptyPhoneNumberSet": [
        sent(PhoneNumberSet=[]),
        asked("DescribePhoneNumberInfo", {"PhoneNumberSet": []}),
    ],
    "UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny": [individual(at(NOON, sale))],
    "UnauthorizedOperation.RequestIpNotInWhitelist": [of_key(sent(), addresses=["192.0.2.0/24"])],
    "UnauthorizedOperation.RequestPermissionDeny": [
        sent(ExtendCode="abc"),
        abroad(SenderId="NoSuch"),
        of_shop("PullSmsSendStatus", lambda shop: {"SmsSdkAppId": app_id(shop), "Limit": 10}),
        of_shop("PullSmsReplyStatus", lambda shop: {"SmsSdkAppId": app_id(shop), "Limit": 10}),
        of_key(asked("AddSmsSign", SIGN), created_by=None),
    ],
    "UnauthorizedOperation.SdkAppIdIsDisabled": [
        of_project(sent(), disabled_at=timezone.now()),
        of_project(sent(), stopped_at=timezone.now()),
        of_project(asked("AddSmsTemplate", TEMPLATE), disabled_at=timezone.now()),
        of_project(asked("AddSmsSign", SIGN), disabled_at=timezone.now()),
    ],
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail": [sent(SmsSdkAppId="1400000001")],
    "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone": [sent(PhoneNumberSet=[number_abroad()])],
    "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber": [
        sent(PhoneNumberSet=[home_number(), number_abroad()])
    ],
    "UnsupportedOperation.ContainDomesticPhoneNumber": [
        multi({"PhoneNumber": home_number(), "TemplateId": "1"})
    ],
    "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone": [template_of_abroad_at_home],
    "UnsupportedOperation.UnsupportedRegion": [individual(abroad())],
    # Those that all of Tencent's APIs share.
    "AuthFailure.InvalidAuthorization": [header(Authorization="Bearer x")],
    "AuthFailure.SecretIdNotFound": [
        raw(secret_id="AKID" + "z" * 32),
        of_key(raw(), retired_at=timezone.now()),
    ],
    "AuthFailure.SignatureExpire": [
        lambda shop, program: raw(timestamp=int(time.time()) - 310)(shop, program)
    ],
    "AuthFailure.SignatureFailure": [raw(secret="x" * 32), raw(signed_host="sms.tencentcloudapi.com")],
    "InternalError": [failing(ZeroDivisionError())],
    "InvalidAction": [asked("SendPigeon", {}), old(multi())],
    "InvalidParameterValue": [
        asked("DeleteSmsSign", {"SignId": 2**80}),
        header(**{"X-TC-Timestamp": "soon"}),
    ],
    "InvalidRequest": [cut_off],
    "NoSuchVersion": [raw(version="2017-01-01")],
    "RequestLimitExceeded": [
        at_once(asked("AddSmsSign", SIGN)),
        with_setting(at_once(asked("DescribeSmsSignList", {"International": 0})), API_REQUESTS_PER_SECOND=1),
    ],
    "RequestSizeLimitExceeded": [raw(json.dumps({"SignName": "x" * (1 << 20)}).encode())],
    "UnknownParameter": [sent(Colour="red"), old(asked("SendSms", {"SmsSdkAppId": "1"}))],
    "UnsupportedProtocol": [raw(b"{}", content_type="multipart/form-data; boundary=x")],
}


@pytest.mark.parametrize(
    ("code", "how"),
    [pytest.param(code, how, id=f"{code}-{n}") for code, hows in HOW.items() for n, how in enumerate(hows)],
)
def test_it_is_provoked(shop: Shop, program: Program, code: str, how: How) -> None:
    assert how(shop, program) == code


def test_every_code_of_the_table_is_provoked_or_says_why_not() -> None:
    table = {
        code for module in (new_codes, old_codes) for name, code in vars(module).items() if name.isupper()
    }
    assert set(HOW) | set(NOT_YET) == table | COMMON
    assert not set(HOW) & set(NOT_YET)


def test_every_code_that_the_console_says_stands_in_the_table() -> None:
    said = {
        *REFUSALS.values(),
        *SIGNATURE_RULES.values(),
        *BODY_RULES.values(),
        *SIGNATURE_TROUBLES.values(),
        *BODY_TROUBLES.values(),
        *_OLD_CODES.values(),
    }
    # Only a whole text can match no template, and API 3.0 sends none.
    assert said - set(HOW) == {REFUSALS["text_matches_no_template"]}


def test_the_document_names_every_code() -> None:
    document = Path("docs/tencent.md").read_text().partition("## API 3.0")[2]
    assert [code for code in HOW if code.rpartition(".")[2] not in document] == []
