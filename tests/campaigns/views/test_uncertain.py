"""The page of uncertain messages, what a person decides there, and the policy."""

from __future__ import annotations

import time

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from campaigns import fanout, services
from campaigns.models import Campaign
from campaigns.services import stop_everything
from delivery.drain import drain
from delivery.gateways.base import Outcome, QueryOutcome, SubmitResult
from delivery.models import Gateway, Inquiry, Message
from delivery.statuses import MessageStatus
from projects.models import Project
from projects.statuses import UncertainPolicy
from tests.campaigns import making
from tests.campaigns.views.conftest import words
from tests.delivery.conftest import ScriptedDriver
from tests.factories import ProjectFactory, lift_limits

pytestmark = pytest.mark.django_db


def lost(project: Project, operator: User, gateway: Gateway) -> Campaign:
    """A finished campaign of three, none of which the gateway answered."""
    campaign = making.send(making.ready(project, operator), operator)
    fanout.run(campaign.pk)
    driver = ScriptedDriver()
    driver.answer = lambda message: SubmitResult(message.id, Outcome.UNCERTAIN)
    drain(gateway, until=time.monotonic() + 5, driver=driver)
    services.finish_campaign(campaign_id=campaign.pk)
    campaign.refresh_from_db()
    return campaign


@pytest.fixture
def campaign(project: Project, operator: User, gateway: Gateway) -> Campaign:
    lift_limits(project)
    return lost(project, operator, gateway)


@pytest.fixture
def client(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def page(client: Client, project: Project, **query: object) -> str:
    return words(client.get(reverse("uncertain-list", args=[project.slug]), query))


def settle(client: Client, project: Project, **data: object) -> str:
    answer = client.post(reverse("uncertain-settle", args=[project.slug]), data, follow=True)
    return words(answer)


def ids() -> list[int]:
    return list(Message.objects.order_by("pk").values_list("pk", flat=True))


def statuses() -> list[int]:
    return list(Message.objects.order_by("pk").values_list("status", flat=True))


def test_it_lists_them_with_what_is_known(
    client: Client, project: Project, campaign: Campaign, gateway: Gateway
) -> None:
    Inquiry.objects.create(
        message_id=ids()[0],
        attempt=1,
        gateway_id=gateway.pk,
        outcome=QueryOutcome.MISSING,
        code="E-404",
        answered_at=timezone.now(),
    )
    told = page(client, project)
    assert "+49 151 **** 0000" in told
    assert campaign.name in told
    assert gateway.name in told
    assert "The carrier says that it never had it. E-404" in told
    assert "They stay uncertain until" in told


def test_the_campaign_leads_here(client: Client, project: Project, campaign: Campaign) -> None:
    answer = client.get(reverse("campaign-numbers", args=[project.slug, campaign.uuid]))
    there = f"{reverse('uncertain-list', args=[project.slug])}?of={campaign.dispatch_id}"
    assert there in answer.content.decode()


def test_empty_it_teaches(client: Client, project: Project) -> None:
    assert "Nothing is uncertain" in page(client, project)


@pytest.mark.parametrize(
    ("choice", "after", "told"),
    [
        ("sent", MessageStatus.SUBMITTED, "2 messages are treated as sent."),
        ("failed", MessageStatus.FAILED, "2 messages are treated as failed."),
        ("again", MessageStatus.QUEUED, "2 messages are sent once more."),
    ],
)
def test_the_chosen_are_settled_and_no_others(
    client: Client, project: Project, campaign: Campaign, choice: str, after: int, told: str
) -> None:
    assert told in settle(client, project, choice=choice, message=ids()[:2])
    assert statuses() == [after, after, MessageStatus.UNCERTAIN]


def test_all_of_one_campaign_are_settled_and_none_of_another(
    client: Client, project: Project, campaign: Campaign, operator: User, gateway: Gateway
) -> None:
    lost(project, operator, gateway)
    told = settle(client, project, choice="sent", of=campaign.dispatch_id, all="yes")
    assert "3 messages are treated as sent." in told
    assert statuses() == [MessageStatus.SUBMITTED] * 3 + [MessageStatus.UNCERTAIN] * 3


def test_the_chosen_may_be_of_several_campaigns(
    client: Client, project: Project, campaign: Campaign, operator: User, gateway: Gateway
) -> None:
    lost(project, operator, gateway)
    settle(client, project, choice="failed", message=[ids()[0], ids()[5]])
    assert [n for n, status in enumerate(statuses()) if status == MessageStatus.FAILED] == [0, 5]


def test_those_settled_meanwhile_are_told(client: Client, project: Project, campaign: Campaign) -> None:
    settle(client, project, choice="sent", message=ids()[:1])
    told = settle(client, project, choice="failed", message=ids()[:2])
    assert "1 message is treated as failed." in told
    assert "The others were settled meanwhile" in told
    assert "None of them was uncertain any more." in settle(client, project, choice="sent", message=ids()[:2])


def test_without_a_choice_nothing_happens(client: Client, project: Project, campaign: Campaign) -> None:
    assert "Choose what to do" in settle(client, project, choice="explode", message=ids())
    assert "Choose the messages first" in settle(client, project, choice="sent")
    assert "Choose the messages first" in settle(client, project, choice="sent", message="9" * 40)
    assert statuses() == [MessageStatus.UNCERTAIN] * 3


def test_a_stopped_project_sends_nothing_again_and_says_so(
    client: Client, project: Project, campaign: Campaign, operator: User
) -> None:
    stop_everything(project=project, by=operator)
    told = settle(client, project, choice="again", of=campaign.dispatch_id, all="yes")
    assert f"“{campaign.name}”:" in told
    assert statuses() == [MessageStatus.UNCERTAIN] * 3


def test_messages_of_another_project_are_left_alone(
    client: Client, project: Project, campaign: Campaign
) -> None:
    other = ProjectFactory(organization=project.organization, slug="other")
    settle(client, other, choice="failed", message=ids())
    settle(client, other, choice="failed", of=campaign.dispatch_id, all="yes")
    assert statuses() == [MessageStatus.UNCERTAIN] * 3
    assert "Nothing is uncertain" in page(client, other, of=campaign.dispatch_id)


# --- The policy -----------------------------------------------------------------------------------------


def save(client: Client, project: Project, **data: object) -> HttpResponse:
    values = {"policy": "sent", "after_minutes": "90", "seen": project.changed_at.isoformat(), **data}
    return client.post(reverse("uncertain-policy", args=[project.slug]), values)


def test_an_admin_changes_the_policy(client: Client, project: Project, admin: User) -> None:
    client.force_login(admin)
    project.refresh_from_db()
    assert save(client, project).status_code == 302
    project.refresh_from_db()
    assert (project.uncertain_policy, project.uncertain_after_minutes) == (UncertainPolicy.SENT, 90)
    assert "After 90 minutes without news they are treated as sent." in page(client, project)


def test_an_older_form_is_refused_and_loses_nothing(client: Client, project: Project, admin: User) -> None:
    client.force_login(admin)
    project.refresh_from_db()
    assert save(client, project).status_code == 302
    answer = save(client, project, policy="again", after_minutes="30")
    assert answer.status_code == 409
    assert str(admin) in words(answer)
    assert 'value="30"' in answer.content.decode()
    project.refresh_from_db()
    assert project.uncertain_policy == UncertainPolicy.SENT


@pytest.mark.parametrize("minutes", ["4", "4321", "", "x", "-1", "9" * 400])
def test_a_time_out_of_bounds_is_named_at_its_field(
    client: Client, project: Project, admin: User, minutes: str
) -> None:
    client.force_login(admin)
    project.refresh_from_db()
    assert save(client, project, after_minutes=minutes).status_code == 422
    project.refresh_from_db()
    assert project.uncertain_after_minutes == 60
