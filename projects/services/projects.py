"""What happens to projects."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from projects.errors import ProjectsError
from projects.models import AppKey, Project
from projects.services.app_keys import new_secret
from projects.services.shared import require_enabled, tell_of_project


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
        AppKey.objects.create(project=project, secret=new_secret(), created_by=by)
        tell_of_project("project.added", project, by=by)
    return project


def edit_project(*, project: Project, name: str, time_zone: str, default_country: str, by: User) -> None:
    """Change name, zone and default country; the address of the project stays, so links keep working."""
    require_enabled(project)
    with _unique_name(name):
        Project.objects.filter(pk=project.pk).update(
            name=name, time_zone=time_zone, default_country=default_country
        )
        tell_of_project(
            "project.changed", project, by=by, time_zone=time_zone, default_country=default_country
        )


def disable_project(*, project: Project, by: User) -> None:
    """From now on nothing is sent or changed. Disabling twice does nothing."""
    with transaction.atomic():
        if Project.objects.filter(pk=project.pk, disabled_at=None).update(disabled_at=timezone.now()):
            tell_of_project("project.disabled", project, by=by)


def enable_project(*, project: Project, by: User) -> None:
    """Undo `disable_project`. What was held meanwhile stays held until somebody continues it."""
    with transaction.atomic():
        if Project.objects.filter(pk=project.pk, disabled_at__isnull=False).update(disabled_at=None):
            tell_of_project("project.enabled", project, by=by)


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
        tell_of_project("project.deleted", locked, by=by)
        locked.delete()


def project_contents(project: Project) -> list[str]:
    """What other apps keep in this project, in words; found by their foreign keys, not by name."""
    return [
        str(relation.related_model._meta.verbose_name_plural)
        for relation in Project._meta.related_objects
        if relation.related_model is not AppKey
        and relation.related_model._default_manager.filter(**{relation.field.name: project}).exists()
    ]


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
