"""A request that comes again is answered as before and does nothing."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from api.models import Answer, Conversion
from api.sending import answers
from api.sending.answers import (
    KEPT_SECONDS,
    AnswerMismatch,
    Replay,
    StoredAnswer,
    answered_once,
    drop_old_answers,
    keep_answer,
    stored_answer,
)
from projects.models import Project
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


def replay(key: str = "v5:abc", body: bytes = b"{}") -> Replay:
    return Replay(key, hashlib.sha256(body).digest())


def make_row(project: Project, answer: tuple[int, str] = (200, '{"result":0}')) -> Callable[[], Any]:
    """A request that writes something; `Conversion` stands for whatever it would be."""

    def make() -> tuple[int, str]:
        Conversion.objects.create(
            message_id=Conversion.objects.count() + 1, project=project, converted_at=timezone.now()
        )
        return answer

    return make


def at_once(*functions: Callable[[], Any]) -> list[Any]:
    def run(function: Callable[[], Any]) -> Any:
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result(30) for future in [pool.submit(run, function) for function in functions]]


def test_it_answers_the_same_again_and_does_nothing(project: Project) -> None:
    first = answered_once(project, replay(), make_row(project))
    second = answered_once(project, replay(), make_row(project, (500, "other")))
    assert first == (200, '{"result":0}', False)
    assert second == (200, '{"result":0}', True)
    assert Conversion.objects.count() == 1


def test_it_refuses_another_body_under_the_same_key(project: Project) -> None:
    answered_once(project, replay(), make_row(project))
    with pytest.raises(AnswerMismatch):
        answered_once(project, replay(body=b"[]"), make_row(project))
    assert Conversion.objects.count() == 1


def test_a_key_belongs_to_its_project(project: Project) -> None:
    answered_once(project, replay(), make_row(project))
    other = ProjectFactory()
    assert answered_once(other, replay(body=b"[]"), make_row(other))[2] is False


def test_what_failed_leaves_nothing_and_may_come_again(project: Project) -> None:
    def fail() -> tuple[int, str]:
        make_row(project)()
        raise RuntimeError("half done")

    with pytest.raises(RuntimeError):
        answered_once(project, replay(), fail)
    assert not Answer.objects.exists()
    assert not Conversion.objects.exists()
    assert answered_once(project, replay(), make_row(project))[2] is False


def test_a_twin_waits_and_gets_the_same_answer(project: Project) -> None:
    inside, done = threading.Event(), threading.Event()

    def slowly() -> tuple[int, str]:
        inside.set()
        # Until the twin waits in the database; its insert can be seen there.
        while not done.is_set():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
                )
                if cursor.fetchone()[0]:
                    done.set()
        return make_row(project)()

    def twin() -> tuple[int, str, bool]:
        inside.wait(10)
        return answered_once(project, replay(), make_row(project, (200, "twin")))

    first, second = at_once(lambda: answered_once(project, replay(), slowly), twin)
    assert (first, second) == ((200, '{"result":0}', False), (200, '{"result":0}', True))
    assert Conversion.objects.count() == 1


def test_of_many_at_once_one_does_it(project: Project) -> None:
    barrier = threading.Barrier(6)

    def ask() -> tuple[int, str, bool]:
        barrier.wait(10)
        return answered_once(project, replay(), make_row(project))

    given = at_once(*[ask] * 6)
    assert sorted(was_stored for *_answer, was_stored in given) == [False] + [True] * 5
    assert {answer[:2] for answer in given} == {(200, '{"result":0}')}
    assert Conversion.objects.count() == 1


def test_a_twin_of_what_fails_does_it_itself(project: Project) -> None:
    barrier = threading.Barrier(2)

    def fail() -> tuple[int, str]:
        barrier.wait(10)
        raise RuntimeError

    def failing() -> str:
        with pytest.raises(RuntimeError):
            answered_once(project, replay(), fail)
        return "failed"

    def twin() -> tuple[int, str, bool]:
        barrier.wait(10)
        return answered_once(project, replay(), make_row(project))

    assert at_once(failing, twin) == ["failed", (200, '{"result":0}', False)]


def test_an_answer_is_kept_with_its_transaction_only(project: Project) -> None:
    assert stored_answer(project, replay()) is None
    assert keep_answer(project, replay(), StoredAnswer(200, "a")) is True
    assert keep_answer(project, replay(), StoredAnswer(200, "b")) is False
    assert stored_answer(project, replay()) == StoredAnswer(200, "a")


def test_old_answers_go_in_steps_and_young_ones_stay(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        keep_answer(project, replay(f"v5:{number}"), StoredAnswer(200, ""))
    old = timezone.now() - timedelta(seconds=KEPT_SECONDS + 60)
    Answer.objects.exclude(key__in=["v5:5", "v5:6"]).update(created_at=old)
    almost = timezone.now() - timedelta(seconds=KEPT_SECONDS - 60)
    Answer.objects.filter(key="v5:6").update(created_at=almost)
    monkeypatch.setattr(answers, "DROP_STEP", 2)
    monkeypatch.setattr(answers, "DROP_STEPS", 2)
    assert drop_old_answers() == 4
    assert drop_old_answers() == 1
    assert set(Answer.objects.values_list("key", flat=True)) == {"v5:5", "v5:6"}
