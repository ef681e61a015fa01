"""The table of kinds: each real event finds its words, its people and its page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from campaigns.models import Campaign
from campaigns.services import finish_campaign, hold_campaign
from campaigns.services.changes import tell as tell_of_campaign
from campaigns.statuses import EventKind, HoldReason
from delivery.lines import health
from delivery.models import Batch, Dispatch, Gateway, GatewayHealth
from notifications.kinds import KINDS
from notifications.models import BellEntry, Delivery, Notification
from notifications.services import follow_outbox
from notifications.words import words_of
from projects.models import AlarmContact, Project
from smsconsole.outbox.models import OutboxEvent
from smsconsole.outbox.services import append_event
from tests.campaigns import making
from tests.factories import UserFactory, member

pytestmark = pytest.mark.django_db(transaction=True)


def told(user: User) -> list[str]:
    entries = BellEntry.objects.filter(user=user).order_by("pk").select_related("notification")
    return [entry.notification.kind for entry in entries]


@pytest.fixture
def sent(project: Project, operator: User) -> Campaign:
    making.gateway()
    campaign = making.send(making.ready(project, operator), operator)
    Dispatch.objects.update(sent_at=timezone.now())
    follow_outbox()
    return campaign


def test_the_starter_is_told_when_a_campaign_finished(sent: Campaign, operator: User, admin: User) -> None:
    finish_campaign(campaign_id=sent.pk)
    follow_outbox()
    assert told(operator) == ["campaign.finished"]
    assert told(admin) == []
    notification = Notification.objects.get()
    assert words_of(notification).title == f"Campaign finished: {sent.name}"
    assert notification.path == reverse("campaign-detail", args=["web-shop", sent.uuid])


def test_the_starter_is_told_when_the_console_holds_a_campaign_and_why(
    sent: Campaign, operator: User
) -> None:
    hold_campaign(campaign_id=sent.pk, reason=HoldReason.TEXT_REVOKED)
    follow_outbox()
    assert told(operator) == ["campaign.held"]
    assert "Its text is no longer approved" in words_of(Notification.objects.get()).text


def test_what_a_person_did_to_a_campaign_is_no_news(sent: Campaign, operator: User, admin: User) -> None:
    tell_of_campaign(sent, EventKind.SUSPENDED, by=admin)
    hold_campaign(campaign_id=sent.pk, reason=HoldReason.STOPPED)
    follow_outbox()
    assert told(operator) == []


def test_a_gateway_that_is_down_is_told_to_staff_and_to_whom_it_keeps_waiting(
    project: Project, admin: User, staff: User, contact: AlarmContact, sent: Campaign
) -> None:
    Dispatch.objects.update(sent_at=None, n_open=5)
    Batch.objects.create(dispatch=Dispatch.objects.get(), gateway=Gateway.objects.get(), n_open=5)
    idle = Project.objects.create(organization=project.organization, name="Idle", slug="idle")
    gateway = Gateway.objects.get()
    health.note_unusable(gateway.pk, "nobody answers")
    GatewayHealth.objects.update(down_since=timezone.now() - timedelta(seconds=90))
    health.tell_down()
    follow_outbox()
    assert (told(staff), told(admin)) == (["gateway.down"], ["gateway.down"])
    assert not Notification.objects.filter(project=idle).exists()
    assert Delivery.objects.filter(contact=contact).count() == 1


def test_verification_is_told_to_staff_and_its_end_to_admins(
    project: Project, admin: User, staff: User
) -> None:
    uuid = str(project.organization.uuid)
    for kind, by in (("verification.submitted", admin), ("activation.requested", admin)):
        append_event(
            kind=kind, subject=f"organization:{uuid}", payload={"by": str(by.uuid), "region": "domestic"}
        )
    for kind in (
        "verification.approved",
        "activation.granted",
        "verification.rejected",
        "activation.refused",
    ):
        append_event(
            kind=kind, subject=f"organization:{uuid}", payload={"by": str(staff.uuid), "region": "domestic"}
        )
    follow_outbox()
    assert told(staff) == ["verification.submitted", "activation.requested"]
    assert told(admin) == [
        "verification.approved",
        "activation.granted",
        "verification.rejected",
        "activation.refused",
    ]


def test_platform_staff_are_not_told_of_an_organizations_limits(project: Project, staff: User) -> None:
    append_event(kind="cap.reached", subject="x", payload={"project": str(project.uuid), "n": 1, "value": 1})
    follow_outbox()
    assert told(staff) == []


def test_somebody_who_may_not_sign_in_any_more_is_not_told(project: Project) -> None:
    gone = member(project.organization, Role.ADMIN, user__is_active=False)
    append_event(kind="cap.reached", subject="x", payload={"project": str(project.uuid), "n": 1, "value": 1})
    follow_outbox()
    assert told(gone) == []


PAYLOAD: dict[str, Any] = {
    "rule": "per_day",
    "n": 5,
    "scope": "domestic",
    "period": "day",
    "value": 5,
    "reason": "late",
    "region": "domestic",
    "requested": 700,
    "day_before": 20,
    "success_percent": 12.5,
    "callback_kind": "status",
    "callback_trouble": "failing",
}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_has_all_its_values_and_a_page(
    name: str, project: Project, operator: User, reviewer: User, admin: User, staff: User
) -> None:
    """No word of any kind stays empty, and somebody is told of each."""
    by = UserFactory(name="Somebody")
    append_event(
        kind=name,
        subject=_subject(name, project),
        payload={**_things(name, project, operator), "by": str(by.uuid)},
    )
    if name.startswith("campaign."):
        OutboxEvent.objects.all().delete()
        append_event(kind=name, subject=_subject(name, project), payload={**PAYLOAD, "by": None})
    follow_outbox()
    notification = Notification.objects.filter(kind=name).first()
    assert notification is not None, name
    words = words_of(notification)
    assert "–" not in words.title + words.text
    assert notification.path or name.startswith("gateway.")
    # A test is told to its contact alone.
    if name != "contact.tested":
        assert BellEntry.objects.filter(notification__kind=name).exists()


def _subject(name: str, project: Project) -> str:
    if name.startswith("campaign."):
        campaign = making.draft(project, project.created_by)
        return f"campaign:{campaign.uuid}"
    return f"organization:{project.organization.uuid}"


def _things(name: str, project: Project, operator: User) -> dict[str, Any]:
    noun = name.partition(".")[0]
    found: dict[str, Any] = {**PAYLOAD, "project": str(project.uuid)}
    if noun in ("signature", "body_template", "sender_id"):
        made = {"signature": making.signature, "body_template": making.body}.get(noun)
        revision = made(project) if made else making.sender_id(project, "DemoShop")
        type(revision).objects.filter(pk=revision.pk).update(submitted_by=operator)
        found["revision"] = str(revision.uuid)
    if noun == "review":
        found |= {"noun": "signature", "uuid": str(making.signature(project).uuid), "name": "DemoShop"}
    if noun == "gateway":
        found["gateway"] = str(making.gateway().uuid)
    if noun == "removal":
        request = project.removal_requests.create(
            msisdn="+8613800138000", unsubscribed_at=timezone.now(), reason="x", requested_by=operator
        )
        found["request"] = str(request.uuid)
    return found
