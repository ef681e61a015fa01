"""The pages of this app in the side navigation of a project."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from projects.navigation import Item, Section

ITEMS = [Item(_("Callbacks"), "arrows-exchange", "callbacks", Section.SETTINGS, 14)]
