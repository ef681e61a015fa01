"""Reviews: one person wrote it, another decides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from projects.services import require_enabled
from templates_app.errors import TemplatesError
from templates_app.models import AnyRevision, Review
from templates_app.services.revisions import lock_owner, move, tell
from templates_app.statuses import RevisionStatus, Verdict


def approve_revision(
    *, revision: AnyRevision, by: User, comment: str = "", seen_at: datetime | None = None
) -> None:
    """From now on this revision is used; the one approved before is retired in the same moment.

    `seen_at` is the `submitted_at` of what the reviewer looked at (default: that of the given instance). If the
    text was withdrawn and submitted anew since, or somebody decided first, `TemplatesError` says so.
    """
    require_enabled(revision.owner.project)
    with transaction.atomic():
        lock_owner(revision.owner)
        _refuse_own(revision, by=by)
        before = revision.owner.revisions.filter(status=RevisionStatus.APPROVED).exclude(pk=revision.pk)
        before.update(status=RevisionStatus.RETIRED)
        _decide(revision, Verdict.APPROVED, by=by, comment=comment, seen_at=seen_at)


def reject_revision(
    *, revision: AnyRevision, by: User, comment: str, seen_at: datetime | None = None
) -> None:
    """Refuse this revision; the author reads the comment and writes the next one. `seen_at` as in approving."""
    require_enabled(revision.owner.project)
    _require_reason(comment)
    with transaction.atomic():
        lock_owner(revision.owner)
        _refuse_own(revision, by=by)
        _decide(revision, Verdict.REJECTED, by=by, comment=comment, seen_at=seen_at)


def revoke_revision(*, revision: AnyRevision, by: User, comment: str) -> None:
    """Take an approval back. From now on nothing may start with this text; whoever sends it must hold."""
    require_enabled(revision.owner.project)
    _require_reason(comment)
    with transaction.atomic():
        lock_owner(revision.owner)
        move(revision, to=RevisionStatus.REVOKED)
        _record(revision, Verdict.REVOKED, by=by, comment=comment)


def _decide(
    revision: AnyRevision, verdict: Verdict, *, by: User, comment: str, seen_at: datetime | None
) -> None:
    seen = {"submitted_at": seen_at or revision.submitted_at}
    move(revision, to=RevisionStatus(verdict), only_if=seen, decided_at=timezone.now())
    _record(revision, verdict, by=by, comment=comment)


def _record(revision: AnyRevision, verdict: Verdict, *, by: User, comment: str) -> None:
    review = Review(verdict=verdict, reviewer=by, comment=comment.strip())
    setattr(review, f"{revision.noun}_revision", revision)
    review.save(force_insert=True)
    tell(str(verdict), revision, by=by, review=str(review.uuid))


def _require_reason(comment: str) -> None:
    if not comment.strip():
        raise TemplatesError(_("Give the reason, so that the author knows what to change."))


def _refuse_own(revision: AnyRevision, *, by: User) -> None:
    # Read under the lock: somebody may have become an author since the page was opened.
    current = type(revision)._default_manager.filter(pk=revision.pk).first()
    if current is not None and current.is_by(by.pk):
        raise TemplatesError(_("Nobody reviews their own text. Ask another reviewer."))
