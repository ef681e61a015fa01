"""The pages of this app in the side navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from projects.navigation import Item, Section

ITEMS = [
    Item(
        _("Send"),
        "send",
        "campaign-new",
        Section.WORK,
        10,
        role=Role.OPERATOR,
        pages=frozenset({"campaign-send", "campaign-what", "campaign-upload", "campaign-confirm"}),
    ),
    Item(_("Campaigns"), "list-check", "campaign-list", Section.WORK, 20, is_home=True),
    Item(_("Uncertain"), "help-circle", "uncertain-list", Section.WORK, 50),
    Item(
        _("Look up a number"),
        "zoom-question",
        "number-why",
        Section.WORK,
        60,
        pages=frozenset({"message-detail"}),
    ),
]
