"""Rows of the access table: callbacks of a project and their log."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from callbacks.models import Callback
from callbacks.signing import new_secret
from projects.models import CallbackEndpoint
from projects.statuses import CallbackKind
from tests.access.kit import ADMINS, MEMBERS_AND_STAFF, Row, Things, of_project


def endpoint(things: Things) -> CallbackEndpoint:
    # A name that is nobody's: nothing leaves.
    return CallbackEndpoint.objects.create(
        project=things.project, kind="status", url="https://hooks.invalid/sms", secret=new_secret()
    )


def of_kind(things: Things) -> list[Any]:
    endpoint(things)
    return [things.project.slug, CallbackKind.STATUS.value]


def of_callback(things: Things) -> list[Any]:
    row = Callback.objects.create(
        endpoint=endpoint(things), kind="status", items=[], n_items=1, event_at=timezone.now(), is_test=True
    )
    return [things.project.slug, row.uuid]


ADMINS_REFUSED = ("in", 403, 403, 422, 403, 404)

ROWS: list[Row] = [
    ("callbacks", "get", of_project, MEMBERS_AND_STAFF),
    ("callback-log", "get", of_project, MEMBERS_AND_STAFF),
    ("callback-detail", "get", of_callback, MEMBERS_AND_STAFF),
    # Nobody of them has the right to see whole numbers.
    ("callback-reveal", "post", of_callback, ("in", 403, 403, 403, 403, 404)),
    ("callback-edit", "get", of_kind, ADMINS),
    ("callback-edit", "post", of_kind, ADMINS_REFUSED),
    ("callback-switch", "post", of_kind, ADMINS),
    ("callback-secret", "get", of_kind, ADMINS),
    ("callback-secret", "post", of_kind, ADMINS),
    ("callback-test", "get", of_kind, ADMINS),
    ("callback-test", "post", of_kind, ADMINS),
    ("callback-replay", "get", of_kind, ADMINS),
    ("callback-replay", "post", of_kind, ADMINS_REFUSED),
    ("callback-example", "get", of_kind, MEMBERS_AND_STAFF),
]
