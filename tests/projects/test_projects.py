from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organization, Role, User
from projects import services
from projects.errors import ProjectDisabled, ProjectsError
from projects.models import Project
from templates_app.models import Signature
from tests.factories import ProjectFactory, member
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

ANSWERS = {"name": "Night bank", "time_zone": "Europe/Berlin", "default_country": "DE"}


def add(client: Client, organization: Organization, **changes: str) -> Any:
    return client.post(reverse("project-add", args=[organization.uuid]), ANSWERS | changes)


def test_the_list_shows_own_projects_only(client_of: ClientOf, project: Project, operator: User) -> None:
    ProjectFactory(name="Secret of others")
    page = client_of(operator).get(reverse("project-list")).content.decode()
    assert "Web shop" in page
    assert "Secret of others" not in page


def test_staff_begin_at_the_list_of_organizations(client_of: ClientOf, project: Project, staff: User) -> None:
    response = client_of(staff).get(reverse("project-list"))
    assert response.headers["Location"] == reverse("staff-organization-list")


def test_the_list_costs_the_same_for_many_projects(
    client_of: ClientOf,
    organization: Organization,
    operator: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ProjectFactory.create_batch(20, organization=organization)
    client = client_of(operator)
    # Session, person, memberships, projects, projects of the switcher, the bell, and the checklist (18).
    client.get(reverse("project-list"))
    with django_assert_num_queries(25):
        assert client.get(reverse("project-list")).content.decode().count("card-link") == 20


def test_an_empty_organization_leads_on(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    add_address = reverse("project-add", args=[organization.uuid])
    assert add_address in client_of(admin).get(reverse("project-list")).content.decode()
    page = client_of(operator).get(reverse("project-list")).content.decode()
    assert "No project yet" in page
    assert add_address not in page


def test_an_admin_adds_a_project_with_its_key(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    response = add(client_of(admin), organization)
    project = Project.objects.get(name="Night bank")
    assert response.headers["Location"] == reverse("project-detail", args=["night-bank"])
    assert (project.time_zone, project.default_country) == ("Europe/Berlin", "DE")
    assert project.app_keys.count() == 1
    assert 1_400_000_000 <= project.sdk_app_id < 1_500_000_000


def test_a_chinese_name_gets_an_address_too(organization: Organization, admin: User) -> None:
    made = [
        services.add_project(
            organization=organization, name=name, time_zone="UTC", default_country="", by=admin
        )
        for name in ("演示商城", "另一个")
    ]
    assert len({project.slug for project in made}) == 2
    assert all(project.slug.startswith("project") for project in made)


def test_one_organization_has_a_name_once_and_another_may_use_it(
    client_of: ClientOf, organization: Organization, admin: User, outsider: User
) -> None:
    add(client_of(admin), organization)
    assert "There is a project named" in add(client_of(admin), organization).content.decode()
    theirs = outsider.memberships.get().organization
    assert add(client_of(outsider), theirs).status_code == 302
    assert Project.objects.filter(name="Night bank").count() == 2


def test_an_unknown_time_zone_is_refused(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    page = add(client_of(admin), organization, time_zone="Mars/Olympus").content.decode()
    assert 'id="id_time_zone_error"' in page
    assert not Project.objects.exists()


def test_editing_keeps_the_address(client_of: ClientOf, project: Project, admin: User) -> None:
    answers = ANSWERS | {"seen": project.changed_at.isoformat()}
    client_of(admin).post(reverse("project-edit", args=[project.slug]), answers)
    project.refresh_from_db()
    assert (project.name, project.slug, project.time_zone) == ("Night bank", "web-shop", "Europe/Berlin")


def test_a_disabled_project_is_read_and_not_changed(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    client = client_of(admin)
    for _twice in range(2):
        client.post(reverse("project-disable", args=[project.slug]))
    page = client.get(reverse("application-information", args=[project.slug])).content.decode()
    assert "This project is disabled." in page
    refused = client.post(reverse("project-edit", args=[project.slug]), ANSWERS).content.decode()
    assert "is disabled" in refused
    with pytest.raises(ProjectDisabled):
        services.add_app_key(project=project, by=admin)
    project.refresh_from_db()
    assert project.name == "Web shop"


def test_enabling_lets_it_work_again(client_of: ClientOf, project: Project, admin: User) -> None:
    services.disable_project(project=project, by=admin)
    client_of(admin).post(reverse("project-enable", args=[project.slug]))
    services.require_enabled(project)
    project.refresh_from_db()
    assert not project.is_disabled


def test_only_a_disabled_and_empty_project_is_deleted(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    client = client_of(admin)
    address = reverse("project-delete", args=[project.slug])
    assert "Disable the project first." in client.post(address, follow=True).content.decode()
    services.disable_project(project=project, by=admin)
    signature = Signature.objects.create(project=project, region="domestic")
    with pytest.raises(ProjectsError, match="still holds signatures"):
        services.delete_project(project=project, by=admin)
    signature.delete()
    assert client.post(address).headers["Location"] == reverse("project-list")
    assert not Project.objects.filter(pk=project.pk).exists()


@pytest.mark.parametrize("name", ["project-disable", "project-enable", "project-delete"])
def test_changes_need_a_post(client_of: ClientOf, project: Project, admin: User, name: str) -> None:
    assert client_of(admin).get(reverse(name, args=[project.slug])).status_code == 405


def test_a_member_without_the_role_reads_which_one_is_missing(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    response = client_of(operator).get(reverse("project-edit", args=[project.slug]))
    assert response.status_code == 403
    assert "This needs the role “Admin”." in response.content.decode()


def test_being_admin_elsewhere_counts_for_nothing_here(
    client_of: ClientOf, project: Project, organization: Organization, outsider: User
) -> None:
    member(organization, Role.OPERATOR, user=outsider)
    client = client_of(outsider)
    assert client.get(reverse("application-information", args=[project.slug])).status_code == 200
    assert client.get(reverse("project-edit", args=[project.slug])).status_code == 403
