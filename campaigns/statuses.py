"""The states of a campaign and of its upload, and which may follow which."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CampaignStatus(models.TextChoices):
    """draft -> importing -> ready -> scheduled -> running <-> suspended -> finished.

    Any of them before finished -> cancelled; held (late, text revoked, stopped, cap) -> running | cancelled. Held
    or suspended before the start -> scheduled again. Finished -> running only to send uncertain messages once more.
    """

    DRAFT = "draft", _("Draft")
    IMPORTING = "importing", _("Importing")
    READY = "ready", _("Ready to send")
    SCHEDULED = "scheduled", _("Scheduled")
    RUNNING = "running", _("Running")
    SUSPENDED = "suspended", _("Suspended")
    HELD = "held", _("Held")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")


EDITABLE_STATUSES = frozenset({CampaignStatus.DRAFT, CampaignStatus.IMPORTING, CampaignStatus.READY})

MAY_FOLLOW: dict[CampaignStatus, frozenset[CampaignStatus]] = {
    CampaignStatus.DRAFT: frozenset({CampaignStatus.IMPORTING, CampaignStatus.CANCELLED}),
    CampaignStatus.IMPORTING: frozenset(
        {CampaignStatus.READY, CampaignStatus.DRAFT, CampaignStatus.CANCELLED}
    ),
    CampaignStatus.READY: frozenset(
        {
            CampaignStatus.DRAFT,
            CampaignStatus.IMPORTING,
            CampaignStatus.SCHEDULED,
            CampaignStatus.RUNNING,
            CampaignStatus.CANCELLED,
        }
    ),
    CampaignStatus.SCHEDULED: frozenset(
        {CampaignStatus.RUNNING, CampaignStatus.HELD, CampaignStatus.SUSPENDED, CampaignStatus.CANCELLED}
    ),
    CampaignStatus.RUNNING: frozenset(
        {CampaignStatus.SUSPENDED, CampaignStatus.HELD, CampaignStatus.FINISHED, CampaignStatus.CANCELLED}
    ),
    CampaignStatus.SUSPENDED: frozenset(
        {
            CampaignStatus.RUNNING,
            CampaignStatus.SCHEDULED,
            CampaignStatus.HELD,
            CampaignStatus.FINISHED,
            CampaignStatus.CANCELLED,
        }
    ),
    CampaignStatus.HELD: frozenset(
        {
            CampaignStatus.RUNNING,
            CampaignStatus.SCHEDULED,
            CampaignStatus.FINISHED,
            CampaignStatus.CANCELLED,
        }
    ),
    CampaignStatus.FINISHED: frozenset({CampaignStatus.RUNNING}),
    CampaignStatus.CANCELLED: frozenset(),
}


class HoldReason(models.TextChoices):
    """Why the console holds a campaign; what belongs to it (which cap, for instance) is `Campaign.hold_detail`."""

    LATE = "late", _("It could not start in its grace period")
    IMPORT_UNFINISHED = "import_unfinished", _("The file was not imported when it was due")
    TEXT_REVOKED = "text_revoked", _("Its text is no longer approved")
    PROJECT_DISABLED = "project_disabled", _("The project is disabled")
    NOT_ACTIVATED = "not_activated", _("The organization may not send it at present")
    STOPPED = "stopped", _("Everything was stopped")
    CAP = "cap", _("A cap is reached")


class UploadStatus(models.TextChoices):
    """receiving is the browser's part; waiting -> reading -> read | refused is the worker's."""

    WAITING = "waiting", _("Waiting")
    READING = "reading", _("Reading")
    READ = "read", _("Read")
    REFUSED = "refused", _("Refused")


class RecipientSource(models.TextChoices):
    FILE = "file", _("Import data")
    MANUAL = "manual", _("Manual input")


class EventKind(models.TextChoices):
    """What the timeline of a campaign tells."""

    CREATED = "created", _("Draft made")
    COPIED = "copied", _("Copied from another campaign")
    FILE_RECEIVED = "file_received", _("File uploaded")
    FILE_READ = "file_read", _("File read and checked")
    FILE_REFUSED = "file_refused", _("File refused")
    NUMBERS_TYPED = "numbers_typed", _("Numbers typed in")
    TEST_SENT = "test_sent", _("Test sent")
    SCHEDULED = "scheduled", _("Scheduled")
    RESCHEDULED = "rescheduled", _("Moved to another time")
    STARTED = "started", _("Started")
    SUSPENDED = "suspended", _("Suspended")
    RESUMED = "resumed", _("Continued")
    HELD = "held", _("Held by the console")
    RELEASED = "released", _("Released")
    CANCELLED = "cancelled", _("Cancelled")
    FINISHED = "finished", _("Everything is sent")
    UNCERTAIN_SETTLED = "uncertain_settled", _("Uncertain messages settled")
    NUMBERS_REVEALED = "numbers_revealed", _("Whole numbers shown")
