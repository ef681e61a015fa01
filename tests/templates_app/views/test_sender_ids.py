from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from projects.models import Project
from templates_app import queries, services
from templates_app.models import SenderId, SenderIdRevision
from templates_app.statuses import RevisionStatus
from tests.people import ClientOf
from tests.templates_app.texts import another_reviewer

pytestmark = pytest.mark.django_db

FIELDS = {"text": "DemoShop", "country": "", "remarks": "The short name of our shop."}


@pytest.fixture
def browser_of_operator(client_of: ClientOf, operator: User) -> Client:
    return client_of(operator)


def draft(project: Project, by: User, text: str = "DemoShop", country: str = "") -> SenderIdRevision:
    return services.create_sender_id(project=project, text=text, country=country, by=by)


def approved(project: Project, by: User, text: str = "DemoShop", country: str = "") -> SenderIdRevision:
    revision = draft(project, by, text, country)
    services.submit_revision(revision=revision, by=by)
    services.approve_revision(revision=revision, by=another_reviewer(project))
    return revision


def of_revision(name: str, revision: SenderIdRevision) -> str:
    owner = revision.sender_id
    return reverse(name, args=[owner.project.slug, owner.uuid, revision.number])


def status_of(revision: SenderIdRevision) -> str:
    return SenderIdRevision.objects.get(pk=revision.pk).status


def words(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_it_is_written_and_submitted_at_once(browser_of_operator: Client, project: Project) -> None:
    address = reverse("sender-id-create", args=[project.slug])
    response = browser_of_operator.post(address, {**FIELDS, "country": "SG", "then": "submit"})
    revision = SenderIdRevision.objects.get()
    assert response.url == reverse("sender-id-detail", args=[project.slug, revision.sender_id.uuid])
    assert (revision.text, revision.sender_id.country) == ("DemoShop", "SG")
    assert revision.status == RevisionStatus.PENDING


@pytest.mark.parametrize(
    "text", ["Demo Shop", "TwelveLetter", "1234567890123456", "Café", "Shop\u202e", "", "x" * 31, "<b>"]
)
def test_what_carriers_do_not_take_is_refused_and_kept(
    browser_of_operator: Client, project: Project, text: str
) -> None:
    address = reverse("sender-id-create", args=[project.slug])
    response = browser_of_operator.post(address, {**FIELDS, "text": text, "then": "submit"})
    assert response.status_code == 200
    assert response.context["form"].errors["text"]
    assert response.context["form"]["text"].value() == text
    assert "<b>" not in response.content.decode()
    assert not SenderId.objects.exists()


@pytest.mark.parametrize("country", ["XX", "SGP", "sg", "<b>"])
def test_an_unknown_country_is_refused(browser_of_operator: Client, project: Project, country: str) -> None:
    address = reverse("sender-id-create", args=[project.slug])
    response = browser_of_operator.post(address, {**FIELDS, "country": country})
    assert response.context["form"].errors["country"]
    assert not SenderId.objects.exists()


def test_the_same_one_is_not_submitted_twice_for_a_country(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    approved(project, operator)
    again = draft(project, operator, country="SG")
    response = browser_of_operator.post(of_revision("sender-id-submit", again), follow=True)
    assert "“DemoShop” exists already: Approved" in words(response)
    assert status_of(again) == RevisionStatus.DRAFT


def test_two_countries_may_have_the_same_one(project: Project, operator: User) -> None:
    approved(project, operator, country="SG")
    approved(project, operator, country="GB")
    assert [one.sender_id.country for one in queries.usable_sender_ids(project, "GB")] == ["GB"]
    assert queries.usable_sender_ids(project).count() == 2


def test_only_approved_ones_may_be_used(project: Project, operator: User) -> None:
    draft(project, operator, "Draft")
    used = approved(project, operator)
    assert list(queries.usable_sender_ids(project)) == [used]
    services.revoke_revision(revision=used, by=another_reviewer(project), comment="Not ours.")
    assert list(queries.usable_sender_ids(project)) == []


def test_editing_an_approved_one_begins_the_next_version(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    revision = approved(project, operator)
    address = reverse("sender-id-edit", args=[project.slug, revision.sender_id.uuid])
    assert "stays in use" in browser_of_operator.get(address).content.decode()
    browser_of_operator.post(address, {**FIELDS, "text": "DemoStore", "country": "SG"})
    latest = SenderIdRevision.objects.latest("number")
    assert (latest.number, latest.text, latest.sender_id.country) == (2, "DemoStore", "")
    assert status_of(revision) == RevisionStatus.APPROVED


def test_it_is_withdrawn_discarded_and_revoked(
    browser_of_operator: Client, client_of: ClientOf, project: Project, operator: User, reviewer: User
) -> None:
    revision = draft(project, operator)
    browser_of_operator.post(of_revision("sender-id-submit", revision))
    browser_of_operator.post(of_revision("sender-id-withdraw", revision))
    assert status_of(revision) == RevisionStatus.DRAFT
    response = browser_of_operator.post(of_revision("sender-id-discard", revision))
    assert response.url == reverse("sender-id-list", args=[project.slug])
    used = approved(project, operator)
    client_of(reviewer).post(of_revision("sender-id-revoke", used), {"comment": "Not our brand."})
    assert status_of(used) == RevisionStatus.REVOKED


@pytest.mark.parametrize("what", ["submit", "withdraw", "discard", "revoke"])
def test_changes_reject_get(browser_of_operator: Client, project: Project, operator: User, what: str) -> None:
    revision = draft(project, operator)
    assert browser_of_operator.get(of_revision(f"sender-id-{what}", revision)).status_code == 405


def test_one_of_another_project_is_not_found(
    client_of: ClientOf, outsider: User, project: Project, operator: User
) -> None:
    revision = draft(project, operator)
    foreign = Project.objects.create(
        organization=outsider.memberships.get().organization, slug="foreign", name="Foreign"
    )
    client = client_of(outsider)
    for name in ("sender-id-detail", "sender-id-edit"):
        assert client.get(reverse(name, args=[foreign.slug, revision.sender_id.uuid])).status_code == 404
    address = reverse("sender-id-discard", args=[foreign.slug, revision.sender_id.uuid, 1])
    assert client.post(address).status_code == 404
    assert status_of(revision) == RevisionStatus.DRAFT


def test_the_list_costs_the_same_however_long(
    browser_of_operator: Client,
    project: Project,
    operator: User,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for n in range(8):
        approved(project, operator, f"Shop{n}")
    address = reverse("sender-id-list", args=[project.slug])
    browser_of_operator.get(address)
    with django_assert_max_num_queries(14):
        page = browser_of_operator.get(address).content.decode()
    assert "Shop7" in page
    assert "Shop7" not in browser_of_operator.get(address, {"state": "draft"}).content.decode()


def test_the_preview_shows_it_as_the_sender_and_what_the_country_wants(
    browser_of_operator: Client, project: Project
) -> None:
    address = reverse("sender-id-preview", args=[project.slug])
    fields = {**FIELDS, "country": "SG"}
    page = browser_of_operator.post(address, fields, headers={"HX-Request": "true"}).content.decode()
    assert '<div class="phone-from">DemoShop</div>' in page
    assert "Singapore delivers registered sender IDs only" in page
    assert "<html" not in page
    assert "<html" in browser_of_operator.post(address, fields).content.decode()


def test_a_project_has_only_so_many(
    browser_of_operator: Client, project: Project, operator: User, settings: Any
) -> None:
    settings.SENDER_IDS_PER_PROJECT = 1
    draft(project, operator)
    response = browser_of_operator.post(reverse("sender-id-create", args=[project.slug]), FIELDS)
    page = response.content.decode()
    assert "at most 1 sender IDs" in page
    assert "SENDER_IDS_PER_PROJECT" in page
    assert SenderId.objects.count() == 1
