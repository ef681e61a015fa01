"""Stop everything: nothing of a project, or of a whole organization, leaves until an admin allows it again.

Locks: the project's row comes before its dispatches, and never together with a campaign's: the dispatches are held
in the first transaction, so nothing leaves any more, and the campaigns follow one by one. The beat
`hold_forbidden` holds what was cut off in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Case, Count, F, Q, Sum, When
from django.utils import timezone

from accounts.models import Organization, User
from campaigns.errors import CampaignsError
from campaigns.models import Campaign
from campaigns.services.lifecycle import hold_campaign, release_held
from campaigns.statuses import CampaignStatus, HoldReason
from delivery.models import Dispatch
from delivery.services import release_stopped_streams, stop_project
from delivery.statuses import DispatchState
from projects.models import Project
from smsconsole.outbox.services import append_event


@dataclass(frozen=True, slots=True)
class AtStake:
    """What stopping now would hold: running campaigns, those to come, messages that have not left."""

    n_projects: int
    n_campaigns: int
    n_scheduled: int
    n_messages: int


@dataclass(frozen=True, slots=True)
class Continued:
    """How many campaigns go on, and those that may not, each with the reason in words."""

    n_campaigns: int
    refused: list[tuple[Campaign, str]]


def at_stake(projects: Sequence[Project]) -> AtStake:
    """Two statements, whatever the number of messages."""
    campaigns = Campaign.objects.filter(project__in=projects).aggregate(
        running=Count("pk", filter=Q(status=CampaignStatus.RUNNING)),
        scheduled=Count("pk", filter=Q(status=CampaignStatus.SCHEDULED)),
    )
    waiting = Dispatch.objects.filter(project__in=projects, sent_at=None, state=DispatchState.RUNNING)
    # What the fan-out has not handed over yet waits as well; the ids of a program's stream are no plan of it.
    still_to_come = Case(When(is_stream=True, then=0), default=F("n_reserved") - F("n_total"))
    n = waiting.aggregate(n=Sum(F("n_open") + still_to_come))["n"]
    return AtStake(len(projects), campaigns["running"], campaigns["scheduled"], n or 0)


def stop_everything(*, project: Project, by: User) -> bool:
    """Let nothing of this project leave. False when it was stopped already; then nothing changes.

    What the gateway has at this moment still leaves, half a second of its rate at most. Running campaigns become
    held; scheduled ones stay and are held when their time comes meanwhile.
    """
    with transaction.atomic():
        n_stopped = Project.objects.filter(pk=project.pk, stopped_at=None).update(
            stopped_at=timezone.now(), stopped_by=by
        )
        if n_stopped:
            stop_project(project_id=project.pk)
            _tell("sending.stopped", project, by=by)
    hold_stopped(project_ids=[project.pk])
    return bool(n_stopped)


def allow_sending(*, project: Project, by: User) -> bool:
    """Let the project send again. False: it was allowed.

    Campaigns that were held stay held until somebody continues them; what programs have handed over goes on.
    """
    with transaction.atomic():
        n_allowed = Project.objects.filter(pk=project.pk, stopped_at__isnull=False).update(
            stopped_at=None, stopped_by=None
        )
        if n_allowed:
            release_stopped_streams(project_id=project.pk)
            _tell("sending.allowed", project, by=by)
    return bool(n_allowed)


def stop_organization(*, organization: Organization, by: User) -> int:
    """Stop every project of the organization; returns how many were not stopped yet."""
    return sum(stop_everything(project=project, by=by) for project in _projects(organization))


def allow_organization(*, organization: Organization, by: User) -> int:
    """Allow every stopped project of the organization to send again; returns how many that were."""
    return sum(allow_sending(project=project, by=by) for project in _projects(organization))


def hold_stopped(*, project_ids: Sequence[int] | None = None) -> None:
    """Hold what runs in stopped projects (all of them without `project_ids`). Repeating does nothing."""
    running = Campaign.objects.filter(status=CampaignStatus.RUNNING, project__stopped_at__isnull=False)
    if project_ids is not None:
        running = running.filter(project__in=project_ids)
    for campaign_id in running.values_list("pk", flat=True):
        hold_campaign(campaign_id=campaign_id, reason=HoldReason.STOPPED)


def continue_stopped(*, project: Project, by: User) -> Continued:
    """Continue every campaign that *Stop everything* held. Each is looked at again, as when continued alone."""
    n_continued = 0
    refused: list[tuple[Campaign, str]] = []
    for campaign in held_by_stop(project):
        try:
            release_held(campaign=campaign, by=by)
        except CampaignsError as error:
            refused.append((campaign, str(error)))
        else:
            n_continued += 1
    return Continued(n_continued, refused)


def held_by_stop(project: Project) -> list[Campaign]:
    """The campaigns that *Stop everything* held and nobody has continued yet. One statement."""
    held = Campaign.objects.filter(
        project=project, status=CampaignStatus.HELD, hold_reason=HoldReason.STOPPED
    )
    return list(held.order_by("pk"))


def _projects(organization: Organization) -> list[Project]:
    return list(Project.objects.filter(organization=organization).order_by("pk"))


def _tell(kind: str, project: Project, *, by: User) -> None:
    append_event(
        kind=kind,
        subject=f"project:{project.uuid}",
        payload={"project": str(project.uuid), "by": str(by.uuid)},
    )
