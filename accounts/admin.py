"""People and organizations in Django's admin: read only."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin_site import ReadOnlyAdmin, site
from accounts.models import IdentityVerification, Membership, Organization, ServiceActivation, User


@admin.register(User, site=site)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    fields = ("uuid", "email", "name", "is_active", "is_staff", "is_superuser", "last_login", "created_at")


@admin.register(Organization, site=site)
class OrganizationAdmin(ReadOnlyAdmin):
    list_display = ("name", "requires_two_factor", "locked_at", "created_at")
    search_fields = ("name",)
    fields = ("uuid", "name", "requires_two_factor", "locked_at", "locked_reason", "created_at")


@admin.register(Membership, site=site)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("organization", "user", "roles", "may_reveal_numbers", "changed_at")
    list_select_related = ("organization", "user")
    search_fields = ("organization__name", "user__email")
    fields = ("uuid", "organization", "user", "roles", "may_reveal_numbers", "created_at", "changed_at")


@admin.register(IdentityVerification, site=site)
class IdentityVerificationAdmin(ReadOnlyAdmin):
    list_display = ("organization", "kind", "legal_name", "status", "origin", "submitted_at", "decided_at")
    list_select_related = ("organization",)
    list_filter = ("status", "kind")
    fields = (
        "uuid",
        "organization",
        "kind",
        "legal_name",
        "status",
        "origin",
        "submitted_at",
        "decided_at",
        "reasons",
    )


@admin.register(ServiceActivation, site=site)
class ServiceActivationAdmin(ReadOnlyAdmin):
    list_display = ("organization", "region", "status", "origin", "requested_at", "changed_at")
    list_select_related = ("organization",)
    list_filter = ("status", "region")
    fields = ("organization", "region", "status", "origin", "requested_at", "changed_at")
