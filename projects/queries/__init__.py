"""Reads for the pages of projects; one module per subject."""

from projects.queries.projects import ProjectGroup, app_keys, projects_by_organization

__all__ = ["ProjectGroup", "app_keys", "projects_by_organization"]
