"""Addresses of the audit."""

from __future__ import annotations

from django.urls import path

from audit import views

urlpatterns = [
    path("audit/", views.installation_audit, name="installation-audit"),
    path("audit/<int:number>/", views.installation_audit_entry, name="installation-audit-entry"),
    path("organizations/<uuid:uuid>/audit/", views.organization_audit, name="organization-audit"),
    path("organizations/<uuid:uuid>/audit/<int:number>/", views.audit_entry, name="audit-entry"),
    path("projects/<slug:slug>/audit/", views.project_audit, name="project-audit"),
]
