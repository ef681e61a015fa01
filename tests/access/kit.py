"""What the rows of the access table are written with: the things that addresses are about, and common answers.

A row: address name, method, arguments, and what each of nobody, operator, reviewer, admin, staff and outsider gets.
`in` means sent to the sign-in page, `ok` let through (an answer or a redirect of the page's own), a number that status.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import Organization
from campaigns.services import issue_verification
from projects.models import Project
from tests.campaigns import making
from tests.factories import AppKeyFactory, MembershipFactory, UserFactory
from tests.templates_app.texts import (
    document,
    draft_body_template,
    draft_signature,
    pending_signature,
    scanned,
)


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


def of_certificate_page(things: Things) -> list[Any]:
    revision = draft_signature(things.project, UserFactory(), documents=[scanned()])
    return [things.project.slug, revision.certificates.get().uuid, 1]


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

Row = tuple[str, str, Arguments, tuple[str | int, ...]]
