"""An order becomes messages, each number with its own answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.sending import remembered
from api.sending.orders import COMMON, Order, OrderRefused, Placed, Recipient, Refusal
from api.sending.placing import place
from delivery.models import CapUsage, Dispatch, Handover, Message, MessageBody, MessageNote, RuleHit
from delivery.statuses import MessageStatus, Reason
from projects.models import AllowedCountry, Cap, FrequencyRule, ListedNumber, Project
from projects.statuses import CapPeriod, FrequencyDimension, NumberList, RecipientZone
from smsconsole.outbox.models import OutboxEvent
from templates_app.statuses import RevisionStatus, TextKind
from tests.api.sending.offers import ABROAD, HOME, SALE_TEXT, Shop, home_number, number_abroad
from tests.campaigns.making import body, sender_id, signature

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)  # in Shanghai
NIGHT = datetime(2026, 6, 1, 15, 30, tzinfo=UTC)


def refusals(placed: Placed) -> list[Refusal | None]:
    return [each.refusal for each in placed.results]


def test_a_template_becomes_a_finished_message(shop: Shop) -> None:
    placed = place(shop.project, shop.order(numbers=["13800000001"], context="order 7", extend="12"))
    (result,) = placed.results
    assert (result.number, result.msisdn, result.country) == ("13800000001", "+8613800000001", "CN")
    assert (result.refusal, result.n_segments, result.context) == (None, 1, "order 7")
    written = MessageBody.objects.get(pk=result.message_id)
    assert written.text == "【演示商城】您的订单1234已打包发送，快递单号5，请注意查收。"
    assert (written.msisdn, written.project_id, written.sender) == ("+8613800000001", shop.project.pk, "")
    message = Message.objects.get(pk=result.message_id)
    assert (message.status, message.n_segments, message.country) == (MessageStatus.QUEUED, 1, "CN")
    assert MessageNote.objects.get(pk=result.message_id).context == "order 7"
    assert MessageNote.objects.get(pk=result.message_id).extend == "12"


def test_its_stream_says_what_it_carries(shop: Shop) -> None:
    place(shop.project, shop.order(shop.code))
    stream = Dispatch.objects.get()
    assert stream.is_stream
    assert stream.is_urgent
    assert stream.consent_key == f"{shop.sign.signature.uuid}:verification"
    assert stream.tags == {
        "kind": "verification",
        "region": "domestic",
        "template": str(shop.code.body_template.uuid),
        "signature": str(shop.sign.signature.uuid),
    }


def test_many_recipients_get_their_own_values(shop: Shop) -> None:
    recipients = [Recipient(home_number(n), (f"A{n}", "x")) for n in range(3)]
    order = Order(
        recipients, template_id=str(shop.notice.body_template_id), signature="演示商城", needs_signature=True
    )
    placed = place(shop.project, order)
    ids = [each.message_id for each in placed.results]
    assert ids == sorted(ids)
    texts = dict(MessageBody.objects.values_list("message_id", "text"))
    assert [texts[i][8:12] for i in ids] == ["订单A0", "订单A1", "订单A2"]


@pytest.mark.parametrize(
    "written", ["+8613800000009", "008613800000009", "8613800000009", "13800000009", " 138 0000 0009 "]
)
def test_a_number_may_be_written_in_many_ways(shop: Shop, written: str) -> None:
    placed = place(shop.project, shop.order(numbers=[written], default_country="CN"))
    assert placed.results[0].msisdn == "+8613800000009"
    assert placed.results[0].number == written


def test_what_is_no_number_is_refused_alone(shop: Shop) -> None:
    numbers = [home_number(1), "12345", "", "+8610", "1" * 1000]
    placed = place(shop.project, shop.order(numbers=numbers))
    invalid = Refusal.NUMBER_INVALID
    assert refusals(placed) == [None, invalid, invalid, invalid, invalid]
    assert all(each.words and each.message_id is None for each in placed.results[1:])
    assert Message.objects.count() == 1


def test_nothing_but_invalid_numbers_is_no_error_of_the_order(shop: Shop) -> None:
    placed = place(shop.project, shop.order(numbers=["1", "2"]))
    assert refusals(placed) == [Refusal.NUMBER_INVALID] * 2
    assert not Message.objects.exists()
    assert not Dispatch.objects.exists()


def test_the_same_number_with_the_same_text_gets_one_message(shop: Shop) -> None:
    recipients = [Recipient(home_number(), ("1", "2")), Recipient("0086" + home_number()[3:], ("1", "2"))]
    order = Order(recipients, template_id=str(shop.notice.body_template_id))
    assert refusals(place(shop.project, order)) == [None, Refusal.NUMBER_REPEATED]
    assert Message.objects.count() == 1


def test_the_same_number_with_another_text_gets_two(shop: Shop) -> None:
    recipients = [Recipient(home_number(), ("1", "2")), Recipient(home_number(), ("3", "4"))]
    order = Order(recipients, template_id=str(shop.notice.body_template_id))
    assert refusals(place(shop.project, order)) == [None, None]


def test_without_a_signature_the_only_one_signs_at_home(shop: Shop) -> None:
    place(shop.project, shop.order(signature=""))
    assert MessageBody.objects.get().text.startswith("【演示商城】")


def test_abroad_nobody_need_sign(shop: Shop) -> None:
    signature(shop.project, "DemoShop", region=ABROAD)
    template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
    place(shop.project, shop.order(template, [number_abroad()], ("7", "Berlin"), signature=""))
    assert MessageBody.objects.get().text == "Your order 7 is on its way to Berlin."
    assert Dispatch.objects.get().consent_key == ""
    place(shop.project, shop.order(template, [number_abroad(1)], ("7", "Berlin"), signature="DemoShop"))
    assert MessageBody.objects.filter(text="[DemoShop]Your order 7 is on its way to Berlin.").exists()


def test_a_sender_id_leaves_with_messages_abroad_only(shop: Shop) -> None:
    sender_id(shop.project, "DemoShop")
    template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
    place(shop.project, shop.order(template, [number_abroad()], signature="", sender_id="DemoShop"))
    place(shop.project, shop.order(sender_id="DemoShop"))
    assert dict(MessageBody.objects.values_list("msisdn", "sender")) == {
        number_abroad(): "DemoShop",
        home_number(): "",
    }


def test_a_sender_id_of_one_country_leaves_out_the_others(shop: Shop) -> None:
    sender_id(shop.project, "DemoShop", country="DE")
    template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
    numbers = [number_abroad(), "+442071838750"]
    placed = place(shop.project, shop.order(template, numbers, signature="", sender_id="DemoShop"))
    assert refusals(placed) == [None, Refusal.SENDER_UNUSABLE]


# --- Whole texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("front", ["【演示商城】", "[演示商城]", ""])
def test_a_whole_text_finds_its_template_and_signature(shop: Shop, front: str) -> None:
    text = "您的订单A7已打包发送，快递单号SF1，请注意查收。"
    place(shop.project, shop.raw(front + text, kind=COMMON))
    assert MessageBody.objects.get().text == f"【演示商城】{text}"
    assert Dispatch.objects.get().tags["template"] == str(shop.notice.body_template.uuid)


def test_a_whole_text_is_held_to_the_kind_that_was_asked(shop: Shop) -> None:
    text = SALE_TEXT.replace("{1}", "夏季")
    with time_machine.travel(NOON, tick=False):
        with pytest.raises(OrderRefused) as refused:
            place(shop.project, shop.raw(text, kind=COMMON))
        assert refused.value.refusal == Refusal.TEXT_MATCHES_NO_TEMPLATE
        place(shop.project, shop.raw(text, kind=TextKind.MARKETING))
    assert Dispatch.objects.get().tags["kind"] == "marketing"


def test_the_values_of_a_whole_text_are_checked(shop: Shop) -> None:
    text = "您的订单www.example.com已打包发送，快递单号SF1，请注意查收。"
    with pytest.raises(OrderRefused) as refused:
        place(shop.project, shop.raw(text))
    assert refused.value.refusal == Refusal.PARAMETER_WITH_LINK


def test_a_whole_text_abroad_may_begin_with_brackets_of_its_own(shop: Shop) -> None:
    shop.template("[A] {1} is here.", region=ABROAD)
    place(shop.project, shop.raw("[A] Mail is here.", [number_abroad()]))
    assert MessageBody.objects.get().text == "[A] Mail is here."


def test_a_revoked_text_is_refused_at_once_though_it_is_remembered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "SECONDS", 60.0)
    text = "您的订单A7已打包发送，快递单号SF1，请注意查收。"
    place(shop.project, shop.raw(text))
    shop.notice.status = RevisionStatus.REVOKED
    shop.notice.save(update_fields=["status"])
    with pytest.raises(OrderRefused) as refused:
        place(shop.project, shop.raw(text, [home_number(1)]))
    assert refused.value.refusal == Refusal.TEXT_MATCHES_NO_TEMPLATE


def test_a_newer_revision_holds_at_once_though_the_old_one_is_remembered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "SECONDS", 60.0)
    place(shop.project, shop.raw("您的订单A7已打包发送，快递单号SF1，请注意查收。"))
    shop.notice.status = RevisionStatus.RETIRED
    shop.notice.save(update_fields=["status"])
    newer = body(shop.project, "您的订单{1}已送出。", region=HOME)
    with pytest.raises(OrderRefused):
        place(shop.project, shop.raw("您的订单A7已打包发送，快递单号SF1，请注意查收。", [home_number(1)]))
    place(shop.project, shop.raw("您的订单A7已送出。", [home_number(2)]))
    assert Dispatch.objects.filter(tags__template=str(newer.body_template.uuid)).exists()


# --- Rules ----------------------------------------------------------------------------------------------


def listed(project: Project, msisdn: str, name: NumberList, consent_key: str = "") -> None:
    ListedNumber.objects.create(project=project, msisdn=msisdn, list=name, consent_key=consent_key)


def test_who_unsubscribed_gets_a_blocked_message(shop: Shop) -> None:
    listed(shop.project, home_number(), NumberList.UNSUBSCRIBED, f"{shop.sign.signature.uuid}:notification")
    listed(shop.project, home_number(1), NumberList.BLACKLIST)
    listed(shop.project, home_number(2), NumberList.UNSUBSCRIBED, f"{shop.sign.signature.uuid}:marketing")
    placed = place(shop.project, shop.order(numbers=[home_number(n) for n in range(3)]))
    assert refusals(placed) == [Refusal.NUMBER_UNSUBSCRIBED, Refusal.NUMBER_BLACKLISTED, None]
    blocked = Message.objects.get(pk=placed.results[0].message_id)
    assert (blocked.status, blocked.reason) == (MessageStatus.BLOCKED, Reason.HAS_UNSUBSCRIBED)
    assert dict(RuleHit.objects.values_list("rule", "n")) == {"unsubscribed": 1, "blacklist": 1}
    assert OutboxEvent.objects.filter(kind="limits.hit").count() == 2
    # Only the third one may leave; the others are counted.
    handed = Handover.objects.exclude(gateways=[]).get()
    assert [handed.first_id, handed.last_id] == [placed.results[2].message_id] * 2


def test_a_country_that_is_not_allowed_is_refused(shop: Shop) -> None:
    Project.objects.filter(pk=shop.project.pk).update(limits_countries=True)
    shop.project.refresh_from_db()
    AllowedCountry.objects.create(project=shop.project, country="DE")
    template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
    placed = place(shop.project, shop.order(template, [number_abroad(), "+442071838750"], signature=""))
    assert refusals(placed) == [None, Refusal.COUNTRY_NOT_ALLOWED]


def limit(project: Project, dimension: FrequencyDimension, n: int, seconds: int | None = None) -> None:
    FrequencyRule.objects.create(
        project=project, dimension=dimension, is_on=True, n_messages=n, n_seconds=seconds
    )


@pytest.mark.parametrize(
    ("dimension", "refusal"),
    [
        (FrequencyDimension.PER_HOUR, Refusal.NUMBER_LIMIT_PER_HOUR),
        (FrequencyDimension.PER_DAY, Refusal.NUMBER_LIMIT_PER_DAY),
    ],
)
def test_a_limit_counts_what_stands_in_the_same_request(
    shop: Shop, dimension: FrequencyDimension, refusal: Refusal
) -> None:
    limit(shop.project, dimension, 2)
    recipients = [Recipient(home_number(), (str(n), "x")) for n in range(3)]
    order = Order(recipients, template_id=str(shop.notice.body_template_id))
    placed = place(shop.project, order)
    assert refusals(placed) == [None, None, refusal]
    assert "2 messages" in placed.results[2].words


@pytest.mark.parametrize(
    ("scope", "refusal"),
    [
        ("all", Refusal.CAP_REACHED),
        ("domestic", Refusal.CAP_REACHED_DOMESTIC),
        ("CN", Refusal.CAP_REACHED_COUNTRY),
    ],
)
def test_a_cap_counts_what_was_sent_and_what_this_request_adds(
    shop: Shop, scope: str, refusal: Refusal
) -> None:
    Cap.objects.create(project=shop.project, scope=scope, period=CapPeriod.DAY, cap=5)
    with time_machine.travel(NOON, tick=False):
        CapUsage.objects.create(
            project_id=shop.project.pk, period="day", starts_on=NOON.date(), scope=scope, n=3
        )
        placed = place(shop.project, shop.order(numbers=[home_number(n) for n in range(4)]))
    assert refusals(placed) == [None, None, refusal, refusal]
    blocked = Message.objects.get(pk=placed.results[2].message_id)
    assert (blocked.status, blocked.reason) == (MessageStatus.BLOCKED, Reason.CAP_REACHED)
    # The alarm goes out once, though two were refused.
    assert OutboxEvent.objects.filter(kind="cap.reached").count() == 1


def test_a_cap_of_one_country_leaves_the_others_alone(shop: Shop) -> None:
    Cap.objects.create(project=shop.project, scope="DE", period=CapPeriod.MONTH, cap=0)
    Cap.objects.create(project=shop.project, scope="international", period=CapPeriod.DAY, cap=1)
    template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
    numbers = [number_abroad(), "+442071838750", "+442071838751"]
    placed = place(shop.project, shop.order(template, numbers, signature=""))
    assert refusals(placed) == [Refusal.CAP_REACHED_COUNTRY, None, Refusal.CAP_REACHED_INTERNATIONAL]


# --- Hours ----------------------------------------------------------------------------------------------


def test_marketing_waits_for_its_hours_where_it_may(shop: Shop) -> None:
    with time_machine.travel(NIGHT, tick=False):
        placed = place(
            shop.project, shop.order(shop.sale, parameters=["夏季"], in_marketing_hours_only=False)
        )
    assert refusals(placed) == [None]
    assert placed.waits_until == "2026-06-02T00:00:00+00:00"
    stream = Dispatch.objects.get()
    assert (stream.hours_from, stream.hours_until, stream.hours_zone) == (time(8), time(22), "Asia/Shanghai")
    assert not stream.is_urgent


def test_marketing_by_each_clock_refuses_those_who_sleep(shop: Shop) -> None:
    Project.objects.filter(pk=shop.project.pk).update(marketing_zone=RecipientZone.RECIPIENT)
    shop.project.refresh_from_db()
    template = shop.template("Members: {1} is new. Reply STOP to opt out", TextKind.MARKETING, ABROAD)
    with time_machine.travel(datetime(2026, 6, 1, 1, 0, tzinfo=UTC), tick=False):
        placed = place(
            shop.project,
            shop.order(template, [number_abroad(), "+819012345678"], ["Tea"], signature=""),
        )
    assert refusals(placed) == [Refusal.MARKETING_HOURS, None]


# --- Sandbox and cost -----------------------------------------------------------------------------------


def test_a_sandbox_meets_no_limit_and_needs_no_activation(db: None) -> None:
    shop = Shop(organization__entity="")
    Cap.objects.create(project=shop.project, scope="all", period=CapPeriod.DAY, cap=0)
    placed = place(shop.project, shop.order(is_sandbox=True))
    assert refusals(placed) == [None]
    assert Dispatch.objects.get().tags["sandbox"] == "yes"


def n_statements(ask: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        ask()
    return len(captured)


def test_the_number_of_statements_does_not_grow_with_the_recipients(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "SECONDS", 60.0)
    listed(shop.project, home_number(9_999), NumberList.BLACKLIST)
    place(shop.project, shop.order(numbers=[home_number(9_000)]))
    one = n_statements(lambda: place(shop.project, shop.order(numbers=[home_number(9_001)])))
    many = [home_number(n) for n in range(200)]
    two_hundred = n_statements(lambda: place(shop.project, shop.order(numbers=many)))
    # Ground, slots, lists, stream, and the transaction: savepoint twice, messages, deltas, event, release twice.
    assert one <= 12
    # A block of ids may have to be reserved for so many.
    assert two_hundred <= one + 4
