"""What a project may send: frequency limits, caps with warnings, allowed countries."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from projects.models.project import Project
from projects.statuses import CapPeriod, FrequencyDimension


class FrequencyRule(models.Model):
    """A frequency limit that differs from the console's default, for a project or a whole organization.

    The project's own wins over its organization's, that one over the default (`projects.limits`). A rule that is
    off lifts the limit. `n_seconds` is used by the dimension that counts seconds.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="frequency_rules"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, null=True, blank=True, related_name="frequency_rules"
    )
    dimension = models.CharField(max_length=24, choices=FrequencyDimension.choices)
    is_on = models.BooleanField(default=True)
    n_messages = models.PositiveIntegerField(default=1)
    n_seconds = models.PositiveIntegerField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(organization__isnull=False) ^ models.Q(project__isnull=False),
                name="frequency_rule_of_one_owner",
            ),
            models.UniqueConstraint(
                fields=["project", "dimension"],
                condition=models.Q(project__isnull=False),
                name="one_frequency_rule_of_project",
            ),
            models.UniqueConstraint(
                fields=["organization", "dimension"],
                condition=models.Q(organization__isnull=False),
                name="one_frequency_rule_of_organization",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dimension} of {self.project or self.organization}"


class Cap(models.Model):
    """So many messages a day or month: a warning, and a cap that holds what would go beyond.

    `scope` is "all", "domestic", "international" or a country (ISO code). Empty values mean none. Days and months
    are those of the project's zone; what a carrier took or may have taken counts.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="caps")
    scope = models.CharField(max_length=13)
    period = models.CharField(max_length=5, choices=CapPeriod.choices)
    warn_at = models.PositiveIntegerField(_("warning at"), null=True, blank=True)
    cap = models.PositiveIntegerField(_("cap"), null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "scope", "period"], name="one_cap_of_scope_and_period")
        ]

    def __str__(self) -> str:
        return f"{self.scope} a {self.period} of {self.project}"


class AllowedCountry(models.Model):
    """A country that may be sent to while `Project.limits_countries` is set; all others are blocked."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="allowed_countries")
    country = models.CharField(max_length=2)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "country"], name="allowed_country_of_project")
        ]

    def __str__(self) -> str:
        return self.country
