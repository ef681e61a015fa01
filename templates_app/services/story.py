"""The story of every signature, body template and sender ID: what happened is noted where it happens."""

from __future__ import annotations

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


def note_overdue(revision: AnyRevision) -> bool:
    """Whether this is the first time that the revision is found overdue; then its story says so.

    Of two who ask at once one waits for the other and gets no.
    """
    step = RevisionEvent(
        noun=revision.noun,
        owner_uuid=revision.owner.uuid,
        revision_uuid=revision.uuid,
        number=revision.number,
        kind=StoryKind.OVERDUE,
    )
    RevisionEvent.objects.bulk_create([step], ignore_conflicts=True)
    # Another's step has another time, to the microsecond.
    return RevisionEvent.objects.filter(
        revision_uuid=revision.uuid, kind=StoryKind.OVERDUE, at=step.at
    ).exists()
