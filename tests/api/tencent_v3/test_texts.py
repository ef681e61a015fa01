"""Signatures and body templates by Tencent's API 3.0: added, modified, deleted, listed, and what is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from accounts.models import Role
from audit.models import Entry
from templates_app import services
from templates_app.models import BodyTemplateRevision, Certificate, Signature, SignatureRevision
from templates_app.statuses import RevisionStatus, SignatureType, SignatureUse, TextKind
from tests.api.tencent_v3.calling import OLD, Program, code_of
from tests.factories import member
from tests.templates_app.texts import picture

PICTURE = base64.b64encode(picture()).decode()
SIGN = {"SignName": "新商城", "SignType": 0, "DocumentType": 1, "International": 0, "SignPurpose": 0}
TEXT = "您的订单{1}已签收，感谢您的支持。"
TEMPLATE = {"TemplateName": "签收通知", "TemplateContent": TEXT, "SmsType": 2, "International": 0}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """One a second is for programs, not for tests."""
    monkeypatch.setattr(
        "api.tencent_v3.entry.take", lambda *_a, **_n: type("Rate", (), {"is_exceeded": False})
    )


@pytest.fixture
def reviewer_of(shop):
    return lambda: member(shop.project.organization, Role.REVIEWER)


def add(program: Program, **other: Any) -> int:
    number = program("AddSmsSign", **{**SIGN, **other})["AddSignStatus"]["SignId"]
    assert isinstance(number, int)
    return number


def listed(program: Program, *numbers: int) -> list[dict[str, Any]]:
    answer = program("DescribeSmsSignList", International=0, **({"SignIdSet": [*numbers]} if numbers else {}))
    rows: list[dict[str, Any]] = answer["DescribeSignListStatusSet"]
    return rows


def test_a_signature_goes_to_the_reviewers_with_its_documents(program):
    number = add(
        program,
        SignPurpose=1,
        ProofImage=f"data:image/png;base64,{PICTURE}",
        CommissionImage=PICTURE,
        Remark="ours",
    )
    revision = SignatureRevision.objects.get(signature=number)
    assert (revision.text, revision.status, revision.remarks) == ("新商城", RevisionStatus.PENDING, "ours")
    assert (revision.type, revision.use) == (SignatureType.COMPANY, SignatureUse.OTHERS)
    assert revision.created_by == program.key.created_by
    assert revision.certificates.count() == 2


def test_the_audit_names_the_person_behind_the_key(program):
    add(program)
    entry = Entry.objects.filter(subject="templates_app.signaturerevision").latest("pk")
    assert (entry.actor_id, entry.address) == (program.key.created_by_id, "127.0.0.1")


def test_its_state_is_listed(program, reviewer_of, shop):
    number = add(program)
    [row] = listed(program, number)
    assert (row["SignId"], row["SignName"], row["StatusCode"], row["International"]) == (
        number,
        "新商城",
        1,
        0,
    )
    revision = SignatureRevision.objects.get(signature=number)
    services.reject_revision(revision=revision, by=reviewer_of(), comment="Say more.")
    [row] = listed(program, number)
    assert (row["StatusCode"], row["ReviewReply"]) == (-1, "Say more.")
    shops = shop.sign.signature_id
    assert [row["StatusCode"] for row in listed(program, shops)] == [0]
    assert {row["SignId"] for row in listed(program)} == {number, shops}


def test_a_refused_signature_is_modified_and_submitted_anew(program, reviewer_of):
    number = add(program)
    revision = SignatureRevision.objects.get(signature=number)
    services.reject_revision(revision=revision, by=reviewer_of(), comment="No.")
    answer = program("ModifySmsSign", SignId=number, **{**SIGN, "SignName": "更新商城"})
    assert answer["ModifySignStatus"]["SignId"] == number
    assert [row["SignName"] for row in listed(program, number)] == ["更新商城"]


def test_a_waiting_signature_is_modified_in_place(program):
    number = add(program)
    program("ModifySmsSign", SignId=number, **{**SIGN, "SignName": "更新商城"})
    revision = SignatureRevision.objects.get(signature=number)
    assert (revision.text, revision.status, revision.number) == ("更新商城", RevisionStatus.PENDING, 1)


def test_a_deleted_signature_is_gone_and_sends_nothing_more(program, shop):
    waiting = add(program)
    for number in (waiting, shop.sign.signature_id):
        answer = program("DeleteSmsSign", SignId=number)
        assert answer["DeleteSignStatus"]["DeleteTime"]
        assert code_of(program("DescribeSmsSignList", International=0, SignIdSet=[number])) == (
            "FailedOperation.MissingSignatureList"
        )
    assert not Signature.objects.filter(pk=waiting).exists()
    shop.sign.refresh_from_db()
    assert shop.sign.status == RevisionStatus.RETIRED
    answer = program(
        "SendSms",
        PhoneNumberSet=["+8613800000000"],
        SmsSdkAppId=str(shop.project.sdk_app_id),
        TemplateId=str(shop.notice.body_template_id),
        SignName="演示商城",
        TemplateParamSet=["1234", "5"],
    )
    assert answer["SendStatusSet"][0]["Code"] == "FailedOperation.SignatureIncorrectOrUnapproved"


def test_a_refused_signature_that_was_deleted_is_gone_too(program, reviewer_of):
    number = add(program)
    services.reject_revision(
        revision=SignatureRevision.objects.get(signature=number), by=reviewer_of(), comment="No."
    )
    program("DeleteSmsSign", SignId=number)
    assert number not in {row["SignId"] for row in listed(program)}
    assert Signature.objects.filter(pk=number).exists()


def test_the_same_request_adds_once(program):
    body = json.dumps(SIGN).encode()
    headers = program.headers("AddSmsSign", body)
    first, again = program.send(body, headers), program.send(body, headers)
    assert first == again
    assert SignatureRevision.objects.filter(text="新商城").count() == 1


def test_a_signature_that_comes_with_another_version_changes_nothing(program):
    """A TC3 signature covers neither version nor action."""
    body = json.dumps({"SignId": add(program)}).encode()
    headers = program.headers("DeleteSmsSign", body)
    assert code_of(program.send(body, headers)) == ""
    assert code_of(program.send(body, headers | {"X-TC-Version": OLD})) == "AuthFailure.SignatureFailure"


def test_files_of_a_refused_signature_are_not_left_behind(program, shop, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    code = program.code("AddSmsSign", **{**SIGN, "SignName": "演示商城", "ProofImage": PICTURE})
    assert code == "InvalidParameterValue.SignExistAndUnapproved"
    assert not Certificate.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_older_version_spells_signs_otherwise(old_program, program):
    sign = {**SIGN, "UsedMethod": 0}
    del sign["SignPurpose"]
    status = old_program("AddSmsSign", **sign)["AddSignStatus"]
    assert status["SignApplyId"] == status["SignId"]
    assert old_program.code("AddSmsSign", **SIGN) == "UnknownParameter"


def test_a_template_goes_to_the_reviewers(program):
    number = int(program("AddSmsTemplate", **TEMPLATE)["AddTemplateStatus"]["TemplateId"])
    revision = BodyTemplateRevision.objects.get(body_template=number)
    assert (revision.text, revision.kind, revision.status) == (
        TEXT,
        TextKind.NOTIFICATION,
        RevisionStatus.PENDING,
    )
    [row] = program("DescribeSmsTemplateList", International=0, TemplateIdSet=[number])[
        "DescribeTemplateStatusSet"
    ]
    assert (row["TemplateId"], row["TemplateName"], row["TemplateContent"]) == (number, "签收通知", TEXT)
    assert (row["StatusCode"], row["International"]) == (1, 0)


def test_a_name_that_is_taken_gets_a_number(program):
    """Tencent knows templates by their ids, and does not mind."""
    for n in range(3):
        assert "Error" not in program("AddSmsTemplate", **TEMPLATE, Remark=f"{n}")
    rows = program("DescribeSmsTemplateList", International=0)["DescribeTemplateStatusSet"]
    assert [row["TemplateName"] for row in rows][:3] == ["签收通知 (3)", "签收通知 (2)", "签收通知"]


def test_a_short_remark_is_as_good_as_none(program):
    """Tencent's programs may leave it out, or say a word; reviewers here want to know the occasion."""
    for n, remark in enumerate(("", "签收")):
        given = {**TEMPLATE, "TemplateName": f"签收{n}", "Remark": remark}
        number = program("AddSmsTemplate", **given)["AddTemplateStatus"]["TemplateId"]
        assert BodyTemplateRevision.objects.get(body_template=number).remarks.endswith(
            remark or "no description."
        )


def test_what_is_no_marketing_finds_its_kind(program):
    """Older programs say 0 for codes and notifications alike."""
    code = {
        "TemplateName": "登录",
        "TemplateContent": "您的验证码为{1}，请勿泄露。",
        "SmsType": 0,
        "International": 0,
    }
    for given, kind in ((code, TextKind.VERIFICATION), ({**TEMPLATE, "SmsType": 0}, TextKind.NOTIFICATION)):
        number = program("AddSmsTemplate", **given)["AddTemplateStatus"]["TemplateId"]
        assert BodyTemplateRevision.objects.get(body_template=number).kind == kind


def test_a_waiting_template_is_modified_and_deleted(program):
    number = int(program("AddSmsTemplate", **TEMPLATE)["AddTemplateStatus"]["TemplateId"])
    changed = {**TEMPLATE, "TemplateContent": "您的包裹{1}已签收，感谢您的支持。"}
    answer = program("ModifySmsTemplate", TemplateId=number, **changed)
    assert answer["ModifyTemplateStatus"]["TemplateId"] == number
    assert BodyTemplateRevision.objects.get(body_template=number).text == changed["TemplateContent"]
    assert "Error" not in program("DeleteSmsTemplate", TemplateId=number)
    assert not BodyTemplateRevision.objects.filter(body_template=number).exists()


def test_lists_have_pages(program):
    rows = program("DescribeSmsTemplateList", International=0, Limit=2, Offset=1)["DescribeTemplateStatusSet"]
    everything = program("DescribeSmsTemplateList", International=0)["DescribeTemplateStatusSet"]
    assert rows == everything[1:3]
    assert len(everything) == 3


def test_who_made_the_key_must_still_be_there(program):
    program.key.created_by.memberships.all().delete()
    assert program.code("AddSmsSign", **SIGN) == "UnauthorizedOperation.RequestPermissionDeny"
    assert not SignatureRevision.objects.filter(text="新商城").exists()
