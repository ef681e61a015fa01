"""What waits for a reviewer: the queue, in pages, and the place of a case in it.

Every function asks once for each noun that is reviewed, however much waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Membership, Role, User
from projects.models import Project, RemovalRequest
from projects.statuses import RemovalStatus
from templates_app.models import AnyRevision, ReviewClaim
from templates_app.reviewed import KINDS, Reviewed, reviewed
from templates_app.statuses import RevisionStatus

PAGE_SIZE = 30
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which queue: that of an organization, or of one of its projects; and what of it is asked for."""

    organization_id: int
    project_id: int | None = None
    noun: str = ""
    region: str = ""

    @property
    def kinds(self) -> list[Reviewed]:
        """The nouns asked for; one that is of a single region always belongs to that."""
        return [
            kind
            for kind in KINDS
            if self.noun in ("", kind.noun) and (not self.region or kind.only_region in ("", self.region))
        ]

    def waiting(self, kind: Reviewed) -> QuerySet[Any]:
        if self.project_id is not None:
            place = {f"{kind.owner}__project": self.project_id}
        else:
            place = {f"{kind.owner}__project__organization": self.organization_id}
        rows = kind.revisions.filter(status=RevisionStatus.PENDING, **place)
        if self.region and not kind.only_region:
            rows = rows.filter(**{f"{kind.owner}__region": self.region})
        return rows


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a case stands: by the moment of its submission, then by its uuid. Written into addresses."""

    at: datetime
    uuid: UUID

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.uuid.hex}"

    @classmethod
    def read(cls, written: str) -> Place | None:
        """None for what no place is written like."""
        micros, _dash, uuid = written.partition("-")
        try:
            return cls(_EPOCH + timedelta(microseconds=int(micros)), UUID(uuid))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Case:
    """One pending revision in the queue. `is_own`: the viewer wrote or submitted it and may not decide.

    `claim` is in force, and may be the viewer's own.
    """

    revision: AnyRevision
    kind: Reviewed
    is_own: bool
    due_at: datetime
    claim: ReviewClaim | None = None

    @property
    def project(self) -> Project:
        return self.revision.owner.project

    @property
    def title(self) -> str:
        return self.kind.title(self.revision)

    @property
    def place(self) -> Place:
        return place_of(self.revision)

    @property
    def is_overdue(self) -> bool:
        return self.due_at < timezone.now()

    def is_free_for(self, viewer: User) -> bool:
        """Whether the viewer may decide it and nobody else looks at it."""
        return not self.is_own and (self.claim is None or self.claim.holder_id == viewer.pk)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue, oldest first. `following` is the `after` of the next page, None at the end."""

    cases: list[Case]
    following: Place | None


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A case among those before and after it: `position` of `n` in its queue."""

    cases: list[Case]
    here: Case
    position: int
    n: int
    earlier: Case | None
    later: Case | None


def place_of(revision: AnyRevision) -> Place:
    return Place(revision.submitted_at or revision.created_at, revision.uuid)


def queue_page(*, scope: Scope, viewer: User, after: Place | None = None) -> QueuePage:
    """What waits, oldest first. One query for each noun asked for, and one for the claims."""
    cases = _after(scope, viewer, after, PAGE_SIZE + 1)
    shown = _with_claims(cases[:PAGE_SIZE])
    return QueuePage(shown, shown[-1].place if len(cases) > PAGE_SIZE else None)


def neighbourhood(
    *, scope: Scope, viewer: User, revision: AnyRevision, n_before: int = 4, n_after: int = 12
) -> Neighbourhood:
    """The case with some before and after it. Three queries for each noun asked for, and one for the claims.

    A revision that this queue does not hold, for example because of its filters, stands where it would.
    """
    place = place_of(revision)
    before = _before(scope, viewer, place, n_before)
    after = _after(scope, viewer, place, n_after)
    here = _case(reviewed(revision.noun), revision, viewer)
    n, n_earlier = _count(scope, place)
    return Neighbourhood(
        cases=_with_claims([*before, here, *after]),
        here=here,
        position=n_earlier + 1,
        n=max(n, n_earlier + 1),
        earlier=before[-1] if before else None,
        later=after[0] if after else None,
    )


def next_case(*, scope: Scope, viewer: User, after: Place | None = None) -> Case | None:
    """The oldest case after this place, else the oldest of all, that the viewer may decide and nobody looks at.

    Two queries for each noun asked for, at most.
    """
    taken = ReviewClaim.objects.filter(revision_uuid=OuterRef("uuid"), until__gt=timezone.now())
    taken = taken.exclude(holder=viewer)

    def free(rows: QuerySet[Any]) -> QuerySet[Any]:
        own = Q(author_ids__contains=[viewer.pk]) | Q(submitted_by=viewer)
        return rows.exclude(own).exclude(Exists(taken))

    for start in (after, None) if after else (None,):
        found = _after(scope, viewer, start, 1, free)
        if found and (after is None or found[0].place != after):
            return found[0]
    return None


def counts_by_noun(scope: Scope) -> dict[str, int]:
    """How many wait of each noun, whichever is asked for, and "" for all of them. One query for each noun."""
    everything = replace(scope, noun="")
    counts = {kind.noun: everything.waiting(kind).count() for kind in everything.kinds}
    return {"": sum(counts.values()), **counts}


def removals_waiting(organization_id: int, project_id: int | None) -> list[tuple[str, str, int]]:
    """Slug, name and how many requests to remove numbers wait, for each project where some do. One query."""
    requests = RemovalRequest.objects.filter(status=RemovalStatus.PENDING)
    if project_id is None:
        requests = requests.filter(project__organization=organization_id)
    else:
        requests = requests.filter(project=project_id)
    rows = requests.values_list("project__slug", "project__name").annotate(n=Count("pk"))
    return list(rows.order_by("project__name"))


def n_waiting(project: Project) -> int:
    """How many wait in this project; the number beside *Review queue*. One query for each noun."""
    return _count(Scope(project.organization_id, project.pk))[0]


def revision_by_uuid(uuid: UUID) -> AnyRevision | None:
    """The revision of whichever noun, its project and organization loaded. One query for each noun at most."""
    for kind in KINDS:
        revision: AnyRevision | None = kind.revisions.filter(uuid=uuid).first()
        if revision is not None:
            return revision
    return None


def previous_revision(revision: AnyRevision) -> AnyRevision | None:
    """The newest earlier revision that was ever approved, else the newest earlier one. One query."""
    earlier: list[AnyRevision] = list(
        revision.owner.revisions.filter(number__lt=revision.number).order_by("-number")
    )
    was_good = (RevisionStatus.APPROVED, RevisionStatus.RETIRED, RevisionStatus.REVOKED)
    return next((one for one in earlier if one.status in was_good), earlier[0] if earlier else None)


def claim_of(revision: AnyRevision) -> ReviewClaim | None:
    """Who looks at it just now. One query."""
    claims = ReviewClaim.objects.filter(revision_uuid=revision.uuid, until__gt=timezone.now())
    return claims.select_related("holder").first()


def other_reviewers_exist(revision: AnyRevision) -> bool:
    """Whether somebody in the organization may review this: a reviewer who did not write or submit it. One query."""
    own = {*revision.author_ids, revision.submitted_by_id} - {None}
    return _reviewers(revision.owner.project.organization_id).exclude(user__in=own).exists()


def is_only_reviewer(viewer: User, *, organization_id: int) -> bool:
    """Whether nobody else in the organization could review what this person writes. One query."""
    return not _reviewers(organization_id).exclude(user=viewer).exists()


def _reviewers(organization_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(
        organization=organization_id, roles__contains=[Role.REVIEWER], user__is_active=True
    )


def _after(scope: Scope, viewer: User, place: Place | None, n: int, narrowed: Any = None) -> list[Case]:
    cases: list[Case] = []
    for kind in scope.kinds:
        rows = scope.waiting(kind)
        if place is not None:
            later = Q(submitted_at__gt=place.at) | Q(submitted_at=place.at, uuid__gt=place.uuid)
            # The first condition says nothing new; it is the one that an index serves.
            rows = rows.filter(submitted_at__gte=place.at).filter(later)
        rows = narrowed(rows) if narrowed else rows
        cases += [_case(kind, row, viewer) for row in rows.order_by("submitted_at", "uuid")[:n]]
    return sorted(cases, key=lambda case: case.place)[:n]


def _before(scope: Scope, viewer: User, place: Place, n: int) -> list[Case]:
    cases: list[Case] = []
    for kind in scope.kinds:
        rows = scope.waiting(kind).filter(submitted_at__lte=place.at).filter(_earlier_than(place))
        cases += [_case(kind, row, viewer) for row in rows.order_by("-submitted_at", "-uuid")[:n]]
    return sorted(cases, key=lambda case: case.place)[-n:]


def _count(scope: Scope, place: Place | None = None) -> tuple[int, int]:
    """How many wait, and how many of them before the place."""
    earlier = _earlier_than(place) if place else Q()
    rows = [
        scope.waiting(kind).aggregate(n=Count("pk"), n_earlier=Count("pk", filter=earlier))
        for kind in scope.kinds
    ]
    return sum(row["n"] for row in rows), sum(row["n_earlier"] for row in rows)


def _earlier_than(place: Place) -> Q:
    return Q(submitted_at__lt=place.at) | Q(submitted_at=place.at, uuid__lt=place.uuid)


def _case(kind: Reviewed, revision: AnyRevision, viewer: User) -> Case:
    due_at = kind.due_at(revision) or revision.created_at
    return Case(revision, kind, revision.is_by(viewer.pk), due_at)


def _with_claims(cases: Iterable[Case]) -> list[Case]:
    cases = list(cases)
    uuids = [case.revision.uuid for case in cases]
    claims = ReviewClaim.objects.filter(revision_uuid__in=uuids, until__gt=timezone.now())
    by_uuid = {claim.revision_uuid: claim for claim in claims.select_related("holder")}
    return [replace(case, claim=by_uuid.get(case.revision.uuid)) for case in cases]
