"""What this app adds to the pages of an organization (`accounts.organization_pages`): its audit."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.organization_pages import Page

PAGES = [Page(_("Audit"), "organization-audit", 80, role=Role.ADMIN, for_staff=True)]
