from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import services
from templates_app.models import Signature, SignatureRevision
from templates_app.statuses import RevisionStatus, SignatureType
from tests.people import ClientOf
from tests.templates_app.texts import approved_signature, draft_signature, pending_signature, picture

pytestmark = pytest.mark.django_db

FIELDS = {"region": "international", "text": "DemoShop", "type": "company", "use": "own", "remarks": ""}


@pytest.fixture
def browser_of_operator(client_of: ClientOf, operator: User) -> Client:
    return client_of(operator)


def of_revision(name: str, revision: SignatureRevision) -> str:
    return reverse(name, args=[revision.signature.project.slug, revision.signature.uuid, revision.number])


def status_of(revision: SignatureRevision) -> str:
    return SignatureRevision.objects.get(pk=revision.pk).status


def words(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_the_list_shows_one_region_with_its_brackets(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    approved_signature(project, operator, text="演示商城", region=Region.DOMESTIC)
    draft_signature(project, operator, text="DemoShop")
    address = reverse("signature-list", args=[project.slug])
    page = browser_of_operator.get(address, {"region": "domestic"}).content.decode()
    assert "【演示商城】" in page
    assert "DemoShop" not in page
    assert "[DemoShop]" in browser_of_operator.get(address).content.decode()


@pytest.mark.parametrize(
    "asked", [{"region": "moon"}, {"state": "x"}, {"before": "-1"}, {"before": "9" * 40}]
)
def test_a_senseless_filter_is_ignored(
    browser_of_operator: Client, project: Project, asked: dict[str, str]
) -> None:
    assert browser_of_operator.get(reverse("signature-list", args=[project.slug]), asked).status_code == 200


def test_the_empty_list_leads_on(browser_of_operator: Client, project: Project) -> None:
    page = browser_of_operator.get(reverse("signature-list", args=[project.slug])).content.decode()
    assert reverse("signature-create", args=[project.slug]) + "?region=international" in page


def test_it_saves_a_draft_with_certificates(browser_of_operator: Client, project: Project) -> None:
    files = [SimpleUploadedFile("a.png", picture()), SimpleUploadedFile("b.jpg", picture("JPEG"))]
    response = browser_of_operator.post(
        reverse("signature-create", args=[project.slug]), {**FIELDS, "certificates": files, "then": "draft"}
    )
    revision = SignatureRevision.objects.get()
    assert response.url == reverse("signature-detail", args=[project.slug, revision.signature.uuid])
    assert (revision.text, revision.status) == ("DemoShop", RevisionStatus.DRAFT)
    assert [c.original_name for c in revision.certificates.order_by("pk")] == ["a.png", "b.jpg"]


def test_it_submits_at_once(browser_of_operator: Client, project: Project) -> None:
    browser_of_operator.post(reverse("signature-create", args=[project.slug]), {**FIELDS, "then": "submit"})
    assert SignatureRevision.objects.get().status == RevisionStatus.PENDING


def test_submitting_shows_hard_findings_at_their_fields(
    browser_of_operator: Client, project: Project
) -> None:
    fields = {**FIELDS, "text": "[x]", "type": "app", "use": "others", "then": "submit"}
    response = browser_of_operator.post(reverse("signature-create", args=[project.slug]), fields)
    assert set(response.context["form"].errors) == {"text", "remarks", "certificates"}
    assert not Signature.objects.exists()


def test_the_same_mistake_at_two_places_is_said_once_at_the_field(
    browser_of_operator: Client, project: Project
) -> None:
    address = reverse("signature-create", args=[project.slug])
    response = browser_of_operator.post(address, {**FIELDS, "text": "A<b<c", "then": "submit"})
    assert sum("“<”" in message for message in response.context["form"].errors["text"]) == 1


def test_a_refused_file_is_named_at_its_field(browser_of_operator: Client, project: Project) -> None:
    html = SimpleUploadedFile("page.png", b"<script>alert(1)</script>", content_type="image/png")
    response = browser_of_operator.post(
        reverse("signature-create", args=[project.slug]), {**FIELDS, "certificates": [html]}
    )
    assert "“page.png”" in str(response.context["form"].errors["certificates"])
    assert not Signature.objects.exists()


def test_editing_an_approved_signature_begins_the_next_version(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    approved = approved_signature(project, operator)
    address = reverse("signature-edit", args=[project.slug, approved.signature.uuid])
    assert "stays in use" in browser_of_operator.get(address).content.decode()
    browser_of_operator.post(address, {**FIELDS, "text": "Demo Store", "region": "domestic"})
    latest = SignatureRevision.objects.latest("number")
    assert (latest.number, latest.text, latest.signature.region) == (2, "Demo Store", Region.INTERNATIONAL)
    assert status_of(approved) == RevisionStatus.APPROVED


def test_editing_a_pending_signature_is_refused_in_words(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    pending = pending_signature(project, operator)
    address = reverse("signature-edit", args=[project.slug, pending.signature.uuid])
    response = browser_of_operator.post(address, {**FIELDS, "text": "Demo Store"})
    assert "Withdraw it first" in response.content.decode()
    assert SignatureRevision.objects.get().text == "DemoShop"


@pytest.mark.parametrize(
    ("name", "make", "after"),
    [
        ("signature-submit", draft_signature, RevisionStatus.PENDING),
        ("signature-withdraw", pending_signature, RevisionStatus.DRAFT),
    ],
)
def test_submit_and_withdraw(
    browser_of_operator: Client, project: Project, operator: User, name: str, make: Any, after: RevisionStatus
) -> None:
    revision = make(project, operator)
    response = browser_of_operator.post(of_revision(name, revision))
    assert response.url == reverse("signature-detail", args=[project.slug, revision.signature.uuid])
    assert status_of(revision) == after


def test_discarding_the_only_draft_leads_to_the_list(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    revision = draft_signature(project, operator)
    response = browser_of_operator.post(of_revision("signature-discard", revision))
    assert response.url == reverse("signature-list", args=[project.slug])
    assert not Signature.objects.exists()


def test_a_reviewer_revokes_with_a_reason(
    client_of: ClientOf, project: Project, operator: User, reviewer: User
) -> None:
    revision = approved_signature(project, operator)
    client = client_of(reviewer)
    response = client.post(of_revision("signature-revoke", revision), {"comment": ""}, follow=True)
    assert "Give the reason" in words(response)
    assert status_of(revision) == RevisionStatus.APPROVED
    client.post(of_revision("signature-revoke", revision), {"comment": "Carrier complained."})
    assert status_of(revision) == RevisionStatus.REVOKED


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("signature-submit", "has decided already: Approved"),
        ("signature-withdraw", "has decided already: Approved"),
        ("signature-discard", "has decided already: Approved"),
    ],
)
def test_who_comes_too_late_is_told_what_happened(
    browser_of_operator: Client, project: Project, operator: User, name: str, expected: str
) -> None:
    revision = approved_signature(project, operator)
    response = browser_of_operator.post(of_revision(name, revision), follow=True)
    assert expected in words(response)
    assert status_of(revision) == RevisionStatus.APPROVED


@pytest.mark.parametrize(
    "name", ["signature-submit", "signature-withdraw", "signature-discard", "signature-revoke"]
)
def test_changes_reject_get(client_of: ClientOf, project: Project, operator: User, name: str) -> None:
    revision = draft_signature(project, operator)
    assert client_of(operator).get(of_revision(name, revision)).status_code == 405


def test_a_signature_of_another_project_is_not_found(
    client_of: ClientOf, outsider: User, project: Project, operator: User
) -> None:
    revision = draft_signature(project, operator)
    foreign = Project.objects.create(
        organization=outsider.memberships.get().organization, slug="foreign", name="Foreign"
    )
    client = client_of(outsider)
    for name in ("signature-detail", "signature-edit"):
        assert client.get(reverse(name, args=[foreign.slug, revision.signature.uuid])).status_code == 404
    address = reverse("signature-submit", args=[foreign.slug, revision.signature.uuid, 1])
    assert client.post(address).status_code == 404
    assert status_of(revision) == RevisionStatus.DRAFT


def test_the_preview_answers_a_script_with_the_fragment_alone(
    browser_of_operator: Client, project: Project
) -> None:
    address = reverse("signature-preview", args=[project.slug])
    response = browser_of_operator.post(address, FIELDS, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert "[DemoShop]" in page
    assert "<html" not in page


def test_the_preview_answers_a_plain_browser_with_the_whole_page(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    revision = draft_signature(project, operator)
    for address in (
        reverse("signature-preview", args=[project.slug]),
        reverse("signature-preview", args=[project.slug, revision.signature.uuid]),
    ):
        page = browser_of_operator.post(address, {**FIELDS, "text": "Demo+"}).content.decode()
        assert "<html" in page
        assert "letters and digits only" in page
        assert 'value="Demo+"' in page


def test_who_has_no_other_reviewer_is_told_how_to_get_one(
    browser_of_operator: Client, project: Project, operator: User, reviewer: User
) -> None:
    revision = pending_signature(project, operator)
    address = reverse("signature-detail", args=[project.slug, revision.signature.uuid])
    assert "Nobody can review this yet" not in browser_of_operator.get(address).content.decode()
    reviewer.memberships.all().delete()
    assert "Nobody can review this yet" in browser_of_operator.get(address).content.decode()


def test_a_disabled_project_refuses_in_words_and_stays_readable(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    revision = draft_signature(project, operator)
    Project.objects.update(disabled_at=timezone.now())
    response = browser_of_operator.post(of_revision("signature-submit", revision), follow=True)
    assert "is disabled" in words(response)
    assert status_of(revision) == RevisionStatus.DRAFT
    page = browser_of_operator.post(reverse("signature-create", args=[project.slug]), FIELDS).content.decode()
    assert "An admin can enable it" in page


def test_texts_are_escaped(browser_of_operator: Client, project: Project, operator: User) -> None:
    revision = draft_signature(project, operator)
    services.edit_signature(
        signature=revision.signature,
        text="<i>y",
        type=SignatureType.COMPANY,
        remarks="<script>alert(1)</script>",
        by=operator,
    )
    for name, args in [
        ("signature-list", []),
        ("signature-detail", [revision.signature.uuid]),
        ("signature-edit", [revision.signature.uuid]),
    ]:
        page = browser_of_operator.get(reverse(name, args=[project.slug, *args])).content.decode()
        assert "&lt;i&gt;y" in page
        assert "<i>y" not in page
        assert "<script>alert" not in page
