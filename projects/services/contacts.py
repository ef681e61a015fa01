"""Alarm contacts of a project, and when requests for verification codes count as abuse."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.standing import standing_of
from projects.errors import ProjectsError, SettingChanged
from projects.models import AbuseWatch, AlarmContact, Project
from projects.services.shared import require_enabled
from projects.services.stale import refuse_stale
from projects.statuses import AlarmEvent

CONTACTS_MAX = 5
CONTACTS_OF_INDIVIDUALS_MAX = 2


def has_alarm_contact(project: Project) -> bool:
    """Whether anybody is told when something goes wrong in this project. One query."""
    return AlarmContact.objects.filter(project=project).exists()


def contacts_max(project: Project) -> int:
    """How many contacts the project may have: fewer while its organization is not verified as an enterprise."""
    standing = standing_of(project.organization_id)
    return CONTACTS_MAX if standing.is_enterprise else CONTACTS_OF_INDIVIDUALS_MAX


def add_alarm_contact(
    *, project: Project, name: str, msisdn: str, email: str, events: Collection[AlarmEvent], by: User
) -> AlarmContact:
    """One more person to be told. Raises `ProjectsError` when the project has as many as it may have."""
    require_enabled(project)
    with transaction.atomic():
        # Two admins who add at once wait for each other here.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        most = contacts_max(project)
        if AlarmContact.objects.filter(project=project).count() >= most:
            raise ProjectsError(
                ngettext(
                    "The project has its %(n)s alarm contact already. Remove one, or change one of them.",
                    "The project has its %(n)s alarm contacts already. Remove one, or change one of them.",
                    most,
                )
                % {"n": most}
            )
        return AlarmContact.objects.create(
            project=project, name=name, msisdn=msisdn, email=email, events=sorted(events), changed_by=by
        )


def change_alarm_contact(
    *,
    contact: AlarmContact,
    name: str,
    msisdn: str,
    email: str,
    events: Collection[AlarmEvent],
    seen_at: datetime | None,
    by: User,
) -> None:
    """Raises `SettingChanged` when somebody changed it after `seen_at`, or removed it."""
    require_enabled(contact.project)
    with transaction.atomic():
        locked = _locked(contact)
        refuse_stale(locked, seen_at=seen_at)
        locked.name, locked.msisdn, locked.email, locked.events = name, msisdn, email, sorted(events)
        locked.changed_at, locked.changed_by = timezone.now(), by
        locked.save(update_fields=["name", "msisdn", "email", "events", "changed_at", "changed_by"])


def remove_alarm_contact(*, contact: AlarmContact, by: User) -> None:
    """Tell this person nothing more; what was sent to them stays in the log. Twice does nothing."""
    require_enabled(contact.project)
    AlarmContact.objects.filter(pk=contact.pk).delete()


def _locked(contact: AlarmContact) -> AlarmContact:
    locked = (
        AlarmContact.objects.select_for_update(of=("self",))
        .select_related("changed_by", "project")
        .filter(pk=contact.pk)
        .first()
    )
    if locked is None:
        raise SettingChanged(_("Somebody removed this alarm contact meanwhile. Add it anew if it is needed."))
    return locked


# --- Abuse of verification codes ------------------------------------------------------------------------


def abuse_watch_of(project: Project) -> AbuseWatch:
    """The project's own watch; the defaults, not saved, while it has none. One query."""
    own = AbuseWatch.objects.select_related("changed_by").filter(project=project).first()
    return own or AbuseWatch(project=project)


def change_abuse_watch(
    *,
    project: Project,
    is_on: bool,
    min_requests: int,
    max_success_percent: int,
    min_growth_percent: int,
    seen_at: datetime | None,
    by: User,
) -> None:
    """Watch with these thresholds from now on. `seen_at` None: the defaults were seen.

    Raises `SettingChanged` when somebody was first.
    """
    require_enabled(project)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        present = AbuseWatch.objects.select_related("changed_by").filter(project=project).first()
        refuse_stale(present, seen_at=seen_at)
        AbuseWatch.objects.update_or_create(
            project=project,
            defaults={
                "is_on": is_on,
                "min_requests": min_requests,
                "max_success_percent": max_success_percent,
                "min_growth_percent": min_growth_percent,
                "changed_at": timezone.now(),
                "changed_by": by,
            },
        )
