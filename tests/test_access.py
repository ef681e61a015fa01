"""Every address against six people. Written by hand from `docs/access.md`; an address missing here is a failure.

One row: address name, method, what each of nobody, operator, reviewer, admin, staff and outsider gets. `in` means
sent to the sign-in page, `ok` let through (an answer or a redirect that is the page's own), a number that status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Organization, User
from campaigns.services import issue_verification
from projects.models import Project
from tests.campaigns import making
from tests.factories import AppKeyFactory, MembershipFactory, UserFactory
from tests.people import PEOPLE, ClientOf
from tests.templates_app.texts import document, draft_body_template, draft_signature, pending_signature

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


def of_signature(things: Things) -> list[Any]:
    return [things.project.slug, draft_signature(things.project, UserFactory()).signature.uuid]


def of_signature_draft(things: Things) -> list[Any]:
    return [*of_signature(things), 1]


def of_certificate(things: Things) -> list[Any]:
    revision = draft_signature(things.project, UserFactory(), documents=[document()])
    return [things.project.slug, revision.certificates.get().uuid]


def of_body_template(things: Things) -> list[Any]:
    return [things.project.slug, draft_body_template(things.project, UserFactory()).body_template.uuid]


def of_body_template_draft(things: Things) -> list[Any]:
    return [*of_body_template(things), 1]


def of_case(things: Things) -> list[Any]:
    return [things.project.slug, pending_signature(things.project, UserFactory()).uuid]


def of_draft(things: Things) -> list[Any]:
    operator = MembershipFactory(organization=things.organization).user
    return [things.project.slug, making.draft(things.project, operator).uuid]


def of_verification(things: Things) -> list[Any]:
    """A code of somebody else: nobody sees it."""
    operator = MembershipFactory(organization=things.organization).user
    campaign = making.draft(things.project, operator)
    return [things.project.slug, campaign.uuid, issue_verification(campaign=campaign, by=operator).uuid]


def of_sent(things: Things) -> list[Any]:
    making.gateway()
    operator = MembershipFactory(organization=things.organization).user
    campaign = making.ready(things.project, operator)
    return [things.project.slug, making.send(campaign, operator).uuid]


EVERYBODY = ("ok", "ok", "ok", "ok", "ok", "ok")
SIGNED_IN = ("in", "ok", "ok", "ok", "ok", "ok")
MEMBERS_AND_STAFF = ("in", "ok", "ok", "ok", "ok", 404)
OPERATORS = ("in", "ok", 403, 403, 403, 404)
# Whoever may post gets the page back with what was wrong: nothing is posted here.
OPERATORS_REFUSED = ("in", 422, 403, 403, 403, 404)
REVIEWERS = ("in", 403, "ok", 403, 403, 404)
ADMINS = ("in", 403, 403, "ok", 403, 404)
MEMBERS = ("in", "ok", "ok", "ok", 403, 404)
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
    # campaigns
    ("campaign-list", "get", of_project, MEMBERS_AND_STAFF),
    ("campaign-new", "get", of_project, OPERATORS),
    ("campaign-new", "post", of_project, OPERATORS),
    ("campaign-send", "get", of_draft, OPERATORS),
    ("campaign-steps", "get", of_draft, OPERATORS),
    ("campaign-what", "post", of_draft, OPERATORS),
    ("campaign-upload", "post", of_draft, OPERATORS_REFUSED),
    ("campaign-manual", "post", of_draft, OPERATORS_REFUSED),
    ("campaign-import", "get", of_draft, OPERATORS),
    ("campaign-file-choices", "post", of_draft, OPERATORS_REFUSED),
    ("campaign-template", "get", of_draft, MEMBERS_AND_STAFF),
    ("campaign-schedule", "post", of_draft, OPERATORS_REFUSED),
    ("campaign-test", "post", of_draft, OPERATORS_REFUSED),
    ("campaign-tests", "get", of_draft, OPERATORS),
    ("campaign-verification", "get", of_draft, OPERATORS),
    ("campaign-verification-picture", "get", of_verification, ("in", 404, 403, 403, 403, 404)),
    ("campaign-verification-sound", "get", of_verification, ("in", 404, 403, 403, 403, 404)),
    ("campaign-confirm", "post", of_draft, OPERATORS_REFUSED),
    ("campaign-detail", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-row", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-progress", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-numbers", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-export", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-reveal", "post", of_sent, ("in", 403, 403, 403, 403, 404)),
    ("campaign-refused", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-failures", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-forecast", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-timeline", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-settings", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-result", "get", of_sent, MEMBERS_AND_STAFF),
    ("campaign-suspend", "post", of_sent, OPERATORS),
    ("campaign-resume", "post", of_sent, OPERATORS),
    ("campaign-cancel", "post", of_sent, OPERATORS),
    ("campaign-move", "get", of_sent, OPERATORS),
    ("campaign-move", "post", of_sent, OPERATORS),
    ("campaign-copy", "post", of_sent, OPERATORS),
    ("campaign-settle", "post", of_sent, OPERATORS),
    # templates_app
    ("signature-list", "get", of_project, MEMBERS_AND_STAFF),
    ("signature-detail", "get", of_signature, MEMBERS_AND_STAFF),
    ("signature-create", "get", of_project, OPERATORS),
    ("signature-create", "post", of_project, OPERATORS),
    ("signature-edit", "get", of_signature, OPERATORS),
    ("signature-edit", "post", of_signature, OPERATORS),
    ("signature-preview", "post", of_project, OPERATORS),
    ("signature-preview", "post", of_signature, OPERATORS),
    ("signature-submit", "post", of_signature_draft, OPERATORS),
    ("signature-withdraw", "post", of_signature_draft, OPERATORS),
    ("signature-discard", "post", of_signature_draft, OPERATORS),
    ("signature-revoke", "post", of_signature_draft, REVIEWERS),
    ("certificate-file", "get", of_certificate, MEMBERS),
    ("certificate-remove", "post", of_certificate, OPERATORS),
    ("body-template-list", "get", of_project, MEMBERS_AND_STAFF),
    ("body-template-detail", "get", of_body_template, MEMBERS_AND_STAFF),
    ("body-template-create", "get", of_project, OPERATORS),
    ("body-template-create", "post", of_project, OPERATORS),
    ("body-template-edit", "get", of_body_template, OPERATORS),
    ("body-template-edit", "post", of_body_template, OPERATORS),
    ("body-template-preview", "post", of_project, OPERATORS),
    ("body-template-preview", "post", of_body_template, OPERATORS),
    ("body-template-copy", "post", of_body_template, OPERATORS),
    ("body-template-submit", "post", of_body_template_draft, OPERATORS),
    ("body-template-withdraw", "post", of_body_template_draft, OPERATORS),
    ("body-template-discard", "post", of_body_template_draft, OPERATORS),
    ("body-template-revoke", "post", of_body_template_draft, REVIEWERS),
    ("review-queue", "get", of_project, REVIEWERS),
    ("review-case", "get", of_case, REVIEWERS),
    ("review-approve", "post", of_case, REVIEWERS),
    ("review-reject", "post", of_case, REVIEWERS),
]


@pytest.fixture(autouse=True)
def certificate_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


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
