"""Wall clocks and instants, and what happens at a scheduled time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from campaigns import services
from campaigns.errors import AmbiguousTime, CampaignsError
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus, HoldReason
from delivery.models import Dispatch, Gateway
from projects.models import Project
from projects.services import disable_project
from templates_app.statuses import RevisionStatus
from tests.campaigns import making

BERLIN = "Europe/Berlin"


def test_a_wall_time_becomes_an_instant() -> None:
    instant = services.instant_of(wall=datetime.fromisoformat("2030-07-01T10:00"), zone=BERLIN)
    assert instant == datetime(2030, 7, 1, 8, 0, tzinfo=UTC)


def test_an_hour_that_clocks_skip_is_refused() -> None:
    with pytest.raises(CampaignsError, match="skip 02:30") as refusal:
        services.instant_of(wall=datetime.fromisoformat("2030-03-31T02:30"), zone=BERLIN)
    assert refusal.value.field == "scheduled_local"


def test_an_hour_that_comes_twice_is_asked_for() -> None:
    wall = datetime.fromisoformat("2030-10-27T02:30")
    with pytest.raises(AmbiguousTime) as question:
        services.instant_of(wall=wall, zone=BERLIN)
    assert services.instant_of(wall=wall, zone=BERLIN, fold=0) == question.value.first
    assert services.instant_of(wall=wall, zone=BERLIN, fold=1) == question.value.second
    assert question.value.second - question.value.first == timedelta(hours=1)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(CampaignsError, match="not a time zone"):
        services.instant_of(wall=datetime.fromisoformat("2030-01-01T00:00"), zone="../../etc/passwd")


@pytest.mark.django_db
class TestScheduledCampaign:
    @pytest.fixture(autouse=True)
    def _gateway(self, gateway: Gateway) -> None:
        """Something to send through."""

    def status(self, campaign: Campaign) -> tuple[str, str]:
        campaign.refresh_from_db()
        return campaign.status, campaign.hold_reason

    def test_a_past_time_is_refused(self, project: Project, operator: User) -> None:
        campaign = making.draft(project, operator)
        with pytest.raises(CampaignsError, match="has passed"):
            services.set_schedule(
                campaign=campaign,
                version=None,
                wall=datetime.fromisoformat("2020-01-01T00:00"),
                zone=BERLIN,
                by=operator,
            )

    def test_it_waits_for_its_time(self, project: Project, operator: User) -> None:
        campaign = making.scheduled(project, operator, in_seconds=60)
        services.start_campaign(campaign_id=campaign.pk)
        assert self.status(campaign) == (CampaignStatus.SCHEDULED, "")
        assert not Dispatch.objects.exists()

    def test_it_starts_once_when_due(self, project: Project, operator: User) -> None:
        campaign = making.scheduled(project, operator, in_seconds=-1)
        for _ in range(2):
            services.start_campaign(campaign_id=campaign.pk)
        assert self.status(campaign) == (CampaignStatus.RUNNING, "")
        assert Dispatch.objects.count() == 1

    def test_after_its_grace_period_it_is_held(self, project: Project, operator: User) -> None:
        campaign = making.scheduled(project, operator, in_seconds=-7201)
        services.start_campaign(campaign_id=campaign.pk)
        assert self.status(campaign) == (CampaignStatus.HELD, HoldReason.LATE)
        services.release_held(campaign=campaign, by=operator)
        assert self.status(campaign) == (CampaignStatus.RUNNING, "")

    def test_with_a_revoked_text_it_is_held_and_cannot_be_released(
        self, project: Project, operator: User
    ) -> None:
        campaign = making.scheduled(project, operator, in_seconds=-1)
        revision = campaign.body_template_revision
        type(revision).objects.filter(pk=revision.pk).update(status=RevisionStatus.REVOKED)
        services.start_campaign(campaign_id=campaign.pk)
        assert self.status(campaign) == (CampaignStatus.HELD, HoldReason.TEXT_REVOKED)
        with pytest.raises(CampaignsError, match="not approved"):
            services.release_held(campaign=campaign, by=operator)
        assert not Dispatch.objects.exists()

    def test_in_a_disabled_project_it_is_held(self, project: Project, operator: User, admin: User) -> None:
        campaign = making.scheduled(project, operator, in_seconds=-1)
        disable_project(project=project, by=admin)
        services.start_campaign(campaign_id=campaign.pk)
        assert self.status(campaign) == (CampaignStatus.HELD, HoldReason.PROJECT_DISABLED)

    def test_it_can_be_cancelled_until_five_minutes_before(self, project: Project, operator: User) -> None:
        campaign = making.scheduled(project, operator, in_seconds=301)
        services.cancel_campaign(campaign=campaign, by=operator)
        assert self.status(campaign) == (CampaignStatus.CANCELLED, "")

    def test_in_the_last_five_minutes_suspend_holds_the_start(self, project: Project, operator: User) -> None:
        campaign = making.scheduled(project, operator, in_seconds=299)
        with pytest.raises(CampaignsError, match="less than 5 minutes"):
            services.cancel_campaign(campaign=campaign, by=operator)
        services.suspend_campaign(campaign=campaign, by=operator)
        Campaign.objects.update(scheduled_at=timezone.now() - timedelta(seconds=1))
        services.start_campaign(campaign_id=campaign.pk)
        assert self.status(campaign) == (CampaignStatus.SUSPENDED, "")
        services.resume_campaign(campaign=campaign, by=operator)
        assert self.status(campaign) == (CampaignStatus.RUNNING, "")

    def test_continued_before_its_time_it_is_scheduled_again(self, project: Project, operator: User) -> None:
        campaign = making.scheduled(project, operator, in_seconds=299)
        services.suspend_campaign(campaign=campaign, by=operator)
        services.resume_campaign(campaign=campaign, by=operator)
        assert self.status(campaign) == (CampaignStatus.SCHEDULED, "")

    def test_it_can_be_moved(self, project: Project, operator: User) -> None:
        campaign = making.scheduled(project, operator, in_seconds=100)
        moved = services.reschedule_campaign(
            campaign=campaign,
            version=None,
            wall=datetime.fromisoformat("2030-07-01T10:00"),
            zone=BERLIN,
            by=operator,
        )
        assert moved.scheduled_at == datetime(2030, 7, 1, 8, 0, tzinfo=UTC)
        assert moved.scheduled_local == "2030-07-01T10:00"
