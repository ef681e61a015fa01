"""Reviews that took longer than promised: said once, to whoever must know."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from smsconsole.outbox.services import append_event
from templates_app.models import RevisionEvent
from templates_app.reviewed import KINDS
from templates_app.services.story import note_overdue
from templates_app.statuses import RevisionStatus, StoryKind

# What is left over is found by the next round.
_AT_ONCE: Final = 500


def tell_overdue_reviews() -> int:
    """Append `review.overdue` and a step of the story for each revision whose answer is late; how many it told.

    Once per revision, whoever asks and however often. Two statements for each noun, and some for each that is late.
    """
    now = timezone.now()
    told = StoryKind.OVERDUE
    n_told = 0
    for kind in KINDS:
        # Working hours never run faster than the clock: what is younger than the promise cannot be late.
        youngest = now - timedelta(hours=getattr(settings, kind.hours_setting))
        already = RevisionEvent.objects.filter(revision_uuid=OuterRef("uuid"), kind=told)
        waiting = kind.revisions.filter(
            ~Exists(already), status=RevisionStatus.PENDING, submitted_at__lte=youngest
        ).order_by("submitted_at", "uuid")
        for revision in waiting[:_AT_ONCE]:
            due_at = kind.due_at(revision)
            if due_at is None or due_at > now:
                continue
            with transaction.atomic():
                if not note_overdue(revision):
                    continue
                append_event(
                    kind="review.overdue",
                    subject=f"{kind.noun}:{revision.owner.uuid}",
                    payload={
                        "project": str(revision.owner.project.uuid),
                        "noun": kind.noun,
                        "uuid": str(revision.uuid),
                        "name": kind.title(revision),
                    },
                )
            n_told += 1
    return n_told
