"""Uncertain messages whose time is over, as the project's policy says."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from campaigns import fanout, services
from campaigns.models import Campaign
from campaigns.services.settling import apply_uncertain_policies
from campaigns.statuses import CampaignStatus, EventKind
from delivery.counters import fold_deltas
from delivery.drain import drain
from delivery.gateways.base import Outcome, QueryOutcome, SubmitResult
from delivery.ledger import check_dispatch
from delivery.models import Dispatch, Gateway, Inquiry, Message, Window
from delivery.statuses import MessageStatus, Reason
from projects.errors import ProjectsError, SettingChanged
from projects.models import Project
from projects.services import set_uncertain_policy
from projects.statuses import UncertainPolicy
from tests.campaigns import making
from tests.delivery.conftest import ScriptedDriver

pytestmark = pytest.mark.django_db


def silent() -> ScriptedDriver:
    driver = ScriptedDriver()
    driver.answer = lambda message: SubmitResult(message.id, Outcome.UNCERTAIN)
    return driver


@pytest.fixture
def finished(project: Project, operator: User, gateway: Gateway) -> Campaign:
    """A finished campaign of three, none of which the gateway answered."""
    campaign = making.send(making.ready(project, operator), operator)
    fanout.run(campaign.pk)
    drain(gateway, until=time.monotonic() + 5, driver=silent())
    services.finish_campaign(campaign_id=campaign.pk)
    campaign.refresh_from_db()
    return campaign


def decide(project: Project, policy: UncertainPolicy, *, minutes: int = 60, by: User) -> None:
    project.refresh_from_db()
    set_uncertain_policy(
        project=project, policy=policy, after_minutes=minutes, seen_at=project.changed_at, by=by
    )


def let_pass(minutes: int = 61) -> int:
    then = timezone.now() - timedelta(minutes=minutes)
    Message.objects.filter(submitted_at__isnull=False).update(submitted_at=then)
    Window.objects.update(claimed_at=then)
    fold_deltas()
    return apply_uncertain_policies()


def statuses() -> list[int]:
    return list(Message.objects.order_by("pk").values_list("status", flat=True))


def test_by_itself_nothing_happens_to_them(finished: Campaign) -> None:
    assert let_pass(60 * 24) == 0
    assert statuses() == [MessageStatus.UNCERTAIN] * 3


def test_they_are_treated_as_sent_once_the_time_is_over(
    finished: Campaign, project: Project, operator: User
) -> None:
    decide(project, UncertainPolicy.SENT, by=operator)
    assert let_pass(59) == 0
    assert let_pass() == 3
    assert apply_uncertain_policies() == 0
    assert statuses() == [MessageStatus.SUBMITTED] * 3
    assert Message.objects.first().reason == Reason.SETTLED_BY_POLICY
    event = finished.events.get(kind=EventKind.UNCERTAIN_SETTLED)
    assert (event.by, event.detail) == (None, {"choice": "sent", "n_messages": 3})
    assert check_dispatch(finished.dispatch_id) == []


def test_they_are_sent_again_once_marked_as_possibly_double(
    finished: Campaign, project: Project, operator: User, gateway: Gateway
) -> None:
    decide(project, UncertainPolicy.AGAIN, by=operator)
    assert let_pass() == 3
    finished.refresh_from_db()
    assert (finished.status, statuses()) == (CampaignStatus.RUNNING, [MessageStatus.QUEUED] * 3)
    assert set(Message.objects.values_list("attempt", "may_be_double")) == {(2, True)}
    drain(gateway, until=time.monotonic() + 5, driver=silent())
    assert let_pass() == 0
    assert statuses() == [MessageStatus.UNCERTAIN] * 3
    assert check_dispatch(finished.dispatch_id) == []


def test_a_verification_code_never_goes_again_by_itself(
    finished: Campaign, project: Project, operator: User
) -> None:
    Dispatch.objects.update(tags={"kind": "verification"})
    decide(project, UncertainPolicy.AGAIN, by=operator)
    assert let_pass() == 0
    assert statuses() == [MessageStatus.UNCERTAIN] * 3


@pytest.mark.parametrize(
    ("policy", "after"),
    [(UncertainPolicy.SENT, MessageStatus.FAILED), (UncertainPolicy.AGAIN, MessageStatus.QUEUED)],
)
def test_what_the_carrier_never_had_does_not_count_as_sent(
    finished: Campaign, project: Project, operator: User, policy: UncertainPolicy, after: MessageStatus
) -> None:
    first = Message.objects.earliest("pk")
    Inquiry.objects.create(
        message_id=first.pk, attempt=1, gateway_id=first.gateway_id, outcome=QueryOutcome.MISSING
    )
    decide(project, policy, by=operator)
    assert let_pass() == 3
    first.refresh_from_db()
    assert first.status == after


def test_a_stopped_project_sends_nothing_again(finished: Campaign, project: Project, operator: User) -> None:
    decide(project, UncertainPolicy.AGAIN, by=operator)
    Project.objects.update(stopped_at=timezone.now())
    assert let_pass() == 0
    assert statuses() == [MessageStatus.UNCERTAIN] * 3


def test_a_policy_is_not_written_over_somebody_elses(project: Project, operator: User) -> None:
    with pytest.raises(SettingChanged):
        set_uncertain_policy(
            project=project,
            policy=UncertainPolicy.SENT,
            after_minutes=60,
            seen_at=timezone.now(),
            by=operator,
        )


@pytest.mark.parametrize("minutes", [0, 4, 72 * 60 + 1])
def test_its_time_has_bounds(project: Project, operator: User, minutes: int) -> None:
    with pytest.raises(ProjectsError):
        decide(project, UncertainPolicy.SENT, minutes=minutes, by=operator)
