"""Two people at the same moment: with real threads, each with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts.models import Role, User
from projects.models import Project
from templates_app import services
from templates_app.errors import RevisionChanged, TemplatesError
from templates_app.models import SenderIdRevision, Signature
from templates_app.statuses import RevisionStatus, SignatureType, TextKind
from tests.factories import member
from tests.templates_app.texts import SCENARIO, draft_body_template, draft_signature

pytestmark = pytest.mark.django_db(transaction=True)

N = 4


def at_once(changes: list[Callable[[], Any]]) -> list[Exception | None]:
    """Start all at the same moment; what each raised."""
    barrier = Barrier(len(changes))

    def run(change: Callable[[], Any]) -> Exception | None:
        try:
            barrier.wait()
            change()
        except TemplatesError as error:
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(changes)) as pool:
        return list(pool.map(run, changes))


def test_of_many_saves_of_one_page_only_one_is_taken(project: Project, operator: User) -> None:
    revision = draft_body_template(project, operator)
    people = [member(project.organization, Role.OPERATOR) for _n in range(N)]

    def save(by: User) -> None:
        services.edit_body_template(
            body_template=revision.body_template,
            name="Order notice",
            kind=TextKind.NOTIFICATION,
            text=f"Written by number {by.pk} for {{1}} today.",
            remarks=SCENARIO,
            by=by,
            seen_at=revision.changed_at,
        )

    raised = at_once([lambda by=by: save(by) for by in people])
    winners = [by for by, error in zip(people, raised, strict=True) if error is None]
    assert len(winners) == 1
    assert all(isinstance(error, RevisionChanged) for error in raised if error is not None)
    latest = revision.body_template.revisions.get()
    assert (latest.changed_by, latest.text) == (
        winners[0],
        f"Written by number {winners[0].pk} for {{1}} today.",
    )


def test_the_last_room_of_a_project_is_given_once(project: Project, operator: User, settings: Any) -> None:
    settings.SIGNATURES_PER_PROJECT = 2
    draft_signature(project, operator)
    raised = at_once(
        [
            lambda n=n: services.create_signature(
                project=project,
                region="international",
                text=f"Shop{n}",
                type=SignatureType.COMPANY,
                by=operator,
            )
            for n in range(N)
        ]
    )
    assert raised.count(None) == 1
    assert Signature.objects.count() == 2


def test_the_same_sender_id_is_submitted_once(project: Project, operator: User) -> None:
    drafts = [
        services.create_sender_id(project=project, text="DemoShop", country="", by=operator)
        for _n in range(N)
    ]
    raised = at_once([lambda one=one: services.submit_revision(revision=one, by=operator) for one in drafts])
    assert raised.count(None) == 1
    assert SenderIdRevision.objects.filter(status=RevisionStatus.PENDING).count() == 1
