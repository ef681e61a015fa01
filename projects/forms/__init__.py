"""Shapes of what people type about projects; one module per subject."""

from projects.forms.projects import (
    MarketingHoursForm,
    ProjectEditForm,
    ProjectForm,
    country_choices,
    zone_choices,
)
from projects.forms.setup import SetupForm

__all__ = [
    "MarketingHoursForm",
    "ProjectEditForm",
    "ProjectForm",
    "SetupForm",
    "country_choices",
    "zone_choices",
]
