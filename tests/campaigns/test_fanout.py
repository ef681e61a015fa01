"""From recipients to messages."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from accounts.models import User
from campaigns import fanout, services
from campaigns.models import Campaign
from delivery.models import Batch, Dispatch, Gateway, Message, MessageBody
from projects.models import Project
from smsconsole.lib.segments import n_segments
from smsconsole.lib.types import Region
from tests.campaigns import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "FIRST_CHUNK", 10)
    monkeypatch.setattr(fanout, "CHUNK", 30)


def sent(project: Project, operator: User, n: int) -> Campaign:
    return making.send(making.ready(project, operator, n=n), operator)


def test_the_messages_are_what_was_foreseen(project: Project, operator: User, gateway: Gateway) -> None:
    campaign = making.draft(project, operator, sender_id="DemoShop")
    rows = [
        ["+4915123000001", "Ann", "Berlin"],
        ["+60123456789", "Zoë " * 20, "Ipoh"],
        ["+4915123000001", "Ann", "Berlin"],
        ["no number", "Bob", "Rome"],
        ["+33612345678", "李", "Lyon {1} %s"],
    ]
    making.uploaded(campaign, rows, by=operator)
    foreseen = services.previews(campaign)
    making.send(campaign, operator)
    fanout.run(campaign.pk)
    bodies = {body.owner_row: body for body in MessageBody.objects.all()}
    assert sorted(bodies) == [1, 2, 5]
    assert bodies[1].text == "[DemoShop]Hello Ann, your order to Berlin is on its way."
    assert bodies[5].text == "[DemoShop]Hello 李, your order to Lyon {1} %s is on its way."
    assert {body.sender for body in bodies.values()} == {"DemoShop"}
    for preview in foreseen:
        assert bodies[preview.row_number].text == preview.text
    assert campaign.forecast.n_segments == sum(Message.objects.values_list("n_segments", flat=True))


def test_carriers_of_a_country_cost_their_prefix(project: Project, operator: User, gateway: Gateway) -> None:
    """A text of exactly one segment becomes two where the carrier puts its own words in front."""
    campaign = making.draft(
        project, operator, body_template_revision=making.body(project, "x" * 148, name="Full")
    )
    making.uploaded(campaign, [["+4915123000001"], ["+60123456789"]], by=operator)
    assert n_segments("[DemoShop]" + "x" * 148) == 1
    assert campaign.forecast.segments_histogram == [[1, 1], [2, 1]]
    assert campaign.forecast.countries == [["DE", 1, 1], ["MY", 1, 2]]


def test_the_chinese_signature_stands_in_its_own_brackets(
    project: Project, operator: User, gateway: Gateway
) -> None:
    campaign = services.create_draft(project=project, by=operator, region=Region.DOMESTIC)
    body = making.body(project, "您好{1}，您寄往{2}的订单已发出。", region=Region.DOMESTIC)
    brand = making.signature(project, "演示商城", region=Region.DOMESTIC)
    services.update_draft(
        campaign=campaign,
        version=None,
        changes={"body_template_revision": body, "signature_revision": brand},
        by=operator,
    )
    making.uploaded(campaign, [["+8613800138000", "王", "上海"]], by=operator)
    making.send(campaign, operator)
    fanout.run(campaign.pk)
    assert MessageBody.objects.get().text == "【演示商城】您好王，您寄往上海的订单已发出。"
    assert campaign.forecast.encodings == {"GSM-7": 0, "UCS-2": 1}


@pytest.mark.usefixtures("small_chunks")
def test_cut_off_it_goes_on_and_nothing_doubles(
    project: Project, operator: User, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = sent(project, operator, 100)
    appended: list[int] = []

    def append_twice(**kwargs: object) -> None:
        if len(appended) == 2:
            raise KeyboardInterrupt
        appended.append(1)
        append(**kwargs)

    append = fanout.append_messages
    with monkeypatch.context() as patch:
        patch.setattr(fanout, "append_messages", append_twice)
        with pytest.raises(KeyboardInterrupt):
            fanout.run(campaign.pk)
    assert Message.objects.count() == 40
    assert not Dispatch.objects.get().fanout_done
    fanout.run(campaign.pk)
    fanout.run(campaign.pk)
    dispatch = Dispatch.objects.get()
    assert (dispatch.n_total, dispatch.n_open, dispatch.fanout_done) == (100, 100, True)
    rows = list(MessageBody.objects.order_by("message_id").values_list("owner_row", flat=True))
    assert rows == list(range(2, 102))
    assert Message.objects.order_by("id").first().pk == dispatch.first_id


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_share_the_work(project: Project, operator: User, gateway: Gateway) -> None:
    campaign = sent(project, operator, 400)
    begin = threading.Barrier(3)
    errors: list[Exception] = []

    def run() -> None:
        begin.wait()
        try:
            fanout.run(campaign.pk)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert MessageBody.objects.values("owner_row").distinct().count() == Message.objects.count() == 400
    dispatch = Dispatch.objects.get()
    assert (dispatch.n_total, dispatch.fanout_done) == (400, True)
    assert Batch.objects.count() == len({*Batch.objects.values_list("first_id", flat=True)})


def test_a_draft_is_not_fanned_out(project: Project, operator: User, gateway: Gateway) -> None:
    fanout.run(making.ready(project, operator).pk)
    assert not Message.objects.exists()
