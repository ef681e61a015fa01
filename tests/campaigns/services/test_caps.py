"""Campaigns at a cap: held with the cap's name, refused while it is reached, going on when it is raised."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import User
from campaigns import beats, services
from campaigns.errors import NotReady
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus, EventKind, HoldReason
from delivery.models import CapUsage, Dispatch, Gateway
from delivery.statuses import DispatchState, HoldCause
from projects.models import Cap, Project
from projects.statuses import CapPeriod
from tests.campaigns import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def cap(project: Project) -> Cap:
    return Cap.objects.create(project=project, scope="international", period=CapPeriod.DAY, cap=2)


@pytest.fixture
def running(project: Project, operator: User, gateway: Gateway) -> Campaign:
    return making.send(making.ready(project, operator), operator)


@pytest.fixture
def at_its_cap(running: Campaign, cap: Cap) -> Campaign:
    """As the claim leaves it when nothing of the cap is left, and the beat has seen it."""
    use(running.project, 2)
    Dispatch.objects.filter(pk=running.dispatch_id).update(state=DispatchState.HELD, hold_cause=HoldCause.CAP)
    beats.hold_forbidden()
    return fresh(running)


def use(project: Project, n: int) -> None:
    today = timezone.now().astimezone(project.zone).date()
    CapUsage.objects.update_or_create(
        project_id=project.pk, period="day", starts_on=today, scope="international", defaults={"n": n}
    )


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_related("dispatch", "project").get(pk=campaign.pk)


def test_it_is_held_with_the_cap(at_its_cap: Campaign) -> None:
    assert (at_its_cap.status, at_its_cap.hold_reason) == (CampaignStatus.HELD, HoldReason.CAP)
    detail = at_its_cap.hold_detail
    assert (detail["scope"], detail["period"], detail["value"]) == ("international", "day", 2)
    event = at_its_cap.events.get(kind=EventKind.HELD)
    assert (event.by, event.detail["reason"], event.detail["value"]) == (None, "cap", 2)


def test_it_cannot_be_continued_while_the_cap_is_reached(at_its_cap: Campaign, operator: User) -> None:
    with pytest.raises(NotReady, match="The cap of 2 international messages a day is reached until"):
        services.release_held(campaign=at_its_cap, by=operator)
    assert fresh(at_its_cap).dispatch.state == DispatchState.HELD


def test_it_is_continued_by_hand_when_there_is_room_again(at_its_cap: Campaign, operator: User) -> None:
    use(at_its_cap.project, 0)
    beats.hold_forbidden()
    services.continue_raised()
    assert fresh(at_its_cap).status == CampaignStatus.HELD
    services.release_held(campaign=at_its_cap, by=operator)
    after = fresh(at_its_cap)
    assert (after.status, after.hold_reason, after.hold_detail) == (CampaignStatus.RUNNING, "", {})
    assert (after.dispatch.state, after.dispatch.hold_cause) == (DispatchState.RUNNING, "")


@pytest.mark.parametrize("raised_to", [3, None])
def test_it_goes_on_by_itself_when_the_cap_is_raised_or_lifted(
    at_its_cap: Campaign, cap: Cap, raised_to: int | None
) -> None:
    Cap.objects.filter(pk=cap.pk).update(cap=raised_to)
    services.continue_raised()
    after = fresh(at_its_cap)
    assert (after.status, after.dispatch.state) == (CampaignStatus.RUNNING, DispatchState.RUNNING)
    assert after.events.get(kind=EventKind.RELEASED).by is None


def test_a_cap_raised_to_what_was_sent_already_changes_nothing(at_its_cap: Campaign, cap: Cap) -> None:
    use(at_its_cap.project, 5)
    Cap.objects.filter(pk=cap.pk).update(cap=4)
    services.continue_raised()
    assert fresh(at_its_cap).status == CampaignStatus.HELD


def test_a_raised_cap_does_not_undo_stop_everything(at_its_cap: Campaign, cap: Cap, admin: User) -> None:
    services.stop_everything(project=at_its_cap.project, by=admin)
    Cap.objects.filter(pk=cap.pk).update(cap=None)
    services.continue_raised()
    after = fresh(at_its_cap)
    assert (after.status, after.dispatch.state) == (CampaignStatus.HELD, DispatchState.HELD)


def test_a_test_of_a_draft_goes_on_when_there_is_room(
    project: Project, operator: User, gateway: Gateway, cap: Cap
) -> None:
    test = services.send_test(campaign=making.ready(project, operator), text="+4915123000000", by=operator)
    Dispatch.objects.filter(pk=test.dispatch_id).update(state=DispatchState.HELD, hold_cause=HoldCause.CAP)
    use(project, 2)
    services.continue_raised()
    assert Dispatch.objects.get(pk=test.dispatch_id).state == DispatchState.HELD
    use(project, 1)
    services.continue_raised()
    assert Dispatch.objects.get(pk=test.dispatch_id).state == DispatchState.RUNNING
