"""What keeps a campaign from being sent: the organization's standing, its region, its sender ID."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import IdentityVerification, Organization, ServiceActivation, User
from accounts.statuses import ActivationStatus, EntityKind
from campaigns import beats, services
from campaigns.errors import NotReady
from campaigns.models import Campaign, Forecast
from campaigns.services.changes import move
from campaigns.statuses import CampaignStatus, HoldReason
from delivery.models import Gateway
from delivery.statuses import DispatchState
from projects.models import Project
from templates_app.models import SenderIdRevision
from templates_app.statuses import RevisionStatus, TextKind
from tests.campaigns import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(project: Project, operator: User, gateway: Gateway) -> Campaign:
    return making.ready(project, operator)


def codes(campaign: Campaign) -> list[str]:
    campaign = Campaign.objects.select_related("project").get(pk=campaign.pk)
    return [problem.code for problem in services.problems_before_sending(campaign)]


def take_back(region: str = "international") -> None:
    ServiceActivation.objects.filter(region=region).update(status=ActivationStatus.REVOKED)


def lock_organization() -> None:
    Organization.objects.update(locked_at=timezone.now())


def forget_identity() -> None:
    IdentityVerification.objects.all().delete()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (take_back, "not_activated"),
        (lock_organization, "organization_locked"),
        (forget_identity, "not_verified"),
    ],
)
def test_an_organization_that_may_not_send_is_told_what_is_missing(
    campaign: Campaign, operator: User, change: object, code: str
) -> None:
    assert codes(campaign) == []
    change()
    assert code in codes(campaign)
    with pytest.raises(NotReady):
        making.send(campaign, operator)
    with pytest.raises(NotReady):
        services.send_test(campaign=campaign, text="+4915123000000", by=operator)


def test_the_other_regions_activation_does_not_matter(campaign: Campaign) -> None:
    take_back("domestic")
    assert codes(campaign) == []


def test_individuals_may_not_send_marketing(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(kind=TextKind.MARKETING)
    IdentityVerification.objects.update(kind=EntityKind.INDIVIDUAL)
    assert "not_for_individuals" in codes(campaign)


def test_what_runs_is_held_when_the_activation_is_taken_back(campaign: Campaign, operator: User) -> None:
    making.send(campaign, operator)
    beats.hold_unentitled()
    assert Campaign.objects.get(pk=campaign.pk).status == CampaignStatus.RUNNING
    take_back()
    beats.hold_unentitled()
    held = Campaign.objects.select_related("dispatch").get(pk=campaign.pk)
    assert (held.status, held.hold_reason) == (CampaignStatus.HELD, HoldReason.NOT_ACTIVATED)
    assert held.dispatch.state == DispatchState.HELD
    with pytest.raises(NotReady, match="not activated"):
        services.release_held(campaign=held, by=operator)


def test_a_schedule_without_activation_is_held_at_its_start(
    project: Project, operator: User, gateway: Gateway
) -> None:
    campaign = making.scheduled(project, operator, in_seconds=-1)
    take_back()
    beats.start_due()
    assert Campaign.objects.get(pk=campaign.pk).hold_reason == HoldReason.NOT_ACTIVATED


def test_a_revoked_sender_id_keeps_it_back(project: Project, operator: User, gateway: Gateway) -> None:
    campaign = making.draft(project, operator, sender_id="DemoShop")
    making.uploaded(campaign, making.order_rows(2), by=operator)
    assert codes(campaign) == []
    SenderIdRevision.objects.update(status=RevisionStatus.REVOKED)
    assert "sender_not_approved" in codes(campaign)


def test_a_sender_id_of_one_country_goes_nowhere_else(
    project: Project, operator: User, gateway: Gateway
) -> None:
    making.sender_id(project, "Berliner", country="DE")
    campaign = making.ready(project, operator)
    campaign = services.update_draft(
        campaign=campaign, version=None, changes={"sender_id": "Berliner"}, by=operator
    )
    assert codes(campaign) == []
    Forecast.objects.filter(campaign=campaign).update(countries=[["DE", 2, 2], ["FR", 1, 1]])
    assert codes(campaign) == ["sender_elsewhere"]


def test_a_state_that_may_not_follow_is_refused(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(status=CampaignStatus.CANCELLED)
    campaign.refresh_from_db()
    with pytest.raises(Exception, match="is cancelled and cannot become running"):
        move(campaign, CampaignStatus.RUNNING)
