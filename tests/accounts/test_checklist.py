from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.checklist import State, checklist_of, is_over
from accounts.models import Organization, Role, User
from accounts.statuses import ActivationStatus
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus
from projects.models import AlarmContact, Project
from tests.factories import OrganizationFactory, ProjectFactory, member
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

EVERY_ROLE = frozenset(Role)


def states(organization: Organization) -> dict[int, State]:
    return {line.step.order: line.found.state for line in checklist_of(organization, roles=EVERY_ROLE).lines}


def test_a_new_organization_has_everything_before_it() -> None:
    organization = OrganizationFactory(entity="", requires_two_factor=True)
    member(organization, Role.ADMIN, Role.OPERATOR)
    checklist = checklist_of(organization, roles=EVERY_ROLE)
    assert checklist.n_done == 0
    assert len(checklist.lines) >= 9
    assert all(line.found.state == State.TODO for line in checklist.lines)
    assert checklist.next is not None
    assert checklist.next.step.order == 10


def test_steps_come_from_every_app() -> None:
    checklist = checklist_of(OrganizationFactory(), roles=EVERY_ROLE)
    apps = {line.step.look.__module__.split(".")[0] for line in checklist.lines}
    assert apps >= {"accounts", "projects", "templates_app", "campaigns"}


def test_what_waits_for_others_is_not_to_do(staff: User) -> None:
    organization = OrganizationFactory(entity="")
    organization.verifications.create(kind="enterprise", legal_name="New", submitted_by=staff)
    organization.activations.create(region="domestic")
    assert (states(organization)[20], states(organization)[30]) == (State.WAITING, State.WAITING)


def test_a_refused_activation_is_to_do_again(organization: Organization) -> None:
    organization.activations.update(status=ActivationStatus.REFUSED)
    assert states(organization)[30] == State.TODO


@pytest.mark.parametrize(
    ("roles", "state"),
    [
        ([[Role.OPERATOR, Role.REVIEWER]], State.TODO),
        ([[Role.OPERATOR], [Role.ADMIN]], State.TODO),
        ([[Role.REVIEWER], [Role.ADMIN]], State.TODO),
        ([[Role.OPERATOR], [Role.REVIEWER]], State.DONE),
        ([[Role.OPERATOR, Role.REVIEWER], [Role.REVIEWER]], State.DONE),
    ],
)
def test_an_author_and_a_reviewer_are_two_people(roles: list[list[Role]], state: State) -> None:
    organization = OrganizationFactory()
    for one in roles:
        member(organization, *one)
    assert states(organization)[40] == state


def test_somebody_switched_off_does_not_count() -> None:
    organization = OrganizationFactory()
    member(organization, Role.OPERATOR)
    member(organization, Role.REVIEWER, user__is_active=False)
    assert states(organization)[40] == State.TODO


def test_every_project_needs_an_alarm_contact(organization: Organization, project: Project) -> None:
    assert states(organization)[60] == State.TODO
    AlarmContact.objects.create(project=project, name="Anna", email="anna@example.com", events=["cap"])
    assert states(organization)[60] == State.DONE
    ProjectFactory(organization=organization)
    assert states(organization)[60] == State.TODO


def test_the_notice_ends_with_the_first_campaign(
    client_of: ClientOf, organization: Organization, project: Project, operator: User
) -> None:
    client = client_of(operator)
    assert b"checklist-notice" in client.get(reverse("project-list")).content
    campaign = Campaign.objects.create(project=project, name="First", region="domestic", created_by=operator)
    assert not is_over(organization)
    Campaign.objects.filter(pk=campaign.pk).update(status=CampaignStatus.FINISHED)
    assert is_over(organization)
    assert b"checklist-notice" not in client.get(reverse("project-list")).content


def test_who_may_not_do_a_step_reads_whose_it_is(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    address: Any = reverse("organization-checklist", args=[organization.uuid])
    add = reverse("project-add", args=[organization.uuid])
    assert add in client_of(admin).get(address).content.decode()
    seen = client_of(operator).get(address).content.decode()
    assert add not in seen
    assert "Role: Admin" in seen
