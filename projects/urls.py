"""Addresses of projects, and the setup page that makes the first one."""

from __future__ import annotations

from django.urls import path

from projects import views

urlpatterns = [
    path("", views.project_list, name="project-list"),
    path("setup/", views.setup, name="setup"),
    path("organizations/<uuid:uuid>/projects/add/", views.project_add, name="project-add"),
    # projects/<project>/
    path("projects/<slug:slug>/", views.project_detail, name="project-detail"),
    path("projects/<slug:slug>/settings/", views.project_edit, name="project-edit"),
    path("projects/<slug:slug>/settings/disable/", views.project_disable, name="project-disable"),
    path("projects/<slug:slug>/settings/enable/", views.project_enable, name="project-enable"),
    path("projects/<slug:slug>/settings/delete/", views.project_delete, name="project-delete"),
    # projects/<project>/application/
    path("projects/<slug:slug>/application/", views.application_information, name="application-information"),
    path("projects/<slug:slug>/application/keys/add/", views.app_key_add, name="app-key-add"),
    path("projects/<slug:slug>/application/keys/<uuid:uuid>/", views.app_key_reveal, name="app-key-reveal"),
    path(
        "projects/<slug:slug>/application/keys/<uuid:uuid>/retire/",
        views.app_key_retire,
        name="app-key-retire",
    ),
]
