"""Signs and templates of a program: submitted, changed, asked for, taken away; nothing of another project is there."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest

from accounts.models import Membership, Organization, Role, User
from accounts.statuses import EntityKind
from projects.models import Project
from templates_app import services
from templates_app.models import BodyTemplate, BodyTemplateRevision, Signature, SignatureRevision
from templates_app.statuses import RevisionStatus, SignatureType, TextKind
from tests.api.tencent_v5.calling import Program
from tests.factories import AppKeyFactory, OrganizationFactory, ProjectFactory, member
from tests.templates_app.texts import approved_body_template, approved_signature, pending_signature, picture

PICTURE = base64.b64encode(picture()).decode()
NOTICE = "Hello {1}, your order to {2} is on its way."


def add_sign(program: Program, text: str = "DemoShop", **members: Any) -> dict[str, Any]:
    return program.call("add_sign", {"text": text, "pic": PICTURE, "international": 1, **members})


def add_template(program: Program, text: str = NOTICE, **members: Any) -> dict[str, Any]:
    fields = {"text": text, "type": 0, "international": 1, "title": "Order notice", **members}
    return program.call(
        "add_template", {**fields, "remark": members.get("remark", "Sent when a parcel leaves.")}
    )


# --- Signs ----------------------------------------------------------------------------------------------


def test_a_sign_is_submitted_with_its_certificate(program: Program, operator: User) -> None:
    answer = add_sign(program, remark="Our shop")
    revision = SignatureRevision.objects.get()
    assert answer["result"] == 0
    assert answer["data"] == {
        "id": revision.signature.pk,
        "international": 1,
        "status": 1,
        "text": "DemoShop",
    }
    assert revision.status == RevisionStatus.PENDING
    assert revision.type == SignatureType.COMPANY
    assert revision.submitted_by == operator
    assert revision.certificates.count() == 1


@pytest.mark.parametrize(
    "pic", [f"data:image/png;base64,{PICTURE}", PICTURE[:20] + "\n" + PICTURE[20:], "", None]
)
def test_a_certificate_may_be_wrapped_or_missing(program: Program, pic: str | None) -> None:
    assert add_sign(program, pic=pic)["result"] == 0


def test_a_certificate_of_several_megabytes_is_taken(program: Program) -> None:
    large = picture("BMP", size=(10, 10)) + b"\0" * (4 << 20)
    answer = add_sign(program, pic=base64.b64encode(large).decode())
    # Refused for what it is, not for its size.
    assert answer["result"] == 1012


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"text": "【DemoShop】"}, 1012),
        ({"text": "x"}, 1012),
        ({"text": "x" * 900}, 1012),
        ({"text": ""}, 1012),
        ({"text": None}, 1004),
        ({"text": 5}, 1004),
        ({"text": "a\u202eb"}, 1012),
        ({"text": "天天彩票", "international": 0}, 1002),
        ({"pic": "no base64!"}, 1004),
        ({"pic": "é"}, 1004),
        ({"pic": base64.b64encode(b"no picture").decode()}, 1012),
        ({"international": 2}, 1004),
        ({"international": "1"}, 1004),
        ({"remark": "x" * 501}, 1017),
        ({"remark": []}, 1004),
    ],
)
def test_a_sign_that_breaks_a_rule_is_not_kept(program: Program, members: dict[str, Any], code: int) -> None:
    assert add_sign(program, **members)["result"] == code
    assert not Signature.objects.exists()


def test_the_same_sign_twice_is_1012(program: Program) -> None:
    assert add_sign(program)["result"] == 0
    assert add_sign(program)["result"] == 1012
    assert Signature.objects.count() == 1


def test_the_same_request_twice_adds_one_sign(program: Program) -> None:
    body = {"text": "DemoShop", "international": 1}
    again = {"random": "7", "time": int(time.time())}
    first = program.call("add_sign", body, **again)
    assert first["result"] == 0
    assert program.call("add_sign", body, **again) == first
    assert Signature.objects.count() == 1


def test_a_recorded_signature_with_another_body_is_1001(program: Program) -> None:
    recorded = {"random": "7", "time": int(time.time())}
    assert program.call("add_sign", {"text": "DemoShop", "international": 1}, **recorded)["result"] == 0
    answer = program.call("add_sign", {"text": "Fraud", "international": 1}, **recorded)
    assert answer["result"] == 1001
    assert Signature.objects.count() == 1


def test_a_pending_sign_is_changed_and_an_approved_one_is_not(
    program: Program, project: Project, operator: User
) -> None:
    number = add_sign(program)["data"]["id"]
    changed = program.call("mod_sign", {"sign_id": number, "text": "OtherShop", "pic": PICTURE})
    assert changed["data"] == {"id": number, "international": 1, "status": 1, "text": "OtherShop"}
    approved = approved_signature(project, operator, text="Approved").signature.pk
    assert program.call("mod_sign", {"sign_id": approved, "text": "Changed"})["result"] == 1006


def test_a_changed_sign_keeps_its_type(program: Program, project: Project, operator: User) -> None:
    site = "Our site https://shop.example"
    revision = pending_signature(project, operator, type=SignatureType.WEBSITE, remarks=site)
    body = {"sign_id": revision.signature.pk, "text": "MyShop", "remark": site}
    assert program.call("mod_sign", body)["result"] == 0
    changed = SignatureRevision.objects.get(signature=revision.signature)
    assert (changed.text, changed.type) == ("MyShop", SignatureType.WEBSITE)


def test_a_rejected_sign_shows_its_reason_and_may_come_again(
    program: Program, reviewer: User, operator: User
) -> None:
    number = add_sign(program)["data"]["id"]
    revision = SignatureRevision.objects.get()
    services.reject_revision(revision=revision, by=reviewer, comment="Whose name is it?")
    (shown,) = program.call("get_sign", {"sign_id": number})["data"]
    assert shown == {
        "id": number,
        "international": 1,
        "reply": "Whose name is it?",
        "status": 2,
        "text": "DemoShop",
    }
    assert program.call("mod_sign", {"sign_id": number, "text": "MyShop"})["result"] == 0
    assert program.call("get_sign", {"sign_id": [number]})["data"][0]["status"] == 1


def test_signs_are_asked_for_by_ids(program: Program, project: Project, operator: User) -> None:
    one = approved_signature(project, operator, text="One").signature.pk
    two = add_sign(program, "Two")["data"]["id"]
    answer = program.call("get_sign", {"sign_id": [one, two, 10**15]})
    assert answer["count"] == 2
    assert {shown["id"]: shown["status"] for shown in answer["data"]} == {one: 0, two: 1}


def test_a_removed_sign_is_gone_for_programs(program: Program, project: Project, operator: User) -> None:
    one = approved_signature(project, operator, text="One").signature.pk
    two = add_sign(program, "Two")["data"]["id"]
    assert program.call("del_sign", {"sign_id": [one, two]}) == {"result": 0, "errmsg": "OK", "msg": "OK"}
    assert program.call("get_sign", {"sign_id": [one, two]})["count"] == 0
    assert not SignatureRevision.objects.filter(status=RevisionStatus.APPROVED).exists()


def test_of_several_signs_all_go_or_none(program: Program, project: Project, operator: User) -> None:
    one = approved_signature(project, operator, text="One").signature.pk
    assert program.call("del_sign", {"sign_id": [one, 10**15]})["result"] == 1012
    assert program.call("get_sign", {"sign_id": one})["count"] == 1


@pytest.mark.parametrize(
    "ids", [None, [], "1", ["1"], [True], [-1], [1.5], list(range(101)), {"a": 1}, 2**70]
)
@pytest.mark.parametrize("method", ["get_sign", "del_sign"])
def test_ids_of_another_type_are_1004(program: Program, method: str, ids: object) -> None:
    assert program.call(method, {"sign_id": ids})["result"] == 1004


# --- Templates ------------------------------------------------------------------------------------------


def test_a_template_is_submitted(program: Program, operator: User) -> None:
    answer = add_template(program)
    revision = BodyTemplateRevision.objects.get()
    assert answer["data"] == {
        "id": revision.body_template.pk,
        "international": 1,
        "status": 1,
        "text": NOTICE,
        "type": 0,
    }
    assert revision.kind == TextKind.NOTIFICATION
    assert revision.status == RevisionStatus.PENDING
    assert revision.submitted_by == operator


def test_a_common_text_with_a_code_is_for_verification(program: Program) -> None:
    add_template(program, "您的验证码为{1}，请于{2}分钟内填写。", international=0)
    assert BodyTemplateRevision.objects.get().kind == TextKind.VERIFICATION


def test_templates_need_neither_title_nor_remark(program: Program) -> None:
    for _n in range(2):
        body = {"text": NOTICE, "type": 0, "international": 1}
        assert program.call("add_template", body)["result"] == 0
    names = set(BodyTemplate.objects.values_list("name", flat=True))
    assert names == {NOTICE, f"{NOTICE} (2)"}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"text": "{1}"}, 1014),
        ({"text": "【DemoShop】 Hello {1}, your order is here."}, 1014),
        ({"text": "x" * 900}, 1017),
        ({"text": ""}, 1014),
        ({"text": []}, 1004),
        ({"type": 2}, 1004),
        ({"type": None}, 1004),
        ({"title": 5}, 1004),
    ],
)
def test_a_template_that_breaks_a_rule_is_not_kept(
    program: Program, members: dict[str, Any], code: int
) -> None:
    answer = add_template(program, **members)
    assert answer["result"] == code, answer
    assert not BodyTemplate.objects.exists()


def test_a_pending_template_is_changed(program: Program) -> None:
    number = add_template(program)["data"]["id"]
    body = {"tpl_id": number, "text": "Your order {1} has been shipped.", "type": 0, "international": 1}
    assert program.call("mod_template", body)["data"]["text"] == "Your order {1} has been shipped."
    (shown,) = program.call("get_template", {"tpl_id": [number]})["data"]
    assert shown["title"] == "Order notice"
    assert shown["text"] == "Your order {1} has been shipped."
    assert program.call("mod_template", {**body, "international": 0})["result"] == 1014


def test_an_approved_template_is_not_changed(program: Program, project: Project, operator: User) -> None:
    number = approved_body_template(project, operator).body_template.pk
    body = {"tpl_id": number, "text": "Your order {1} has been shipped.", "type": 0}
    assert program.call("mod_template", body)["result"] == 1006


def test_templates_come_page_by_page(program: Program, project: Project, operator: User) -> None:
    numbers = [
        approved_body_template(project, operator, name=f"Notice {n}").body_template.pk for n in range(3)
    ]
    first = program.call("get_template", {"tpl_page": {"offset": 0, "max": 2}})
    last = program.call("get_template", {"tpl_page": {"offset": 2, "max": 2}})
    assert (first["total"], first["count"], last["count"]) == (3, 2, 1)
    assert {shown["id"] for shown in first["data"] + last["data"]} == set(numbers)


@pytest.mark.parametrize("page", [{"max": 51}, {"max": 0}, {}, [], "1", {"max": 1, "offset": -1}])
def test_a_page_of_another_shape_is_1004(program: Program, page: object) -> None:
    assert program.call("get_template", {"tpl_page": page})["result"] == 1004


def test_a_removed_template_is_gone_for_programs(program: Program, project: Project, operator: User) -> None:
    number = approved_body_template(project, operator).body_template.pk
    assert program.call("del_template", {"tpl_id": [number]})["result"] == 0
    assert program.call("get_template", {"tpl_id": [number]})["count"] == 0
    assert program.call("del_template", {"tpl_id": [number]})["result"] == 1014


# --- Who may --------------------------------------------------------------------------------------------


def test_texts_of_another_project_are_not_there(program: Program, organization: Organization) -> None:
    author = member(organization, Role.OPERATOR)
    elsewhere = ProjectFactory(organization=organization)
    sign = approved_signature(elsewhere, author).signature.pk
    template = approved_body_template(elsewhere, author).body_template.pk
    assert program.call("get_sign", {"sign_id": sign})["count"] == 0
    assert program.call("del_sign", {"sign_id": sign})["result"] == 1012
    assert program.call("mod_sign", {"sign_id": sign, "text": "Mine"})["result"] == 1012
    assert program.call("get_template", {"tpl_id": template})["count"] == 0
    assert program.call("get_template", {"tpl_page": {"offset": 0, "max": 50}})["total"] == 0
    assert program.call("del_template", {"tpl_id": template})["result"] == 1014
    body = {"tpl_id": template, "text": NOTICE, "type": 0}
    assert program.call("mod_template", body)["result"] == 1014


def test_individuals_manage_texts_on_the_pages_only(db: None) -> None:
    organization = OrganizationFactory(entity=EntityKind.INDIVIDUAL)
    author = member(organization, Role.OPERATOR)
    program = Program(AppKeyFactory(project=ProjectFactory(organization=organization), created_by=author))
    assert add_sign(program)["result"] == 1006
    assert add_template(program)["result"] == 1006
    assert program.call("get_template", {"tpl_page": {"offset": 0, "max": 5}})["result"] == 0


def test_a_key_whose_maker_left_changes_nothing(
    program: Program, operator: User, organization: Organization
) -> None:
    Membership.objects.filter(user=operator, organization=organization).delete()
    assert add_sign(program)["result"] == 1006
    assert program.call("get_sign", {"sign_id": 1})["result"] == 0
