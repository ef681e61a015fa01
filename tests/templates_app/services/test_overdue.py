from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection

from accounts.models import User
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent
from templates_app import services
from templates_app.models import RevisionEvent
from templates_app.statuses import StoryKind
from tests.templates_app.texts import draft_signature, pending_body_template, pending_signature

pytestmark = pytest.mark.django_db

# A Friday in Shanghai: submitted at 20:00, an hour before the reviewers go home.
SUBMITTED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
# Saturday 09:59 and 10:01: the second hour of a body template ends at 10:00.
JUST_BEFORE, JUST_AFTER = datetime(2026, 11, 21, 1, 59, tzinfo=UTC), datetime(2026, 11, 21, 2, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def submitted(project: Project, operator: User) -> Iterator[None]:
    with time_machine.travel(SUBMITTED, tick=False):
        yield


def overdue() -> list[dict[str, str]]:
    return [event.payload for event in OutboxEvent.objects.filter(kind="review.overdue")]


def test_what_is_late_by_working_hours_is_told_once(project: Project, operator: User) -> None:
    body = pending_body_template(project, operator)
    pending_signature(project, operator)
    draft_signature(project, operator, text="Not yet")
    with time_machine.travel(JUST_BEFORE):
        assert services.tell_overdue_reviews() == 0
    with time_machine.travel(JUST_AFTER):
        assert services.tell_overdue_reviews() == 1
        assert services.tell_overdue_reviews() == 0
    assert overdue() == [
        {
            "project": str(project.uuid),
            "noun": "body_template",
            "uuid": str(body.uuid),
            "name": "Order notice",
        }
    ]
    assert RevisionEvent.objects.filter(kind=StoryKind.OVERDUE, revision_uuid=body.uuid, by=None).count() == 1


def test_what_was_answered_in_time_is_never_told(project: Project, operator: User, reviewer: User) -> None:
    services.approve_revision(revision=pending_body_template(project, operator), by=reviewer)
    with time_machine.travel(JUST_AFTER):
        assert services.tell_overdue_reviews() == 0


@pytest.mark.django_db(transaction=True)
def test_of_several_schedulers_one_tells(project: Project, operator: User) -> None:
    for n in range(5):
        pending_body_template(project, operator, name=f"Notice {n}")
    together = threading.Barrier(3)
    told: list[int] = []

    def tell() -> None:
        together.wait(timeout=10)
        try:
            told.append(services.tell_overdue_reviews())
        finally:
            connection.close()

    with time_machine.travel(JUST_AFTER, tick=False):
        threads = [threading.Thread(target=tell) for _n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
    assert sum(told) == len(overdue()) == 5
