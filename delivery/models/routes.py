"""Which gateways may carry which messages."""

from __future__ import annotations

import uuid

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from accounts.models import User
from delivery.models.gateways import Gateway
from projects.models import Project


class Route(models.Model):
    """Messages that fit all of its conditions may leave through its gateway. An empty condition fits everything.

    Of the routes that fit, those with the lowest `priority` come first, among these the cheapest; equals share the
    messages by `weight`. The others follow as fall-backs. Without any fitting route a message leaves through the
    gateway that was set up first.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="routes")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=12, blank=True)  # "verification", "notification", "marketing"
    country = models.CharField(max_length=2, blank=True)  # ISO 3166 alpha-2
    prefix = models.CharField(
        max_length=15, blank=True
    )  # leading digits of the number, without the plus sign
    priority = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    weight = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    # Per segment, in the installation's currency; only compared. Empty is dearer than any.
    cost = models.DecimalField(max_digits=10, decimal_places=5, null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"route through {self.gateway}"
