"""Answers kept in the transaction of what they tell of, so that a request that comes again does nothing again.

Who may come again: a client whose network lost the answer, an impatient one that asks twice at once, and somebody
who recorded a signed request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.db import connection, transaction

from projects.models import Project

KEPT_SECONDS = 72 * 3600
# How many answers one statement deletes, and how many such statements one beat makes.
DROP_STEP = 5_000
DROP_STEPS = 200

_FIND = "SELECT status, body, body_hash FROM api_answer WHERE project_id = %s AND key = %s"
# Waits for whoever is about to commit the same key.
_KEEP = """
INSERT INTO api_answer (project_id, key, body_hash, status, body) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (project_id, key) DO NOTHING
"""
_FILL = "UPDATE api_answer SET status = %s, body = %s WHERE project_id = %s AND key = %s"
_DROP = """
DELETE FROM api_answer WHERE id IN (
    SELECT id FROM api_answer WHERE created_at < clock_timestamp() - %(seconds)s * interval '1 second'
    ORDER BY created_at LIMIT %(step)s
)
"""


class AnswerMismatch(Exception):
    """The same key came with another request."""


class Replay(NamedTuple):
    """How a request is recognized when it comes again. `body_hash` (SHA-256) covers all that `key` does not.

    Keys have 200 characters at most and belong to one project; each interface begins its own with its name.
    """

    key: str
    body_hash: bytes


class StoredAnswer(NamedTuple):
    """An answer as it was given: status and text."""

    status: int
    body: str


def stored_answer(project: Project, replay: Replay) -> StoredAnswer | None:
    """What was answered to this request before; None when nothing was. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [project.pk, replay.key])
        row = cursor.fetchone()
    if row is None:
        return None
    if bytes(row[2]) != replay.body_hash:
        raise AnswerMismatch
    return StoredAnswer(row[0], row[1])


def keep_answer(project: Project, replay: Replay, answer: StoredAnswer) -> bool:
    """Keep this answer in the caller's transaction; False when another one is kept, which was waited for."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [project.pk, replay.key, replay.body_hash, *answer])
        return bool(cursor.rowcount)


def answered_once(
    project: Project, replay: Replay, make: Callable[[], tuple[int, str]]
) -> tuple[int, str, bool]:
    """Status and text of what `make` answers, and whether it was stored before, in which case it is not called.

    `make` runs in the transaction that keeps its answer: both are there, or neither. What it raises undoes both, and
    the request may come again. Raises `AnswerMismatch` when the key came with another body.
    """
    while True:
        with transaction.atomic():
            # First of all, so that of two at once the second waits here.
            if keep_answer(project, replay, StoredAnswer(0, "")):
                status, body = make()
                with connection.cursor() as cursor:
                    cursor.execute(_FILL, [status, body, project.pk, replay.key])
                return status, body, False
        found = stored_answer(project, replay)
        # None: it was cleared away between the two statements.
        if found is not None:
            return found.status, found.body, True


def drop_old_answers() -> int:
    """Delete answers older than `KEPT_SECONDS`, in steps that nobody waits for; how many went."""
    total = 0
    for _step in range(DROP_STEPS):
        with connection.cursor() as cursor:
            cursor.execute(_DROP, {"seconds": KEPT_SECONDS, "step": DROP_STEP})
            total += cursor.rowcount
            if cursor.rowcount < DROP_STEP:
                break
    return total
