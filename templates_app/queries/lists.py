"""Lists of signatures, body templates and sender IDs, and the newest revision of one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404

from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.models import (
    AnyOwner,
    AnyRevision,
    BodyTemplate,
    BodyTemplateRevision,
    SenderId,
    SenderIdRevision,
    Signature,
    SignatureRevision,
)
from templates_app.statuses import RevisionStatus

PAGE_SIZE = 50

Owner = TypeVar("Owner", Signature, BodyTemplate, SenderId)
R = TypeVar("R", SignatureRevision, BodyTemplateRevision, SenderIdRevision)


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
    *,
    project: Project,
    region: Region | None,
    state: str = "",
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> Page[Signature, SignatureRevision]:
    """Signatures of one region (None: of both), newest first. Two queries, however many there are."""
    revisions = SignatureRevision.objects.filter(signature__project=project)
    if region is not None:
        revisions = revisions.filter(signature__region=region)
    return _page(revisions, state=state, before=before, limit=limit)


def body_template_page(
    *,
    project: Project,
    region: Region | None,
    state: str = "",
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> Page[BodyTemplate, BodyTemplateRevision]:
    """Body templates of one region (None: of both), newest first. Two queries, however many there are."""
    revisions = BodyTemplateRevision.objects.filter(body_template__project=project)
    if region is not None:
        revisions = revisions.filter(body_template__region=region)
    return _page(revisions, state=state, before=before, limit=limit)


def sender_id_page(
    *, project: Project, state: str = "", before: int | None = None, limit: int = PAGE_SIZE
) -> Page[SenderId, SenderIdRevision]:
    """Sender IDs, newest first. Two queries, however many there are."""
    revisions = SenderIdRevision.objects.filter(sender_id__project=project)
    return _page(revisions, state=state, before=before, limit=limit)


def count_by_state(
    *, model: type[AnyOwner], project: Project, region: Region | None = None
) -> dict[str, int]:
    """How many there are in each state that the list can be filtered by, and "" for all of them. One query."""
    revisions: Any = model.revisions.rel.related_model._default_manager
    owner = model.revisions.rel.field.name
    of_list = {f"{owner}__project": project} | ({f"{owner}__region": region} if region else {})
    latest = _latest_ones(revisions.filter(**of_list))
    also_approved = Q(has_approved=True) & ~Q(status=RevisionStatus.APPROVED)
    rows = latest.values("status").annotate(n=Count("pk"), n_approved=Count("pk", filter=also_approved))
    counts: Counter[str] = Counter()
    for row in rows.order_by():
        counts.update(
            {"": row["n"], row["status"]: row["n"], RevisionStatus.APPROVED.value: row["n_approved"]}
        )
    return {state: n for state, n in counts.items() if n}


def latest_signature_revision(signature: Signature) -> SignatureRevision:
    """The newest revision with its authors; 404 in the moment between its discarding and the page. One query."""
    return _latest(signature.revisions.select_related("signature__project", "created_by", "submitted_by"))


def latest_body_template_revision(body_template: BodyTemplate) -> BodyTemplateRevision:
    """The newest revision with its authors; 404 in the moment between its discarding and the page. One query."""
    return _latest(
        body_template.revisions.select_related("body_template__project", "created_by", "submitted_by")
    )


def latest_sender_id_revision(sender_id: SenderId) -> SenderIdRevision:
    """The newest revision with its authors; 404 in the moment between its discarding and the page. One query."""
    return _latest(sender_id.revisions.select_related("sender_id__project", "created_by", "submitted_by"))


def approved_revision(owner: AnyOwner) -> AnyRevision | None:
    """The revision in use. One query."""
    revision: AnyRevision | None = owner.revisions.filter(status=RevisionStatus.APPROVED).first()
    return revision


def _latest(revisions: QuerySet[R]) -> R:
    found = revisions.order_by("-number").first()
    if found is None:
        raise Http404
    return found


def _latest_ones(revisions: QuerySet[Any]) -> QuerySet[Any]:
    """The newest revision of each owner, and whether one of that owner's is approved.

    An owner whose newest revision is a draft may have an approved one in use: it is found in both states.
    """
    owner = revisions.model.noun
    of_same = revisions.model._default_manager.filter(**{owner: OuterRef(owner)})
    has_approved = Exists(of_same.filter(status=RevisionStatus.APPROVED))
    latest: QuerySet[Any] = revisions.annotate(has_approved=has_approved).exclude(
        Exists(of_same.filter(number__gt=OuterRef("number")))
    )
    return latest


def _page(revisions: QuerySet[R], *, state: str, before: int | None, limit: int) -> Page[Any, R]:
    owner = revisions.model.noun
    found = _latest_ones(revisions)
    if state == RevisionStatus.APPROVED:
        found = found.filter(has_approved=True)
    elif state:
        found = found.filter(status=state)
    if before is not None:
        found = found.filter(**{f"{owner}_id__lt": before})
    rows = list(found.select_related(owner, "created_by").order_by(f"-{owner}_id")[: limit + 1])
    shown = rows[:limit]
    approved = revisions.filter(
        status=RevisionStatus.APPROVED, **{f"{owner}__in": [row.owner.pk for row in shown]}
    )
    in_use = {revision.owner.pk: revision for revision in approved.select_related(owner)}
    entries = []
    for latest in shown:
        used = in_use.get(latest.owner.pk)
        entries.append(Entry(latest.owner, latest, used if used != latest else None))
    return Page(entries, shown[-1].owner.pk if len(rows) > limit else None)
