"""Rows of the access table: limits, caps, countries, number lists, removal requests."""

from __future__ import annotations

from typing import Any

from projects import services
from projects.models import ListedNumber
from projects.statuses import ListingSource, NumberList
from tests.access.kit import (
    ADMINS,
    MEMBERS_AND_STAFF,
    Row,
    Things,
    of_organization,
    of_project,
)
from tests.factories import UserFactory

ADMINS_REFUSED = ("in", 403, 403, 422, 403, 404)
OPERATORS = ("in", "ok", 403, 403, 403, 404)
OPERATORS_REFUSED = ("in", 422, 403, 403, 403, 404)
REVIEWERS = ("in", 403, "ok", 403, 403, 404)
REVIEWERS_REFUSED = ("in", 403, 422, 403, 403, 404)


def of_dimension(things: Things) -> list[Any]:
    return [things.project.slug, "per_day"]


def of_organization_dimension(things: Things) -> list[Any]:
    return [things.organization.uuid, "per_day"]


def of_cap(things: Things) -> list[Any]:
    return [things.project.slug, "international", "day"]


def of_whitelist(things: Things) -> list[Any]:
    return [things.project.slug, "whitelist"]


def of_blacklist(things: Things) -> list[Any]:
    return [things.project.slug, "blacklist"]


def of_unsubscribed(things: Things) -> list[Any]:
    by = UserFactory()
    services.add_numbers(
        project=things.project,
        number_list=NumberList.UNSUBSCRIBED,
        numbers=[("+8613800138000", "")],
        source=ListingSource.PERSON,
        by=by,
    )
    return [things.project.slug, ListedNumber.objects.get(project=things.project).uuid]


def of_removal(things: Things) -> list[Any]:
    listed = ListedNumber.objects.get(uuid=of_unsubscribed(things)[1])
    asked = services.request_removal(listed=listed, reason="Agreed again by phone today.", by=UserFactory())
    return [things.project.slug, asked.uuid]


ROWS: list[Row] = [
    ("handset-reply", "post", of_project, OPERATORS),
    ("limits", "get", of_project, MEMBERS_AND_STAFF),
    ("limit-edit", "get", of_dimension, ADMINS),
    ("limit-edit", "post", of_dimension, ADMINS),
    ("limit-reset", "post", of_dimension, ADMINS),
    ("organization-limits", "get", of_organization, MEMBERS_AND_STAFF),
    ("organization-limit-edit", "get", of_organization_dimension, ADMINS),
    ("organization-limit-edit", "post", of_organization_dimension, ADMINS),
    ("organization-limit-reset", "post", of_organization_dimension, ADMINS),
    ("caps", "get", of_project, MEMBERS_AND_STAFF),
    ("cap-choose", "get", of_project, ADMINS),
    ("cap-edit", "get", of_cap, ADMINS),
    ("cap-edit", "post", of_cap, ADMINS),
    ("cap-reset", "post", of_cap, ADMINS),
    ("countries", "get", of_project, MEMBERS_AND_STAFF),
    ("countries-switch", "post", of_project, ADMINS),
    ("countries-add", "get", of_project, ADMINS),
    ("countries-add", "post", of_project, ADMINS_REFUSED),
    ("countries-remove", "post", of_project, ADMINS),
    ("countries-export", "get", of_project, MEMBERS_AND_STAFF),
    ("project-marketing-hours", "post", of_project, ADMINS_REFUSED),
    ("number-lists", "get", of_project, MEMBERS_AND_STAFF),
    ("number-list", "get", of_whitelist, MEMBERS_AND_STAFF),
    ("number-list-add", "get", of_whitelist, ADMINS),
    ("number-list-add", "post", of_whitelist, ADMINS_REFUSED),
    ("number-list-add", "get", of_blacklist, OPERATORS),
    ("number-list-add", "post", of_blacklist, OPERATORS_REFUSED),
    ("number-list-remove", "post", of_whitelist, ADMINS),
    ("number-list-remove", "post", of_blacklist, OPERATORS),
    ("number-list-export", "post", of_blacklist, MEMBERS_AND_STAFF),
    ("removal-list", "get", of_project, MEMBERS_AND_STAFF),
    ("removal-request", "get", of_unsubscribed, OPERATORS),
    ("removal-request", "post", of_unsubscribed, OPERATORS_REFUSED),
    ("removal-detail", "get", of_removal, MEMBERS_AND_STAFF),
    ("removal-approve", "post", of_removal, REVIEWERS),
    ("removal-refuse", "post", of_removal, REVIEWERS_REFUSED),
]
