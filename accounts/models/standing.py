"""What an organization has proved and been granted: its identity, and the services it may use."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Organization
from accounts.statuses import (
    REGION_CHOICES,
    ActivationStatus,
    EntityKind,
    VerificationOrigin,
    VerificationStatus,
)
from smsconsole.lib.fields import EncryptedTextField


class IdentityVerification(models.Model):
    """A request to be known as this person or company; the newest approved one is in force.

    pending -> approved | rejected | withdrawn; approved -> superseded. What was submitted never changes: a
    correction is a new request, and the approved data stay in force until it is approved.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="verifications")
    kind = models.CharField(_("kind"), max_length=10, choices=EntityKind.choices)
    legal_name = models.CharField(_("legal name"), max_length=160)
    # Sealed: of an individual it is the number of an identity document.
    registration_number = EncryptedTextField(_("registration number"), blank=True)
    address = models.CharField(_("address"), max_length=400, blank=True)
    contact_name = models.CharField(_("contact person"), max_length=80, blank=True)
    contact_msisdn = models.CharField(_("contact's number"), max_length=16, blank=True)
    status = models.CharField(
        max_length=10, choices=VerificationStatus.choices, default=VerificationStatus.PENDING
    )
    origin = models.CharField(
        max_length=8, choices=VerificationOrigin.choices, default=VerificationOrigin.REQUEST
    )
    submitted_at = models.DateTimeField(default=timezone.now)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reasons = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    comment = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(status=VerificationStatus.PENDING),
                name="one_pending_verification",
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(status=VerificationStatus.APPROVED),
                name="one_verification_in_force",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="verification_newest"),
            models.Index(
                fields=["id"],
                condition=models.Q(status=VerificationStatus.PENDING),
                name="verification_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"verification of {self.legal_name}"

    @property
    def is_individual(self) -> bool:
        return self.kind == EntityKind.INDIVIDUAL


class VerificationDocument(models.Model):
    """A paper that proves a verification's data; a PDF is shown as `n_pages` pictures beside it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    verification = models.ForeignKey(IdentityVerification, on_delete=models.CASCADE, related_name="documents")
    file = models.FileField()
    original_name = models.CharField(max_length=160)
    content_type = models.CharField(max_length=40)
    size_bytes = models.PositiveIntegerField()
    n_pages = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.original_name

    @property
    def page_numbers(self) -> range:
        return range(1, self.n_pages + 1)


class ServiceActivation(models.Model):
    """Whether an organization may send domestic or international SMS.

    requested -> granted | refused; granted -> revoked; refused, revoked -> requested.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="activations")
    region = models.CharField(max_length=13, choices=REGION_CHOICES)
    status = models.CharField(
        max_length=9, choices=ActivationStatus.choices, default=ActivationStatus.REQUESTED
    )
    origin = models.CharField(
        max_length=8, choices=VerificationOrigin.choices, default=VerificationOrigin.REQUEST
    )
    purpose = models.CharField(_("what will be sent"), max_length=500, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    comment = models.CharField(max_length=1000, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "region"], name="one_activation_of_region")
        ]
        indexes = [
            models.Index(
                fields=["requested_at"],
                condition=models.Q(status=ActivationStatus.REQUESTED),
                name="activation_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.region} of {self.organization_id}"
