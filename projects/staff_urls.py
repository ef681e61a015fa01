"""Addresses of platform staff about organizations."""

from __future__ import annotations

from django.urls import path

from projects.views import staff

urlpatterns = [
    path("staff/organizations/", staff.staff_organization_list, name="staff-organization-list"),
    path("staff/organizations/<uuid:uuid>/", staff.staff_organization, name="staff-organization"),
]
