"""The pages of the audit: in words, filtered, and of one's own organization only."""

from __future__ import annotations

import pytest
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import Organization, User
from audit.models import Entry
from delivery.models import Gateway
from projects.models import Cap, Project
from tests.factories import OrganizationFactory, ProjectFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


def rename(project: Project, name: str) -> None:
    Project.objects.filter(pk=project.pk).update(name=name)


def test_a_change_is_told_in_words_from_what_to_what(
    project: Project, admin: User, client_of: ClientOf
) -> None:
    client = client_of(admin)
    client.post(
        reverse("project-edit", args=[project.slug]),
        {
            "name": "Online shop",
            "time_zone": "Asia/Shanghai",
            "default_country": "",
            "seen": project.changed_at.isoformat(),
        },
    )
    page = client.get(reverse("project-audit", args=[project.slug])).content.decode()
    assert "<del><bdi>Web shop</bdi></del>" in page
    assert "<ins><bdi>Online shop</bdi></ins>" in page
    assert "Ada Admin" in page
    assert "127.0.0.1" in page


def test_rows_are_named_by_what_they_point_to(
    project: Project, admin: User, operator: User, client_of: ClientOf
) -> None:
    page = (
        client_of(admin).get(reverse("organization-audit", args=[project.organization.uuid])).content.decode()
    )
    assert "Member “<bdi>Olga Operator</bdi>”" in page


def test_another_organizations_changes_are_not_shown(
    project: Project, admin: User, client_of: ClientOf
) -> None:
    rename(ProjectFactory(), "Foreign shop")
    page = (
        client_of(admin).get(reverse("organization-audit", args=[project.organization.uuid])).content.decode()
    )
    assert "Foreign shop" not in page


def test_an_entry_of_another_organization_does_not_exist(
    organization: Organization, admin: User, client_of: ClientOf
) -> None:
    foreign = OrganizationFactory()
    entry = Entry.objects.filter(organization_id=foreign.pk).latest("pk")
    response = client_of(admin).get(reverse("audit-entry", args=[organization.uuid, entry.pk]))
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("", True),
        ("?subject=projects.cap", True),
        ("?subject=projects.project", False),
        ("?operation=insert", True),
        ("?operation=delete", False),
        ("?actor=console", True),
        ("?first_day=2020-01-01&last_day=2020-01-02", False),
        ("?first_day=2020-01-01", True),
        ("?first_day=yesterday", True),
        ("?subject=auth.permission", True),
        ("?actor=00000000-0000-0000-0000-000000000000", True),
        ("?request_id=x", True),
        ("?before=99999999999999999999", True),
        ("?before=1", False),
    ],
)
def test_filters_choose_and_wrong_ones_are_left_out(
    project: Project, admin: User, client_of: ClientOf, query: str, is_shown: bool
) -> None:
    Cap.objects.create(project=project, scope="domestic", period="day", cap=71_234)
    response = client_of(admin).get(reverse("project-audit", args=[project.slug]) + query)
    assert response.status_code == 200
    assert ("71234" in response.content.decode()) is is_shown


# The context lasts as long as the transaction, which must not be the whole test's here.
@pytest.mark.django_db(transaction=True)
def test_everything_of_one_request_can_be_seen_together(
    project: Project, admin: User, client_of: ClientOf
) -> None:
    client = client_of(admin)
    response = client.post(
        reverse("project-edit", args=[project.slug]),
        {"name": "Once", "time_zone": "UTC", "default_country": "", "seen": project.changed_at.isoformat()},
    )
    Cap.objects.create(project=project, scope="domestic", period="day", cap=71_234)
    url = reverse("project-audit", args=[project.slug])
    page = client.get(f"{url}?request_id={response.headers['X-Request-ID']}").content.decode()
    assert "<ins><bdi>Once</bdi></ins>" in page
    assert "71234" not in page


def test_markup_in_a_name_is_only_text(project: Project, admin: User, client_of: ClientOf) -> None:
    rename(project, "<img src=x onerror=alert(1)>")
    page = client_of(admin).get(reverse("project-audit", args=[project.slug])).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_pages_follow_each_other_without_a_gap_in_few_statements(
    project: Project, admin: User, client_of: ClientOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(120):
        rename(project, f"Shop {number}")
    client, url = client_of(admin), reverse("project-audit", args=[project.slug])
    seen: list[int] = []
    while url:
        with django_assert_max_num_queries(14):
            response = client.get(url)
        seen += [row.entry.pk for row in response.context["rows"]]
        following = response.context["following"]
        url = reverse("project-audit", args=[project.slug]) + following if following else ""
    assert seen == list(
        Entry.objects.filter(project_id=project.pk).order_by("-pk").values_list("pk", flat=True)
    )


def test_a_detail_page_shows_every_column(project: Project, admin: User, client_of: ClientOf) -> None:
    entry = Entry.objects.filter(subject="projects.project").latest("pk")
    page = client_of(admin).get(reverse("audit-entry", args=[project.organization.uuid, entry.pk]))
    text = page.content.decode()
    assert "Time zone" in text
    assert "Asia/Shanghai" in text
    assert "Acme Retail" in text


def test_settings_of_a_gateway_are_told_one_by_one_and_its_secrets_never(
    staff: User, client_of: ClientOf
) -> None:
    gateway = Gateway.objects.create(slug="line", name="Line", kind="smpp", secret='{"password": "hush"}')
    Gateway.objects.filter(pk=gateway.pk).update(settings={"port": 2775, "host": "smsc.example"})
    page = client_of(staff).get(reverse("installation-audit")).content.decode()
    assert "host: smsc.example, port: 2775" in page
    assert "hush" not in page
    assert gateway.push_token not in page
