from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Organization, Role, User
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import queries, services
from templates_app.models import BodyTemplate, Signature
from templates_app.queries import Place, Scope, lists, reviews
from templates_app.queries.stories import LOOKS
from templates_app.reviewed import KINDS
from templates_app.services.claims import CLAIM_SECONDS
from templates_app.statuses import SignatureType, StoryKind, TextKind
from tests.factories import OrganizationFactory, ProjectFactory, member
from tests.templates_app.texts import (
    SCENARIO,
    approved_body_template,
    approved_signature,
    document,
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


def test_a_page_costs_two_queries_however_long(
    project: Project, operator: User, django_assert_num_queries: Assert
) -> None:
    for n in range(6):
        approved_body_template(project, operator, name=f"Notice {n}")
    with django_assert_num_queries(2):
        page = queries.body_template_page(project=project, region=ABROAD)
        assert all(str(entry.latest.created_by) and str(entry.owner) for entry in page.entries)


def scope_of(project: Project, **asked: str) -> Scope:
    return Scope(project.organization_id, **asked)


def waiting(project: Project, viewer: User, **asked: str) -> list[Any]:
    page = queries.queue_page(scope=scope_of(project, **asked), viewer=viewer)
    return [case.revision for case in page.cases]


def test_the_queue_is_oldest_first_and_of_one_organization(
    project: Project, operator: User, reviewer: User, django_assert_num_queries: Assert
) -> None:
    first = pending_body_template(project, operator)
    second = pending_signature(project, operator)
    draft_signature(project, operator, text="Not yet")
    elsewhere = ProjectFactory(organization=OrganizationFactory())
    pending_signature(elsewhere, member(elsewhere.organization, Role.OPERATOR))
    with django_assert_num_queries(len(KINDS) + 1):
        cases = queries.queue_page(scope=scope_of(project), viewer=reviewer).cases
        assert [case.project.organization.name for case in cases] == ["Acme Retail"] * 2
    assert [case.revision for case in cases] == [first, second]
    assert queries.n_waiting(project) == 2


def test_the_queue_can_be_asked_for_a_project_a_noun_or_a_region(
    project: Project, operator: User, reviewer: User
) -> None:
    other = ProjectFactory(organization=project.organization)
    there = pending_body_template(other, operator)
    home = pending_signature(
        project, operator, text="演示商城", region=Region.DOMESTIC, documents=[document()]
    )
    abroad = pending_signature(project, operator)
    assert waiting(project, reviewer, noun="body_template") == [there]
    assert waiting(project, reviewer, noun="signature", region="domestic") == [home]
    assert waiting(project, reviewer, region="international") == [there, abroad]
    narrow = Scope(project.organization_id, project.pk)
    assert [case.revision for case in queries.queue_page(scope=narrow, viewer=reviewer).cases] == [
        home,
        abroad,
    ]
    assert queries.n_waiting(project) == 2
    assert queries.counts_by_noun(narrow) == {"": 2, "signature": 2, "body_template": 0, "sender_id": 0}


def test_the_queue_continues_where_its_last_page_ended_even_at_the_same_moment(
    project: Project, operator: User, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "PAGE_SIZE", 2)
    with time_machine.travel(datetime(2026, 11, 20, tzinfo=UTC), tick=False):
        made = [pending_signature(project, operator, text=f"DemoShop{n}") for n in range(3)]
        made += [pending_body_template(project, operator, name=f"Notice {n}") for n in range(2)]
    seen: list[Any] = []
    after: Place | None = None
    for _page in range(3):
        page = queries.queue_page(scope=scope_of(project), viewer=reviewer, after=after)
        seen += [case.revision for case in page.cases]
        after = Place.read(str(page.following)) if page.following else None
    assert after is None
    assert sorted(one.uuid for one in seen) == [one.uuid for one in seen] == sorted(one.uuid for one in made)


def test_a_case_knows_its_place_and_its_neighbours(project: Project, operator: User, reviewer: User) -> None:
    first = pending_body_template(project, operator)
    second = pending_signature(project, operator)
    third = pending_body_template(project, operator, name="Another")

    def around(revision: Any, **asked: str) -> queries.Neighbourhood:
        return queries.neighbourhood(scope=scope_of(project, **asked), viewer=reviewer, revision=revision)

    here = around(second)
    assert [case.revision for case in here.cases] == [first, second, third]
    assert (here.position, here.n) == (2, 3)
    assert here.earlier
    assert here.earlier.revision == first
    assert here.later
    assert here.later.revision == third
    filtered = around(third, noun="body_template")
    assert (filtered.position, filtered.n) == (2, 2)
    assert around(first).earlier is around(third).later is None


def test_the_next_case_is_one_that_may_be_decided_and_nobody_looks_at(
    project: Project, organization: Organization, operator: User, reviewer: User
) -> None:
    both = member(organization, Role.OPERATOR, Role.REVIEWER)
    own = pending_signature(project, both)
    taken = pending_body_template(project, operator)
    free = pending_body_template(project, operator, name="Another")
    services.claim_revision(revision=taken, by=reviewer)

    def next_for(viewer: User, after: Any = None) -> Any:
        place = queries.place_of(after) if after else None
        case = queries.next_case(scope=scope_of(project), viewer=viewer, after=place)
        return case and case.revision

    assert next_for(both) == next_for(both, own) == free
    assert next_for(both, free) is None
    assert next_for(reviewer) == own
    # After the last one the search begins anew.
    assert next_for(reviewer, free) == own
    with time_machine.travel(timezone.now() + timedelta(seconds=CLAIM_SECONDS + 1)):
        assert next_for(both) == taken


def test_a_place_is_read_as_it_is_written_and_nonsense_is_none(project: Project, operator: User) -> None:
    place = queries.place_of(pending_signature(project, operator))
    assert Place.read(str(place)) == place
    for nonsense in ("", "-", "1-2", "x-" + "0" * 32, f"{10**30}-" + "0" * 32):
        assert Place.read(nonsense) is None


def test_the_queue_marks_ones_own_cases(project: Project, organization: Organization) -> None:
    both = member(organization, Role.OPERATOR, Role.REVIEWER)
    pending_signature(project, both)
    [case] = queries.queue_page(scope=scope_of(project), viewer=both).cases
    assert case.is_own


def test_the_story_tells_who_did_what(
    project: Project, operator: User, reviewer: User, django_assert_num_queries: Assert
) -> None:
    revision = pending_body_template(project, operator)
    services.withdraw_revision(revision=revision, by=operator)
    for text in ("Hello {1}, it left.", "Hello {1}, it has left us."):
        services.edit_body_template(
            body_template=revision.body_template,
            name="Order notice",
            kind=TextKind.NOTIFICATION,
            text=text,
            remarks=SCENARIO,
            by=operator,
        )
    revision.refresh_from_db()
    services.submit_revision(revision=revision, by=operator)
    services.claim_revision(revision=revision, by=reviewer)
    services.reject_revision(revision=revision, by=reviewer, comment="Wrong kind.")
    draft_body_template(project, operator, name="Another story")
    owner = BodyTemplate.objects.get(name="Order notice")
    with django_assert_num_queries(1):
        steps = queries.story(owner)
        told = [(step.what, str(step.who), step.comment, step.n) for step in steps]
    assert told == [
        ("Rejected", "Rolf Reviewer", "Wrong kind.", 1),
        ("Review begun", "Rolf Reviewer", "", 1),
        ("Submitted for review", "Olga Operator", "", 1),
        ("Edited", "Olga Operator", "", 2),
        ("Withdrawn", "Olga Operator", "", 1),
        ("Submitted for review", "Olga Operator", "", 1),
        ("Written", "Olga Operator", "", 1),
    ]


def test_the_story_tells_copies_revocations_and_successors(
    project: Project, operator: User, reviewer: User
) -> None:
    first = approved_body_template(project, operator)
    copy = services.copy_body_template(body_template=first.body_template, by=operator)
    assert StoryKind.COPIED in [step.kind for step in queries.story(copy.body_template)]
    second = services.edit_body_template(
        body_template=first.body_template,
        name="Order notice",
        kind=TextKind.NOTIFICATION,
        text="Hello {1}, your order left.",
        remarks=SCENARIO,
        by=operator,
    )
    services.submit_revision(revision=second, by=operator)
    services.approve_revision(revision=second, by=reviewer)
    services.revoke_revision(revision=second, by=reviewer, comment="A carrier complained.")
    steps = queries.story(first.body_template)
    assert [(step.kind, step.number) for step in steps[:3]] == [
        (StoryKind.REVOKED, 2),
        (StoryKind.APPROVED, 2),
        (StoryKind.RETIRED, 1),
    ]


def test_every_step_of_a_story_has_a_look() -> None:
    assert set(LOOKS) == set(StoryKind)


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
