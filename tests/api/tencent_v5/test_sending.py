"""Sending: by template and by text, to one and to many, each number with its own answer, a repeated request once."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from delivery.message_ids import message_id_of
from delivery.models import Message, MessageBody, MessageNote
from delivery.statuses import MessageStatus
from projects.models import ListedNumber
from projects.statuses import NumberList
from tests.api.sending.offers import ABROAD, HOME, SALE_TEXT, Shop
from tests.api.tencent_v5.calling import Program, phone
from tests.campaigns.making import body, signature
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)  # in Shanghai


def notice(shop: Shop, **members: Any) -> dict[str, Any]:
    fields = {"tel": phone(), "sign": "演示商城", "tpl_id": shop.notice.body_template_id}
    return {**fields, "params": ["A1", "SF2"], "extend": "", "ext": "", **members}


def test_a_template_is_sent(seller: Program, shop: Shop) -> None:
    answer = seller.call("sendsms", notice(shop, ext="order 7", extend="12"))
    sid = answer["sid"]
    assert answer == {"result": 0, "errmsg": "OK", "ext": "order 7", "fee": 1, "sid": sid}
    message = MessageBody.objects.get()
    assert message.text == "【演示商城】您的订单A1已打包发送，快递单号SF2，请注意查收。"
    assert message.msisdn == "+8613788888888"
    assert message_id_of(sid) == message.message_id
    note = MessageNote.objects.get()
    assert (note.context, note.extend) == ("order 7", "12")


def test_a_text_is_sent_when_it_fits_an_approved_template(seller: Program) -> None:
    text = "【演示商城】您的订单A1已打包发送，快递单号SF2，请注意查收。"
    answer = seller.call("sendsms", {"tel": phone(), "type": 0, "msg": text, "extend": "", "ext": ""})
    assert answer["result"] == 0, answer
    assert MessageBody.objects.get().text == text


def test_without_sign_the_only_one_signs(seller: Program, shop: Shop) -> None:
    assert seller.call("sendsms", notice(shop, sign=""))["result"] == 0
    assert seller.call("sendsms", notice(shop, sign=None, params=["B", "C"]))["result"] == 0


@time_machine.travel(NOON, tick=True)
def test_the_type_of_a_text_is_its_templates(seller: Program) -> None:
    sale = "【演示商城】" + SALE_TEXT.replace("{1}", "夏季")
    assert seller.call("sendsms", {"tel": phone(), "type": 0, "msg": sale})["result"] == 1014
    assert seller.call("sendsms", {"tel": phone(), "type": 1, "msg": sale})["result"] == 0
    plain = "【演示商城】您的订单A1已打包发送，快递单号SF2，请注意查收。"
    assert seller.call("sendsms", {"tel": phone(), "type": 1, "msg": plain})["result"] == 1014


@pytest.mark.parametrize("tel", [{"nationcode": 86, "mobile": 13788888888}, phone(nationcode="+86")])
def test_numbers_need_no_quotes(seller: Program, shop: Shop, tel: dict[str, Any]) -> None:
    assert seller.call("sendsms", notice(shop, tel=tel))["result"] == 0


def test_many_numbers_have_each_their_own_answer(seller: Program, shop: Shop) -> None:
    ListedNumber.objects.create(
        project=shop.project, list=NumberList.BLACKLIST, msisdn="+8613788888802", consent_key=""
    )
    phones = [phone("13788888801"), phone("13788888802"), phone("12"), phone("13788888804")]
    answer = seller.call("sendmultisms2", notice(shop, tel=phones, ext="x"))
    assert (answer["result"], answer["errmsg"], answer["ext"]) == (0, "OK", "x")
    assert [told["result"] for told in answer["detail"]] == [0, 1015, 1016, 0]
    assert [told["mobile"] for told in answer["detail"]] == [each["mobile"] for each in phones]
    assert [told["fee"] for told in answer["detail"]] == [1, 0, 0, 1]
    assert [bool(told["sid"]) for told in answer["detail"]] == [True, False, False, True]
    assert set(answer["detail"][0]) == {"result", "errmsg", "fee", "mobile", "nationcode", "sid"}
    assert Message.objects.filter(status=MessageStatus.QUEUED).count() == 2
    assert Message.objects.filter(status=MessageStatus.BLOCKED).count() == 1


def test_when_no_number_is_taken_the_whole_is_refused(seller: Program, shop: Shop) -> None:
    answer = seller.call("sendmultisms2", notice(shop, tel=[phone("1"), phone("2")]))
    assert answer["result"] == 1016
    assert len(answer["detail"]) == 2


def test_two_hundred_numbers_are_taken_and_one_more_is_1046(seller: Program, shop: Shop) -> None:
    phones = [phone(f"138{n:08d}") for n in range(201)]
    assert seller.call("sendmultisms2", notice(shop, tel=phones))["result"] == 1046
    answer = seller.call("sendmultisms2", notice(shop, tel=phones[:200]))
    assert {told["result"] for told in answer["detail"]} == {0}
    assert Message.objects.count() == 200


def test_an_international_number_is_sent_to_by_its_own_method(seller: Program, shop: Shop) -> None:
    template = body(shop.project, "Hello {1}, your parcel is on its way.", region=ABROAD, name="Abroad")
    members = {"tel": "+4915123456789", "tpl_id": template.body_template_id, "params": ["Ada"], "ext": "7"}
    answer = seller.call("sendisms", members)
    assert set(answer) == {"result", "errmsg", "ext", "nationcode", "sid", "fee"}
    assert (answer["result"], answer["nationcode"], answer["ext"]) == (0, "49", "7")
    text = {"tel": "+4915123456780", "type": 0, "msg": "Hello Bo, your parcel is on its way."}
    assert seller.call("sendisms", text)["result"] == 0


def test_the_method_for_international_numbers_takes_those_at_home_too(seller: Program, shop: Shop) -> None:
    answer = seller.call("sendisms", notice(shop, tel="+8613711112222"))
    assert (answer["result"], answer["nationcode"]) == (0, "86")


def test_a_repeated_request_is_answered_alike_and_sends_nothing(seller: Program, shop: Shop) -> None:
    again = {"random": "77", "time": int(time.time())}
    first = seller.call("sendsms", notice(shop, ext="a"), **again)
    assert seller.call("sendsms", notice(shop, ext="a"), **again) == first
    assert Message.objects.count() == 1
    phones = [phone("13788888801"), phone("1")]
    many = seller.call("sendmultisms2", notice(shop, tel=phones), **again)
    assert seller.call("sendmultisms2", notice(shop, tel=phones), **again) == many
    assert Message.objects.count() == 2


def test_a_recorded_request_sends_no_other_text(seller: Program, shop: Shop) -> None:
    again = {"random": "77", "time": int(time.time())}
    assert seller.call("sendsms", notice(shop), **again)["result"] == 0
    stolen = seller.call("sendsms", notice(shop, params=["EVIL", "x"]), **again)
    assert stolen["result"] == 1001
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "members",
    [
        {"tel": None},
        {"tel": []},
        {"tel": "13788888888"},
        {"tel": {"nationcode": "86"}},
        {"tel": {"nationcode": ["86"], "mobile": "1"}},
        {"tel": {"nationcode": "86", "mobile": 1.5}},
        {"tel": {"nationcode": "86", "mobile": "1" * 1000}},
        {"params": "A1"},
        {"params": [["A1"]]},
        {"params": [None]},
        {"params": {"1": "A1"}},
        {"tpl_id": "7"},
        {"tpl_id": 1.0},
        {"tpl_id": True},
        {"tpl_id": -1},
        {"tpl_id": 2**70},
        {"sign": 7},
        {"sign": "x" * 500},
        {"extend": [1]},
        {"ext": 5},
        {"ext": "x" * 513},
        {"ext": "语" * 200},
        {"tpl_id": None},
        {"tpl_id": None, "msg": "x"},
        {"tpl_id": None, "msg": 5, "type": 0},
        {"tpl_id": None, "msg": "x", "type": "0"},
        {"tpl_id": None, "msg": "x", "type": 2},
    ],
)
def test_members_of_another_shape_are_1004(seller: Program, shop: Shop, members: dict[str, Any]) -> None:
    answer = seller.call("sendsms", notice(shop, **members))
    assert answer["result"] == 1004, answer
    assert not Message.objects.exists()


def test_templates_and_signs_of_another_project_are_not_there(seller: Program, shop: Shop) -> None:
    elsewhere = ProjectFactory(organization=shop.project.organization)
    template = body(elsewhere, "您的快递{1}已到达驿站，请尽快领取。", region=HOME, name="Elsewhere")
    signature(elsewhere, "别的商城", region=HOME)
    assert seller.call("sendsms", notice(shop, tpl_id=template.body_template_id))["result"] == 1014
    assert seller.call("sendsms", notice(shop, sign="别的商城"))["result"] == 1012
    text = {"tel": phone(), "type": 0, "msg": "【演示商城】您的快递7已到达驿站，请尽快领取。"}
    assert seller.call("sendsms", text)["result"] == 1014
    assert not Message.objects.exists()
