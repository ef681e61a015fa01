"""Reads for the campaign pages."""

from campaigns.queries.lists import CampaignPage, CampaignRow, campaign_list, campaign_row, own_drafts
from campaigns.queries.progress import Action, CampaignProgress, allowed_actions, campaign_progress
from campaigns.queries.reports import (
    Failure,
    ImportProgress,
    RefusedLine,
    RefusedPage,
    Twin,
    failures,
    import_progress,
    iter_refused,
    refused_rows,
    timeline,
    twins_sent_lately,
)

__all__ = [
    "Action",
    "CampaignPage",
    "CampaignProgress",
    "CampaignRow",
    "Failure",
    "ImportProgress",
    "RefusedLine",
    "RefusedPage",
    "Twin",
    "allowed_actions",
    "campaign_list",
    "campaign_progress",
    "campaign_row",
    "failures",
    "import_progress",
    "iter_refused",
    "own_drafts",
    "refused_rows",
    "timeline",
    "twins_sent_lately",
]
