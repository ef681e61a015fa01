"""The pages of this app in the side navigation of a project."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from projects.navigation import Item, Section
from templates_app.queries import n_waiting

ITEMS = [
    Item(_("Signatures"), "signature", "signature-list", Section.TEXTS, 10),
    Item(_("Body templates"), "template", "body-template-list", Section.TEXTS, 20),
    Item(_("Sender IDs"), "id", "sender-id-list", Section.TEXTS, 25),
    Item(
        _("Review queue"),
        "clipboard-check",
        "review-queue",
        Section.TEXTS,
        30,
        role=Role.REVIEWER,
        count=n_waiting,
        is_home=True,
    ),
]
