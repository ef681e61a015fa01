"""What programs see of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from api.services.texts.refusals import TextRefused, TextTrouble
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.models import BodyTemplateRevision, Review, RevisionEvent, SignatureRevision
from templates_app.statuses import RevisionStatus, StoryKind

_NUMBER_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TextTold:
    """A text as a program sees it. `status` is approved, pending or rejected (also: revoked); `reply` the reason."""

    number: int
    region: Region
    name: str  # of a body template; empty for a signature
    text: str
    kind: str  # a `TextKind`, or a `SignatureType`
    use: str  # a `SignatureUse`; empty for a body template
    status: RevisionStatus
    reply: str
    submitted_at: datetime


R = TypeVar("R", SignatureRevision, BodyTemplateRevision)
# The best one first; drafts and retired ones are not for programs.
_ORDER = [
    RevisionStatus.APPROVED,
    RevisionStatus.PENDING,
    RevisionStatus.REJECTED,
    RevisionStatus.REVOKED,
]


def signatures_told(
    project: Project,
    *,
    numbers: Sequence[int] = (),
    region: Region | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[list[TextTold], int]:
    """The signatures with these numbers, or all, newest first, and how many there are. Three queries at most."""
    return _told(SignatureRevision, project, numbers, region, limit, offset)


def body_templates_told(
    project: Project,
    *,
    numbers: Sequence[int] = (),
    region: Region | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[list[TextTold], int]:
    """The body templates with these numbers, or all, newest first, and how many there are. Three queries at most."""
    return _told(BodyTemplateRevision, project, numbers, region, limit, offset)


def _told(
    model: type[R], project: Project, numbers: Sequence[int], region: Region | None, limit: int, offset: int
) -> tuple[list[TextTold], int]:
    owner = model.noun
    found = _visible(model, project)
    if region is not None:
        found = found.filter(**{f"{owner}__region": region})
    if numbers:
        found = found.filter(**{f"{owner}_id__in": [n for n in numbers if 0 < n <= _NUMBER_MAX]})
    n_found = found.count()
    rows = list(found.select_related(owner).order_by(f"-{owner}_id")[offset : offset + limit])
    replies: dict[int, str] = {}
    reviews = Review.objects.filter(**{f"{owner}_revision__in": [row.pk for row in rows]}).order_by("pk")
    for revision_id, comment in reviews.values_list(f"{owner}_revision_id", "comment"):
        replies[revision_id] = comment
    return [_as_told(row, replies.get(row.pk, "")) for row in rows], n_found


def _as_told(revision: SignatureRevision | BodyTemplateRevision, reply: str) -> TextTold:
    status = RevisionStatus(revision.status)
    if isinstance(revision, SignatureRevision):
        name, kind, use = "", revision.type, revision.use
    else:
        name, kind, use = revision.body_template.name, revision.kind, ""
    return TextTold(
        number=revision.owner.pk,
        region=Region(revision.owner.region),
        name=name,
        text=revision.text,
        kind=kind,
        use=use,
        status=RevisionStatus.REJECTED if status == RevisionStatus.REVOKED else status,
        reply=reply,
        submitted_at=revision.submitted_at or revision.created_at,
    )


def _visible(model: type[R], project: Project) -> QuerySet[R]:
    """One revision of each text that programs may see."""
    owner = model.noun
    of_same = model._default_manager.filter(**{owner: OuterRef(owner)})
    approved = of_same.filter(status=RevisionStatus.APPROVED)
    # Of what is not approved the newest that was submitted counts: it waits, or it was refused.
    newest = of_same.filter(status__in=_ORDER[1:]).order_by("-number")
    newer_retired = of_same.filter(status=RevisionStatus.RETIRED, number__gt=OuterRef("number"))
    removed = RevisionEvent.objects.filter(revision_uuid=OuterRef("uuid"), kind=StoryKind.REMOVED)
    chosen = model._default_manager.filter(**{f"{owner}__project": project})
    is_approved = chosen.filter(status=RevisionStatus.APPROVED)
    is_newest = chosen.exclude(Exists(approved)).filter(
        ~Exists(removed), ~Exists(newer_retired), pk=Subquery(newest.values("pk")[:1])
    )
    visible: QuerySet[R] = model._default_manager.filter(
        Q(pk__in=is_approved.values("pk")) | Q(pk__in=is_newest.values("pk"))
    )
    return visible


def revision_of_number(model: type[R], project: Project, number: int) -> R:
    """What programs see of the text with this number. Raises `TextRefused`. One query."""
    found = None
    if 0 < number <= _NUMBER_MAX:
        owner = f"{model.noun}__project"
        rows = _visible(model, project).filter(**{f"{model.noun}_id": number})
        found = rows.select_related(owner).first()
    if found is None:
        raise TextRefused(TextTrouble.UNKNOWN, f"This project has no text with the number {number}.")
    return found
