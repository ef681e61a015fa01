"""Rows of the access table: sender IDs, and the pages of rules."""

from __future__ import annotations

from typing import Any

from templates_app import services
from tests.access.kit import (
    MEMBERS_AND_STAFF,
    OPERATORS,
    REVIEWERS,
    SIGNED_IN,
    Row,
    Things,
    no_arguments,
    of_project,
)
from tests.factories import UserFactory


def of_sender_id(things: Things) -> list[Any]:
    revision = services.create_sender_id(
        project=things.project, text="DemoShop", country="", by=UserFactory()
    )
    return [things.project.slug, revision.sender_id.uuid]


def of_sender_id_draft(things: Things) -> list[Any]:
    return [*of_sender_id(things), 1]


ROWS: list[Row] = [
    ("sender-id-list", "get", of_project, MEMBERS_AND_STAFF),
    ("sender-id-detail", "get", of_sender_id, MEMBERS_AND_STAFF),
    ("sender-id-create", "get", of_project, OPERATORS),
    ("sender-id-create", "post", of_project, OPERATORS),
    ("sender-id-edit", "get", of_sender_id, OPERATORS),
    ("sender-id-edit", "post", of_sender_id, OPERATORS),
    ("sender-id-preview", "post", of_project, OPERATORS),
    ("sender-id-preview", "post", of_sender_id, OPERATORS),
    ("sender-id-submit", "post", of_sender_id_draft, OPERATORS),
    ("sender-id-withdraw", "post", of_sender_id_draft, OPERATORS),
    ("sender-id-discard", "post", of_sender_id_draft, OPERATORS),
    ("sender-id-revoke", "post", of_sender_id_draft, REVIEWERS),
    ("signature-rules", "get", no_arguments, SIGNED_IN),
    ("template-rules", "get", no_arguments, SIGNED_IN),
    ("sender-id-rules", "get", no_arguments, SIGNED_IN),
]
