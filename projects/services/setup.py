"""The first organization and its project, made in one go."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.services import set_up_organization
from projects.models import Project
from projects.services.projects import add_project


def set_up(
    *,
    setup_code: str,
    organization_name: str,
    name: str,
    email: str,
    password: str,
    project_name: str,
    time_zone: str,
    default_country: str,
) -> tuple[Project, User]:
    """The first organization, its first admin and project, all or nothing. Raises `AccountsError`."""
    with transaction.atomic():
        organization, user = set_up_organization(
            setup_code=setup_code,
            organization_name=organization_name,
            name=name,
            email=email,
            password=password,
        )
        project = add_project(
            organization=organization,
            name=project_name,
            time_zone=time_zone,
            default_country=default_country,
            by=user,
        )
    return project, user
