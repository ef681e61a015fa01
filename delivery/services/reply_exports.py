"""Writing down who took replies away."""

from __future__ import annotations

from accounts.models import User
from projects.models import Project
from smsconsole.outbox.services import append_event


def note_replies_export(*, project: Project, is_whole: bool, by: User) -> None:
    """Write down who exported replies of the project, and whether with whole numbers."""
    append_event(
        kind="replies.exported",
        subject=f"project:{project.uuid}",
        payload={"project": str(project.uuid), "whole": is_whole, "by": str(by.uuid)},
    )
