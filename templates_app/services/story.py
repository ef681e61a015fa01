"""The story of every signature, body template and sender ID: what happened is noted where it happens."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from accounts.models import User
from templates_app.models import AnyRevision, RevisionEvent
from templates_app.statuses import StoryKind


def note(kind: StoryKind, revision: AnyRevision, *, by: User | None, comment: str = "") -> None:
    """Add a step to the story, in the transaction of what happened."""
    RevisionEvent.objects.create(
        noun=revision.noun,
        owner_uuid=revision.owner.uuid,
        revision_uuid=revision.uuid,
        number=revision.number,
        kind=kind,
        by=by,
        comment=comment,
    )


# An insert that says by its count whether it was the first: the ORM's `ignore_conflicts` does not tell.
_NOTE_OVERDUE = """
INSERT INTO templates_app_revisionevent (noun, owner_uuid, revision_uuid, number, kind, at, comment)
VALUES (%s, %s, %s, %s, 'overdue', %s, '')
ON CONFLICT (revision_uuid) WHERE kind = 'overdue' DO NOTHING
"""


def note_overdue(revision: AnyRevision) -> bool:
    """Whether this is the first time that the revision is found overdue; then its story says so.

    Of two who ask at once one waits for the other and gets no.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE_OVERDUE,
            (revision.noun, revision.owner.uuid, revision.uuid, revision.number, timezone.now()),
        )
        return bool(cursor.rowcount)
