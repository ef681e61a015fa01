"""Who looks at a case just now: two reviewers neither read nor decide the same one without knowing it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from projects.services import require_enabled
from templates_app.errors import ClaimedByAnother, TemplatesError
from templates_app.models import AnyRevision, ReviewClaim, RevisionEvent
from templates_app.services.revisions import lock_owner, present_state
from templates_app.services.story import note
from templates_app.statuses import RevisionStatus, StoryKind

CLAIM_SECONDS: Final = 15 * 60


def claim_revision(*, revision: AnyRevision, by: User) -> ReviewClaim:
    """Take this review if it is free, and let go of every other; returns the claim in force, which may be another's.

    Raises `TemplatesError` when it does not wait any more, or is the person's own text.
    """
    # In a transaction of its own: somebody may open two cases in two windows at once.
    ReviewClaim.objects.filter(holder=by).exclude(revision_uuid=revision.uuid).delete()
    return renew_claim(revision=revision, by=by)


def renew_claim(*, revision: AnyRevision, by: User) -> ReviewClaim:
    """As `claim_revision`, for a page that is open already: other claims of this person stay."""
    with transaction.atomic():
        claim = _lock(revision, by=by)
        if claim is not None and _is_anothers(claim, by=by):
            return claim
        return _put(revision, claim, by=by, kind=StoryKind.CLAIMED)


def take_over_revision(*, revision: AnyRevision, by: User) -> ReviewClaim:
    """Take this review from whoever has it: that person's verdict is refused from now on."""
    with transaction.atomic():
        claim = _lock(revision, by=by)
        kind = StoryKind.TAKEN_OVER if claim and _is_anothers(claim, by=by) else StoryKind.CLAIMED
        return _put(revision, claim, by=by, kind=kind)


def require_no_other_claim(revision: AnyRevision, *, by: User) -> None:
    """Under the owner's lock: raise `ClaimedByAnother` while somebody else looks at it."""
    claim = ReviewClaim.objects.select_related("holder").filter(revision_uuid=revision.uuid).first()
    if claim is not None and _is_anothers(claim, by=by):
        raise ClaimedByAnother(
            _(
                "%(name)s is looking at this case. Nothing is decided: ask them, or take the case over and "
                "decide again."
            )
            % {"name": claim.holder}
        )


def _lock(revision: AnyRevision, *, by: User) -> ReviewClaim | None:
    require_enabled(revision.owner.project)
    lock_owner(revision.owner)
    current = type(revision)._default_manager.filter(pk=revision.pk).first()
    if current is None or current.status != RevisionStatus.PENDING:
        raise TemplatesError(present_state(revision))
    if current.is_by(by.pk):
        raise TemplatesError(_("Nobody reviews their own text. Ask another reviewer."))
    return ReviewClaim.objects.select_related("holder").filter(revision_uuid=revision.uuid).first()


def _is_anothers(claim: ReviewClaim, *, by: User) -> bool:
    return claim.holder_id != by.pk and claim.until > timezone.now()


def _put(revision: AnyRevision, claim: ReviewClaim | None, *, by: User, kind: StoryKind) -> ReviewClaim:
    now = timezone.now()
    is_same = claim is not None and claim.holder_id == by.pk
    fields = {"holder": by, "until": now + timedelta(seconds=CLAIM_SECONDS)}
    if not is_same:
        fields["claimed_at"] = now
        _note_once(kind, revision, by=by)
    put, _is_new = ReviewClaim.objects.update_or_create(revision_uuid=revision.uuid, defaults=fields)
    return put


def _note_once(kind: StoryKind, revision: AnyRevision, *, by: User) -> None:
    """Who goes to and fro in the queue begins a review once."""
    last = RevisionEvent.objects.filter(owner_uuid=revision.owner.uuid).order_by("-id").first()
    looked = (StoryKind.CLAIMED, StoryKind.TAKEN_OVER)
    if last is None or last.by_id != by.pk or last.kind not in looked:
        note(kind, revision, by=by)
