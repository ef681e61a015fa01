"""Reads for the pages of projects; one module per subject."""

from projects.queries.program_keys import ApiKeyRow, ProgramKeys, program_keys, shown_id
from projects.queries.projects import ProjectGroup, app_keys, projects_by_organization

__all__ = [
    "ApiKeyRow",
    "ProgramKeys",
    "ProjectGroup",
    "app_keys",
    "program_keys",
    "projects_by_organization",
    "shown_id",
]
