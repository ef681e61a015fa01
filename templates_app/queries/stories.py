"""The story of one signature, body template or sender ID, and why one was refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from accounts.models import User
from templates_app.models import AnyOwner, AnyRevision, Review, RevisionEvent
from templates_app.statuses import RevisionStatus, StoryKind, Verdict

# Icon and colour of each step.
LOOKS: Final[dict[StoryKind, tuple[str, str]]] = {
    StoryKind.DRAFTED: ("pencil", "waiting"),
    StoryKind.EDITED: ("edit", "waiting"),
    StoryKind.COPIED: ("copy", "waiting"),
    StoryKind.DISCARDED: ("trash", "cancelled"),
    StoryKind.SUBMITTED: ("hourglass", "uncertain"),
    StoryKind.WITHDRAWN: ("arrow-back-up", "waiting"),
    StoryKind.CLAIMED: ("eye", "sending"),
    StoryKind.TAKEN_OVER: ("switch-horizontal", "sending"),
    StoryKind.OVERDUE: ("alert-triangle", "failed"),
    StoryKind.APPROVED: ("circle-check", "delivered"),
    StoryKind.REJECTED: ("circle-x", "failed"),
    StoryKind.REVOKED: ("ban", "failed"),
    StoryKind.RETIRED: ("archive", "cancelled"),
    StoryKind.REMOVED: ("trash", "cancelled"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a revision. `who` is None for what nobody did; `n` counts edits in a row."""

    at: datetime
    who: User | None
    kind: StoryKind
    number: int
    comment: str = ""
    n: int = 1

    @property
    def what(self) -> str:
        return str(self.kind.label)

    @property
    def icon(self) -> str:
        return LOOKS[self.kind][0]

    @property
    def colour(self) -> str:
        return LOOKS[self.kind][1]


def story(owner: AnyOwner) -> list[Step]:
    """What happened to all revisions of this owner, newest first; edits in a row by one person are one. One query."""
    steps: list[Step] = []
    for event in RevisionEvent.objects.filter(owner_uuid=owner.uuid).select_related("by").order_by("id"):
        step = Step(event.at, event.by, StoryKind(event.kind), event.number, event.comment)
        last = steps[-1] if steps else None
        if (
            last is not None
            and step.kind is last.kind is StoryKind.EDITED
            and (step.who, step.number) == (last.who, last.number)
        ):
            steps[-1] = replace(step, n=last.n + 1)
        else:
            steps.append(step)
    return steps[::-1]


def refusal_of(latest: AnyRevision) -> Review | None:
    """The verdict that the author has to answer with this revision, or with the next one. One query at most.

    That is the one that rejected or revoked it; for a draft or a waiting one, the one that rejected its predecessor.
    """
    refused = (RevisionStatus.REJECTED, RevisionStatus.REVOKED)
    is_open = latest.status in (RevisionStatus.DRAFT, RevisionStatus.PENDING)
    if latest.status not in refused and not (is_open and latest.number > 1):
        return None
    name = f"{latest.noun}_revision"
    answered = {f"{name}__{latest.noun}": latest.owner, f"{name}__number": latest.number - is_open}
    reviews = Review.objects.filter(verdict__in=[Verdict.REJECTED, Verdict.REVOKED], **answered)
    return reviews.select_related("reviewer").order_by("-pk").first()
