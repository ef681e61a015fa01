"""Receipts and replies that programs fetch instead of being called back."""

from __future__ import annotations

from typing import Any, Literal, overload

from django.db import connection, transaction

from callbacks import sql
from callbacks.told import Item, ReplyTold, StatusTold, replies_told, statuses_told
from projects.models import Project
from projects.statuses import CallbackKind

PULL_MAX = 100


@overload
def pull(project: Project, kind: Literal[CallbackKind.STATUS], limit: int) -> list[StatusTold]: ...
@overload
def pull(project: Project, kind: Literal[CallbackKind.REPLY], limit: int) -> list[ReplyTold]: ...


def pull(project: Project, kind: CallbackKind, limit: int) -> list[StatusTold] | list[ReplyTold]:
    """The oldest that were not fetched yet, at most `limit` (and `PULL_MAX`); nobody else gets them again.

    They count as fetched when the caller's transaction commits. Empty while the project does not fetch: nothing is
    put aside for it then.
    """
    rows = _take(project, kind, max(0, min(limit, PULL_MAX)))
    if kind == CallbackKind.REPLY:
        return replies_told(row[1] for row in rows)
    return statuses_told(
        Item(message_id, status, reason, code, event_at.timestamp(), pk)
        for pk, message_id, status, reason, code, event_at in rows
    )


def _take(project: Project, kind: CallbackKind, limit: int) -> list[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.PULL, {"project": project.pk, "kind": kind.value, "limit": limit})
        return sorted(cursor.fetchall())
