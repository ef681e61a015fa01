"""Refusals of this app, with words a person can read."""

from __future__ import annotations


class ProjectsError(Exception):
    """An expected refusal; `str(error)` may be shown."""


class ProjectDisabled(ProjectsError):
    """The project is switched off: it can be read, and nothing in it may change."""


class SettingChanged(ProjectsError):
    """Somebody changed it since the form was opened; the words say who and when."""
