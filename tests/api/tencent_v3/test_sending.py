"""SendSms and SendMultiGlobalSms: what is sent, what is refused and in which words, and what comes again."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.models import Answer
from delivery.message_ids import message_id_of
from delivery.models import Message, MessageBody, MessageNote
from smsconsole.lib.types import Region
from templates_app.statuses import TextKind
from tests.api.sending.offers import home_number, number_abroad
from tests.api.tencent_v3.calling import code_of

NOTICE = "【演示商城】您的订单1234已打包发送，快递单号5，请注意查收。"


@pytest.fixture
def send(program, shop):
    """Send the notice to some numbers, with other parameters where they are given."""

    def ask(*numbers: str, **other: object) -> dict:
        given = {
            "PhoneNumberSet": list(numbers) or [home_number()],
            "SmsSdkAppId": str(shop.project.sdk_app_id),
            "TemplateId": str(shop.notice.body_template_id),
            "SignName": "演示商城",
            "TemplateParamSet": ["1234", "5"],
            **other,
        }
        return program("SendSms", **{name: value for name, value in given.items() if value is not None})

    return ask


def codes(answer: dict) -> list[str]:
    return [one["Code"] for one in answer["SendStatusSet"]]


def test_a_text_goes_to_each_number(send):
    answer = send("+8613800000001", "8613800000002", "008613800000003", "13800000004", SessionContext="mine")

    assert codes(answer) == ["Ok"] * 4
    for n, told in enumerate(answer["SendStatusSet"], start=1):
        assert told["PhoneNumber"] == home_number(n)
        assert (told["Fee"], told["IsoCode"], told["SessionContext"]) == (1, "CN", "mine")
        assert told["Message"] == "send success"
        body = MessageBody.objects.get(message_id=message_id_of(told["SerialNo"]))
        assert (body.msisdn, body.text) == (home_number(n), NOTICE)
    assert MessageNote.objects.filter(context="mine").count() == 4


def test_the_older_version_spells_it_otherwise(old_program, shop):
    answer = old_program(
        "SendSms",
        PhoneNumberSet=[home_number()],
        SmsSdkAppid=str(shop.project.sdk_app_id),
        TemplateID=str(shop.notice.body_template_id),
        Sign="演示商城",
        TemplateParamSet=["1234", "5"],
    )
    assert codes(answer) == ["Ok"]


def test_a_form_sends_too(program, shop):
    answer = program.form(
        "SendSms",
        PhoneNumberSet=[home_number(), home_number(1)],
        SmsSdkAppId=shop.project.sdk_app_id,
        TemplateId=shop.notice.body_template_id,
        SignName="演示商城",
        TemplateParamSet=["1234", "5"],
    )
    assert codes(answer) == ["Ok", "Ok"]


def test_one_bad_number_does_not_hold_the_others(send):
    answer = send(home_number(), "12", home_number(1))
    assert codes(answer) == ["Ok", "InvalidParameterValue.IncorrectPhoneNumber", "Ok"]
    refused = answer["SendStatusSet"][1]
    assert (refused["SerialNo"], refused["PhoneNumber"], refused["Fee"], refused["IsoCode"]) == (
        "",
        "12",
        0,
        "DEF",
    )


def test_the_same_request_again_gets_the_same_answer_and_sends_nothing(program, shop):
    body = json.dumps(
        {
            "PhoneNumberSet": [home_number()],
            "SmsSdkAppId": str(shop.project.sdk_app_id),
            "TemplateId": str(shop.notice.body_template_id),
            "SignName": "演示商城",
            "TemplateParamSet": ["1234", "5"],
        }
    ).encode()
    headers = program.headers("SendSms", body)

    first, again = program.send(body, headers), program.send(body, headers)

    assert first == again
    assert codes(first) == ["Ok"]
    assert Message.objects.count() == 1


def test_a_refused_request_leaves_no_answer_behind(send):
    send(TemplateId="999999")
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"SmsSdkAppId": "abc"}, "InvalidParameterValue.SdkAppIdNotExist"),
        ({"SmsSdkAppId": "1400000001"}, "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        ({"PhoneNumberSet": []}, "MissingParameter.EmptyPhoneNumberSet"),
        ({"PhoneNumberSet": [home_number(n) for n in range(201)]}, "LimitExceeded.PhoneNumberCountLimit"),
        (
            {"PhoneNumberSet": [home_number(), number_abroad()]},
            "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
        ),
        ({"ExtendCode": "x"}, "UnauthorizedOperation.RequestPermissionDeny"),
        ({"SessionContext": "x" * 600}, "InvalidParameter.InvalidParameters"),
        ({"TemplateId": None}, "MissingParameter"),
        ({"TemplateId": 5}, "InvalidParameter"),
        ({"PhoneNumberSet": "+8613800000000"}, "InvalidParameter"),
        ({"PhoneNumberSet": [8613800000000]}, "InvalidParameter"),
        ({"SignName": "\ud800"}, "InvalidParameter"),
        ({"SignName": "a\0"}, "InvalidParameter"),
    ],
)
def test_the_whole_request_is_refused(send, other, code):
    assert code_of(send(**other)) == code
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"SignName": None}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"SignName": "别的商城"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"TemplateId": "999999"}, "FailedOperation.TemplateUnapprovedOrNotExist"),
        ({"TemplateId": "x"}, "FailedOperation.TemplateUnapprovedOrNotExist"),
        ({"TemplateParamSet": ["1"]}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"TemplateParamSet": ["x.com/a", "5"]}, "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"),
        ({"PhoneNumberSet": [number_abroad()]}, "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone"),
    ],
)
def test_each_number_is_told_why(send, other, code):
    answer = send(**other)
    assert codes(answer) == [code]
    told = answer["SendStatusSet"][0]
    assert told["SerialNo"] == ""
    assert told["Fee"] == 0
    assert told["Message"]


def test_a_template_of_abroad_does_not_go_home(send, shop):
    abroad = shop.template("Your order {1} is on its way.", TextKind.NOTIFICATION, Region.INTERNATIONAL)
    answer = send(TemplateId=str(abroad.body_template_id), TemplateParamSet=["1"])
    assert codes(answer) == ["UnsupportedOperation.GlobalTemplateToChineseMainlandPhone"]


def test_a_disabled_project_is_told(send, shop):
    shop.project.disabled_at = timezone.now()
    shop.project.save(update_fields=["disabled_at"])
    assert code_of(send()) == "UnauthorizedOperation.SdkAppIdIsDisabled"


class TestSendMultiGlobalSms:
    @pytest.fixture
    def abroad(self, shop):
        return shop.template("Your order {1} is on its way.", TextKind.NOTIFICATION, Region.INTERNATIONAL)

    @pytest.fixture
    def pickup(self, shop):
        return shop.template("Pick up {1} at our shop.", TextKind.NOTIFICATION, Region.INTERNATIONAL)

    def ask(self, program, shop, *infos):
        return program(
            "SendMultiGlobalSms", SmsSdkAppId=str(shop.project.sdk_app_id), MultiSmsInfoSet=list(infos)
        )

    def info(self, n, template, *parameters, **other):
        return {
            "PhoneNumber": number_abroad(n),
            "TemplateId": str(template.body_template_id),
            "TemplateParamSet": [*parameters],
            **other,
        }

    def test_each_number_gets_its_own_text(self, program, shop, abroad, pickup):
        answer = self.ask(
            program,
            shop,
            self.info(1, abroad, "A", SessionContext="one"),
            self.info(2, pickup, "B"),
            self.info(3, abroad, "C", SessionContext="three"),
        )
        told = answer["SendMultiStatusSet"]
        assert [one["Code"] for one in told] == ["Ok"] * 3
        assert [one["PhoneNumber"] for one in told] == [number_abroad(n) for n in (1, 2, 3)]
        assert [one["SessionContext"] for one in told] == ["one", "", "three"]
        texts = [MessageBody.objects.get(message_id=message_id_of(one["SerialNo"])).text for one in told]
        assert [text.split("]")[-1] for text in texts] == [
            "Your order A is on its way.",
            "Pick up B at our shop.",
            "Your order C is on its way.",
        ]

    def test_one_bad_template_holds_only_its_numbers(self, program, shop, abroad):
        bad = self.info(2, abroad, "B") | {"TemplateId": "999999"}
        answer = self.ask(program, shop, self.info(1, abroad, "A"), bad)
        assert [one["Code"] for one in answer["SendMultiStatusSet"]] == [
            "Ok",
            "FailedOperation.TemplateUnapprovedOrNotExist",
        ]

    def test_domestic_numbers_are_refused(self, program, shop, abroad):
        info = self.info(1, abroad, "A") | {"PhoneNumber": home_number()}
        assert code_of(self.ask(program, shop, info)) == "UnsupportedOperation.ContainDomesticPhoneNumber"

    def test_an_empty_or_too_long_set_is_refused(self, program, shop, abroad):
        assert code_of(self.ask(program, shop)) == "InvalidParameterValue.MultiSmsInfoSetEmpty"
        many = [self.info(n, abroad, "A") for n in range(201)]
        assert code_of(self.ask(program, shop, *many)) == "LimitExceeded.PhoneNumberCountLimit"

    def test_what_is_no_object_is_refused(self, program, shop):
        assert code_of(self.ask(program, shop, "x")) == "InvalidParameter"
        assert code_of(self.ask(program, shop, {"PhoneNumber": "+4915123000000"})) == "MissingParameter"


def test_many_numbers_take_no_statement_each(send, shop):
    def n_statements(*numbers: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            send(*numbers)
        return len(asked)

    send(home_number())
    one = n_statements(home_number(1))
    # A few more where this process needs another block of ids.
    assert n_statements(*[home_number(n) for n in range(2, 200)]) <= one + 5
    assert one <= 20
