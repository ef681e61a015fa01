"""Who bypasses the frequency limits, who gets nothing, and who unsubscribed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from projects.errors import ProjectsError
from projects.models import ListedNumber, Project, RemovalRequest
from projects.services.shared import require_enabled, tell_of_project
from projects.statuses import ListingSource, NumberList, RemovalStatus
from smsconsole.outbox.services import append_event

# A number that was listed until a time in the past is listed anew; one that is listed stays as it is.
_ADD_NUMBERS = """
    INSERT INTO projects_listednumber
        (uuid, project_id, list, msisdn, consent_key, note, expires_at, source, created_at, created_by_id)
    SELECT gen_random_uuid(), %(project)s, %(list)s, u.msisdn, '', u.note, %(expires_at)s, %(source)s, now(), %(by)s
    FROM unnest(%(msisdns)s::text[], %(notes)s::text[]) AS u (msisdn, note)
    ON CONFLICT (project_id, msisdn, list, consent_key) DO UPDATE
    SET note = EXCLUDED.note, expires_at = EXCLUDED.expires_at, source = EXCLUDED.source,
        created_at = EXCLUDED.created_at, created_by_id = EXCLUDED.created_by_id
    WHERE projects_listednumber.expires_at <= now()
"""


def list_max(number_list: NumberList) -> int:
    """So many numbers a list of a project may hold."""
    whitelist = number_list == NumberList.WHITELIST
    maximum: int = settings.WHITELIST_MAX if whitelist else settings.NUMBER_LIST_MAX
    return maximum


def add_numbers(
    *,
    project: Project,
    number_list: NumberList,
    numbers: Sequence[tuple[str, str]],
    source: ListingSource,
    expires_at: datetime | None = None,
    by: User,
) -> int:
    """Put numbers (E.164, note) on a list, in one statement; how many were not on it. Raises `ProjectsError`.

    Numbers that unsubscribe this way get nothing of this project any more, whatever the signature.
    """
    require_enabled(project)
    if expires_at is not None and expires_at <= timezone.now():
        raise ProjectsError(_("The day of expiry is over already. Choose a later one, or none."))
    notes = dict(numbers)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        with connection.cursor() as cursor:
            cursor.execute(
                _ADD_NUMBERS,
                {
                    "project": project.pk,
                    "list": str(number_list),
                    "msisdns": list(notes),
                    "notes": [note[:200] for note in notes.values()],
                    "expires_at": expires_at,
                    "source": str(source),
                    "by": by.pk,
                },
            )
            n_added: int = cursor.rowcount
        _refuse_overfull(project, number_list, n_added)
        if n_added:
            tell_of_project("numbers.listed", project, by=by, list=str(number_list), n=n_added)
    return n_added


def _refuse_overfull(project: Project, number_list: NumberList, n_added: int) -> None:
    maximum = list_max(number_list)
    listed = ListedNumber.objects.filter(project=project, list=number_list)
    n_now = listed.filter(Q(expires_at=None) | Q(expires_at__gt=Now())).count()
    if n_now > maximum and n_added:
        raise ProjectsError(
            _(
                "The list holds at most %(max)s numbers. There is room for %(room)s more, and %(n)s new ones "
                "came: none was added. Remove some that are no longer needed first."
            )
            % {"max": f"{maximum:,}", "room": f"{max(0, maximum - (n_now - n_added)):,}", "n": f"{n_added:,}"}
        )


def remove_numbers(*, project: Project, number_list: NumberList, uuids: Collection[UUID], by: User) -> int:
    """Take numbers off the whitelist or blacklist; how many were on it. Unsubscribed ones need a request."""
    require_enabled(project)
    if number_list == NumberList.UNSUBSCRIBED:
        raise ProjectsError(
            _("Who unsubscribed decided so. Ask for the removal with a reason; a reviewer decides.")
        )
    with transaction.atomic():
        n_removed, _by_model = ListedNumber.objects.filter(
            project=project, list=number_list, uuid__in=uuids
        ).delete()
        if n_removed:
            tell_of_project("numbers.unlisted", project, by=by, list=str(number_list), n=n_removed)
    return n_removed


def unsubscribe(*, project: Project, msisdn: str, consent_key: str) -> bool:
    """The owner of the number wants nothing more of this signature and kind; False when it was so already.

    In the caller's transaction. Also in a disabled project. An open request to remove the number is refused: its
    owner has just spoken.
    """
    # First: it waits for an approval under way, which would delete the row found below.
    RemovalRequest.objects.filter(
        project=project, msisdn=msisdn, consent_key=consent_key, status=RemovalStatus.PENDING
    ).update(
        status=RemovalStatus.REFUSED,
        decided_at=timezone.now(),
        comment=_("The number unsubscribed once more."),
    )
    _listed, is_new = ListedNumber.objects.get_or_create(
        project=project,
        msisdn=msisdn,
        list=NumberList.UNSUBSCRIBED,
        consent_key=consent_key,
        defaults={"source": ListingSource.REPLY},
    )
    if is_new:
        append_event(
            kind="number.unsubscribed",
            subject=f"project:{project.uuid}",
            payload={"project": str(project.uuid), "consent_key": consent_key},
        )
    return is_new


def note_export(*, project: Project, number_list: NumberList, is_whole: bool, by: User) -> None:
    """Write down who took the list away, and whether with whole numbers."""
    tell_of_project("numbers.exported", project, by=by, list=str(number_list), whole=is_whole)
