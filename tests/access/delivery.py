"""Rows of the access table: delivery."""

from __future__ import annotations

from tests.access.kit import MEMBERS_AND_STAFF, Row, of_project

ROWS: list[Row] = [
    ("handset", "get", of_project, MEMBERS_AND_STAFF),
    ("handset-phones", "get", of_project, MEMBERS_AND_STAFF),
    ("reply-list", "get", of_project, MEMBERS_AND_STAFF),
    ("reply-export", "post", of_project, MEMBERS_AND_STAFF),
]
