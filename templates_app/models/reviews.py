"""Who looks at a submitted revision just now, and everything that ever happened to a reviewed text."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from templates_app.statuses import StoryKind


class ReviewClaim(models.Model):
    """A reviewer looks at this revision until then; others see whose it is and may take it over.

    Revisions of every noun are named by their uuid. The row goes with the decision.
    """

    revision_uuid = models.UUIDField(unique=True)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    claimed_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.revision_uuid} is with {self.holder} until {self.until}"


class RevisionEvent(models.Model):
    """One step in the story of a signature, body template or sender ID; never changed, never deleted.

    A trigger in the database holds that. It refers by uuid, so that the story outlives a discarded draft. `by` is
    empty for what nobody did, such as a review that became overdue.
    """

    noun = models.CharField(max_length=20)
    owner_uuid = models.UUIDField()
    revision_uuid = models.UUIDField()
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=StoryKind.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    comment = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["owner_uuid", "id"], name="story_of_owner")]
        constraints = [
            # However many schedulers look, a revision becomes overdue once.
            models.UniqueConstraint(
                fields=["revision_uuid"], condition=models.Q(kind="overdue"), name="overdue_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.noun} {self.owner_uuid}: {self.kind}"
