"""Campaigns in Django's admin: read only, without recipients and texts."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin_site import ReadOnlyAdmin, site
from campaigns.models import Campaign


@admin.register(Campaign, site=site)
class CampaignAdmin(ReadOnlyAdmin):
    list_display = ("name", "project", "region", "status", "created_at")
    list_select_related = ("project",)
    list_filter = ("status", "region")
    fields = ("uuid", "name", "project", "region", "status", "created_at")
