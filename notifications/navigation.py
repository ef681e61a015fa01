"""The pages of this app in the side navigation of a project."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from projects.navigation import Item, Section

ITEMS = [
    Item(_("Alarm contacts"), "bell", "alarm-contacts", Section.SETTINGS, 60),
    Item(_("Notifications"), "mail", "project-notifications", Section.SETTINGS, 65),
    Item(_("Security settings"), "shield-lock", "security-settings", Section.SETTINGS, 70),
]
