"""Suspend, Continue, Cancel, Copy, and settling uncertain messages."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from campaigns import services
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus, HoldReason
from delivery.models import Message
from delivery.statuses import DispatchState, MessageStatus
from projects.models import Project
from tests.campaigns import making
from tests.campaigns.views.conftest import Visit, words

pytestmark = pytest.mark.django_db

CHANGES = ["campaign-suspend", "campaign-resume", "campaign-cancel", "campaign-copy", "campaign-settle"]


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_related("dispatch", "project").get(pk=campaign.pk)


@pytest.mark.parametrize("name", CHANGES)
def test_they_reject_get(running: Campaign, get: Visit, name: str) -> None:
    assert get(name, running).status_code == 405


def test_it_suspends(running: Campaign, post: Visit) -> None:
    response = post("campaign-suspend", running)
    assert response.headers["Location"] == reverse(
        "campaign-detail", args=[running.project.slug, running.uuid]
    )
    after = fresh(running)
    assert (after.status, after.dispatch.state) == (CampaignStatus.SUSPENDED, DispatchState.SUSPENDED)


def test_suspending_twice_is_no_error(running: Campaign, post: Visit, get: Visit) -> None:
    post("campaign-suspend", running)
    assert post("campaign-suspend", running).status_code == 302
    assert "toast-error" not in get("campaign-numbers", running).content.decode()


def test_it_goes_back_to_where_the_button_was(running: Campaign, post: Visit) -> None:
    there = reverse("campaign-list", args=[running.project.slug])
    assert post("campaign-suspend", running, next=there).headers["Location"] == there


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_never_leads_elsewhere(running: Campaign, post: Visit, elsewhere: str) -> None:
    location = post("campaign-suspend", running, next=elsewhere).headers["Location"]
    assert location == reverse("campaign-detail", args=[running.project.slug, running.uuid])


def test_it_continues(running: Campaign, post: Visit) -> None:
    post("campaign-suspend", running)
    post("campaign-resume", running)
    assert fresh(running).dispatch.state == DispatchState.RUNNING


def test_continuing_what_is_finished_says_why_not(running: Campaign, post: Visit, get: Visit) -> None:
    Campaign.objects.update(status=CampaignStatus.FINISHED)
    post("campaign-resume", running)
    assert "is finished and cannot be continued" in words(get("campaign-numbers", running))


def test_continue_lets_a_held_one_go_on(running: Campaign, post: Visit) -> None:
    services.hold_campaign(campaign_id=running.pk, reason=HoldReason.TEXT_REVOKED)
    post("campaign-resume", running)
    assert fresh(running).status == CampaignStatus.RUNNING


def test_it_cancels(running: Campaign, post: Visit) -> None:
    post("campaign-cancel", running)
    assert fresh(running).status == CampaignStatus.CANCELLED


def test_cancelling_needs_no_version_of_a_moving_campaign(running: Campaign, post: Visit) -> None:
    post("campaign-suspend", running)
    post("campaign-cancel", running, version="1")
    assert fresh(running).status == CampaignStatus.CANCELLED


def test_it_is_too_late_to_cancel_minutes_before_the_start(
    project: Project, operator: User, gateway: object, post: Visit, get: Visit
) -> None:
    campaign = making.scheduled(project, operator, in_seconds=120)
    page = get("campaign-numbers", campaign)
    assert reverse("campaign-cancel", args=[project.slug, campaign.uuid]) not in page.content.decode()
    post("campaign-cancel", campaign)
    assert fresh(campaign).status == CampaignStatus.SCHEDULED
    assert "Suspend it to hold the start" in words(get("campaign-numbers", campaign))


def test_a_copy_is_a_draft_of_its_own(running: Campaign, post: Visit, operator: User) -> None:
    response = post("campaign-copy", running)
    copy = Campaign.objects.get(copied_from=running)
    assert response.headers["Location"] == reverse("campaign-send", args=[running.project.slug, copy.uuid])
    assert (copy.status, copy.created_by) == (CampaignStatus.IMPORTING, operator)


def test_a_disabled_project_makes_no_copy(running: Campaign, post: Visit) -> None:
    Project.objects.update(disabled_at=running.created_at)
    post("campaign-copy", running)
    assert Campaign.objects.count() == 1


def test_uncertain_ones_are_settled_as_chosen(running: Campaign, post: Visit, get: Visit) -> None:
    Message.objects.update(status=MessageStatus.UNCERTAIN, rare_status=MessageStatus.UNCERTAIN)
    post("campaign-settle", running, choice="failed")
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.FAILED}
    assert "3 uncertain messages were settled." in words(get("campaign-numbers", running))


def test_settling_without_a_choice_changes_nothing(running: Campaign, post: Visit) -> None:
    Message.objects.update(status=MessageStatus.UNCERTAIN, rare_status=MessageStatus.UNCERTAIN)
    post("campaign-settle", running, choice="whatever")
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.UNCERTAIN}


def test_settling_what_a_receipt_settled_meanwhile_is_no_error(
    running: Campaign, post: Visit, get: Visit
) -> None:
    post("campaign-settle", running, choice="sent")
    assert "None was uncertain any more." in words(get("campaign-numbers", running))
