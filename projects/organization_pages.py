"""What this app adds to the pages of an organization (`accounts.organization_pages`): the limits of its projects."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.organization_pages import Page

PAGES = [Page(_("Limits"), "organization-limits", 30)]
