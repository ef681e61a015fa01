"""Shapes of what people type about projects; one module per subject."""

from projects.forms.projects import ProjectForm, RevealForm, country_choices, zone_choices
from projects.forms.setup import SetupForm

__all__ = ["ProjectForm", "RevealForm", "SetupForm", "country_choices", "zone_choices"]
