"""What a program hears about its own messages, replies and numbers, and about nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.models import Conversion
from api.sending.orders import Placed
from api.sending.placing import place
from api.services.lookups import (
    convert,
    describe_numbers,
    messages_of_number,
    replies_of,
    replies_of_number,
    statuses_of,
)
from delivery.message_ids import public_message_id
from delivery.models import Dispatch, Gateway, Message, Reply, Window
from delivery.queries import StatusWord
from delivery.statuses import SYSTEM_TAG, MessageStatus, Reason
from projects.models import ListedNumber
from projects.statuses import NumberList
from smsconsole.lib.types import RefusalReason
from tests.api.sending.offers import ABROAD, Shop, home_number, number_abroad
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db

ANN, BOB = home_number(1), home_number(2)
NOW = timezone.now()
DAY_AGO, HOUR_ON = NOW - timedelta(days=1), NOW + timedelta(hours=1)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop()


def ids(placed: Placed) -> list[int]:
    return [each.message_id or 0 for each in placed.results]


def sent(message_id: int, **fields: Any) -> None:
    values = {"status": MessageStatus.SUBMITTED, "submitted_at": NOW, **fields}
    Message.objects.filter(pk=message_id).update(**values)


def test_a_message_is_told_with_all_that_the_program_said(shop: Shop) -> None:
    (message_id,) = ids(place(shop.project, shop.order(numbers=[ANN], context="order 7", extend="12")))
    sent(
        message_id, status=MessageStatus.UNDELIVERED, reason=Reason.UNREACHABLE, code="MI:0013", final_at=NOW
    )
    (told,) = statuses_of(shop.project, [message_id])
    assert (told.message_id, told.msisdn, told.country) == (message_id, ANN, "CN")
    assert (told.signature, told.text) == (
        "演示商城",
        "【演示商城】您的订单1234已打包发送，快递单号5，请注意查收。",
    )
    assert (told.kind, told.region, told.n_segments) == ("notification", "domestic", 1)
    assert (told.status, told.word) == (MessageStatus.UNDELIVERED, StatusWord.FAILED)
    assert (told.reason, told.code) == (Reason.UNREACHABLE, "MI:0013")
    assert (told.submitted_at, told.final_at) == (NOW, NOW)
    assert (told.context, told.extend, told.is_sandbox) == ("order 7", "12", False)


def test_they_come_in_the_order_asked_and_never_from_another_project(
    shop: Shop, django_assert_num_queries: Callable[..., Any]
) -> None:
    first, second = ids(place(shop.project, shop.order(numbers=[ANN, BOB])))
    with django_assert_num_queries(1):
        assert [m.message_id for m in statuses_of(shop.project, [second, 5, first])] == [second, first]
    assert statuses_of(ProjectFactory(), [first, second]) == []
    assert statuses_of(shop.project, []) == []


def test_what_is_with_the_gateway_right_now_is_being_sent(shop: Shop) -> None:
    first, second = ids(place(shop.project, shop.order(numbers=[ANN, BOB])))
    assert {m.word for m in statuses_of(shop.project, [first, second])} == {StatusWord.WAITING}
    dispatch = Dispatch.objects.get()
    Window.objects.create(
        batch_id=1,
        dispatch_id=dispatch.pk,
        gateway_id=dispatch.gateway_id,
        state=1,
        first_id=first,
        last_id=first,
        n_messages=1,
    )
    assert [m.word for m in statuses_of(shop.project, [first, second])] == [
        StatusWord.SENDING,
        StatusWord.WAITING,
    ]


def test_an_unsigned_text_with_brackets_of_its_own_has_no_signature(shop: Shop) -> None:
    template = shop.template("[A] {1} is here.", region=ABROAD)
    placed = place(shop.project, shop.order(template, [number_abroad()], ["Mail"], signature=""))
    assert statuses_of(shop.project, ids(placed))[0].signature == ""


def test_a_sandbox_is_told_as_such(shop: Shop) -> None:
    placed = place(shop.project, shop.order(is_sandbox=True))
    assert statuses_of(shop.project, ids(placed))[0].is_sandbox


def test_the_messages_of_a_number_lie_in_their_time(shop: Shop) -> None:
    found = [
        ids(place(shop.project, shop.order(numbers=[ANN], parameters=[str(n), "x"])))[0] for n in range(3)
    ]
    sent(found[0], submitted_at=NOW - timedelta(days=2))
    sent(found[1], submitted_at=NOW - timedelta(hours=2))
    sent(found[2], submitted_at=NOW - timedelta(hours=1))
    place(shop.project, shop.order(numbers=[BOB]))
    told, n = messages_of_number(shop.project, ANN, DAY_AGO, HOUR_ON, limit=10)
    assert ([m.message_id for m in told], n) == (found[1:], 2)
    told, n = messages_of_number(shop.project, ANN, DAY_AGO, HOUR_ON, limit=1, offset=1)
    assert ([m.message_id for m in told], n) == (found[2:], 2)
    assert messages_of_number(shop.project, ANN, DAY_AGO, NOW - timedelta(hours=2), limit=1) == ([], 0)
    assert messages_of_number(ProjectFactory(), ANN, DAY_AGO, HOUR_ON, limit=10) == ([], 0)


def test_a_blocked_message_is_among_them_and_an_alarm_is_not(shop: Shop) -> None:
    ListedNumber.objects.create(project=shop.project, msisdn=ANN, list=NumberList.BLACKLIST)
    (blocked,) = ids(place(shop.project, shop.order(numbers=[ANN])))
    told, _n = messages_of_number(shop.project, ANN, DAY_AGO, HOUR_ON, limit=10)
    assert [(m.message_id, m.word, m.reason) for m in told] == [
        (blocked, StatusWord.BLOCKED, Reason.ON_BLACKLIST)
    ]
    Dispatch.objects.update(tags={SYSTEM_TAG: "alarm"})
    assert messages_of_number(shop.project, ANN, DAY_AGO, HOUR_ON, limit=10) == ([], 0)
    assert statuses_of(shop.project, [blocked]) == []


def reply(shop: Shop, text: str, message_id: int | None = None, **fields: Any) -> Reply:
    dispatch = Dispatch.objects.first()
    values: dict[str, Any] = {
        "gateway": Gateway.objects.get(),
        "msisdn": ANN,
        "text": text,
        "received_at": NOW,
        "project": shop.project,
        "dispatch_id": dispatch.pk if dispatch else None,
        "message_id": message_id,
    }
    return Reply.objects.create(**{**values, **fields})


def test_replies_are_told_with_the_message_that_they_answer(shop: Shop) -> None:
    (message_id,) = ids(place(shop.project, shop.order(numbers=[ANN], context="order 7", extend="12")))
    first, second = reply(shop, "好的", message_id), reply(shop, "谢谢")
    reply(shop, "old", received_at=NOW - timedelta(days=3))
    reply(shop, "elsewhere", project=ProjectFactory())
    told, n = replies_of_number(shop.project, ANN, DAY_AGO, HOUR_ON, limit=10)
    assert ([r.text for r in told], n) == (["好的", "谢谢"], 2)
    assert (told[0].message_id, told[0].signature, told[0].extend) == (message_id, "演示商城", "12")
    assert (told[0].context, told[0].uuid, told[0].country) == ("order 7", str(first.uuid), "CN")
    assert (told[1].message_id, told[1].signature) == (None, "")
    assert [r.text for r in replies_of(shop.project, [second.pk, first.pk, 10**9])] == ["谢谢", "好的"]
    assert replies_of(ProjectFactory(), [first.pk]) == []
    assert replies_of_number(shop.project, ANN, DAY_AGO, HOUR_ON, limit=1, offset=5) == ([], 0)


def test_numbers_are_described(shop: Shop) -> None:
    told = describe_numbers(["+4915123000000", "13800000001", "12", "\ud800"], default_country="CN")
    assert [each.refusal is None for each in told] == [True, True, False, False]
    german, chinese, short, _strange = told
    assert (german.calling_code, german.national, german.country) == ("49", "15123000000", "DE")
    assert german.country_name == "Germany"
    assert (chinese.msisdn, chinese.written) == ("+8613800000001", "13800000001")
    assert (short.msisdn, short.country_name) == ("", "")
    assert describe_numbers(["13800000001"])[0].refusal == RefusalReason.NO_DEFAULT_COUNTRY


def test_a_conversion_counts_once_and_for_ones_own_messages(shop: Shop) -> None:
    (message_id,) = ids(place(shop.project, shop.order()))
    sid = public_message_id(message_id)
    assert convert(shop.project, sid, NOW) is True
    assert convert(shop.project, sid, HOUR_ON) is True
    assert Conversion.objects.get().converted_at == NOW
    assert convert(ProjectFactory(), sid, NOW) is False
    assert convert(shop.project, "nonsense", NOW) is False
    assert convert(shop.project, public_message_id(message_id + 1), NOW) is False
    assert Conversion.objects.count() == 1
