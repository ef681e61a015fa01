"""The audit in the side navigation of a project."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from projects.navigation import Item, Section

ITEMS = [Item(_("Audit"), "history", "project-audit", Section.SETTINGS, 90, role=Role.ADMIN)]
