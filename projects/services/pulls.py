"""Whether programs may fetch what became of messages, instead of being called back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from projects.models import Project
from projects.services.shared import require_enabled, tell_of_project
from projects.services.stale import refuse_stale


def set_pulls(
    *, project: Project, pulls_status: bool, pulls_replies: bool, seen_at: datetime | None, by: User
) -> None:
    """What is put aside for programs from now on. Raises `SettingChanged` when the form was older."""
    require_enabled(project)
    with transaction.atomic():
        held = Project.objects.select_for_update(no_key=True, of=("self",)).select_related("changed_by")
        refuse_stale(held.get(pk=project.pk), seen_at=seen_at)
        Project.objects.filter(pk=project.pk).update(
            pulls_status=pulls_status,
            pulls_replies=pulls_replies,
            changed_at=timezone.now(),
            changed_by=by,
        )
        tell_of_project("pulls.changed", project, by=by, status=pulls_status, replies=pulls_replies)
