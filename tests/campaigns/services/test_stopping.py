"""Stop everything: what is held at once, what cannot start, and how it goes on."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import User
from campaigns import beats, services
from campaigns.errors import CampaignsError, NotReady
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus, HoldReason
from delivery.models import Gateway
from delivery.statuses import DispatchState
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent
from tests.campaigns import making
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(project: Project, operator: User, gateway: Gateway) -> Campaign:
    return making.send(making.ready(project, operator), operator)


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_related("dispatch", "project").get(pk=campaign.pk)


def test_it_holds_what_runs(running: Campaign, admin: User) -> None:
    services.stop_everything(project=running.project, by=admin)
    after = fresh(running)
    assert (after.status, after.hold_reason) == (CampaignStatus.HELD, HoldReason.STOPPED)
    assert after.dispatch.state == DispatchState.HELD
    assert (after.project.stopped_by, after.project.stopped_at is not None) == (admin, True)


def test_stopping_twice_tells_once(project: Project, admin: User, operator: User) -> None:
    assert services.stop_everything(project=project, by=operator)
    assert not services.stop_everything(project=project, by=admin)
    event = OutboxEvent.objects.get(kind="sending.stopped")
    assert event.payload == {"project": str(project.uuid), "by": str(operator.uuid)}
    project.refresh_from_db()
    assert project.stopped_by == operator


def test_a_test_of_a_draft_is_held_too(project: Project, operator: User, gateway: Gateway) -> None:
    test = services.send_test(campaign=making.ready(project, operator), text="+4915123000000", by=operator)
    services.stop_everything(project=project, by=operator)
    test.dispatch.refresh_from_db()
    assert test.dispatch.state == DispatchState.HELD


def test_nothing_starts_while_it_is_stopped(project: Project, operator: User, gateway: Gateway) -> None:
    campaign = making.ready(project, operator)
    services.stop_everything(project=project, by=operator)
    with pytest.raises(NotReady, match="stopped by Olga Operator"):
        making.send(campaign, operator)
    with pytest.raises(NotReady, match="stopped by Olga Operator"):
        services.send_test(campaign=campaign, text="+4915123000000", by=operator)


def test_a_scheduled_campaign_is_held_when_its_time_comes(
    project: Project, operator: User, gateway: Gateway
) -> None:
    campaign = making.scheduled(project, operator, in_seconds=-5)
    services.stop_everything(project=project, by=operator)
    assert fresh(campaign).status == CampaignStatus.SCHEDULED
    beats.start_due()
    assert (fresh(campaign).status, fresh(campaign).hold_reason) == (CampaignStatus.HELD, HoldReason.STOPPED)


def test_a_suspended_campaign_stays_suspended_and_cannot_be_continued(
    running: Campaign, operator: User
) -> None:
    services.suspend_campaign(campaign=running, by=operator)
    services.stop_everything(project=running.project, by=operator)
    assert fresh(running).status == CampaignStatus.SUSPENDED
    with pytest.raises(NotReady, match="stopped by"):
        services.resume_campaign(campaign=running, by=operator)


def test_what_a_stop_that_was_cut_off_left_running_is_held_by_the_beat(
    running: Campaign, admin: User
) -> None:
    Project.objects.filter(pk=running.project_id).update(stopped_at=timezone.now(), stopped_by=admin)
    beats.hold_forbidden()
    assert fresh(running).hold_reason == HoldReason.STOPPED


def test_allowing_leaves_campaigns_held(running: Campaign, admin: User) -> None:
    services.stop_everything(project=running.project, by=admin)
    assert services.allow_sending(project=running.project, by=admin)
    assert not services.allow_sending(project=running.project, by=admin)
    after = fresh(running)
    assert (after.status, after.dispatch.state) == (CampaignStatus.HELD, DispatchState.HELD)
    assert OutboxEvent.objects.filter(kind="sending.allowed").count() == 1


def test_all_held_campaigns_go_on_at_once(running: Campaign, admin: User, operator: User) -> None:
    services.stop_everything(project=running.project, by=admin)
    services.allow_sending(project=running.project, by=admin)
    outcome = services.continue_stopped(project=running.project, by=operator)
    after = fresh(running)
    assert (outcome.n_campaigns, outcome.refused) == (1, [])
    assert (after.status, after.dispatch.state) == (CampaignStatus.RUNNING, DispatchState.RUNNING)


def test_continuing_while_stopped_says_why_not(running: Campaign, admin: User, operator: User) -> None:
    services.stop_everything(project=running.project, by=admin)
    outcome = services.continue_stopped(project=running.project, by=operator)
    assert outcome.n_campaigns == 0
    assert "stopped by Ada Admin" in outcome.refused[0][1]
    with pytest.raises(CampaignsError):
        services.release_held(campaign=running, by=operator)


def test_the_organization_stops_all_its_projects_and_no_other(
    running: Campaign, admin: User, project: Project
) -> None:
    sister, stranger = ProjectFactory(organization=project.organization), ProjectFactory()
    assert services.stop_organization(organization=project.organization, by=admin) == 2
    for one in (sister, stranger, project):
        one.refresh_from_db()
    assert (project.stopped_at and sister.stopped_at) is not None
    assert stranger.stopped_at is None
    assert services.allow_organization(organization=project.organization, by=admin) == 2


def test_it_says_what_is_at_stake(running: Campaign, operator: User) -> None:
    making.scheduled(running.project, operator, in_seconds=3600)
    stake = services.at_stake([running.project])
    # The three messages are not handed over yet, and wait all the same.
    assert (stake.n_projects, stake.n_campaigns, stake.n_scheduled, stake.n_messages) == (1, 1, 1, 3)
