"""The list of campaigns."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from campaigns.models import Campaign, Upload
from campaigns.queries.progress import (
    CampaignProgress,
    counted_progress,
    finished_off,
    unstarted_progress,
)
from campaigns.statuses import EDITABLE_STATUSES, CampaignStatus
from delivery import queries as delivery
from projects.models import Project


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as the list shows it. `upload` is its current one."""

    campaign: Campaign
    upload: Upload | None
    progress: CampaignProgress


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """Newest first. `next_before` is where the older ones begin, None at the end."""

    rows: list[CampaignRow]
    next_before: int | None


def campaign_list(
    project: Project,
    *,
    status: str = "",
    search: str = "",
    before_id: int | None = None,
    after_id: int | None = None,
    limit: int = 25,
) -> CampaignPage:
    """One page of a project's campaigns, newest first; drafts included, those thrown away only by their state.

    Four statements however many rows. `before_id` goes to older ones, `after_id` to newer ones; `search` is a part
    of the name.
    """
    found = Campaign.objects.filter(project=project)
    # A draft that was thrown away is cancelled without ever having been confirmed: only who asks for it sees it.
    found = (
        found.filter(status=status)
        if status
        else found.exclude(status=CampaignStatus.CANCELLED, confirmed_at=None)
    )
    if search.strip():
        found = found.filter(name__icontains=search.strip())
    if after_id is not None:
        nearest = list(_loaded(found.filter(pk__gt=after_id)).order_by("id")[:limit])
        nearest.reverse()
        return CampaignPage(_rows(nearest), nearest[-1].pk if nearest else None)
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    campaigns = list(_loaded(found).order_by("-id")[: limit + 1])
    more = len(campaigns) > limit
    campaigns = campaigns[:limit]
    return CampaignPage(_rows(campaigns), campaigns[-1].pk if more else None)


def campaign_row(campaign: Campaign) -> CampaignRow:
    """One campaign as its row in the list. Three statements."""
    return _rows([campaign])[0]


def _loaded(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    return campaigns.select_related(
        "project", "dispatch", "created_by", "signature_revision", "body_template_revision__body_template"
    )


def _rows(campaigns: list[Campaign]) -> list[CampaignRow]:
    uploads = {
        upload.campaign_id: upload
        for upload in Upload.objects.filter(campaign__in=campaigns, is_current=True).defer("facts")
    }
    dispatch_ids = [campaign.dispatch_id for campaign in campaigns if campaign.dispatch_id is not None]
    counts = delivery.read_many_counts(dispatch_ids)
    rates = delivery.read_many_rates(dispatch_ids)
    rows = []
    for campaign in campaigns:
        upload = uploads.get(campaign.pk)
        if campaign.dispatch_id is None or campaign.dispatch is None:
            counted = unstarted_progress(campaign, upload.n_sendable if upload else 0)
            rate = None
        else:
            counted = counted_progress(campaign.dispatch.n_reserved, counts[campaign.dispatch_id])
            per_second = rates.get(campaign.dispatch_id)
            rate = round(per_second * 60) if per_second and campaign.dispatch.sent_at is None else None
        rows.append(CampaignRow(campaign, upload, finished_off(campaign, counted, rate=rate)))
    return rows


def own_drafts(project: Project, user: User, *, limit: int = 5) -> list[Campaign]:
    """The drafts that this person began and has not sent, newest first. One statement."""
    return list(
        Campaign.objects.filter(project=project, created_by=user, status__in=EDITABLE_STATUSES).order_by(
            "-id"
        )[:limit]
    )
