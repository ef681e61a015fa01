from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organization, Role, User
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import queries, services
from templates_app.models import BodyTemplate, Signature
from templates_app.queries import lists
from templates_app.statuses import SignatureType
from tests.factories import OrganizationFactory, ProjectFactory, member
from tests.templates_app.texts import (
    approved_body_template,
    approved_signature,
    draft_body_template,
    draft_signature,
    pending_body_template,
    pending_signature,
)

pytestmark = pytest.mark.django_db

Assert = Callable[..., Any]
ABROAD = Region.INTERNATIONAL


def test_only_approved_texts_of_the_region_are_usable(
    project: Project, operator: User, django_assert_num_queries: Assert
) -> None:
    approved = approved_signature(project, operator, text="DemoShop")
    approved_signature(project, operator, text="演示商城", region=Region.DOMESTIC)
    pending_signature(project, operator, text="Demo Store")
    body = approved_body_template(project, operator)
    draft_body_template(project, operator, name="Other")
    approved_signature(ProjectFactory(organization=project.organization), operator, text="Elsewhere")
    with django_assert_num_queries(2):
        assert [revision.signature.region for revision in queries.usable_signatures(project, ABROAD)] == [
            ABROAD
        ]
        assert [r.body_template.name for r in queries.usable_body_templates(project, ABROAD)] == [
            "Order notice"
        ]
    assert list(queries.usable_signatures(project, ABROAD)) == [approved]
    assert list(queries.usable_body_templates(project, "international")) == [body]


def test_a_page_shows_the_newest_revision_and_the_one_in_use(project: Project, operator: User) -> None:
    approved = approved_signature(project, operator)
    draft = services.edit_signature(
        signature=approved.signature, text="Demo Store", type=SignatureType.COMPANY, by=operator
    )
    plain = draft_signature(project, operator, text="Another")
    page = queries.signature_page(project=project, region=ABROAD)
    assert [(entry.latest, entry.in_use) for entry in page.entries] == [(plain, None), (draft, approved)]


def test_a_page_can_be_filtered_by_state(project: Project, operator: User) -> None:
    approved = approved_body_template(project, operator, name="Approved")
    pending_body_template(project, operator, name="Pending")

    def names(state: str) -> list[str]:
        page = queries.body_template_page(project=project, region=ABROAD, state=state)
        return [entry.owner.name for entry in page.entries]

    assert names("pending") == ["Pending"]
    assert names("approved") == [approved.body_template.name]
    assert names("rejected") == []
    assert names("") == ["Pending", "Approved"]


def test_counts_agree_with_the_filters(project: Project, operator: User) -> None:
    approved = approved_signature(project, operator)
    services.edit_signature(
        signature=approved.signature, text="Demo Store", type=SignatureType.COMPANY, by=operator
    )
    pending_signature(project, operator, text="Another")
    counts = queries.count_by_state(model=Signature, project=project, region=ABROAD)
    assert counts == {"": 2, "approved": 1, "draft": 1, "pending": 1}
    for state, n in counts.items():
        assert len(queries.signature_page(project=project, region=ABROAD, state=state).entries) == n


def test_pages_continue_where_the_last_one_ended(
    project: Project, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    for n in range(5):
        draft_body_template(project, operator, name=f"Notice {n}")
    seen, before = [], None
    while True:
        page = queries.body_template_page(project=project, region=ABROAD, before=before)
        seen += [entry.owner.name for entry in page.entries]
        if page.following is None:
            break
        before = page.following
    assert seen == [f"Notice {n}" for n in (4, 3, 2, 1, 0)]


def test_a_page_costs_three_queries_however_long(
    project: Project, operator: User, django_assert_num_queries: Assert
) -> None:
    for n in range(6):
        approved_body_template(project, operator, name=f"Notice {n}")
    with django_assert_num_queries(3):
        page = queries.body_template_page(project=project, region=ABROAD)
        assert all(str(entry.latest.created_by) for entry in page.entries)


def test_the_queue_is_oldest_first_and_of_ones_own_organizations(
    project: Project, operator: User, reviewer: User, django_assert_num_queries: Assert
) -> None:
    first = pending_body_template(project, operator)
    second = pending_signature(project, operator)
    draft_signature(project, operator, text="Not yet")
    elsewhere = ProjectFactory(organization=OrganizationFactory())
    pending_signature(elsewhere, member(elsewhere.organization, Role.OPERATOR))
    with django_assert_num_queries(2):
        cases = queries.pending_cases(organization_ids=[project.organization_id], viewer=reviewer)
        assert [case.project.organization.name for case in cases] == ["Acme Retail"] * 2
    assert [case.revision for case in cases] == [first, second]
    assert queries.n_waiting(project) == 2


def test_the_queue_marks_ones_own_cases(project: Project, organization: Organization) -> None:
    both = member(organization, Role.OPERATOR, Role.REVIEWER)
    pending_signature(project, both)
    [case] = queries.pending_cases(organization_ids=[organization.pk], viewer=both)
    assert case.is_own


def test_the_story_tells_who_did_what(
    project: Project, operator: User, reviewer: User, django_assert_num_queries: Assert
) -> None:
    revision = pending_body_template(project, operator)
    services.reject_revision(revision=revision, by=reviewer, comment="Wrong kind.")
    draft_body_template(project, operator, name="Another story")
    owner = BodyTemplate.objects.get(name="Order notice")
    with django_assert_num_queries(2):
        steps = queries.story(owner)
    assert [(str(step.what), step.who, step.comment) for step in steps] == [
        ("Rejected", reviewer, "Wrong kind."),
        ("Submitted for review", operator, ""),
        ("Written", operator, ""),
    ]


def test_the_revision_before_is_the_last_good_one(project: Project, operator: User, reviewer: User) -> None:
    first = approved_signature(project, operator)

    def next_one(text: str) -> Any:
        draft = services.edit_signature(
            signature=first.signature, text=text, type=SignatureType.COMPANY, by=operator
        )
        services.submit_revision(revision=draft, by=operator)
        return draft

    second = next_one("Demo Store")
    services.reject_revision(revision=second, by=reviewer, comment="No.")
    third = next_one("Demo Market")
    assert queries.previous_revision(third) == first
    assert queries.previous_revision(first) is None


def test_an_organization_with_no_other_reviewer_is_noticed(
    project: Project, organization: Organization
) -> None:
    alone = member(organization, Role.OPERATOR, Role.REVIEWER)
    revision = pending_signature(project, alone)
    assert not queries.other_reviewers_exist(revision)
    member(organization, Role.REVIEWER)
    assert queries.other_reviewers_exist(revision)
