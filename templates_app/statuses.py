"""The states of a reviewed text and which may follow which."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RevisionStatus(models.TextChoices):
    """draft -> pending -> approved | rejected; pending -> draft (withdrawn); approved -> retired | revoked."""

    DRAFT = "draft", _("Draft")
    PENDING = "pending", _("Pending approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    RETIRED = "retired", _("Retired")
    REVOKED = "revoked", _("Revoked")


MAY_FOLLOW: dict[RevisionStatus, frozenset[RevisionStatus]] = {
    RevisionStatus.DRAFT: frozenset({RevisionStatus.PENDING}),
    RevisionStatus.PENDING: frozenset(
        {RevisionStatus.APPROVED, RevisionStatus.REJECTED, RevisionStatus.DRAFT}
    ),
    RevisionStatus.APPROVED: frozenset({RevisionStatus.RETIRED, RevisionStatus.REVOKED}),
    RevisionStatus.REJECTED: frozenset(),
    RevisionStatus.RETIRED: frozenset(),
    RevisionStatus.REVOKED: frozenset(),
}


class Verdict(models.TextChoices):
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    REVOKED = "revoked", _("Revoked")


class StoryKind(models.TextChoices):
    """What can happen to a reviewed text, as its story tells it."""

    DRAFTED = "drafted", _("Written")
    EDITED = "edited", _("Edited")
    COPIED = "copied", _("Copied")
    DISCARDED = "discarded", _("Draft discarded")
    SUBMITTED = "submitted", _("Submitted for review")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CLAIMED = "claimed", _("Review begun")
    TAKEN_OVER = "taken_over", _("Review taken over")
    OVERDUE = "overdue", _("Review overdue")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    REVOKED = "revoked", _("Approval revoked")
    RETIRED = "retired", _("Replaced by a newer version")
    REMOVED = "removed", _("Taken out of use")


class SignatureType(models.TextChoices):
    COMPANY = "company", _("Company")
    APP = "app", _("App")
    WEBSITE = "website", _("Website")
    OFFICIAL_ACCOUNT = "official_account", _("Official account or mini program")
    TRADEMARK = "trademark", _("Trademark")
    GOVERNMENT = "government", _("Government or public institution")


class SignatureUse(models.TextChoices):
    OWN = "own", _("For own use")
    OTHERS = "others", _("For others")


class TextKind(models.TextChoices):
    """The scenario type. Verification codes and notifications together are the common messages."""

    VERIFICATION = "verification", _("Verification code")
    NOTIFICATION = "notification", _("Notification")
    MARKETING = "marketing", _("Marketing")
