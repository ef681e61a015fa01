"""What happens to projects and their keys."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.services import set_up_organization
from projects.errors import ProjectDisabled, ProjectsError
from projects.models import AppKey, Project
from smsconsole.outbox.services import append_event

# Two AppKeys at most are valid at a time, while programs move from the old one to the new.
ACTIVE_KEYS_MAX = 2


def add_project(
    *, organization: Organization, name: str, time_zone: str, default_country: str, by: User
) -> Project:
    """A new project with its first AppKey. Raises `ProjectsError` when the name is taken."""
    with _unique_name(name):
        project = Project.objects.create(
            organization=organization,
            slug=_free_slug(name),
            name=name,
            time_zone=time_zone,
            default_country=default_country,
            created_by=by,
        )
        AppKey.objects.create(project=project, secret=_new_secret(), created_by=by)
        _tell("project.added", project, by=by)
    return project


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


def edit_project(*, project: Project, name: str, time_zone: str, default_country: str, by: User) -> None:
    """Change name, zone and default country; the address of the project stays, so links keep working."""
    require_enabled(project)
    with _unique_name(name):
        Project.objects.filter(pk=project.pk).update(
            name=name, time_zone=time_zone, default_country=default_country
        )
        _tell("project.changed", project, by=by, time_zone=time_zone, default_country=default_country)


def disable_project(*, project: Project, by: User) -> None:
    """From now on nothing is sent or changed. Disabling twice does nothing."""
    with transaction.atomic():
        if Project.objects.filter(pk=project.pk, disabled_at=None).update(disabled_at=timezone.now()):
            _tell("project.disabled", project, by=by)


def enable_project(*, project: Project, by: User) -> None:
    """Undo `disable_project`. What was held meanwhile stays held until somebody continues it."""
    with transaction.atomic():
        if Project.objects.filter(pk=project.pk, disabled_at__isnull=False).update(disabled_at=None):
            _tell("project.enabled", project, by=by)


def require_enabled(project: Project) -> None:
    """Raises `ProjectDisabled`. Every service that changes something in a project calls this first."""
    if Project.objects.filter(pk=project.pk, disabled_at__isnull=False).exists():
        raise ProjectDisabled(
            _("The project “%(name)s” is disabled. An admin can enable it in the project settings.")
            % {"name": project.name}
        )


def delete_project(*, project: Project, by: User) -> None:
    """Delete a disabled project that holds nothing but its keys. Raises `ProjectsError` otherwise."""
    with transaction.atomic():
        locked = Project.objects.select_for_update().filter(pk=project.pk).first()
        if locked is None:
            return
        if not locked.is_disabled:
            raise ProjectsError(_("Disable the project first."))
        contents = project_contents(locked)
        if contents:
            raise ProjectsError(
                _("The project still holds %(things)s, which are kept as a record. It stays disabled.")
                % {"things": ", ".join(contents)}
            )
        _tell("project.deleted", locked, by=by)
        locked.delete()


def project_contents(project: Project) -> list[str]:
    """What other apps keep in this project, in words; found by their foreign keys, not by name."""
    return [
        str(relation.related_model._meta.verbose_name_plural)
        for relation in Project._meta.related_objects
        if relation.related_model is not AppKey
        and relation.related_model._default_manager.filter(**{relation.field.name: project}).exists()
    ]


def add_app_key(*, project: Project, by: User) -> AppKey:
    """A second key beside the present one. Raises `ProjectsError` while two are valid."""
    require_enabled(project)
    with transaction.atomic():
        if len(_locked_active_keys(project)) >= ACTIVE_KEYS_MAX:
            raise ProjectsError(_("Two AppKeys are valid already. Retire the old one first."))
        app_key = AppKey.objects.create(project=project, secret=_new_secret(), created_by=by)
        _tell("app_key.added", project, by=by, app_key=str(app_key.uuid))
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
        _tell("app_key.retired", project, by=by, app_key=str(app_key.uuid))


def reveal_app_key(*, app_key: AppKey, password: str, by: User) -> str:
    """The secret, for somebody who just typed their password again; written to the audit trail either way."""
    is_right = check_password(password, by.password)
    kind = "app_key.revealed" if is_right else "app_key.reveal_refused"
    _tell(kind, app_key.project, by=by, app_key=str(app_key.uuid))
    if not is_right:
        raise ProjectsError(_("This is not your password."))
    return app_key.secret


def _locked_active_keys(project: Project) -> set[int]:
    """Ids of the valid keys; the project's row is locked, so that two clicks see each other."""
    Project.objects.select_for_update().get(pk=project.pk)
    return set(AppKey.objects.filter(project=project, retired_at=None).values_list("pk", flat=True))


def _new_secret() -> str:
    """32 hexadecimal digits, the form that existing clients expect."""
    return secrets.token_hex(16)


def _free_slug(name: str) -> str:
    """An address for the project; with a random end when the plain one is taken."""
    slug = slugify(name)[:50] or "project"
    is_free = not Project.objects.filter(slug=slug).exists()
    return slug if is_free else f"{slug}-{secrets.token_hex(3)}"


@contextmanager
def _unique_name(name: str) -> Iterator[None]:
    """The constraint decides whether a name is free, so that two people at once cannot both get it."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "project_name_in_organization" not in str(error):
            raise
        raise ProjectsError(_("There is a project named “%(name)s” already.") % {"name": name}) from error


def _tell(kind: str, project: Project, *, by: User, **details: object) -> None:
    append_event(kind=kind, subject=f"project:{project.uuid}", payload={"by": str(by.uuid), **details})
