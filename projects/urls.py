"""Addresses of projects, and the setup page that makes the first one."""

from __future__ import annotations

from django.urls import path

from projects.views import application, projects, setup

urlpatterns = [
    path("", projects.project_list, name="project-list"),
    path("setup/", setup.setup, name="setup"),
    path("organizations/<uuid:uuid>/projects/add/", projects.project_add, name="project-add"),
    # projects/<project>/
    path("projects/<slug:slug>/", projects.project_detail, name="project-detail"),
    path("projects/<slug:slug>/settings/", projects.project_edit, name="project-edit"),
    path("projects/<slug:slug>/settings/disable/", projects.project_disable, name="project-disable"),
    path("projects/<slug:slug>/settings/enable/", projects.project_enable, name="project-enable"),
    path("projects/<slug:slug>/settings/delete/", projects.project_delete, name="project-delete"),
    # projects/<project>/application/
    path(
        "projects/<slug:slug>/application/",
        application.application_information,
        name="application-information",
    ),
    path("projects/<slug:slug>/application/keys/add/", application.app_key_add, name="app-key-add"),
    path(
        "projects/<slug:slug>/application/keys/<uuid:uuid>/",
        application.app_key_reveal,
        name="app-key-reveal",
    ),
    path(
        "projects/<slug:slug>/application/keys/<uuid:uuid>/retire/",
        application.app_key_retire,
        name="app-key-retire",
    ),
]
