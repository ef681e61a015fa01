"""Every word with which an order is refused as a whole can be provoked, and nothing is written then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Organization, ServiceActivation
from api.models import Answer
from api.sending.answers import Replay
from api.sending.orders import CONTEXT_MAX_BYTES, Order, OrderRefused, Recipient, Refusal
from api.sending.placing import place
from delivery.models import Dispatch, Gateway, Message
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.statuses import RevisionStatus, TextKind
from tests.api.sending import test_placing
from tests.api.sending.offers import ABROAD, HOME, Shop, home_number, number_abroad
from tests.campaigns.making import body, signature

pytestmark = pytest.mark.django_db

REPLAY = Replay("v5:x", b"0" * 32)


def disabled(shop: Shop) -> Order:
    Project.objects.filter(pk=shop.project.pk).update(disabled_at=timezone.now())
    return shop.order()


def stopped(shop: Shop) -> Order:
    Project.objects.filter(pk=shop.project.pk).update(stopped_at=timezone.now())
    return shop.order()


def not_active(shop: Shop) -> Order:
    ServiceActivation.objects.filter(organization=shop.project.organization, region="domestic").delete()
    return shop.order()


def locked(shop: Shop) -> Order:
    Organization.objects.filter(pk=shop.project.organization_id).update(locked_at=timezone.now())
    return shop.order()


def no_gateway(shop: Shop) -> Order:
    Gateway.objects.update(is_enabled=False)
    return shop.order()


def several_signatures(shop: Shop) -> Order:
    signature(shop.project, "另一个", region=HOME)
    return shop.order(signature="")


def template_of_another_project(shop: Shop) -> Order:
    Gateway.objects.all().delete()
    return shop.order(Shop().notice)


def pending(shop: Shop) -> Order:
    waiting = body(shop.project, "您的包裹{1}到了。", region=HOME, status=RevisionStatus.PENDING)
    return shop.order(waiting, parameters=["A7"])


def revoked_signature(shop: Shop) -> Order:
    shop.sign.status = RevisionStatus.REVOKED
    shop.sign.save(update_fields=["status"])
    return shop.order()


def abroad_with_sender(shop: Shop) -> Order:
    template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
    return shop.order(template, [number_abroad()], signature="", sender_id="DemoShop")


CASES: list[tuple[Refusal, Callable[[Shop], Order]]] = [
    (Refusal.PROJECT_DISABLED, disabled),
    (Refusal.PROJECT_STOPPED, stopped),
    (Refusal.REGION_NOT_ACTIVE, not_active),
    (Refusal.REGION_NOT_ACTIVE, locked),
    (Refusal.NO_GATEWAY, no_gateway),
    (Refusal.NO_NUMBERS, lambda shop: Order([], template_id="1")),
    (Refusal.TOO_MANY_NUMBERS, lambda shop: shop.order(numbers=[home_number(n) for n in range(201)])),
    (Refusal.MIXED_REGIONS, lambda shop: shop.order(numbers=[home_number(), number_abroad()])),
    (Refusal.MIXED_REGIONS, lambda shop: shop.order(region=Region.INTERNATIONAL)),
    (Refusal.MIXED_REGIONS, lambda shop: shop.order(numbers=[number_abroad()], region=Region.DOMESTIC)),
    (Refusal.SIGNATURE_MISSING, lambda shop: shop.order(signature="", needs_signature=True)),
    (Refusal.SIGNATURE_MISSING, several_signatures),
    (Refusal.SIGNATURE_UNUSABLE, lambda shop: shop.order(signature="别人的店")),
    (Refusal.SIGNATURE_UNUSABLE, lambda shop: shop.order(signature="\0\ud800")),
    (Refusal.SIGNATURE_UNUSABLE, revoked_signature),
    (
        Refusal.SIGNATURE_UNUSABLE,
        lambda shop: shop.raw("【别人的店】您的订单A7已打包发送，快递单号SF1，请注意查收。"),
    ),
    (Refusal.TEMPLATE_UNUSABLE, lambda shop: shop.order(template_id="99999999999999999999")),
    (Refusal.TEMPLATE_UNUSABLE, lambda shop: shop.order(template_id="9223372036854775808")),
    (Refusal.TEMPLATE_UNUSABLE, lambda shop: shop.order(template_id="-1")),
    (Refusal.TEMPLATE_UNUSABLE, lambda shop: shop.order(template_id="١")),
    (Refusal.TEMPLATE_UNUSABLE, template_of_another_project),
    (Refusal.TEMPLATE_UNUSABLE, pending),
    (Refusal.TEMPLATE_OF_OTHER_REGION, lambda shop: shop.order(numbers=[number_abroad()], signature="")),
    (Refusal.TEXT_MATCHES_NO_TEMPLATE, lambda shop: shop.raw("您好")),
    (Refusal.TEXT_MATCHES_NO_TEMPLATE, lambda shop: shop.raw("")),
    (Refusal.TEXT_MATCHES_NO_TEMPLATE, lambda shop: shop.raw("\0\ud83d")),
    (Refusal.PARAMETERS_DO_NOT_MATCH, lambda shop: shop.order(parameters=["1"])),
    (Refusal.PARAMETERS_DO_NOT_MATCH, lambda shop: shop.order(parameters=["1", "2", "3"])),
    (Refusal.PARAMETER_TOO_LONG, lambda shop: shop.order(parameters=["x" * 501, "1"])),
    (Refusal.PARAMETER_FORMAT, lambda shop: shop.order(shop.code, parameters=["1234567", "5"])),
    (Refusal.PARAMETER_FORMAT, lambda shop: shop.order(shop.code, parameters=["12 4", "5"])),
    (Refusal.PARAMETER_FORMAT, lambda shop: shop.order(parameters=["a\u202eb", "1"])),
    (Refusal.PARAMETER_FORMAT, lambda shop: shop.order(parameters=["\ud83d", "1"])),
    (Refusal.PARAMETER_FORMAT, lambda shop: shop.order(parameters=["\0", "1"])),
    (Refusal.PARAMETER_FORMAT, lambda shop: shop.order(parameters=["【别人】", "1"])),
    (Refusal.PARAMETER_WITH_LINK, lambda shop: shop.order(parameters=["https://example.com/a", "1"])),
    (Refusal.FORBIDDEN_WORD, lambda shop: shop.order(parameters=["六合彩开奖", "1"])),
    (Refusal.TEXT_TOO_LONG, lambda shop: shop.order(parameters=["长" * 300, "长" * 300])),
    (Refusal.SENDER_UNUSABLE, abroad_with_sender),
    (Refusal.EXTEND_NOT_ALLOWED, lambda shop: shop.order(extend="12a")),
    (Refusal.EXTEND_NOT_ALLOWED, lambda shop: shop.order(extend="1" * 13)),
    (Refusal.EXTEND_NOT_ALLOWED, lambda shop: shop.order(extend="１")),
    (Refusal.CONTEXT_TOO_LONG, lambda shop: shop.order(context="长" * (CONTEXT_MAX_BYTES // 3 + 1))),
    (Refusal.CONTEXT_TOO_LONG, lambda shop: shop.order(context="\ud83d")),
]


@pytest.mark.parametrize(
    ("refusal", "make"), CASES, ids=[f"{n}-{refusal}" for n, (refusal, _) in enumerate(CASES)]
)
def test_an_order_is_refused_with_its_word_and_nothing_is_written(
    shop: Shop, refusal: Refusal, make: Callable[[Shop], Order]
) -> None:
    order = make(shop)
    with pytest.raises(OrderRefused) as refused:
        place(Project.objects.get(pk=shop.project.pk), order, replay=REPLAY)
    assert refused.value.refusal == refusal
    assert refused.value.words.endswith((".", "first."))
    assert not Message.objects.exists()
    assert not Answer.objects.exists()


def test_a_request_whose_project_was_disabled_meanwhile_is_refused(shop: Shop) -> None:
    order = disabled(shop)
    with pytest.raises(OrderRefused) as refused:
        place(shop.project, order)  # the row as it was read before
    assert refused.value.refusal == Refusal.PROJECT_DISABLED


@pytest.mark.parametrize("closed_at", [test_placing.NIGHT, test_placing.NOON - timedelta(hours=5)])
def test_marketing_is_refused_outside_of_its_hours(shop: Shop, closed_at: object) -> None:
    with time_machine.travel(closed_at, tick=False), pytest.raises(OrderRefused) as refused:
        place(shop.project, shop.order(shop.sale, parameters=["夏季"]))
    assert refused.value.refusal == Refusal.MARKETING_HOURS
    assert "08:00" in refused.value.words
    assert not Dispatch.objects.exists()


def test_individuals_send_no_marketing(db: None) -> None:
    shop = Shop(organization__entity="individual")
    with time_machine.travel(test_placing.NOON, tick=False), pytest.raises(OrderRefused) as refused:
        place(shop.project, shop.order(shop.sale, parameters=["夏季"]))
    assert refused.value.refusal == Refusal.MARKETING_NOT_ALLOWED


def test_values_of_individuals_are_short(db: None) -> None:
    shop = Shop(organization__entity="individual")
    with pytest.raises(OrderRefused) as refused:
        place(shop.project, shop.order(parameters=["1234567890123", "1"]))
    assert refused.value.refusal == Refusal.PARAMETER_TOO_LONG
    assert place(shop.project, shop.order(parameters=["123456789012", "1"])).results[0].refusal is None


def test_individuals_send_nothing_abroad(db: None) -> None:
    shop = Shop(organization__entity="individual")
    template = shop.template("Your order {1} is on its way to {2}.", region=ABROAD)
    with pytest.raises(OrderRefused) as refused:
        place(shop.project, shop.order(template, [number_abroad()], signature=""))
    assert refused.value.refusal == Refusal.REGION_NOT_ACTIVE


def test_a_code_may_be_empty_or_have_six_digits(shop: Shop) -> None:
    for code in ("", "1", "123456"):
        assert place(shop.project, shop.order(shop.code, parameters=[code, "5"])).results[0].message_id


def test_one_bad_value_among_good_ones_refuses_its_own_number_only(shop: Shop) -> None:
    recipients = [Recipient(home_number(), ("www.example.com", "1")), Recipient(home_number(1), ("A", "1"))]
    placed = place(shop.project, Order(recipients, template_id=str(shop.notice.body_template_id)))
    assert [each.refusal for each in placed.results] == [Refusal.PARAMETER_WITH_LINK, None]
    assert placed.results[0].message_id is None


# Those that `test_placing` provokes for single numbers.
OF_NUMBERS = {
    Refusal.NUMBER_INVALID,
    Refusal.NUMBER_REPEATED,
    Refusal.NUMBER_UNSUBSCRIBED,
    Refusal.NUMBER_BLACKLISTED,
    Refusal.COUNTRY_NOT_ALLOWED,
    Refusal.NUMBER_LIMIT_PER_HOUR,
    Refusal.NUMBER_LIMIT_PER_DAY,
    Refusal.CAP_REACHED,
    Refusal.CAP_REACHED_DOMESTIC,
    Refusal.CAP_REACHED_INTERNATIONAL,
    Refusal.CAP_REACHED_COUNTRY,
    # `test_asking`
    Refusal.SAME_TEXT_TOO_SOON,
    Refusal.SAME_TEXT_LIMIT_PER_DAY,
}


def test_every_word_is_provoked_somewhere() -> None:
    of_orders = {refusal for refusal, _make in CASES}
    of_orders |= {Refusal.MARKETING_HOURS, Refusal.MARKETING_NOT_ALLOWED}
    assert of_orders | OF_NUMBERS == set(Refusal)


def test_kinds_of_texts_are_those_of_templates() -> None:
    assert {"verification", "notification", "marketing"} == set(TextKind)
