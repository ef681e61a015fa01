"""Invitations: somebody was asked in and has not come yet."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Organization, Role, User


class Invitation(models.Model):
    """An e-mail address that may join an organization with these roles, by a link that works once.

    open -> accepted | withdrawn. An open one whose `expires_at` has passed lets nobody in until it is renewed,
    which gives it another `nonce`: the links made before end.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    roles = ArrayField(models.CharField(max_length=10, choices=Role.choices), verbose_name=_("roles"))
    may_reveal_numbers = models.BooleanField(_("may see whole numbers"), default=False)
    nonce = models.UUIDField(default=uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    # The last who made a link.
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("email"),
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_per_email",
            ),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=[*Role.values]) & models.Q(roles__len__gt=0),
                name="invitation_roles_known",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.email} to {self.organization}"

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()
