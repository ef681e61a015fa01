"""Uncertain messages, as an operator decides."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from accounts.models import User
from campaigns import fanout, services
from campaigns.errors import CampaignsError
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus, EventKind
from delivery.drain import drain
from delivery.gateways.base import Outcome, SubmitResult
from delivery.models import Gateway, Message
from delivery.services import UncertainChoice
from delivery.statuses import MessageStatus
from projects.models import Project
from templates_app.statuses import RevisionStatus
from tests.campaigns import making
from tests.delivery.conftest import ScriptedDriver

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(project: Project, operator: User, gateway: Gateway) -> Campaign:
    """A finished campaign of three, none of which the gateway answered."""
    campaign = making.send(making.ready(project, operator), operator)
    fanout.run(campaign.pk)
    driver = ScriptedDriver()
    driver.answer = lambda message: SubmitResult(message.id, Outcome.UNCERTAIN)
    drain(gateway, until=time.monotonic() + 5, driver=driver)
    services.finish_campaign(campaign_id=campaign.pk)
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.FINISHED
    return campaign


def statuses() -> set[int]:
    return set(Message.objects.values_list("status", flat=True))


def test_they_may_be_treated_as_sent(finished: Campaign, operator: User) -> None:
    assert statuses() == {MessageStatus.UNCERTAIN}
    n = services.settle_uncertain_messages(campaign=finished, choice=UncertainChoice.SENT, by=operator)
    finished.refresh_from_db()
    assert (n, statuses(), finished.status) == (3, {MessageStatus.SUBMITTED}, CampaignStatus.FINISHED)
    assert finished.events.get(kind=EventKind.UNCERTAIN_SETTLED).detail == {"choice": "sent", "n_messages": 3}


def test_sending_them_again_makes_the_campaign_run_again(finished: Campaign, operator: User) -> None:
    services.settle_uncertain_messages(campaign=finished, choice=UncertainChoice.AGAIN, by=operator)
    finished.refresh_from_db()
    assert (statuses(), finished.status, finished.finished_at) == (
        {MessageStatus.QUEUED},
        CampaignStatus.RUNNING,
        None,
    )
    services.finish_campaign(campaign_id=finished.pk)
    finished.refresh_from_db()
    assert finished.status == CampaignStatus.RUNNING


def test_settling_twice_does_nothing_more(finished: Campaign, operator: User) -> None:
    for n in (3, 0):
        assert (
            services.settle_uncertain_messages(campaign=finished, choice=UncertainChoice.FAILED, by=operator)
            == n
        )
    assert finished.events.filter(kind=EventKind.UNCERTAIN_SETTLED).count() == 1


def test_nothing_is_sent_again_with_a_revoked_text(finished: Campaign, operator: User) -> None:
    revision = finished.signature_revision
    type(revision).objects.filter(pk=revision.pk).update(status=RevisionStatus.REVOKED)
    with pytest.raises(CampaignsError, match="not approved"):
        services.settle_uncertain_messages(campaign=finished, choice=UncertainChoice.AGAIN, by=operator)
    assert statuses() == {MessageStatus.UNCERTAIN}


def test_a_draft_has_nothing_to_settle(project: Project, operator: User, gateway: Gateway) -> None:
    with pytest.raises(CampaignsError, match="Nothing of this campaign"):
        services.settle_uncertain_messages(
            campaign=making.ready(project, operator), choice=UncertainChoice.SENT, by=operator
        )


def test_asking_for_whole_numbers_is_written_down(project: Project, operator: User, gateway: Gateway) -> None:
    campaign = making.ready(project, operator)
    before = timezone.now()
    services.note_reveal(campaign=campaign, by=operator)
    event = campaign.events.get(kind=EventKind.NUMBERS_REVEALED)
    assert event.by == operator
    assert event.created_at >= before
