"""Rows of the access table: projects."""

from __future__ import annotations

from tests.access.kit import (
    ADMINS,
    EVERYBODY,
    MEMBERS_AND_STAFF,
    SIGNED_IN,
    Row,
    no_arguments,
    of_app_key,
    of_organization,
    of_project,
)

ROWS: list[Row] = [
    ("setup", "get", no_arguments, EVERYBODY),
    ("setup", "post", no_arguments, EVERYBODY),
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
]
