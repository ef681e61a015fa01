from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Role, User
from projects.models import Project
from templates_app import services
from templates_app.errors import ClaimedByAnother, RevisionChanged, TemplatesError
from templates_app.models import Review, ReviewClaim, RevisionEvent, SignatureRevision
from templates_app.services.claims import CLAIM_SECONDS
from templates_app.statuses import RevisionStatus, StoryKind
from tests.factories import member
from tests.templates_app.texts import (
    another_reviewer,
    draft_signature,
    pending_body_template,
    pending_signature,
)

pytestmark = pytest.mark.django_db


def kinds_of(revision: Any) -> list[str]:
    events = RevisionEvent.objects.filter(revision_uuid=revision.uuid).order_by("id")
    return list(events.values_list("kind", flat=True))


def test_the_first_has_it_and_the_second_is_told_who(
    project: Project, operator: User, reviewer: User
) -> None:
    revision = pending_signature(project, operator)
    services.claim_revision(revision=revision, by=reviewer)
    claim = services.claim_revision(revision=revision, by=another_reviewer(project))
    assert claim.holder == reviewer
    assert kinds_of(revision)[-1] == StoryKind.CLAIMED


def test_who_opens_the_next_case_lets_go_of_the_last(
    project: Project, operator: User, reviewer: User
) -> None:
    first, second = pending_signature(project, operator), pending_body_template(project, operator)
    services.claim_revision(revision=first, by=reviewer)
    services.claim_revision(revision=second, by=reviewer)
    assert [claim.revision_uuid for claim in ReviewClaim.objects.all()] == [second.uuid]


def test_going_to_and_fro_begins_a_review_once(project: Project, operator: User, reviewer: User) -> None:
    first, second = pending_signature(project, operator), pending_body_template(project, operator)
    for _round in range(3):
        services.claim_revision(revision=first, by=reviewer)
        services.claim_revision(revision=second, by=reviewer)
    assert kinds_of(first).count(StoryKind.CLAIMED) == 1


def test_a_claim_ends_by_itself_and_an_open_page_keeps_it(
    project: Project, operator: User, reviewer: User
) -> None:
    revision, other = pending_signature(project, operator), another_reviewer(project)
    services.claim_revision(revision=revision, by=reviewer)
    with time_machine.travel(timezone.now() + timedelta(seconds=CLAIM_SECONDS - 60)):
        services.renew_claim(revision=revision, by=reviewer)
    with time_machine.travel(timezone.now() + timedelta(seconds=CLAIM_SECONDS + 60)):
        assert services.claim_revision(revision=revision, by=other).holder == reviewer
    with time_machine.travel(timezone.now() + timedelta(seconds=2 * CLAIM_SECONDS)):
        assert services.claim_revision(revision=revision, by=other).holder == other


def test_a_verdict_while_somebody_else_looks_is_refused_until_it_is_taken_over(
    project: Project, operator: User, reviewer: User
) -> None:
    revision, other = pending_signature(project, operator), another_reviewer(project)
    services.claim_revision(revision=revision, by=reviewer)
    with pytest.raises(ClaimedByAnother, match="Rolf Reviewer is looking at this case"):
        services.approve_revision(revision=revision, by=other)
    services.take_over_revision(revision=revision, by=other)
    assert kinds_of(revision)[-1] == StoryKind.TAKEN_OVER
    with pytest.raises(ClaimedByAnother):
        services.reject_revision(revision=revision, by=reviewer, comment="Mine.")
    assert not Review.objects.exists()
    services.approve_revision(revision=revision, by=other)
    assert not ReviewClaim.objects.exists()


def test_ones_own_text_is_neither_claimed_nor_taken_over(project: Project) -> None:
    both = member(project.organization, Role.OPERATOR, Role.REVIEWER)
    revision = pending_signature(project, both)
    for take in (services.claim_revision, services.take_over_revision):
        with pytest.raises(TemplatesError, match="Nobody reviews their own"):
            take(revision=revision, by=both)


def test_what_does_not_wait_is_not_claimed_and_withdrawing_ends_the_claim(
    project: Project, operator: User, reviewer: User
) -> None:
    with pytest.raises(TemplatesError, match="draft now"):
        services.claim_revision(revision=draft_signature(project, operator, text="Other"), by=reviewer)
    revision = pending_signature(project, operator)
    services.claim_revision(revision=revision, by=reviewer)
    services.withdraw_revision(revision=revision, by=operator)
    assert not ReviewClaim.objects.exists()


def test_a_text_submitted_anew_is_named_with_who_and_when(
    project: Project, operator: User, reviewer: User
) -> None:
    revision = pending_signature(project, operator)
    seen = SignatureRevision.objects.get()
    services.withdraw_revision(revision=revision, by=operator)
    services.submit_revision(revision=revision, by=operator)
    with pytest.raises(RevisionChanged, match="Olga Operator submitted it anew on"):
        services.reject_revision(revision=seen, by=reviewer, comment="No.")


def at_once(actions: list[Callable[[], object]]) -> list[object]:
    """What each returned or refused, all begun at the same moment on connections of their own."""
    together = threading.Barrier(len(actions))
    outcomes: list[object] = [None] * len(actions)

    def run(n: int) -> None:
        together.wait(timeout=10)
        try:
            outcomes[n] = actions[n]()
        except TemplatesError as refusal:
            outcomes[n] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[n]) for n in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_many_who_open_a_case_at_the_same_moment_one_has_it(project: Project, operator: User) -> None:
    revision = pending_signature(project, operator)
    people = [another_reviewer(project) for _n in range(6)]

    def opens(person: User) -> Callable[[], object]:
        seen = SignatureRevision.objects.select_related("signature__project").get()
        return lambda: services.claim_revision(revision=seen, by=person).holder_id

    holders = at_once([opens(person) for person in people])
    assert len(set(holders)) == 1
    assert ReviewClaim.objects.get().holder_id == holders[0]
    assert kinds_of(revision).count(StoryKind.CLAIMED) == 1


@pytest.mark.django_db(transaction=True)
def test_a_verdict_and_a_take_over_at_the_same_moment_never_both_win(
    project: Project, operator: User
) -> None:
    """Either it was decided and nothing was left to take, or it was taken and the verdict is refused."""
    first, second = another_reviewer(project), another_reviewer(project)
    for n in range(8):
        revision = pending_signature(project, operator, text=f"DemoShop{n}")
        services.claim_revision(revision=revision, by=first)
        seen = SignatureRevision.objects.select_related("signature__project").get(pk=revision.pk)
        decided, taken = at_once(
            [
                lambda seen=seen: services.approve_revision(revision=seen, by=first) or "decided",
                lambda revision=revision: services.take_over_revision(revision=revision, by=second),
            ]
        )
        revision.refresh_from_db()
        if decided == "decided":
            assert isinstance(taken, TemplatesError)
            assert revision.status == RevisionStatus.APPROVED
            assert not ReviewClaim.objects.filter(revision_uuid=revision.uuid).exists()
        else:
            assert isinstance(decided, ClaimedByAnother)
            assert isinstance(taken, ReviewClaim)
            assert revision.status == RevisionStatus.PENDING


@pytest.mark.parametrize(
    "statement",
    ["UPDATE templates_app_revisionevent SET comment = 'x'", "DELETE FROM templates_app_revisionevent"],
)
def test_the_database_lets_nobody_rewrite_a_story(project: Project, operator: User, statement: str) -> None:
    draft_signature(project, operator)
    refused = pytest.raises(IntegrityError, match="neither changed nor deleted")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
