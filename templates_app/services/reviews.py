"""Reviews: one person wrote it, another decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from projects.services import require_enabled
from templates_app.errors import RevisionChanged, TemplatesError
from templates_app.models import AnyRevision, Review, ReviewClaim
from templates_app.services.claims import require_no_other_claim
from templates_app.services.revisions import lock_owner, move, tell
from templates_app.services.story import note
from templates_app.statuses import RevisionStatus, StoryKind, Verdict


def approve_revision(
    *,
    revision: AnyRevision,
    by: User,
    comment: str = "",
    seen_at: datetime | None = None,
) -> None:
    """From now on this revision is used; the one approved before is retired in the same moment.

    `seen_at` is the `submitted_at` of what the reviewer looked at (default: that of the given instance). If the
    text was withdrawn and submitted anew since, `RevisionChanged` says so; if somebody decided first,
    `TemplatesError`; if another reviewer looks at it just now, `ClaimedByAnother`.
    """
    require_enabled(revision.owner.project)
    with transaction.atomic():
        _begin(revision, by=by, seen_at=seen_at)
        for before in revision.owner.revisions.filter(status=RevisionStatus.APPROVED).exclude(pk=revision.pk):
            move(before, to=RevisionStatus.RETIRED)
            note(StoryKind.RETIRED, before, by=by)
        _decide(revision, Verdict.APPROVED, by=by, comment=comment, seen_at=seen_at)


def reject_revision(
    *,
    revision: AnyRevision,
    by: User,
    comment: str,
    presets: Sequence[str] = (),
    seen_at: datetime | None = None,
) -> None:
    """Refuse this revision; the author reads the comment and writes the next one.

    `presets` are the keys of the reasons whose words the comment holds. `seen_at` and the errors are those of
    approving.
    """
    require_enabled(revision.owner.project)
    _require_reason(comment)
    with transaction.atomic():
        _begin(revision, by=by, seen_at=seen_at)
        _decide(revision, Verdict.REJECTED, by=by, comment=comment, presets=presets, seen_at=seen_at)


def revoke_revision(*, revision: AnyRevision, by: User, comment: str) -> None:
    """Take an approval back. From now on nothing may start with this text; whoever sends it must hold."""
    require_enabled(revision.owner.project)
    _require_reason(comment)
    with transaction.atomic():
        lock_owner(revision.owner)
        move(revision, to=RevisionStatus.REVOKED)
        _record(revision, Verdict.REVOKED, by=by, comment=comment)


def _begin(revision: AnyRevision, *, by: User, seen_at: datetime | None) -> None:
    """Lock, then read again: since the page was opened the text, its authors and its reviewer may have changed."""
    lock_owner(revision.owner)
    revisions = type(revision)._default_manager.select_related("submitted_by")
    current = revisions.filter(pk=revision.pk, status=RevisionStatus.PENDING).first()
    if current is None:
        return
    if current.is_by(by.pk):
        raise TemplatesError(_("Nobody reviews their own text. Ask another reviewer."))
    if current.submitted_at != (seen_at or revision.submitted_at):
        raise RevisionChanged(_who_submitted_anew(current, revision.owner.project.zone))
    require_no_other_claim(revision, by=by)


def _decide(
    revision: AnyRevision,
    verdict: Verdict,
    *,
    by: User,
    comment: str,
    presets: Sequence[str] = (),
    seen_at: datetime | None,
) -> None:
    seen = {"submitted_at": seen_at or revision.submitted_at}
    move(revision, to=RevisionStatus(verdict), only_if=seen, decided_at=timezone.now())
    ReviewClaim.objects.filter(revision_uuid=revision.uuid).delete()
    _record(revision, verdict, by=by, comment=comment, presets=presets)


def _record(
    revision: AnyRevision, verdict: Verdict, *, by: User, comment: str, presets: Sequence[str] = ()
) -> None:
    review = Review(verdict=verdict, reviewer=by, comment=comment.strip(), presets=list(presets))
    setattr(review, f"{revision.noun}_revision", revision)
    review.save(force_insert=True)
    tell(str(verdict), revision, by=by, comment=review.comment, review=str(review.uuid))


def _require_reason(comment: str) -> None:
    if not comment.strip():
        raise TemplatesError(_("Give the reason, so that the author knows what to change."))


def _who_submitted_anew(current: AnyRevision, zone: ZoneInfo) -> str:
    moment = timezone.localtime(current.submitted_at, zone)
    return _(
        "%(name)s submitted it anew on %(time)s, after you had opened it: it may have changed. Nothing is decided; "
        "look at it again, then decide."
    ) % {"name": current.submitted_by, "time": date_format(moment, "DATETIME_FORMAT")}
