"""Gateways and dispatches in Django's admin: read only, without secrets, numbers and texts."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin_site import ReadOnlyAdmin, site
from delivery.models import Dispatch, Gateway


@admin.register(Gateway, site=site)
class GatewayAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "is_enabled", "rate_per_second", "changed_at")
    fields = ("uuid", "slug", "name", "kind", "is_enabled", "rate_per_second", "created_at", "changed_at")


@admin.register(Dispatch, site=site)
class DispatchAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "gateway", "state", "hold_cause", "n_total", "n_open", "created_at")
    list_select_related = ("project", "gateway")
    fields = (
        "project",
        "gateway",
        "state",
        "hold_cause",
        "not_before",
        "n_total",
        "n_open",
        "fanout_done",
        "created_at",
        "sent_at",
        "closed_at",
    )
