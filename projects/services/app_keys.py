"""What happens to the keys of a project."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.confirming import is_recent
from accounts.models import User
from projects.errors import ProjectsError
from projects.models import AppKey, Project
from projects.services.shared import require_enabled, tell_of_project

# Two AppKeys at most are valid at a time, while programs move from the old one to the new.
ACTIVE_KEYS_MAX = 2


def add_app_key(*, project: Project, by: User) -> AppKey:
    """A second key beside the present one. Raises `ProjectsError` while two are valid."""
    require_enabled(project)
    with transaction.atomic():
        if len(_locked_active_keys(project)) >= ACTIVE_KEYS_MAX:
            raise ProjectsError(_("Two AppKeys are valid already. Retire the old one first."))
        app_key = AppKey.objects.create(project=project, secret=new_secret(), created_by=by)
        tell_of_project("app_key.added", project, by=by, app_key=str(app_key.uuid))
    return app_key


def retire_app_key(*, app_key: AppKey, by: User) -> None:
    """Programs with this key are refused from now on. The last valid key stays; twice does nothing."""
    project = app_key.project
    require_enabled(project)
    with transaction.atomic():
        active = _locked_active_keys(project)
        if app_key.pk not in active:
            return
        if len(active) == 1:
            raise ProjectsError(_("This is the only valid AppKey. Add a new one first."))
        AppKey.objects.filter(pk=app_key.pk).update(retired_at=timezone.now())
        tell_of_project("app_key.retired", project, by=by, app_key=str(app_key.uuid))


def reveal_app_key(*, app_key: AppKey, confirmed_at: datetime | None, by: User) -> str:
    """The secret, for somebody who just proved again who they are; written to the audit trail either way."""
    is_confirmed = confirmed_at is not None and is_recent(confirmed_at)
    kind = "app_key.revealed" if is_confirmed else "app_key.reveal_refused"
    tell_of_project(kind, app_key.project, by=by, app_key=str(app_key.uuid))
    if not is_confirmed:
        raise ProjectsError(_("Confirm first that it is you."))
    return app_key.secret


def _locked_active_keys(project: Project) -> set[int]:
    """Ids of the valid keys; the project's row is locked, so that two clicks see each other."""
    Project.objects.select_for_update().get(pk=project.pk)
    return set(AppKey.objects.filter(project=project, retired_at=None).values_list("pk", flat=True))


def new_secret() -> str:
    """32 hexadecimal digits, the form that existing clients expect."""
    return secrets.token_hex(16)
