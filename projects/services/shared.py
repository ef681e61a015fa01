"""What every service of a project begins and ends with."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User
from projects.errors import ProjectDisabled
from projects.models import Project
from smsconsole.outbox.services import append_event


def require_enabled(project: Project) -> None:
    """Raises `ProjectDisabled`. Every service that changes something in a project calls this first."""
    if Project.objects.filter(pk=project.pk, disabled_at__isnull=False).exists():
        raise ProjectDisabled(
            _("The project “%(name)s” is disabled. An admin can enable it in the project settings.")
            % {"name": project.name}
        )


def tell_of_project(kind: str, project: Project, *, by: User | None, **details: object) -> None:
    """Append an event about the project to the caller's transaction."""
    payload = {"project": str(project.uuid), "by": str(by.uuid) if by is not None else "", **details}
    append_event(kind=kind, subject=f"project:{project.uuid}", payload=payload)
