"""Rows of the access table: the keys of programs."""

from __future__ import annotations

from typing import Any

from tests.access.kit import ADMINS, MEMBERS_AND_STAFF, Row, Things, of_app_key, of_project
from tests.factories import ApiKeyFactory, SecretKeyFactory

# Whoever may post gets the page back with what was missing: nothing is posted here.
ADMINS_REFUSED = ("in", 403, 403, 422, 403, 404)
# The same, for a page that changes nothing.
MEMBERS_AND_STAFF_REFUSED = ("in", 422, 422, 422, 422, 404)
# Nothing was seen of what it would change.
ADMINS_STALE = ("in", 403, 403, 409, 403, 404)


def of_api_key(things: Things) -> list[Any]:
    return [things.project.slug, ApiKeyFactory(project=things.project).uuid]


def of_pair(things: Things) -> list[Any]:
    return [things.project.slug, SecretKeyFactory(project=things.project).uuid]


ROWS: list[Row] = [
    ("program-keys", "get", of_project, MEMBERS_AND_STAFF),
    ("pulls-edit", "post", of_project, ADMINS_STALE),
    ("api-key-add", "get", of_project, ADMINS),
    ("api-key-add", "post", of_project, ADMINS_REFUSED),
    ("api-key-edit", "get", of_api_key, ADMINS),
    ("api-key-edit", "post", of_api_key, ADMINS_REFUSED),
    ("api-key-retire", "post", of_api_key, ADMINS),
    ("secret-key-add", "get", of_project, ADMINS),
    ("secret-key-add", "post", of_project, ADMINS_REFUSED),
    ("secret-key-edit", "get", of_pair, ADMINS),
    ("secret-key-edit", "post", of_pair, ADMINS_REFUSED),
    ("secret-key-reveal", "get", of_pair, ADMINS),
    ("secret-key-reveal", "post", of_pair, ADMINS),
    ("secret-key-retire", "post", of_pair, ADMINS),
    ("signature-debugger", "get", of_project, MEMBERS_AND_STAFF),
    ("signature-debugger", "post", of_project, MEMBERS_AND_STAFF_REFUSED),
    ("app-key-edit", "get", of_app_key, ADMINS),
    ("app-key-edit", "post", of_app_key, ADMINS_STALE),
]
