"""What happens to projects."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from projects.errors import ProjectsError
from projects.models import (
    AbuseWatch,
    AlarmContact,
    AllowedCountry,
    AppKey,
    CallbackEndpoint,
    Cap,
    FrequencyRule,
    Project,
)
from projects.services.app_keys import new_secret
from projects.services.shared import require_enabled, tell_of_project
from projects.services.stale import refuse_stale
from projects.statuses import RecipientZone, UncertainPolicy

# They go with a project that is deleted; everything else in it is a record.
_SETTINGS_OF_A_PROJECT = frozenset(
    {AbuseWatch, AlarmContact, AllowedCountry, AppKey, CallbackEndpoint, Cap, FrequencyRule}
)


# Receipts mostly come within minutes; after three days a message is closed anyhow.
UNCERTAIN_MINUTES_MIN = 5
UNCERTAIN_MINUTES_MAX = 72 * 60


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


def edit_project(
    *,
    project: Project,
    name: str,
    time_zone: str,
    default_country: str,
    seen_at: datetime | None,
    by: User,
) -> None:
    """Change name, zone and default country; the address of the project stays, so links keep working.

    Raises `SettingChanged` when the settings are not as they were at `seen_at`.
    """
    require_enabled(project)
    with _unique_name(name):
        _refuse_stale_settings(project, seen_at)
        Project.objects.filter(pk=project.pk).update(
            name=name,
            time_zone=time_zone,
            default_country=default_country,
            changed_at=timezone.now(),
            changed_by=by,
        )
        tell_of_project(
            "project.changed", project, by=by, time_zone=time_zone, default_country=default_country
        )


def set_marketing_hours(
    *,
    project: Project,
    marketing_from: time,
    marketing_until: time,
    marketing_zone: RecipientZone,
    seen_at: datetime | None,
    by: User,
) -> None:
    """When marketing may leave, and by whose clock. Campaigns that run now keep the hours they began with."""
    require_enabled(project)
    if marketing_from >= marketing_until:
        raise ProjectsError(_("The hours end before they begin. Choose an end later on the same day."))
    with transaction.atomic():
        _refuse_stale_settings(project, seen_at)
        Project.objects.filter(pk=project.pk).update(
            marketing_from=marketing_from,
            marketing_until=marketing_until,
            marketing_zone=marketing_zone,
            changed_at=timezone.now(),
            changed_by=by,
        )
        tell_of_project("limits.changed", project, by=by, what="marketing_hours")


def set_uncertain_policy(
    *, project: Project, policy: UncertainPolicy, after_minutes: int, seen_at: datetime | None, by: User
) -> None:
    """What happens to uncertain messages of which nothing is heard for so many minutes; holds within a minute.

    It also holds for those that are uncertain already. Raises `SettingChanged` or another `ProjectsError`.
    """
    require_enabled(project)
    if policy not in UncertainPolicy:
        raise ProjectsError(_("Choose what happens to uncertain messages."))
    if not UNCERTAIN_MINUTES_MIN <= after_minutes <= UNCERTAIN_MINUTES_MAX:
        raise ProjectsError(
            _("Choose a time of %(min)s to %(max)s minutes.")
            % {"min": UNCERTAIN_MINUTES_MIN, "max": f"{UNCERTAIN_MINUTES_MAX:,}"}
        )
    with transaction.atomic():
        _refuse_stale_settings(project, seen_at)
        Project.objects.filter(pk=project.pk).update(
            uncertain_policy=policy,
            uncertain_after_minutes=after_minutes,
            changed_at=timezone.now(),
            changed_by=by,
        )
        tell_of_project("project.changed", project, by=by, uncertain_policy=str(policy))


def _refuse_stale_settings(project: Project, seen_at: datetime | None) -> None:
    locked = Project.objects.select_for_update(no_key=True, of=("self",)).select_related("changed_by")
    refuse_stale(locked.get(pk=project.pk), seen_at=seen_at)


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
        if relation.related_model not in _SETTINGS_OF_A_PROJECT
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
