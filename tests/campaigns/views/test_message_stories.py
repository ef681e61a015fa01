"""Stories that are not the usual one: what still waits, tests, moved messages, evidence, alarms."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from campaigns import fanout, services
from campaigns.models import Campaign
from delivery import services as delivery
from delivery.drain import drain
from delivery.gateways.base import Outcome, SubmitResult
from delivery.models import (
    Batch,
    Dispatch,
    Evidence,
    EvidenceSource,
    Gateway,
    GatewayHealth,
    Message,
    MessageBody,
    UnmatchedReceipt,
)
from delivery.statuses import MessageStatus, Reason
from projects.models import Project
from tests.campaigns import making
from tests.campaigns.views.conftest import words
from tests.delivery.conftest import ScriptedDriver

pytestmark = pytest.mark.django_db
NUMBER = "+4915123000001"


@pytest.fixture
def campaign(project: Project, operator: User, gateway: Gateway) -> Campaign:
    campaign = making.send(making.ready(project, operator), operator)
    fanout.run(campaign.pk)
    return campaign


@pytest.fixture
def client(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def story(client: Client, project: Project) -> str:
    body = MessageBody.objects.filter(msisdn=NUMBER).latest("message_id")
    return words(client.get(reverse("message-detail", args=[project.slug, body.message_id])))


def leave(gateway: Gateway, outcome: Outcome = Outcome.ACCEPTED) -> None:
    driver = ScriptedDriver()
    if outcome != Outcome.ACCEPTED:
        driver.answer = lambda message: SubmitResult(message.id, outcome)
    drain(gateway, until=time.monotonic() + 5, driver=driver)


def test_what_waits_says_for_what(
    client: Client, project: Project, campaign: Campaign, gateway: Gateway, operator: User
) -> None:
    assert "It leaves when its turn comes." in story(client, project)
    Gateway.objects.update(is_enabled=False)
    assert "Its gateway is paused." in story(client, project)
    Gateway.objects.update(is_enabled=True)
    GatewayHealth.objects.create(gateway=gateway, down_since=timezone.now(), probe_at=timezone.now())
    assert "Its gateway does not work at the moment" in story(client, project)
    services.suspend_campaign(campaign=campaign, by=operator)
    assert "Its campaign is suspended." in story(client, project)


def test_a_stopped_project_and_a_held_campaign_say_so(
    client: Client, project: Project, campaign: Campaign, operator: User
) -> None:
    services.stop_everything(project=project, by=operator)
    told = story(client, project)
    assert "Everything was stopped in this project." in told
    assert "Its campaign is" in told


def test_a_cancelled_one_says_so(
    client: Client, project: Project, campaign: Campaign, operator: User
) -> None:
    services.cancel_campaign(campaign=campaign, by=operator)
    assert "Its campaign was cancelled, so it never will." in story(client, project)
    Message.objects.update(status=MessageStatus.CANCELLED, rare_status=10, reason=Reason.CANCELLED_BY_PERSON)
    told = story(client, project)
    assert "It was cancelled before it left" in told
    assert "It has not left yet" not in told


def test_a_test_is_told_as_one(client: Client, project: Project, operator: User, gateway: Gateway) -> None:
    draft = making.ready(project, operator)
    services.send_test(campaign=draft, text=NUMBER, by=operator)
    told = story(client, project)
    assert f"Test of “{draft.name}”" in told
    assert "Handed over to be sent" in told


def test_an_alarm_asks_no_rule(client: Client, project: Project, gateway: Gateway) -> None:
    dispatch = delivery.open_dispatch(
        owner="alarm:1", project=project, gateway=gateway, n_messages=1, tags={"system": "alarm"}
    )
    delivery.append_messages(
        dispatch=dispatch,
        offset=0,
        rows=[delivery.NewMessage(1, NUMBER, "DE", "", "Something is wrong", 1)],
    )
    leave(gateway)
    told = story(client, project)
    assert "Sent by the console itself" in told
    assert "No rule was asked" in told


def test_a_message_that_moved_names_both_gateways(
    client: Client, project: Project, campaign: Campaign, gateway: Gateway
) -> None:
    other = making.gateway(slug="other", name="Other line")
    Batch.objects.update(fallbacks=[other.pk])
    leave(gateway)
    Message.objects.update(gateway_id=other.pk, attempt=2)
    told = story(client, project)
    assert "“Simulated” was to carry it" in told
    assert "Behind it, should it refuse: Other line." in told
    assert "It moved to “Other line”" in told


def test_a_receipt_matched_by_number_is_named_as_such(
    client: Client, project: Project, campaign: Campaign, gateway: Gateway
) -> None:
    leave(gateway, Outcome.UNCERTAIN)
    message = Message.objects.get(pk=MessageBody.objects.get(msisdn=NUMBER).message_id)
    Evidence.objects.create(
        message_id=message.pk,
        attempt=1,
        source=EvidenceSource.NUMBER,
        outcome="delivered",
        gateway_message_ids=["x1"],
        code="DELIVRD",
    )
    told = story(client, project)
    assert "A receipt was matched by the number Delivered DELIVRD" in told
    assert "It named no message, and this one alone could be meant." in told


def test_receipts_that_may_be_an_uncertain_ones_are_shown(
    client: Client, project: Project, campaign: Campaign, gateway: Gateway
) -> None:
    leave(gateway, Outcome.UNCERTAIN)
    UnmatchedReceipt.objects.create(
        receipt_id=1,
        gateway_id=gateway.pk,
        gateway_message_id="7f3a",
        msisdn=NUMBER,
        state=MessageStatus.DELIVERED,
        reason=Reason.NONE,
        code="DELIVRD",
        reported_at=timezone.now(),
        received_at=timezone.now(),
    )
    told = story(client, project)
    assert "It was handed to “Simulated”, which never answered" in told
    assert "A receipt for this number that may be its own Delivered DELIVRD" in told


def test_one_settled_by_a_person_says_so(
    client: Client, project: Project, campaign: Campaign, gateway: Gateway, operator: User
) -> None:
    leave(gateway, Outcome.UNCERTAIN)
    services.settle_uncertain_messages(
        campaign=Campaign.objects.get(), choice=delivery.UncertainChoice.FAILED, by=operator
    )
    told = story(client, project)
    assert "It counts as not sent" in told
    assert "Settled by an operator" in told
    assert Dispatch.objects.count() == 1
