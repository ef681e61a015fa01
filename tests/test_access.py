"""Every address against six people. The rows are written by hand from `docs/access.md`; a missing one is a failure."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Organization, User
from projects.models import Project
from tests import access
from tests.access.kit import Arguments, Row, Things
from tests.people import PEOPLE, ClientOf

pytestmark = pytest.mark.django_db

TABLE: list[Row] = [
    row
    for module in pkgutil.iter_modules(access.__path__)
    if module.name != "kit"
    for row in import_module(f"tests.access.{module.name}").ROWS
]


@pytest.fixture(autouse=True)
def certificate_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def things(organization: Organization, project: Project) -> Things:
    return Things(organization=organization, project=project)


@pytest.fixture
def everybody(request: pytest.FixtureRequest) -> dict[str, User | None]:
    return {name: request.getfixturevalue(name) for name in PEOPLE}


@pytest.mark.parametrize(
    ("name", "method", "arguments", "expected"),
    TABLE,
    ids=lambda value: getattr(value, "__name__", str(value))[:30],
)
def test_each_person_gets_what_the_table_says(
    name: str,
    method: str,
    arguments: Arguments,
    expected: tuple[str | int, ...],
    everybody: dict[str, User | None],
    things: Things,
    client_of: ClientOf,
) -> None:
    address = reverse(name, args=arguments(things))
    answers = {}
    for who, person in everybody.items():
        # What one of them changes, the next must not find changed.
        with transaction.atomic():
            answers[who] = verdict(getattr(client_of(person), method)(address))
            transaction.set_rollback(True)
    assert answers == dict(zip(PEOPLE, expected, strict=True))


def verdict(response: HttpResponse) -> str | int:
    if response.status_code == 302 and response.headers["Location"].startswith(reverse("sign-in") + "?next="):
        return "in"
    return "ok" if response.status_code < 400 else response.status_code


def test_every_address_stands_in_the_table() -> None:
    assert set(url_names(get_resolver().url_patterns)) == {row[0] for row in TABLE}


METHODS = ("get", "post", "put", "patch", "delete")
ANSWERED = {(name, method) for name, method, *_rest in TABLE}
FIRST_ARGUMENTS = {name: arguments for name, _method, arguments, _expected in reversed(TABLE)}


@pytest.mark.parametrize("name", FIRST_ARGUMENTS)
def test_a_method_without_a_row_is_not_answered(
    name: str, admin: User, things: Things, client_of: ClientOf
) -> None:
    """Whatever a page answers to stands in the table, so that nobody adds a POST without saying who may."""
    client, address = client_of(admin), reverse(name, args=FIRST_ARGUMENTS[name](things))
    without_a_row = [method for method in METHODS if (name, method) not in ANSWERED]
    answers = {method: getattr(client, method)(address).status_code for method in without_a_row}
    assert answers == dict.fromkeys(without_a_row, 405)


def test_no_row_stands_twice() -> None:
    keys = [(name, method, arguments) for name, method, arguments, _expected in TABLE]
    assert len(keys) == len(set(keys))


def url_names(patterns: list[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from url_names(pattern.url_patterns, inner.replace("django-admin:", "admin:"))
        else:
            assert pattern.name, f"{pattern.pattern} has no name"
            yield namespace + pattern.name


def test_the_table_has_one_answer_for_each_of_the_six() -> None:
    assert all(len(expected) == len(PEOPLE) for *_row, expected in TABLE)
