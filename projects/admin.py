"""Projects and their limits in Django's admin: read only, without keys and number lists."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin_site import ReadOnlyAdmin, site
from projects.models import Cap, FrequencyRule, Project


@admin.register(Project, site=site)
class ProjectAdmin(ReadOnlyAdmin):
    list_display = ("name", "organization", "sdk_app_id", "time_zone", "disabled_at", "stopped_at")
    list_select_related = ("organization",)
    search_fields = ("name", "slug", "organization__name")
    fields = (
        "uuid",
        "name",
        "slug",
        "organization",
        "sdk_app_id",
        "time_zone",
        "default_country",
        "disabled_at",
        "stopped_at",
        "limits_countries",
        "created_at",
    )


@admin.register(FrequencyRule, site=site)
class FrequencyRuleAdmin(ReadOnlyAdmin):
    list_display = ("dimension", "organization", "project", "is_on", "n_messages", "n_seconds", "changed_at")
    list_select_related = ("organization", "project")
    fields = ("dimension", "organization", "project", "is_on", "n_messages", "n_seconds", "changed_at")


@admin.register(Cap, site=site)
class CapAdmin(ReadOnlyAdmin):
    list_display = ("project", "scope", "period", "warn_at", "cap", "changed_at")
    list_select_related = ("project",)
    fields = ("project", "scope", "period", "warn_at", "cap", "changed_at")
