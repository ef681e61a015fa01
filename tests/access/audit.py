"""Rows of the access table: the audit."""

from __future__ import annotations

from typing import Any

from audit.models import Entry
from tests.access.kit import Row, Things, no_arguments, of_organization, of_project

ADMINS_AND_STAFF = ("in", 403, 403, "ok", "ok", 404)
STAFF = ("in", 403, 403, 403, "ok", 403)


def newest_entry(things: Things) -> int:
    return Entry.objects.filter(organization_id=things.organization.pk).latest("pk").pk


def of_entry(things: Things) -> list[Any]:
    return [things.organization.uuid, newest_entry(things)]


def of_entry_number(things: Things) -> list[Any]:
    return [newest_entry(things)]


ROWS: list[Row] = [
    ("project-audit", "get", of_project, ADMINS_AND_STAFF),
    ("organization-audit", "get", of_organization, ADMINS_AND_STAFF),
    ("audit-entry", "get", of_entry, ADMINS_AND_STAFF),
    ("installation-audit", "get", no_arguments, STAFF),
    ("installation-audit-entry", "get", of_entry_number, STAFF),
]
