"""The words of an organization's standing: what it is, and how far its requests are."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.types import Region


class EntityKind(models.TextChoices):
    """What an organization is before the law; decides what it may do."""

    INDIVIDUAL = "individual", _("Individual")
    ENTERPRISE = "enterprise", _("Enterprise")


class VerificationStatus(models.TextChoices):
    """pending -> approved | rejected | withdrawn; approved -> superseded, when a newer one is approved."""

    PENDING = "pending", _("Pending approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SUPERSEDED = "superseded", _("Superseded")


class VerificationOrigin(models.TextChoices):
    """Who vouches for the data."""

    REQUEST = "request", _("Reviewed request")
    UPGRADE = "upgrade", _("Taken over at upgrade")
    OWNER = "owner", _("Set up by the installation's owner")


class ActivationStatus(models.TextChoices):
    """requested -> granted | refused; granted -> revoked; refused, revoked -> requested."""

    REQUESTED = "requested", _("Requested")
    GRANTED = "granted", _("Active")
    REFUSED = "refused", _("Refused")
    REVOKED = "revoked", _("Taken back")


REGION_LABELS = {Region.DOMESTIC: _("Domestic SMS"), Region.INTERNATIONAL: _("International SMS")}
REGION_CHOICES = [(region.value, label) for region, label in REGION_LABELS.items()]
