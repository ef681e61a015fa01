"""Signatures and body templates, their revisions, and the reviews that let them be used."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.statuses import RevisionStatus, SignatureType, SignatureUse, TextKind, Verdict

REGION_CHOICES = [(Region.DOMESTIC.value, _("Domestic")), (Region.INTERNATIONAL.value, _("International"))]


class Signature(models.Model):
    """Brand text put in front of the body. What it says is in its revisions; at most one is approved."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="signatures")
    region = models.CharField(_("region"), max_length=13, choices=REGION_CHOICES)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"signature {self.pk}"


class BodyTemplate(models.Model):
    """A reviewed text with placeholders. What it says is in its revisions; at most one is approved."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="body_templates")
    region = models.CharField(_("region"), max_length=13, choices=REGION_CHOICES)
    name = models.CharField(_("Template name"), max_length=60)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "region", "name"], name="body_template_name_in_project"
            )
        ]

    def __str__(self) -> str:
        return self.name


def waiting_index(name: str) -> models.Index:
    """The review queue in its order: oldest first, and only what waits."""
    return models.Index(fields=["submitted_at", "uuid"], condition=models.Q(status="pending"), name=name)


class Revision(models.Model):
    """What signature and body template revisions share.

    Once submitted a revision's content never changes; editing makes the next one (`number`). A trigger in the
    database holds that too. `author_ids` are all who wrote in it: none of them may review it.
    """

    # What it is a revision of; the word in events, and the name of the foreign key in `Review`.
    noun: ClassVar[str]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=10, choices=RevisionStatus.choices, default=RevisionStatus.DRAFT)
    remarks = models.TextField(_("remarks"), max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    author_ids = ArrayField(models.BigIntegerField(), default=list)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    # When and by whom its words were last written: what an editor saw is compared with it.
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True

    def is_by(self, person_id: int) -> bool:
        """Whether this person wrote in it or submitted it, and so may not review it."""
        return person_id in self.author_ids or person_id == self.submitted_by_id


class SignatureRevision(Revision):
    noun = "signature"

    signature = models.ForeignKey(Signature, on_delete=models.CASCADE, related_name="revisions")
    text = models.CharField(_("Signature name"), max_length=30)
    type = models.CharField(_("type"), max_length=20, choices=SignatureType.choices)
    use = models.CharField(_("use"), max_length=10, choices=SignatureUse.choices, default=SignatureUse.OWN)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["signature", "number"], name="signature_revision_number"),
            models.UniqueConstraint(
                fields=["signature"],
                condition=models.Q(status="approved"),
                name="one_approved_signature_revision",
            ),
            models.UniqueConstraint(
                fields=["signature"],
                condition=models.Q(status__in=["draft", "pending"]),
                name="one_open_signature_revision",
            ),
        ]
        indexes = [waiting_index("signatures_waiting")]

    def __str__(self) -> str:
        return self.text

    @property
    def owner(self) -> Signature:
        return self.signature


class BodyTemplateRevision(Revision):
    """`placeholders` are the names in the order of a row's parameters: ["1", "2"] or ["name", "code"]."""

    noun = "body_template"

    body_template = models.ForeignKey(BodyTemplate, on_delete=models.CASCADE, related_name="revisions")
    kind = models.CharField(_("scenario type"), max_length=12, choices=TextKind.choices)
    text = models.TextField(_("text"), max_length=500)
    placeholders = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["body_template", "number"], name="body_template_revision_number"),
            models.UniqueConstraint(
                fields=["body_template"],
                condition=models.Q(status="approved"),
                name="one_approved_body_template_revision",
            ),
            models.UniqueConstraint(
                fields=["body_template"],
                condition=models.Q(status__in=["draft", "pending"]),
                name="one_open_body_template_revision",
            ),
        ]
        indexes = [waiting_index("body_templates_waiting")]

    def __str__(self) -> str:
        return f"{self.body_template} r{self.number}"

    @property
    def owner(self) -> BodyTemplate:
        return self.body_template


class SenderId(models.Model):
    """The source address that a phone abroad shows. What it says is in its revisions; at most one is approved.

    `country` (ISO 3166) is the one country it may be used for; empty means every country.
    """

    # Sender IDs exist for international sending only; pages and rules ask all reviewed things alike.
    region: ClassVar[str] = Region.INTERNATIONAL.value

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sender_ids")
    country = models.CharField(_("country"), max_length=2, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"sender ID {self.pk}"

    def get_region_display(self) -> str:
        return str(dict(REGION_CHOICES)[self.region])


class SenderIdRevision(Revision):
    noun = "sender_id"

    sender_id = models.ForeignKey(SenderId, on_delete=models.CASCADE, related_name="revisions")
    text = models.CharField(_("Sender ID"), max_length=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender_id", "number"], name="sender_id_revision_number"),
            models.UniqueConstraint(
                fields=["sender_id"],
                condition=models.Q(status="approved"),
                name="one_approved_sender_id_revision",
            ),
            models.UniqueConstraint(
                fields=["sender_id"],
                condition=models.Q(status__in=["draft", "pending"]),
                name="one_open_sender_id_revision",
            ),
        ]
        indexes = [waiting_index("sender_ids_waiting")]

    def __str__(self) -> str:
        return self.text

    @property
    def owner(self) -> SenderId:
        return self.sender_id


AnyOwner = Signature | BodyTemplate | SenderId
AnyRevision = SignatureRevision | BodyTemplateRevision | SenderIdRevision


class Certificate(models.Model):
    """A document that proves the right to a signature; served only to those who may see it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    revision = models.ForeignKey(SignatureRevision, on_delete=models.CASCADE, related_name="certificates")
    file = models.FileField(upload_to="certificates/")
    original_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    size_bytes = models.PositiveIntegerField()
    # A PDF is shown as pictures of its pages, which lie beside it; none, where it could not be drawn.
    n_pages = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.original_name

    @property
    def pages(self) -> range:
        """The numbers of a PDF's pages that can be shown."""
        return range(1, self.n_pages + 1)


class Review(models.Model):
    """One verdict: who, when, about which revision, why."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    signature_revision = models.ForeignKey(
        SignatureRevision, on_delete=models.CASCADE, null=True, blank=True, related_name="reviews"
    )
    body_template_revision = models.ForeignKey(
        BodyTemplateRevision, on_delete=models.CASCADE, null=True, blank=True, related_name="reviews"
    )
    sender_id_revision = models.ForeignKey(
        SenderIdRevision, on_delete=models.CASCADE, null=True, blank=True, related_name="reviews"
    )
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    # Keys of `presets`, as ticked; their words stand in the comment.
    presets = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    comment = models.TextField(max_length=2000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    signature_revision__isnull=False,
                    body_template_revision__isnull=True,
                    sender_id_revision__isnull=True,
                )
                | models.Q(
                    signature_revision__isnull=True,
                    body_template_revision__isnull=False,
                    sender_id_revision__isnull=True,
                )
                | models.Q(
                    signature_revision__isnull=True,
                    body_template_revision__isnull=True,
                    sender_id_revision__isnull=False,
                ),
                name="review_of_exactly_one_revision",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.reviewer}"
