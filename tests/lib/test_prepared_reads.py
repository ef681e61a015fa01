"""A prepared read finds what the query finds, as often as it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from projects.models import AppKey, Project, SecretKey
from smsconsole.lib.prepared_reads import ANY_NUMBER, ANY_TEXT, PreparedRead
from tests.factories import AppKeyFactory, ProjectFactory

pytestmark = pytest.mark.django_db


def keys() -> PreparedRead[AppKey]:
    return PreparedRead(
        lambda: AppKey.objects.select_related("project__organization").filter(
            project__sdk_app_id=ANY_NUMBER, retired_at=None
        )
    )


def fields(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_it_finds_the_same_rows_with_everything_in_them(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    project = ProjectFactory(time_zone="Asia/Tokyo")
    for n in range(3):
        AppKeyFactory(project=project, secret=f"secret {n}", addresses=["10.0.0.0/8", "::1/128"])
    AppKeyFactory()
    read = keys()
    expected = list(
        AppKey.objects.select_related("project__organization").filter(project=project, retired_at=None)
    )
    assert read.all(1) == []
    with django_assert_num_queries(1):
        found = read.all(project.sdk_app_id)
        assert [fields(key) for key in found] == [fields(key) for key in expected]
        assert fields(found[0].project) == fields(project)
        assert fields(found[0].project.organization) == fields(project.organization)
    assert found[0].secret == "secret 2"
    assert found[0]._state.db == "default"
    assert not found[0]._state.adding


def test_a_found_row_can_be_changed_like_any_other() -> None:
    key = AppKeyFactory()
    found = keys().first(key.project.sdk_app_id)
    assert found is not None
    found.addresses = ["10.0.0.0/8"]
    found.save(update_fields=["addresses"])
    key.refresh_from_db()
    assert key.addresses == ["10.0.0.0/8"]


def test_it_follows_what_was_written_since() -> None:
    read, key = keys(), AppKeyFactory()
    assert read.first(key.project.sdk_app_id) == key
    AppKey.objects.filter(pk=key.pk).update(retired_at="2026-01-01T00:00Z")
    assert read.first(key.project.sdk_app_id) is None


def test_texts_are_asked_for_as_they_are() -> None:
    key = SecretKey.objects.create(project=ProjectFactory(), secret_id="AKID'; --%s", secret="x")
    read = PreparedRead(lambda: SecretKey.objects.filter(secret_id=ANY_TEXT))
    assert read.first("AKID'; --%s") == key
    assert read.first("%") is None


def test_a_query_without_a_place_for_the_value_is_refused() -> None:
    with pytest.raises(ValueError, match="stands for the value"):
        PreparedRead(lambda: Project.objects.filter(sdk_app_id=7)).all(7)


@pytest.mark.django_db(transaction=True)
def test_several_threads_may_ask_at_once() -> None:
    project = AppKeyFactory().project
    read, found = keys(), []

    def ask() -> None:
        try:
            for _ in range(20):
                found.append(read.all(project.sdk_app_id)[0].project.name)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [project.name] * 80
