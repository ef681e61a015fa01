"""Campaigns: what is sent, to whom (uploads and their rows), when, and what was foreseen."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.statuses import CampaignStatus, EventKind, HoldReason, RecipientSource, UploadStatus
from delivery.models import Dispatch
from projects.models import Project
from projects.statuses import FrequencyDimension
from templates_app.models import REGION_CHOICES, BodyTemplateRevision, SignatureRevision
from templates_app.statuses import TextKind


class Campaign(models.Model):
    """One text to many recipients. Its states are drawn in `CampaignStatus`.

    `version` counts changes: who changes a campaign says which version they saw, and the second of two
    changes is refused. The revisions are those it was sent with, whatever is approved later.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="campaigns")
    status = models.CharField(max_length=12, choices=CampaignStatus.choices, default=CampaignStatus.DRAFT)
    hold_reason = models.CharField(max_length=20, choices=HoldReason.choices, blank=True)
    # What the reason leaves open: of a cap its scope, period, value and the end of the period.
    hold_detail = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    # Who changed the draft last; what happens after its start stands in the timeline.
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField(_("campaign name"), max_length=30)
    note = models.CharField(_("note"), max_length=200, blank=True)
    region = models.CharField(_("region"), max_length=13, choices=REGION_CHOICES)
    kind = models.CharField(_("scenario type"), max_length=12, choices=TextKind.choices, blank=True)
    signature_revision = models.ForeignKey(
        SignatureRevision, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    body_template_revision = models.ForeignKey(
        BodyTemplateRevision, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sender_id = models.CharField(_("sender ID"), max_length=15, blank=True)
    source = models.CharField(max_length=6, choices=RecipientSource.choices, default=RecipientSource.FILE)
    manual_numbers = models.TextField(blank=True)

    # When: wall time ("2026-11-21T10:00") and zone as the operator said it, and the instant that follows.
    scheduled_local = models.CharField(max_length=16, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    scheduled_at = models.DateTimeField(null=True, blank=True)

    dispatch = models.OneToOneField(
        Dispatch, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Fan-out continues after the row with this number, and shows by its heartbeat that it lives.
    fanout_row = models.IntegerField(default=0)
    fanout_heartbeat_at = models.DateTimeField(null=True, blank=True)
    copied_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="campaign_list"),
            models.Index("scheduled_at", condition=models.Q(status="scheduled"), name="campaign_due"),
            models.Index(
                "status", condition=models.Q(status__in=["running", "suspended"]), name="campaign_live"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A file of recipients (or typed numbers), what was found in it, and how far reading has come.

    `options` is what the operator chose: sheet, number column, header, encoding. `facts` is what the reader
    found: kind, sheets, header, surplus columns, landlines. Recipients with `is_duplicate` are not sent to.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="uploads")
    is_current = models.BooleanField(default=True)
    status = models.CharField(max_length=8, choices=UploadStatus.choices, default=UploadStatus.WAITING)
    # Empty for typed numbers. Copies of a campaign share the file.
    file = models.FileField(upload_to="uploads/", blank=True)
    original_name = models.CharField(max_length=200)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    options = models.JSONField(default=dict, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    # The placeholders and region the rows were checked against; a change reads the file again.
    checked_for = models.JSONField(default=dict, blank=True)
    refusal = models.JSONField(default=dict, blank=True)
    # Rows up to this number are stored; a re-run continues after it.
    cursor_row = models.IntegerField(default=0)
    n_rows = models.IntegerField(default=0)
    n_recipients = models.IntegerField(default=0)
    n_refused = models.IntegerField(default=0)
    n_duplicates = models.IntegerField(default=0)
    n_landlines = models.IntegerField(default=0)
    n_same_number = models.IntegerField(default=0)
    # 0 to 1 of the file, for the progress bar; and since when, for the rate.
    progress = models.FloatField(default=0)
    reading_since = models.DateTimeField(null=True, blank=True)
    # A running import shows itself by this; the sweep rings again when it stops moving.
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=models.Q(is_current=True),
                name="one_current_upload_of_campaign",
            )
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def n_sendable(self) -> int:
        """How many messages its rows make."""
        return self.n_recipients - self.n_duplicates


class Recipient(models.Model):
    """A row of an upload that became a person. Written by COPY; key is (upload, row number).

    Rows are written and deleted under the lock of their upload's row, so PostgreSQL need not look it up for each.
    """

    pk = models.CompositePrimaryKey("upload_id", "row_number")
    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    row_number = models.IntegerField()
    msisdn = models.CharField(max_length=16)
    country = models.CharField(max_length=2)
    parameters = ArrayField(models.TextField())
    is_duplicate = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"row {self.row_number}"


class RefusedRow(models.Model):
    """A row that cannot be sent to: where, what stood there, why (a `RefusalReason`)."""

    pk = models.CompositePrimaryKey("upload_id", "row_number")
    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    row_number = models.IntegerField()
    column = models.CharField(max_length=120)
    value = models.CharField(max_length=200)
    reason = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"row {self.row_number}: {self.reason}"


class Forecast(models.Model):
    """What sending this draft would do, computed in one read over the recipients.

    `digest` names the file, text and choices it was computed for; a draft with another digest needs a new one.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="forecast")
    digest = models.CharField(max_length=64)
    n_messages = models.IntegerField(default=0)
    n_segments = models.IntegerField(default=0)
    n_people = models.IntegerField(default=0)
    # Lists of pairs (segments, messages) and of triples (country, messages, segments).
    segments_histogram = models.JSONField(default=list)
    countries = models.JSONField(default=list)
    encodings = models.JSONField(default=dict)
    longest_row = models.IntegerField(null=True)
    first_row = models.IntegerField(null=True)
    # Messages longer than carriers take, and the row of the first.
    n_too_long = models.IntegerField(default=0)
    too_long_row = models.IntegerField(null=True)
    seconds = models.FloatField(default=0)
    # What the limits would do to it (`campaigns.services.limit_forecasts`). Empty while that is worked out.
    limits = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"forecast of {self.campaign}"


class Verification(models.Model):
    """A verification code shown to one person for one digest of file, text and schedule.

    Single use, five minutes, five tries. Picture and sound are drawn from `answer`, which is emptied by its use.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="verifications")
    digest = models.CharField(max_length=64)
    answer = models.CharField(max_length=12)
    n_tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"verification {self.pk}"


class CampaignEvent(models.Model):
    """The campaign's timeline: who did what, when. `by` is empty for what the console did itself."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30, choices=EventKind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.campaign}"


class Simulation(models.Model):
    """What one frequency limit would have done to the messages of the last days, replayed on somebody's question.

    `answer` is made by `campaigns.simulation` and empty until then; a runner shows itself by the heartbeat.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    dimension = models.CharField(max_length=24, choices=FrequencyDimension.choices)
    n_messages = models.PositiveIntegerField()
    n_seconds = models.PositiveIntegerField(null=True, blank=True)
    n_total = models.IntegerField(default=0)
    n_read = models.IntegerField(default=0)
    answer = models.JSONField(default=dict, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"simulation of {self.dimension}"


class TestSend(models.Model):
    """A test of a draft to up to five of one's own numbers; its messages are an own dispatch."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="test_sends")
    dispatch = models.OneToOneField(Dispatch, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"test of {self.campaign}"
