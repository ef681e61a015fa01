from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.models import BodyTemplate, BodyTemplateRevision
from templates_app.samples import SAMPLES
from templates_app.statuses import RevisionStatus, TextKind
from tests.people import ClientOf
from tests.templates_app.texts import (
    ORDER_NOTICE,
    SCENARIO,
    approved_body_template,
    approved_signature,
    draft_body_template,
    pending_body_template,
)

pytestmark = pytest.mark.django_db

FIELDS = {
    "region": "international",
    "name": "Order notice",
    "kind": "notification",
    "text": ORDER_NOTICE,
    "remarks": SCENARIO,
}


@pytest.fixture
def browser_of_operator(client_of: ClientOf, operator: User) -> Client:
    return client_of(operator)


def of_revision(name: str, revision: BodyTemplateRevision) -> str:
    body_template = revision.body_template
    return reverse(name, args=[body_template.project.slug, body_template.uuid, revision.number])


def status_of(revision: BodyTemplateRevision) -> str:
    return BodyTemplateRevision.objects.get(pk=revision.pk).status


def words(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def preview(client: Client, project: Project, **fields: str) -> str:
    address = reverse("body-template-preview", args=[project.slug])
    return client.post(address, {**FIELDS, **fields}, headers={"HX-Request": "true"}).content.decode()


def test_the_list_costs_the_same_however_long(
    browser_of_operator: Client,
    project: Project,
    operator: User,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for n in range(8):
        approved_body_template(project, operator, name=f"Notice {n}")
    # Session, person, project, memberships, the page's three, the counts, and what the frame shows.
    with django_assert_max_num_queries(11):
        page = browser_of_operator.get(reverse("body-template-list", args=[project.slug])).content.decode()
    assert "Notice 7" in page


def test_it_saves_a_draft_that_breaks_rules(browser_of_operator: Client, project: Project) -> None:
    fields = {**FIELDS, "text": "Hello {2}", "then": "draft"}
    response = browser_of_operator.post(reverse("body-template-create", args=[project.slug]), fields)
    revision = BodyTemplateRevision.objects.get()
    assert response.url == reverse("body-template-detail", args=[project.slug, revision.body_template.uuid])
    assert (revision.status, revision.placeholders) == (RevisionStatus.DRAFT, ["2"])


def test_it_submits_at_once(browser_of_operator: Client, project: Project) -> None:
    browser_of_operator.post(
        reverse("body-template-create", args=[project.slug]), {**FIELDS, "then": "submit"}
    )
    revision = BodyTemplateRevision.objects.get()
    assert (revision.status, revision.text) == (RevisionStatus.PENDING, ORDER_NOTICE)


def test_submitting_shows_hard_findings_at_their_fields(
    browser_of_operator: Client, project: Project
) -> None:
    fields = {**FIELDS, "text": "Hello {2}", "remarks": "short", "then": "submit"}
    response = browser_of_operator.post(reverse("body-template-create", args=[project.slug]), fields)
    assert set(response.context["form"].errors) == {"text", "remarks"}
    assert not BodyTemplate.objects.exists()


def test_a_taken_name_is_refused_in_words(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    draft_body_template(project, operator)
    response = browser_of_operator.post(reverse("body-template-create", args=[project.slug]), FIELDS)
    assert "named “Order notice” already" in response.content.decode()
    assert BodyTemplate.objects.count() == 1


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_every_sample_can_be_submitted_as_it_is(
    browser_of_operator: Client, project: Project, sample: Any
) -> None:
    address = reverse("body-template-create", args=[project.slug])
    form = browser_of_operator.get(address, {"sample": sample.key}).context["form"]
    fields = {name: str(form[name].value()) for name in FIELDS}
    browser_of_operator.post(address, {**fields, "then": "submit"})
    revision = BodyTemplateRevision.objects.get()
    assert (revision.text, revision.status) == (sample.text, RevisionStatus.PENDING)
    assert revision.body_template.region == sample.region


def test_an_unknown_sample_is_ignored(browser_of_operator: Client, project: Project) -> None:
    address = reverse("body-template-create", args=[project.slug])
    assert browser_of_operator.get(address, {"sample": "no such"}).status_code == 200


def test_editing_an_approved_text_begins_the_next_version(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    approved = approved_body_template(project, operator)
    address = reverse("body-template-edit", args=[project.slug, approved.body_template.uuid])
    browser_of_operator.post(address, {**FIELDS, "text": "Hello {1}, it left.", "name": "Renamed"})
    latest = BodyTemplateRevision.objects.latest("number")
    assert (latest.number, latest.text, latest.body_template.name) == (2, "Hello {1}, it left.", "Renamed")
    assert status_of(approved) == RevisionStatus.APPROVED


def test_copying_leads_to_the_copy(browser_of_operator: Client, project: Project, operator: User) -> None:
    source = approved_body_template(project, operator)
    address = reverse("body-template-copy", args=[project.slug, source.body_template.uuid])
    response = browser_of_operator.post(address)
    copy = BodyTemplate.objects.get(region=Region.DOMESTIC)
    assert response.url == reverse("body-template-detail", args=[project.slug, copy.uuid])
    assert copy.revisions.get().status == RevisionStatus.PENDING
    again = browser_of_operator.post(address, follow=True)
    assert "already" in words(again)
    assert BodyTemplate.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "make", "after"),
    [
        ("body-template-submit", draft_body_template, RevisionStatus.PENDING),
        ("body-template-withdraw", pending_body_template, RevisionStatus.DRAFT),
    ],
)
def test_submit_and_withdraw(
    browser_of_operator: Client, project: Project, operator: User, name: str, make: Any, after: RevisionStatus
) -> None:
    revision = make(project, operator)
    response = browser_of_operator.post(of_revision(name, revision))
    assert response.url == reverse("body-template-detail", args=[project.slug, revision.body_template.uuid])
    assert status_of(revision) == after


def test_discarding_the_only_draft_leads_to_the_list(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    revision = draft_body_template(project, operator)
    response = browser_of_operator.post(of_revision("body-template-discard", revision))
    assert response.url == reverse("body-template-list", args=[project.slug])
    assert not BodyTemplate.objects.exists()


def test_a_reviewer_revokes(client_of: ClientOf, project: Project, operator: User, reviewer: User) -> None:
    revision = approved_body_template(project, operator)
    client_of(reviewer).post(
        of_revision("body-template-revoke", revision), {"comment": "Carrier complained."}
    )
    assert status_of(revision) == RevisionStatus.REVOKED


@pytest.mark.parametrize("name", ["body-template-submit", "body-template-withdraw", "body-template-discard"])
def test_who_comes_too_late_is_told_what_happened(
    browser_of_operator: Client, project: Project, operator: User, name: str
) -> None:
    revision = approved_body_template(project, operator)
    response = browser_of_operator.post(of_revision(name, revision), follow=True)
    assert "has decided already: Approved" in words(response)
    assert status_of(revision) == RevisionStatus.APPROVED


@pytest.mark.parametrize("what", ["submit", "withdraw", "discard", "revoke"])
def test_changes_reject_get(browser_of_operator: Client, project: Project, operator: User, what: str) -> None:
    revision = draft_body_template(project, operator)
    assert browser_of_operator.get(of_revision(f"body-template-{what}", revision)).status_code == 405


def test_copying_rejects_get(browser_of_operator: Client, project: Project, operator: User) -> None:
    revision = draft_body_template(project, operator)
    address = reverse("body-template-copy", args=[project.slug, revision.body_template.uuid])
    assert browser_of_operator.get(address).status_code == 405


def test_the_preview_shows_the_signed_text_with_sample_values(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    approved_signature(project, operator, text="Acme")
    assert "[Acme]Hello Maria, your order to Berlin is on its way." in preview(browser_of_operator, project)
    assert "【演示商城】您好王女士" in preview(
        browser_of_operator, project, region="domestic", text="您好{1}，你好"
    )


def test_the_preview_counts_like_sending(browser_of_operator: Client, project: Project) -> None:
    def meter(text: str) -> str:
        return " ".join(preview(browser_of_operator, project, text=text).split())

    # 10 characters of signature and brackets, each bracket two septets: 148 more fill the one segment.
    assert "GSM-7" in meter("x" * 148)
    assert "<dt>Segments</dt><dd>1</dd>" in meter("x" * 148)
    assert "<dt>Segments</dt><dd>2</dd>" in meter("x" * 149)
    assert "UCS-2" in meter("x" * 20 + "…")


def test_the_preview_names_what_forces_ucs2_and_what_to_write(
    browser_of_operator: Client, project: Project
) -> None:
    page = preview(browser_of_operator, project, text="Hello “{1}”, " + "x" * 100)
    assert '<mark class="mark-forcing">“</mark>' in page
    assert 'data-replace-by="&quot;"' in page
    assert "takes 1 segment instead of 2" in page


def test_a_script_that_needs_ucs2_is_not_blamed(browser_of_operator: Client, project: Project) -> None:
    page = preview(browser_of_operator, project, text="您好{1}，“您”的订单已发出。", region="domestic")
    assert "mark-forcing" not in page
    assert "This script needs UCS-2" in page


def test_the_preview_marks_findings_in_the_text(browser_of_operator: Client, project: Project) -> None:
    page = preview(browser_of_operator, project, text="Hi {1}{2} ★ <b>")
    assert '<mark class="mark-hard">{1}{2}</mark>' in page
    assert '<mark class="mark-soft">★</mark>' in page
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize(
    "fields", [{"text": ""}, {"text": "\x00\ud83d"}, {"region": "x", "kind": "y"}, {"text": "{" * 9000}]
)
def test_the_preview_survives_anything(
    browser_of_operator: Client, project: Project, fields: dict[str, str]
) -> None:
    safe = {name: value.encode("utf-8", "ignore").decode() for name, value in fields.items()}
    assert "phone-text" in preview(browser_of_operator, project, **safe)


def test_a_plain_browser_gets_the_whole_page_with_what_was_typed(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    revision = draft_body_template(project, operator, kind=TextKind.NOTIFICATION)
    for args in ([], [revision.body_template.uuid]):
        address = reverse("body-template-preview", args=[project.slug, *args])
        page = browser_of_operator.post(address, {**FIELDS, "text": "Typed {1} now"}).content.decode()
        assert "<html" in page
        assert "[DemoShop]Typed Maria now" in page
    assert BodyTemplateRevision.objects.get().text == ORDER_NOTICE
