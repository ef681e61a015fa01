"""Every address against six people. Written by hand from `docs/access.md`; an address missing here is a failure.

One row: address name, method, what each of nobody, operator, reviewer, admin, staff and outsider gets. `in` means
sent to the sign-in page, `ok` let through (an answer or a redirect that is the page's own), a number that status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Organization, User
from projects.models import Project
from tests.factories import AppKeyFactory, MembershipFactory, UserFactory
from tests.people import PEOPLE, ClientOf

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Things:
    """What the addresses are about; each belongs to the six people's organization."""

    organization: Organization
    project: Project


Arguments = Callable[[Things], list[Any]]


def no_arguments(things: Things) -> list[Any]:
    return []


def of_project(things: Things) -> list[Any]:
    return [things.project.slug]


def of_organization(things: Things) -> list[Any]:
    return [things.organization.uuid]


def of_app_key(things: Things) -> list[Any]:
    return [things.project.slug, AppKeyFactory(project=things.project).uuid]


def of_member(things: Things) -> list[Any]:
    invited = UserFactory(password=None)
    return [
        things.organization.uuid,
        MembershipFactory(organization=things.organization, user=invited).uuid,
    ]


def of_nobody(things: Things) -> list[Any]:
    return ["00000000-0000-0000-0000-000000000000", "no-token"]


def of_nobodys_reset(things: Things) -> list[Any]:
    return ["MQ", "no-token"]


EVERYBODY = ("ok", "ok", "ok", "ok", "ok", "ok")
SIGNED_IN = ("in", "ok", "ok", "ok", "ok", "ok")
MEMBERS_AND_STAFF = ("in", "ok", "ok", "ok", "ok", 404)
OPERATORS = ("in", "ok", 403, 403, 403, 404)
REVIEWERS = ("in", 403, "ok", 403, 403, 404)
ADMINS = ("in", 403, 403, "ok", 403, 404)
NOT_FOUND = (404, 404, 404, 404, 404, 404)

TABLE: list[tuple[str, str, Arguments, tuple[str | int, ...]]] = [
    # accounts
    ("sign-in", "get", no_arguments, EVERYBODY),
    ("sign-out", "post", no_arguments, EVERYBODY),
    ("password-change", "get", no_arguments, SIGNED_IN),
    ("password-reset", "get", no_arguments, NOT_FOUND),  # without a mail server
    ("password-reset-confirm", "get", of_nobodys_reset, EVERYBODY),
    ("invitation", "get", of_nobody, NOT_FOUND),
    ("member-list", "get", of_organization, MEMBERS_AND_STAFF),
    ("member-add", "get", of_organization, ADMINS),
    ("member-add", "post", of_organization, ADMINS),
    ("member-edit", "get", of_member, ADMINS),
    ("member-edit", "post", of_member, ADMINS),
    ("member-invite", "get", of_member, ADMINS),
    ("member-remove", "post", of_member, ADMINS),
    # projects
    ("setup", "get", no_arguments, EVERYBODY),
    ("project-list", "get", no_arguments, SIGNED_IN),
    ("project-add", "get", of_organization, ADMINS),
    ("project-add", "post", of_organization, ADMINS),
    ("project-detail", "get", of_project, MEMBERS_AND_STAFF),
    ("project-edit", "get", of_project, ADMINS),
    ("project-edit", "post", of_project, ADMINS),
    ("project-disable", "post", of_project, ADMINS),
    ("project-enable", "post", of_project, ADMINS),
    ("project-delete", "post", of_project, ADMINS),
    ("application-information", "get", of_project, MEMBERS_AND_STAFF),
    ("app-key-add", "post", of_project, ADMINS),
    ("app-key-reveal", "get", of_app_key, ADMINS),
    ("app-key-reveal", "post", of_app_key, ADMINS),
    ("app-key-retire", "post", of_app_key, ADMINS),
    # delivery
    ("handset", "get", of_project, MEMBERS_AND_STAFF),
    ("handset-phones", "get", of_project, MEMBERS_AND_STAFF),
]


@pytest.fixture
def things(organization: Organization, project: Project) -> Things:
    return Things(organization=organization, project=project)


@pytest.mark.parametrize("person", PEOPLE, indirect=True)
@pytest.mark.parametrize(
    ("name", "method", "arguments", "expected"), TABLE, ids=lambda value: str(value)[:30]
)
def test_each_person_gets_what_the_table_says(
    request: pytest.FixtureRequest,
    name: str,
    method: str,
    arguments: Arguments,
    expected: tuple[str | int, ...],
    person: User | None,
    things: Things,
    client_of: ClientOf,
) -> None:
    who = request.node.callspec.params["person"]
    response = getattr(client_of(person), method)(reverse(name, args=arguments(things)))
    assert verdict(response) == expected[PEOPLE.index(who)]


def verdict(response: HttpResponse) -> str | int:
    if response.status_code == 302 and response.headers["Location"].startswith(reverse("sign-in") + "?next="):
        return "in"
    return "ok" if response.status_code < 400 else response.status_code


def test_every_address_stands_in_the_table() -> None:
    assert set(url_names(get_resolver().url_patterns)) == {row[0] for row in TABLE}


def url_names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from url_names(pattern.url_patterns)
        else:
            assert pattern.name, f"{pattern.pattern} has no name"
            yield pattern.name


def test_the_table_has_one_answer_for_each_of_the_six() -> None:
    assert all(len(expected) == len(PEOPLE) for *_row, expected in TABLE)
