"""What was sent and what was reported, by the hour of the project's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from delivery.models import CounterDelta, Dispatch, Message
from delivery.statuses import MessageStatus, Reason
from tests.api.sending.offers import Shop
from tests.api.tencent_v5.calling import Program, phone
from tests.factories import AppKeyFactory, ProjectFactory

pytestmark = pytest.mark.django_db


def hour(shop: Shop, *, ago: int = 0) -> int:
    moment = timezone.now().astimezone(shop.project.zone) - timedelta(hours=ago)
    return int(moment.strftime("%Y%m%d%H"))


@pytest.fixture
def sent(shop: Shop, seller: Program) -> None:
    """Four messages of one segment and a half each: three were taken; of two there are receipts."""
    tels = [phone(f"1378888880{n}") for n in range(4)]
    body = {"tel": tels, "tpl_id": shop.notice.body_template_id, "params": ["A" * 60, "SF2"]}
    assert seller.call("sendmultisms2", body)["result"] == 0
    for to, n in [(MessageStatus.SUBMITTED, 3), (MessageStatus.FAILED, 1), (MessageStatus.DELIVERED, 1)]:
        count(to, n)
    Message.objects.filter(pk=Message.objects.order_by("pk")[0].pk).update(
        status=MessageStatus.UNDELIVERED,
        rare_status=MessageStatus.UNDELIVERED,
        reason=Reason.UNREACHABLE,
        final_at=timezone.now(),
    )


def count(to: MessageStatus, n: int, at: datetime | None = None) -> None:
    at = (at or timezone.now()).replace(minute=0, second=0, microsecond=0)
    CounterDelta.objects.create(
        dispatch_id=Dispatch.objects.get().pk,
        hour=at,
        gateway_id=0,
        country="CN",
        to_status=to,
        n=n,
        n_segments=2 * n,
    )


@pytest.mark.usefixtures("sent")
def test_it_says_what_was_sent(shop: Shop, seller: Program) -> None:
    span = {"begin_date": hour(shop), "end_date": hour(shop)}
    assert seller.call("pullsendstatus", span) == {
        "result": 0,
        "errmsg": "OK",
        "data": {"request": 4, "success": 3, "bill_number": 6},
    }


@pytest.mark.usefixtures("sent")
def test_it_says_what_was_reported(shop: Shop, seller: Program) -> None:
    span = {"begin_date": hour(shop, ago=1), "end_date": hour(shop)}
    data = seller.call("pullcallbackstatus", span)["data"]
    assert data == {
        "success": 3,
        "status": 2,
        "status_success": 1,
        "status_fail": 1,
        "status_fail_0": 0,
        "status_fail_1": 0,
        "status_fail_2": 1,
        "status_fail_3": 0,
        "status_fail_4": 0,
    }


@pytest.mark.usefixtures("sent")
def test_other_hours_and_other_projects_do_not_count(shop: Shop, seller: Program) -> None:
    before = {"begin_date": hour(shop, ago=5), "end_date": hour(shop, ago=1)}
    assert seller.call("pullsendstatus", before)["data"]["request"] == 0
    elsewhere = ProjectFactory(organization=shop.project.organization)
    stranger = Program(AppKeyFactory(project=elsewhere, secret="d" * 32))
    span = {"begin_date": hour(shop, ago=1), "end_date": hour(shop)}
    assert stranger.call("pullsendstatus", span)["data"]["request"] == 0
    assert stranger.call("pullcallbackstatus", span)["data"]["status"] == 0


@pytest.mark.usefixtures("sent")
def test_hours_are_those_of_the_projects_clock(shop: Shop, seller: Program) -> None:
    # Two o'clock in Shanghai is six in the evening before in UTC.
    count(MessageStatus.SUBMITTED, 5, datetime(2026, 1, 9, 18, tzinfo=UTC))
    at_two = {"begin_date": 2026011002, "end_date": 2026011002}
    assert seller.call("pullsendstatus", at_two)["data"]["success"] == 5
    assert seller.call("pullsendstatus", {**at_two, "end_date": 2026011023})["data"]["success"] == 5
    at_three = {"begin_date": 2026011003, "end_date": 2026011023}
    assert seller.call("pullsendstatus", at_three)["data"]["success"] == 0


@pytest.mark.parametrize(
    "span",
    [
        {},
        {"begin_date": 2026010100},
        {"begin_date": "2026010100", "end_date": 2026010123},
        {"begin_date": 2026013200, "end_date": 2026020100},
        {"begin_date": 2026010124, "end_date": 2026010200},
        {"begin_date": 20260101, "end_date": 20260102},
        {"begin_date": 2026010200, "end_date": 2026010123},
        {"begin_date": 2024010100, "end_date": 2026010123},
        {"begin_date": 10**15, "end_date": 10**15},
    ],
)
@pytest.mark.parametrize("method", ["pullsendstatus", "pullcallbackstatus"])
def test_a_span_of_another_shape_is_1004(seller: Program, method: str, span: dict[str, Any]) -> None:
    assert seller.call(method, span)["result"] == 1004
