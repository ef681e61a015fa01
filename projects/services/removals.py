"""Sending again to a number that unsubscribed: asked for with a reason, decided by a reviewer, kept."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from projects.errors import ProjectsError, SettingChanged
from projects.models import ListedNumber, RemovalRequest
from projects.services.shared import require_enabled, tell_of_project
from projects.statuses import NumberList, RemovalStatus

REASON_MIN_CHARACTERS = 10


def request_removal(*, listed: ListedNumber, reason: str, by: User) -> RemovalRequest:
    """Ask for it. Raises `ProjectsError` when it is asked already or the reason says nothing."""
    project = listed.project
    require_enabled(project)
    if listed.list != NumberList.UNSUBSCRIBED:
        raise ProjectsError(_("This number did not unsubscribe. Take it off its list directly."))
    if len(reason.strip()) < REASON_MIN_CHARACTERS:
        raise ProjectsError(
            _("Say in at least %(n)s characters how the person agreed to be written to again.")
            % {"n": REASON_MIN_CHARACTERS}
        )
    try:
        with transaction.atomic():
            request = RemovalRequest.objects.create(
                project=project,
                msisdn=listed.msisdn,
                consent_key=listed.consent_key,
                unsubscribed_at=listed.created_at,
                reason=reason.strip(),
                requested_by=by,
            )
            tell_of_project("removal.requested", project, by=by, request=str(request.uuid))
    except IntegrityError as error:
        if "one_pending_removal_of_a_number" not in str(error):
            raise
        raise ProjectsError(_("Somebody has asked for this already. A reviewer will decide.")) from error
    return request


def approve_removal(*, request: RemovalRequest, comment: str, by: User) -> None:
    """Take the number off the list. Raises `ProjectsError` for the requester and when it is decided already."""
    with transaction.atomic():
        _decide(request, RemovalStatus.APPROVED, comment, by)
        ListedNumber.objects.filter(
            project_id=request.project_id,
            msisdn=request.msisdn,
            list=NumberList.UNSUBSCRIBED,
            consent_key=request.consent_key,
        ).delete()
        tell_of_project("removal.approved", request.project, by=by, request=str(request.uuid))


def refuse_removal(*, request: RemovalRequest, comment: str, by: User) -> None:
    """The number stays unsubscribed; the comment says why. Raises `ProjectsError` likewise."""
    if not comment.strip():
        raise ProjectsError(_("Say why, so that whoever asked can understand it."))
    with transaction.atomic():
        _decide(request, RemovalStatus.REFUSED, comment, by)
        tell_of_project("removal.refused", request.project, by=by, request=str(request.uuid))


def _decide(request: RemovalRequest, status: RemovalStatus, comment: str, by: User) -> None:
    require_enabled(request.project)
    if request.requested_by_id == by.pk:
        raise ProjectsError(_("You asked for this yourself. Another reviewer has to decide."))
    n_decided = RemovalRequest.objects.filter(pk=request.pk, status=RemovalStatus.PENDING).update(
        status=status, comment=comment.strip(), decided_by=by, decided_at=timezone.now()
    )
    if not n_decided:
        decided = RemovalRequest.objects.select_related("decided_by").get(pk=request.pk)
        if decided.decided_by is None:
            raise SettingChanged(_("The number unsubscribed once more, which refused this request."))
        raise SettingChanged(
            _("%(who)s decided this at %(when)s UTC already. The answer stands on this page.")
            % {
                "who": decided.decided_by,
                "when": date_format(decided.decided_at or timezone.now(), "MOMENT_WITH_SECONDS"),
            }
        )
