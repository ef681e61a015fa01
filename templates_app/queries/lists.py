"""Lists of signatures and body templates, and the story of one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role, User
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.models import (
    AnyOwner,
    AnyRevision,
    BodyTemplate,
    BodyTemplateRevision,
    Review,
    Signature,
    SignatureRevision,
)
from templates_app.statuses import RevisionStatus

PAGE_SIZE = 50

Owner = TypeVar("Owner", Signature, BodyTemplate)
R = TypeVar("R", SignatureRevision, BodyTemplateRevision)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Owner, R]):
    """One signature or body template in its list: its newest revision, and the approved one if that is another."""

    owner: Owner
    latest: R
    in_use: R | None

    @property
    def changed_at(self) -> datetime:
        return self.latest.decided_at or self.latest.submitted_at or self.latest.created_at


@dataclass(frozen=True, slots=True)
class Page(Generic[Owner, R]):
    """One page of a list, newest first. `following` is the `before` of the next page, None at the end."""

    entries: list[Entry[Owner, R]]
    following: int | None


def signature_page(
    *, project: Project, region: Region, state: str = "", before: int | None = None
) -> Page[Signature, SignatureRevision]:
    """Signatures of one region, newest first. Three queries, however many there are."""
    owners = Signature.objects.filter(project=project, region=region)
    return _page(owners, SignatureRevision.objects.all(), state=state, before=before)


def body_template_page(
    *, project: Project, region: Region, state: str = "", before: int | None = None
) -> Page[BodyTemplate, BodyTemplateRevision]:
    """Body templates of one region, newest first. Three queries, however many there are."""
    owners = BodyTemplate.objects.filter(project=project, region=region)
    return _page(owners, BodyTemplateRevision.objects.all(), state=state, before=before)


def count_by_state(
    *, model: type[Signature] | type[BodyTemplate], project: Project, region: Region
) -> dict[str, int]:
    """How many there are in each state that the list can be filtered by, and "" for all of them. One query."""
    owners: QuerySet[Any] = model._default_manager.filter(project=project, region=region)
    states = _with_latest(owners).values_list("latest_status", "has_approved")
    counts: Counter[str] = Counter()
    for latest_status, has_approved in states:
        counts.update({"", latest_status, RevisionStatus.APPROVED} if has_approved else {"", latest_status})
    return dict(counts)


def latest_signature_revision(signature: Signature) -> SignatureRevision:
    """The newest revision with its authors; 404 in the moment between its discarding and the page. One query."""
    return _latest(signature.revisions.select_related("signature__project", "created_by", "submitted_by"))


def latest_body_template_revision(body_template: BodyTemplate) -> BodyTemplateRevision:
    """The newest revision with its authors; 404 in the moment between its discarding and the page. One query."""
    return _latest(
        body_template.revisions.select_related("body_template__project", "created_by", "submitted_by")
    )


def approved_revision(owner: AnyOwner) -> AnyRevision | None:
    """The revision in use. One query."""
    revision: AnyRevision | None = owner.revisions.filter(status=RevisionStatus.APPROVED).first()
    return revision


def _latest(revisions: QuerySet[R]) -> R:
    found = revisions.order_by("-number").first()
    if found is None:
        raise Http404
    return found


def _with_latest(owners: QuerySet[Any]) -> QuerySet[Any]:
    """Each owner with the state of its newest revision and whether one is approved.

    An owner whose newest revision is a draft may have an approved one in use: it is found in both states.
    """
    revisions: Any = owners.model.revisions.rel.related_model
    name = owners.model.revisions.rel.field.name
    newest = revisions.objects.filter(**{name: OuterRef("pk")}).order_by("-number")
    annotated: QuerySet[Any] = owners.annotate(
        latest_pk=Subquery(newest.values("pk")[:1]),
        latest_status=Subquery(newest.values("status")[:1]),
        has_approved=Exists(newest.filter(status=RevisionStatus.APPROVED)),
    )
    return annotated


def _page(
    owners: QuerySet[Owner], revisions: QuerySet[R], *, state: str, before: int | None
) -> Page[Owner, R]:
    found = _with_latest(owners).filter(latest_pk__isnull=False)
    if state == RevisionStatus.APPROVED:
        found = found.filter(has_approved=True)
    elif state:
        found = found.filter(latest_status=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    by_pk = revisions.select_related("created_by").in_bulk([row.latest_pk for row in shown])
    owner_id = owners.model.revisions.rel.field.attname
    in_use = {
        getattr(revision, owner_id): revision
        for revision in revisions.filter(
            status=RevisionStatus.APPROVED, **{f"{owner_id}__in": [row.pk for row in shown]}
        )
    }
    entries = []
    for row in shown:
        latest, approved = by_pk[row.latest_pk], in_use.get(row.pk)
        entries.append(Entry(row, latest, approved if approved != latest else None))
    return Page(entries, shown[-1].pk if len(rows) > PAGE_SIZE else None)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a revision. `look` is a word of the status badges."""

    at: datetime
    who: User
    what: str | Promise
    look: str
    number: int
    comment: str = ""


def story(owner: AnyOwner) -> list[Step]:
    """What happened to all revisions of one signature or body template, newest first. Two queries."""
    revisions: list[AnyRevision] = list(
        owner.revisions.select_related("created_by", "submitted_by").order_by("-number")
    )
    steps = [step for revision in revisions for step in _written_and_submitted(revision)]
    steps += _reviews(revisions)
    return sorted(steps, key=lambda step: (step.number, step.at), reverse=True)


def _written_and_submitted(revision: AnyRevision) -> Iterable[Step]:
    yield Step(revision.created_at, revision.created_by, _("Written"), "draft", revision.number)
    if revision.submitted_at is not None and revision.submitted_by is not None:
        yield Step(
            revision.submitted_at,
            revision.submitted_by,
            _("Submitted for review"),
            "pending",
            revision.number,
        )


def _reviews(revisions: list[AnyRevision]) -> Iterable[Step]:
    if not revisions:
        return
    field = f"{revisions[0].noun}_revision"
    numbers = {revision.pk: revision.number for revision in revisions}
    reviews = Review.objects.filter(**{f"{field}__in": list(numbers)}).select_related("reviewer")
    for review in reviews:
        number = numbers[getattr(review, f"{field}_id")]
        yield Step(
            review.created_at,
            review.reviewer,
            review.get_verdict_display(),
            review.verdict,
            number,
            review.comment,
        )


def other_reviewers_exist(revision: AnyRevision) -> bool:
    """Whether somebody in the organization may review this: a reviewer who did not write or submit it. One query."""
    own = {*revision.author_ids, revision.submitted_by_id}
    return (
        Membership.objects.filter(
            Q(roles__contains=[Role.REVIEWER]),
            organization=revision.owner.project.organization_id,
            user__is_active=True,
        )
        .exclude(user__in=own - {None})
        .exists()
    )
