"""Receipts and replies: from the queue once each, of a number as often as one asks, and what was sent to a number."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.models import Answer
from delivery.models import Message, MessageBody
from delivery.statuses import MessageStatus, Reason
from projects.models import Project
from tests.api.sending.offers import Shop
from tests.api.tencent_v5.calling import Program, phone
from tests.api.tencent_v5.happened import answered, settled
from tests.factories import AppKeyFactory, ProjectFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 0, 3, 4, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return Shop(pulls_status=True, pulls_replies=True)


def send(seller: Program, shop: Shop, mobile: str = "13788888888", **members: Any) -> str:
    fields = {"tel": phone(mobile), "sign": "演示商城", "tpl_id": shop.notice.body_template_id}
    answer = seller.call("sendsms", {**fields, "params": ["A1", "SF2"], **members})
    assert answer["result"] == 0, answer
    sid: str = answer["sid"]
    return sid


def span(mobile: str = "13788888888", **members: Any) -> dict[str, Any]:
    now = int(time.time())
    return {**phone(mobile), "begin_time": now - 3600, "end_time": now + 60, **members}


def test_a_receipt_comes_out_of_the_queue_once(seller: Program, shop: Shop) -> None:
    sid = send(seller, shop)
    settled(shop.project, sid, MessageStatus.DELIVERED, code="DELIVRD", at=AT)
    answer = seller.call("pullstatus", {"type": 0, "max": 10})
    assert answer["count"] == 1
    receipt = answer["data"][0]
    assert receipt == {
        "user_receive_time": "2026-03-01 08:03:04",
        "nationcode": "86",
        "mobile": "13788888888",
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": receipt["description"],
        "sid": sid,
    }
    assert seller.call("pullstatus", {"type": 0, "max": 10}) == {
        "result": 0,
        "errmsg": "OK",
        "count": 0,
        "data": [],
    }


def test_failures_are_receipts_too(seller: Program, shop: Shop) -> None:
    settled(
        shop.project, send(seller, shop), MessageStatus.UNDELIVERED, reason=Reason.UNREACHABLE, code="MI:0013"
    )
    (receipt,) = seller.call("pullstatus", {"type": 0, "max": 10})["data"]
    assert (receipt["report_status"], receipt["errmsg"]) == ("FAIL", "MI:0013")
    assert receipt["description"] == "The phone is switched off or suspended"


def test_the_oldest_come_first_and_at_most_as_many_as_asked(seller: Program, shop: Shop) -> None:
    sids = [send(seller, shop, f"1378888880{n}") for n in range(3)]
    for sid in sids:
        settled(shop.project, sid, MessageStatus.DELIVERED)
    first = seller.call("pullstatus", {"type": 0, "max": 2})["data"]
    rest = seller.call("pullstatus", {"type": 0, "max": 1000})["data"]
    assert [told["sid"] for told in first + rest] == sids


def test_a_pull_whose_answer_was_lost_may_come_again(seller: Program, shop: Shop) -> None:
    settled(shop.project, send(seller, shop), MessageStatus.DELIVERED)
    again = {"random": "5", "time": int(time.time())}
    first = seller.call("pullstatus", {"type": 0, "max": 10}, **again)
    assert first["count"] == 1
    assert seller.call("pullstatus", {"type": 0, "max": 10}, **again) == first


def test_pulls_that_find_nothing_leave_nothing_behind(seller: Program) -> None:
    seller.call("pullstatus", {"type": 0, "max": 10})
    seller.call("pullstatus", {"type": 1, "max": 10})
    assert not Answer.objects.exists()


def test_a_reply_comes_out_of_the_queue_once(seller: Program, shop: Shop) -> None:
    sid = send(seller, shop, extend="42")
    key = f"{shop.sign.signature.uuid}:notification"
    reply = answered(shop.project, sid, "谢谢 👍", consent_key=key)
    assert seller.call("pullstatus", {"type": 1, "max": 10})["data"] == [
        {
            "nationcode": "86",
            "mobile": "13788888888",
            "text": "谢谢 👍",
            "sign": "演示商城",
            "time": int(reply.received_at.timestamp()),
            "extend": "42",
        }
    ]
    assert seller.call("pullstatus", {"type": 1, "max": 10})["count"] == 0


def test_what_is_switched_off_is_1006(seller: Program, shop: Shop) -> None:
    Project.objects.filter(pk=shop.project.pk).update(pulls_status=False)
    assert seller.call("pullstatus", {"type": 0, "max": 10})["result"] == 1006
    assert seller.call("pullstatus", {"type": 1, "max": 10})["result"] == 0


def test_receipts_of_a_number_come_as_often_as_one_asks(seller: Program, shop: Shop) -> None:
    sid = send(seller, shop)
    send(seller, shop, "13788888889")
    body = {"type": 0, "max": 10, **span()}
    assert seller.call("pullstatus4mobile", body)["count"] == 0
    settled(shop.project, sid, MessageStatus.DELIVERED, code="DELIVRD")
    for _n in range(2):
        answer = seller.call("pullstatus4mobile", body)
        assert [told["sid"] for told in answer["data"]] == [sid]
        assert answer["data"][0]["report_status"] == "SUCCESS"


def test_replies_of_a_number_come_as_often_as_one_asks(seller: Program, shop: Shop) -> None:
    answered(shop.project, send(seller, shop), "Danke")
    for _n in range(2):
        answer = seller.call("pullstatus4mobile", {"type": 1, "max": 10, **span()})
        assert [told["text"] for told in answer["data"]] == ["Danke"]
    assert seller.call("pullstatus4mobile", {"type": 1, "max": 10, **span("13788888889")})["count"] == 0


def test_a_query_shows_what_was_sent_to_a_number(seller: Program, shop: Shop) -> None:
    sid = send(seller, shop, params=["1234567", "SF2"])
    settled(shop.project, sid, MessageStatus.DELIVERED, code="DELIVRD")
    answer = seller.call("querysms4mobile", span())
    assert (answer["real_count"], answer["truncated"]) == (1, 0)
    (told,) = answer["data"]
    assert told["text"] == "【演示商城】您的订单1*****7已打包发送，快递单号SF2，请注意查收。"
    assert (told["sign"], told["type"], told["result"], told["sid"]) == ("演示商城", 0, 0, sid)
    assert (told["report_status"], told["status"]) == ("SUCCESS", "DELIVRD")
    assert told["send_time"] == told["user_receive_time"] != ""


def test_a_query_says_why_a_message_was_not_sent(seller: Program, shop: Shop) -> None:
    sid = send(seller, shop)
    message = Message.objects.get()
    Message.objects.filter(pk=message.pk).update(
        status=MessageStatus.BLOCKED, reason=Reason.PER_DAY, final_at=timezone.now()
    )
    (told,) = seller.call("querysms4mobile", span())["data"]
    assert told["result"] == 1025
    assert "limit per day" in told["errmsg"]
    assert not {"sid", "report_status", "status", "user_receive_time"} & set(told)
    assert sid


def test_a_query_of_more_than_a_hundred_is_cut(seller: Program, shop: Shop) -> None:
    send(seller, shop)
    at = timezone.now()
    Message.objects.update(status=MessageStatus.SUBMITTED, submitted_at=at)
    message = Message.objects.values().get()
    copies = [Message(**{**message, "id": message["id"] + n}) for n in range(1, 105)]
    Message.objects.bulk_create(copies)
    _copy_body(message["id"], 104)
    answer = seller.call("querysms4mobile", span())
    assert (answer["real_count"], answer["truncated"], len(answer["data"])) == (105, 1, 100)
    assert answer["data"][0]["report_status"] == ""


def test_another_projects_messages_are_not_there(seller: Program, shop: Shop) -> None:
    sid = send(seller, shop)
    settled(shop.project, sid, MessageStatus.DELIVERED)
    answered(shop.project, sid, "Danke")
    elsewhere = ProjectFactory(organization=shop.project.organization, pulls_status=True, pulls_replies=True)
    stranger = Program(AppKeyFactory(project=elsewhere, secret="d" * 32))
    for kind in (0, 1):
        assert stranger.call("pullstatus", {"type": kind, "max": 10})["count"] == 0
        assert stranger.call("pullstatus4mobile", {"type": kind, "max": 10, **span()})["count"] == 0
    assert stranger.call("querysms4mobile", span())["real_count"] == 0


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"mobile": "12"}, 1016),
        ({"nationcode": ""}, 1016),
        ({"nationcode": None}, 1004),
        ({"begin_time": "yesterday"}, 1004),
        ({"begin_time": 10**18}, 1004),
        ({"end_time": 0}, 1004),
        ({"type": 2}, 1004),
        ({"max": 0}, 1004),
        ({"max": "10"}, 1004),
    ],
)
def test_a_question_of_another_shape_is_refused(seller: Program, members: dict[str, Any], code: int) -> None:
    body = {"type": 0, "max": 10, **span(), **members}
    assert seller.call("pullstatus4mobile", body)["result"] == code


def test_the_last_second_of_the_span_belongs_to_it(seller: Program, shop: Shop) -> None:
    at = timezone.now().replace(microsecond=500_000) - timedelta(seconds=5)
    settled(shop.project, send(seller, shop), MessageStatus.DELIVERED, at=at)
    second = int(at.timestamp())
    body = span(begin_time=second, end_time=second)
    assert seller.call("querysms4mobile", body)["real_count"] == 1
    assert (
        seller.call("querysms4mobile", {**body, "end_time": second - 1, "begin_time": 0})["real_count"] == 0
    )


def _copy_body(message_id: int, n: int) -> None:
    body = MessageBody.objects.values().get(pk=message_id)
    MessageBody.objects.bulk_create(
        MessageBody(**{**body, "message_id": message_id + k}) for k in range(1, n + 1)
    )
