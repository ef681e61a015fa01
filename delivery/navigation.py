"""The pages of this app in the side navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from projects.navigation import Item, Section

ITEMS = [
    Item(_("Replies"), "messages", "reply-list", Section.WORK, 40),
    Item(_("Handset"), "device-mobile", "handset", Section.TRYING, 10),
]
