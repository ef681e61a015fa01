"""Addresses of projects, and the setup page that makes the first one."""

from __future__ import annotations

from django.urls import path

from projects.views import (
    application,
    caps,
    countries,
    limits,
    lists,
    program_keys,
    projects,
    removals,
    secret_keys,
    setup,
)

LIMITS = "projects/<slug:slug>/limits/"
NUMBERS = "projects/<slug:slug>/numbers/"
KEYS = "projects/<slug:slug>/keys/"

urlpatterns = [
    path("", projects.project_list, name="project-list"),
    path("setup/", setup.setup, name="setup"),
    path("organizations/<uuid:uuid>/projects/add/", projects.project_add, name="project-add"),
    # organizations/<organization>/limits/
    path("organizations/<uuid:uuid>/limits/", limits.organization_limits, name="organization-limits"),
    path(
        "organizations/<uuid:uuid>/limits/<slug:dimension>/",
        limits.organization_limit_edit,
        name="organization-limit-edit",
    ),
    path(
        "organizations/<uuid:uuid>/limits/<slug:dimension>/reset/",
        limits.organization_limit_reset,
        name="organization-limit-reset",
    ),
    # projects/<project>/
    path("projects/<slug:slug>/", projects.project_detail, name="project-detail"),
    path("projects/<slug:slug>/settings/", projects.project_edit, name="project-edit"),
    path("projects/<slug:slug>/settings/disable/", projects.project_disable, name="project-disable"),
    path("projects/<slug:slug>/settings/enable/", projects.project_enable, name="project-enable"),
    path("projects/<slug:slug>/settings/delete/", projects.project_delete, name="project-delete"),
    path(
        "projects/<slug:slug>/settings/marketing-hours/",
        projects.project_marketing_hours,
        name="project-marketing-hours",
    ),
    # projects/<project>/limits/
    path(LIMITS, limits.limits, name="limits"),
    path(LIMITS + "frequency/<slug:dimension>/", limits.limit_edit, name="limit-edit"),
    path(LIMITS + "frequency/<slug:dimension>/reset/", limits.limit_reset, name="limit-reset"),
    path(LIMITS + "caps/", caps.caps, name="caps"),
    path(LIMITS + "caps/choose/", caps.cap_choose, name="cap-choose"),
    path(LIMITS + "caps/<slug:scope>/<slug:period>/", caps.cap_edit, name="cap-edit"),
    path(LIMITS + "caps/<slug:scope>/<slug:period>/reset/", caps.cap_reset, name="cap-reset"),
    path(LIMITS + "countries/", countries.countries, name="countries"),
    path(LIMITS + "countries/switch/", countries.countries_switch, name="countries-switch"),
    path(LIMITS + "countries/add/", countries.countries_add, name="countries-add"),
    path(LIMITS + "countries/remove/", countries.countries_remove, name="countries-remove"),
    path(LIMITS + "countries/export/", countries.countries_export, name="countries-export"),
    # projects/<project>/numbers/
    path(NUMBERS, lists.number_lists, name="number-lists"),
    path(NUMBERS + "removals/", removals.removal_list, name="removal-list"),
    path(NUMBERS + "removals/request/<uuid:uuid>/", removals.removal_request, name="removal-request"),
    path(NUMBERS + "removals/<uuid:uuid>/", removals.removal_detail, name="removal-detail"),
    path(NUMBERS + "removals/<uuid:uuid>/approve/", removals.removal_approve, name="removal-approve"),
    path(NUMBERS + "removals/<uuid:uuid>/refuse/", removals.removal_refuse, name="removal-refuse"),
    path(NUMBERS + "<slug:which>/", lists.number_list, name="number-list"),
    path(NUMBERS + "<slug:which>/add/", lists.number_list_add, name="number-list-add"),
    path(NUMBERS + "<slug:which>/remove/", lists.number_list_remove, name="number-list-remove"),
    path(NUMBERS + "<slug:which>/export/", lists.number_list_export, name="number-list-export"),
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
    # projects/<project>/keys/
    path(KEYS, program_keys.program_keys, name="program-keys"),
    path(KEYS + "fetching/", program_keys.pulls_edit, name="pulls-edit"),
    path(KEYS + "add/", program_keys.api_key_add, name="api-key-add"),
    path(KEYS + "<uuid:uuid>/", program_keys.api_key_edit, name="api-key-edit"),
    path(KEYS + "<uuid:uuid>/retire/", program_keys.api_key_retire, name="api-key-retire"),
    path(KEYS + "pairs/add/", secret_keys.secret_key_add, name="secret-key-add"),
    path(KEYS + "pairs/<uuid:uuid>/", secret_keys.secret_key_edit, name="secret-key-edit"),
    path(KEYS + "pairs/<uuid:uuid>/secret/", secret_keys.secret_key_reveal, name="secret-key-reveal"),
    path(KEYS + "pairs/<uuid:uuid>/retire/", secret_keys.secret_key_retire, name="secret-key-retire"),
    path(KEYS + "app-keys/<uuid:uuid>/", secret_keys.app_key_edit, name="app-key-edit"),
]
