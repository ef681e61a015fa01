"""What this app adds to the pages of an organization (`accounts.organization_pages`): its review queue."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.organization_pages import Page

PAGES = [Page(_("Review queue"), "organization-review-queue", 40, role=Role.REVIEWER)]
