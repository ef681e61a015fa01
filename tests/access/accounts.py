"""Rows of the access table: accounts."""

from __future__ import annotations

from tests.access.kit import (
    ADMINS,
    EVERYBODY,
    MEMBERS_AND_STAFF,
    NOT_FOUND,
    SIGNED_IN,
    Row,
    no_arguments,
    of_member,
    of_nobody,
    of_nobodys_reset,
    of_organization,
)

ROWS: list[Row] = [
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
]
