"""Tests of a draft to numbers of one's own."""

from __future__ import annotations

import pytest

from accounts.models import User
from campaigns import models, services
from campaigns.errors import CampaignsError, NotReady
from campaigns.statuses import CampaignStatus, EventKind
from delivery.models import Dispatch, Gateway, MessageBody
from projects.models import Project
from templates_app.statuses import RevisionStatus
from tests.campaigns import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(project: Project, operator: User, gateway: Gateway) -> models.Campaign:
    return making.draft(project, operator, sender_id="DemoShop")


def test_it_sends_the_text_of_the_first_row(campaign: models.Campaign, operator: User) -> None:
    making.uploaded(campaign, making.order_rows(3), by=operator)
    test = services.send_test(campaign=campaign, text="+4915123009999 +4915123009998", by=operator)
    bodies = MessageBody.objects.order_by("message_id")
    assert [body.msisdn for body in bodies] == ["+4915123009999", "+4915123009998"]
    assert {body.text for body in bodies} == {"[DemoShop]Hello Person 0, your order to Berlin is on its way."}
    assert (test.dispatch.owner.split(":")[0], Dispatch.objects.get().fanout_done) == ("test", True)
    assert campaign.events.get(kind=EventKind.TEST_SENT).detail == {"n_messages": 2}


def test_before_the_upload_it_has_sample_values(campaign: models.Campaign, operator: User) -> None:
    services.send_test(campaign=campaign, text="+4915123009999", by=operator)
    text = MessageBody.objects.get().text
    assert text.startswith("[DemoShop]Hello ")
    assert "{" not in text


def test_it_is_no_part_of_the_campaign(campaign: models.Campaign, operator: User) -> None:
    making.uploaded(campaign, making.order_rows(3), by=operator)
    services.send_test(campaign=campaign, text="+4915123009999", by=operator)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.dispatch) == (CampaignStatus.READY, None)


def test_a_sixth_number_is_refused(campaign: models.Campaign, operator: User) -> None:
    with pytest.raises(CampaignsError, match="at most 5"):
        services.send_test(campaign=campaign, text=" ".join(making.numbers(6)), by=operator)


@pytest.mark.parametrize("number", ["10086", "+8613800138000", "hello"])
def test_one_bad_number_sends_nothing(campaign: models.Campaign, operator: User, number: str) -> None:
    with pytest.raises(CampaignsError, match="cannot be sent to") as refusal:
        services.send_test(campaign=campaign, text=f"+4915123009999 {number}", by=operator)
    assert refusal.value.field == "numbers"
    assert not models.TestSend.objects.exists()


def test_a_text_that_is_not_approved_any_more_is_not_tested(
    campaign: models.Campaign, operator: User
) -> None:
    revision = campaign.body_template_revision
    type(revision).objects.filter(pk=revision.pk).update(status=RevisionStatus.REVOKED)
    with pytest.raises(NotReady):
        services.send_test(campaign=campaign, text="+4915123009999", by=operator)


def test_a_sent_campaign_is_not_tested(project: Project, operator: User, gateway: Gateway) -> None:
    campaign = making.send(making.ready(project, operator), operator)
    with pytest.raises(CampaignsError):
        services.send_test(campaign=campaign, text="+4915123009999", by=operator)
