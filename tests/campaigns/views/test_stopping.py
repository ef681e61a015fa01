"""The pages that stop everything and allow it again."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from campaigns import services
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus
from projects.models import Project
from tests.campaigns.views.conftest import words
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


def status(campaign: Campaign) -> str:
    return Campaign.objects.get(pk=campaign.pk).status


def test_the_page_says_what_stopping_holds(running: Campaign, client_of: ClientOf, operator: User) -> None:
    page = words(client_of(operator).get(reverse("sending-stop", args=[running.project.slug])))
    assert "1 running campaign is held." in page
    assert "3 messages wait and stay in their place." in page
    assert status(running) == CampaignStatus.RUNNING


def test_every_page_of_a_stopped_project_says_so(
    running: Campaign, client_of: ClientOf, operator: User, reviewer: User
) -> None:
    client = client_of(operator)
    there = reverse("campaign-list", args=[running.project.slug])
    assert "Everything is stopped." not in words(client.get(there))
    response = client.post(reverse("sending-stop", args=[running.project.slug]))
    assert response.headers["Location"] == there
    assert status(running) == CampaignStatus.HELD
    for name in ("campaign-list", "signature-list", "application-information"):
        page = words(client_of(reviewer).get(reverse(name, args=[running.project.slug])))
        assert "Everything is stopped. Olga Operator stopped all sending of this project" in page, name


def test_only_an_admin_is_offered_to_allow_it(
    project: Project, client_of: ClientOf, operator: User, admin: User
) -> None:
    services.stop_everything(project=project, by=operator)
    allow = reverse("sending-allow", args=[project.slug])
    there = reverse("campaign-list", args=[project.slug])
    assert allow not in client_of(operator).get(there).content.decode()
    assert allow in client_of(admin).get(there).content.decode()
    client_of(admin).post(allow)
    project.refresh_from_db()
    assert project.stopped_at is None


def test_after_allowing_the_list_offers_to_continue_all(
    running: Campaign, client_of: ClientOf, operator: User, admin: User
) -> None:
    services.stop_everything(project=running.project, by=operator)
    services.allow_sending(project=running.project, by=admin)
    client = client_of(operator)
    there = reverse("campaign-list", args=[running.project.slug])
    assert "1 campaign is still held since everything was stopped." in words(client.get(there))
    answer = client.post(reverse("sending-continue", args=[running.project.slug]), follow=True)
    assert "1 campaign goes on." in words(answer)
    assert status(running) == CampaignStatus.RUNNING


def test_a_campaign_that_may_not_go_on_is_named_with_the_reason(
    running: Campaign, client_of: ClientOf, operator: User
) -> None:
    services.stop_everything(project=running.project, by=operator)
    answer = client_of(operator).post(reverse("sending-continue", args=[running.project.slug]), follow=True)
    assert f"“{running.name}” stays held." in words(answer)


def test_the_organization_is_stopped_and_allowed_as_a_whole(
    running: Campaign, client_of: ClientOf, admin: User
) -> None:
    organization = running.project.organization
    client = client_of(admin)
    stop = reverse("organization-sending-stop", args=[organization.uuid])
    assert "1 project is stopped." in words(client.get(stop))
    client.post(stop)
    assert status(running) == CampaignStatus.HELD
    assert "Everything is stopped already." in words(client.get(stop))
    allow = reverse("organization-sending-allow", args=[organization.uuid])
    assert "1 campaign stays held." in words(client.get(allow))
    assert "1 project may send again." in words(client.post(allow, follow=True))


def test_the_list_of_projects_leads_there_and_marks_what_is_stopped(
    project: Project, client_of: ClientOf, operator: User, reviewer: User
) -> None:
    there, stop = (
        reverse("project-list"),
        reverse("organization-sending-stop", args=[project.organization.uuid]),
    )
    assert stop in client_of(operator).get(there).content.decode()
    assert stop not in client_of(reviewer).get(there).content.decode()
    services.stop_everything(project=project, by=operator)
    assert "Web shop Stopped" in words(client_of(reviewer).get(there))
