"""The pages of rules, and how the editors use the rules."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import IdentityVerification, Role, User
from projects.models import Project
from templates_app import services
from templates_app.errors import TemplatesError
from templates_app.models import BodyTemplateRevision, Signature
from templates_app.rules import BODY_BOOK, SENDER_ID_BOOK, SIGNATURE_BOOK
from templates_app.samples import SAMPLES
from templates_app.statuses import RevisionStatus, SignatureType, TextKind
from tests.factories import OrganizationFactory, ProjectFactory, member
from tests.people import ClientOf
from tests.templates_app.texts import SCENARIO, draft_body_template, draft_signature

pytestmark = pytest.mark.django_db

BODY = {"name": "Notice", "kind": "notification", "remarks": SCENARIO, "region": "international"}
BOOKS = (BODY_BOOK, SIGNATURE_BOOK, SENDER_ID_BOOK)


@pytest.fixture
def browser_of_operator(client_of: ClientOf, operator: User) -> Client:
    return client_of(operator)


@pytest.fixture
def individual() -> Project:
    return ProjectFactory(organization=OrganizationFactory(entity="individual"))


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.page)
def test_every_rule_has_its_place_on_its_page(browser_of_operator: Client, book: Any) -> None:
    page = browser_of_operator.get(reverse(book.page)).content.decode()
    anchors = re.findall(r'(?:class="rule"|class="rule-row") id="([a-z-]+)"', page)
    assert sorted(anchors) == sorted(rule.id for rule in book.rules)
    assert "<script>alert" not in page


def test_the_page_of_template_rules_shows_all_samples_and_the_limit(
    browser_of_operator: Client, settings: Any
) -> None:
    settings.BODY_MAX = 444
    page = browser_of_operator.get(reverse("template-rules")).content.decode()
    assert "at most 444 characters" in page
    assert all(sample.text in page for sample in SAMPLES)


def test_the_page_of_signature_rules_shows_the_lengths_in_force_and_the_documents(
    browser_of_operator: Client, settings: Any
) -> None:
    settings.SIGNATURE_MAX_DOMESTIC = 8
    page = browser_of_operator.get(reverse("signature-rules")).content.decode()
    assert "2 to 8 characters" in page
    assert "letter of authorization" in page
    assert "Not open to individuals." in page


@pytest.mark.parametrize(
    ("editor", "rules"),
    [
        ("signature-create", "signature-rules"),
        ("body-template-create", "template-rules"),
        ("sender-id-create", "sender-id-rules"),
    ],
)
def test_the_editors_lead_to_the_rules(
    browser_of_operator: Client, project: Project, editor: str, rules: str
) -> None:
    page = browser_of_operator.get(reverse(editor, args=[project.slug])).content.decode()
    assert f'href="{reverse(rules)}"' in page


def test_a_finding_leads_to_its_rule(browser_of_operator: Client, project: Project) -> None:
    address = reverse("body-template-preview", args=[project.slug])
    fields = {**BODY, "text": "Hello {1}{2}, welcome."}
    page = browser_of_operator.post(address, fields, headers={"HX-Request": "true"}).content.decode()
    assert reverse("template-rules") + "#adjacent-variables" in page


@pytest.mark.parametrize("type", [SignatureType.COMPANY, SignatureType.TRADEMARK, SignatureType.GOVERNMENT])
def test_an_individual_cannot_submit_a_signature_of_an_enterprise(
    individual: Project, type: SignatureType
) -> None:
    operator = member(individual.organization, Role.OPERATOR)
    revision = draft_signature(individual, operator, type=type)
    with pytest.raises(TemplatesError, match=r"not verified as an enterprise|document"):
        services.submit_revision(revision=revision, by=operator)
    assert revision.signature.revisions.get().status == RevisionStatus.DRAFT


def test_an_individual_cannot_submit_marketing(individual: Project) -> None:
    operator = member(individual.organization, Role.OPERATOR)
    text = "Dear member, 20% off all shoes. Reply STOP to unsubscribe."
    revision = draft_body_template(individual, operator, kind=TextKind.MARKETING, text=text)
    with pytest.raises(TemplatesError, match="only enterprises send marketing"):
        services.submit_revision(revision=revision, by=operator)
    IdentityVerification.objects.update(kind="enterprise")
    services.submit_revision(revision=revision, by=operator)


def test_the_editor_tells_an_individual_at_the_field(client_of: ClientOf, individual: Project) -> None:
    operator = member(individual.organization, Role.OPERATOR)
    address = reverse("body-template-create", args=[individual.slug])
    fields = {**BODY, "kind": "marketing", "text": "Dear member, hello. Reply STOP to unsubscribe."}
    response = client_of(operator).post(address, {**fields, "then": "submit"})
    assert "only enterprises send marketing" in str(response.context["form"].errors["kind"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Order\u202enotice"),
        ("name", "Order\x07notice"),
        ("name", "x" * 61),
        ("name", ""),
        ("remarks", "Sent to customers \u202e daily."),
        ("remarks", "x" * 501),
        ("text", "x" * 2001),
        ("text", "NUL \x00 inside"),
        ("kind", "carrier pigeon"),
        ("region", "moon"),
    ],
)
def test_bad_input_is_answered_at_its_field_and_nothing_typed_is_lost(
    browser_of_operator: Client, project: Project, field: str, value: str
) -> None:
    fields = {**BODY, "text": "Hello {1}, welcome.", field: value}
    response = browser_of_operator.post(reverse("body-template-create", args=[project.slug]), fields)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    for name, typed in fields.items():
        assert response.context["form"][name].value() == typed
    assert not BodyTemplateRevision.objects.exists()


def test_a_project_has_only_so_many_texts(
    browser_of_operator: Client, project: Project, operator: User, settings: Any
) -> None:
    settings.BODY_TEMPLATES_PER_PROJECT = settings.SIGNATURES_PER_PROJECT = 1
    draft_body_template(project, operator)
    draft_signature(project, operator)
    fields = {**BODY, "text": "Hello {1}, welcome."}
    page = browser_of_operator.post(reverse("body-template-create", args=[project.slug]), fields)
    assert "at most 1 body templates" in page.content.decode()
    with pytest.raises(TemplatesError, match="SIGNATURES_PER_PROJECT"):
        draft_signature(project, operator, text="Other")
    assert (BodyTemplateRevision.objects.count(), Signature.objects.count()) == (1, 1)


def test_services_refuse_what_cannot_be_stored(project: Project, operator: User) -> None:
    with pytest.raises(TemplatesError, match="at most 30"):
        draft_signature(project, operator, text="x" * 31)
    with pytest.raises(TemplatesError, match="at most 2000"):
        draft_body_template(project, operator, text="x" * 2001)


def test_without_a_script_the_server_replaces_what_forces_ucs2(
    browser_of_operator: Client, project: Project
) -> None:
    address = reverse("body-template-preview", args=[project.slug])
    fields = {**BODY, "text": "Hello “{1}”, it left…"}
    one = browser_of_operator.post(address, {**fields, "replace": "“"})
    assert one.context["form"]["text"].value() == 'Hello "{1}”, it left…'
    every = browser_of_operator.post(address, {**fields, "replace": "all"})
    assert every.context["form"]["text"].value() == 'Hello "{1}", it left...'
    assert every.context["preview"].count.encoding == "GSM-7"
    nothing = browser_of_operator.post(address, {**fields, "replace": "<script>"})
    assert nothing.context["form"]["text"].value() == fields["text"]


def test_sample_values_fill_the_preview_and_bad_ones_are_named(
    browser_of_operator: Client, project: Project
) -> None:
    address = reverse("body-template-preview", args=[project.slug])
    fields = {**BODY, "kind": "verification", "text": "Your code is {1}.", "value_1": "<b>X"}
    response = browser_of_operator.post(address, fields, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert "Your code is &lt;b&gt;X." in page
    assert "up to 6 digits" in page
    assert 'hx-swap-oob="true"' in page
    again = browser_of_operator.post(address, {**fields, "names": "1"}, headers={"HX-Request": "true"})
    assert "hx-swap-oob" not in again.content.decode()


def test_the_documents_needed_follow_type_and_use(browser_of_operator: Client, project: Project) -> None:
    address = reverse("signature-preview", args=[project.slug])
    fields = {"region": "domestic", "text": "演示商城", "type": "trademark", "use": "own"}

    def page(**changes: str) -> str:
        posted = {**fields, **changes}
        return browser_of_operator.post(address, posted, headers={"HX-Request": "true"}).content.decode()

    assert "registration certificate of the trademark" in page()
    assert "letter of authorization" in page(use="others")
    assert "Not required" in page(type="company")
