"""What signatures and body templates share on their way to a reviewer.

Every change of a signature or body template locks its row first, so that two clicks see each other; the
state itself is changed by a conditional update.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from projects.models import Project
from projects.services import require_enabled
from smsconsole.outbox.services import append_event
from templates_app.checks import findings_of
from templates_app.errors import RevisionChanged, SameTextExists, TemplatesError
from templates_app.models import (
    AnyOwner,
    AnyRevision,
    BodyTemplateRevision,
    Review,
    ReviewClaim,
    SenderIdRevision,
    SignatureRevision,
)
from templates_app.services.story import note
from templates_app.statuses import MAY_FOLLOW, RevisionStatus, StoryKind

R = TypeVar("R", SignatureRevision, BodyTemplateRevision, SenderIdRevision)


def submit_revision(*, revision: AnyRevision, by: User) -> None:
    """Hand a draft to the reviewers. Raises `TemplatesError` with the first hard finding of the rules."""
    require_enabled(revision.owner.project)
    with transaction.atomic():
        lock_draft(revision, by=None)
        hard = next((finding for finding in findings_of(revision) if finding.hard), None)
        if hard is not None:
            raise TemplatesError(hard.message)
        if isinstance(revision, SignatureRevision):
            _refuse_same_signature(revision)
        if isinstance(revision, SenderIdRevision):
            _refuse_same_sender_id(revision)
        move(revision, to=RevisionStatus.PENDING, submitted_at=timezone.now(), submitted_by=by)
        tell("submitted", revision, by=by)


def withdraw_revision(*, revision: AnyRevision, by: User) -> None:
    """Take a pending text back before anybody decided; it is a draft again and can be changed."""
    require_enabled(revision.owner.project)
    with transaction.atomic():
        lock_owner(revision.owner)
        move(revision, to=RevisionStatus.DRAFT, submitted_at=None, submitted_by=None)
        ReviewClaim.objects.filter(revision_uuid=revision.uuid).delete()
        tell("withdrawn", revision, by=by)


def move(
    revision: AnyRevision, *, to: RevisionStatus, only_if: dict[str, Any] | None = None, **fields: Any
) -> None:
    """Change the state where the chain allows it, or raise `TemplatesError` saying what happened instead.

    `only_if` are further conditions, such as what the reviewer saw. The given instance follows the row.
    """
    sources = [status for status, followers in MAY_FOLLOW.items() if to in followers]
    rows = type(revision)._default_manager.filter(pk=revision.pk, status__in=sources, **(only_if or {}))
    fields = {"status": to, **fields}
    if not rows.update(**fields):
        raise TemplatesError(present_state(revision))
    for name, value in fields.items():
        setattr(revision, name, value)


def present_state(revision: AnyRevision) -> str:
    """One sentence on where this revision is now, for somebody who just came too late."""
    current = type(revision)._default_manager.filter(pk=revision.pk).first()
    if current is None:
        return _("It was discarded meanwhile.")
    if current.status == RevisionStatus.DRAFT:
        return _("It is a draft now: its author has withdrawn it.")
    if current.status == RevisionStatus.PENDING:
        return _(
            "It is waiting for approval. If you did not submit it, look at it again: it may have changed."
        )
    if current.status == RevisionStatus.RETIRED:
        return _("A newer version has been approved in its place.")
    review = (
        Review.objects.filter(**{f"{revision.noun}_revision": current}).select_related("reviewer").first()
    )
    if review is None:
        return _("It has been decided already: %(state)s.") % {"state": current.get_status_display()}
    return _("%(name)s has decided already: %(state)s.") % {
        "name": review.reviewer,
        "state": current.get_status_display(),
    }


def lock_owner(owner: AnyOwner) -> None:
    """Hold the signature, body template or sender ID until the end of the transaction."""
    if not type(owner)._default_manager.select_for_update(no_key=True).filter(pk=owner.pk).exists():
        raise TemplatesError(_("It was discarded meanwhile."))


def lock_draft(revision: AnyRevision, *, by: User | None) -> None:
    """Lock the owner, read the revision again and make sure it is still a draft; `by` becomes one of its authors."""
    lock_owner(revision.owner)
    try:
        revision.refresh_from_db()
    except type(revision).DoesNotExist:
        raise TemplatesError(_("It was discarded meanwhile.")) from None
    if revision.status != RevisionStatus.DRAFT:
        raise TemplatesError(present_state(revision))
    if by is not None and by.pk not in revision.author_ids:
        revision.author_ids = [*revision.author_ids, by.pk]
        revision.save(update_fields=["author_ids"])


def begin_change(
    owner: AnyOwner, revisions: QuerySet[R], *, by: User, seen_at: datetime | None = None
) -> tuple[R, bool]:
    """The one of the owner's `revisions` that an edit writes into, and whether it is new and not saved yet.

    A draft is changed in place. After a decision the next revision begins; a pending one raises. `seen_at` is the
    `changed_at` of the newest revision when the editor was opened: another one now raises `RevisionChanged`.
    """
    lock_owner(owner)
    latest = revisions.select_related("changed_by").order_by("-number").first()
    if latest is None:
        raise TemplatesError(_("It was discarded meanwhile."))
    if latest.status == RevisionStatus.PENDING:
        raise TemplatesError(_("It is waiting for approval. Withdraw it first, then change it."))
    if seen_at is not None and seen_at != latest.changed_at:
        raise RevisionChanged(_who_changed(latest, owner))
    if latest.status == RevisionStatus.DRAFT:
        lock_draft(latest, by=by)
        return latest, False
    following = type(latest)(number=latest.number + 1, created_by=by, author_ids=[by.pk])
    setattr(following, latest.noun, owner)
    return following, True


def write(revision: AnyRevision, *, is_new: bool, by: User, **fields: Any) -> None:
    """Put these words into a draft that `begin_change` gave, as of now and by this person."""
    fields |= {"changed_at": timezone.now(), "changed_by": by}
    for name, value in fields.items():
        setattr(revision, name, value)
    if is_new:
        revision.save(force_insert=True)
        tell("drafted", revision, by=by)
    else:
        revision.save(update_fields=list(fields))
        note(StoryKind.EDITED, revision, by=by)


def _who_changed(latest: AnyRevision, owner: AnyOwner) -> str:
    moment = timezone.localtime(latest.changed_at, ZoneInfo(owner.project.time_zone))
    return _(
        "%(name)s changed this on %(time)s, after you had opened it. Nothing is saved yet: compare your words, "
        "which are kept here, with theirs, then save again."
    ) % {"name": latest.changed_by or latest.created_by, "time": date_format(moment, "DATETIME_FORMAT")}


def tell(what: str, revision: AnyRevision, *, by: User, comment: str = "", **details: object) -> None:
    """Note it in the story and append the event; both belong to the transaction.

    The texts themselves and the comment never enter an event.
    """
    note(StoryKind(what), revision, by=by, comment=comment)
    append_event(
        kind=f"{revision.noun}.{what}",
        subject=f"{revision.noun}:{revision.owner.uuid}",
        payload={
            "project": str(revision.owner.project.uuid),
            "revision": str(revision.uuid),
            "by": str(by.uuid),
            **details,
        },
    )


def _refuse_same_signature(revision: SignatureRevision) -> None:
    """The same signature is not reviewed twice. The project's lock makes two submissions wait for each other."""
    signature = revision.signature
    Project.objects.select_for_update(no_key=True).get(pk=signature.project_id)
    others = SignatureRevision.objects.filter(
        signature__project=signature.project_id,
        signature__region=signature.region,
        status__in=[RevisionStatus.PENDING, RevisionStatus.APPROVED],
        text=revision.text,
    ).exclude(signature=signature)
    other = others.first()
    if other is not None:
        raise SameTextExists(
            _("The signature “%(text)s” exists already: %(state)s.")
            % {"text": revision.text, "state": other.get_status_display()}
        )


def _refuse_same_sender_id(revision: SenderIdRevision) -> None:
    """The same sender ID is not reviewed twice for one country, nor for one country beside all."""
    sender_id = revision.sender_id
    Project.objects.select_for_update(no_key=True).get(pk=sender_id.project_id)
    others = SenderIdRevision.objects.filter(
        sender_id__project=sender_id.project_id,
        status__in=[RevisionStatus.PENDING, RevisionStatus.APPROVED],
        text=revision.text,
    ).exclude(sender_id=sender_id)
    if sender_id.country:
        others = others.filter(sender_id__country__in=["", sender_id.country])
    other = others.first()
    if other is not None:
        raise SameTextExists(
            _("The sender ID “%(text)s” exists already: %(state)s.")
            % {"text": revision.text, "state": other.get_status_display()}
        )
