"""The list of campaigns and its moving rows."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Role
from campaigns import queries, services
from campaigns.statuses import CampaignStatus
from campaigns.views.live import is_operator, list_row
from campaigns.views.lookup import campaign_for
from campaigns.views.stopping import STOPPERS
from projects.access import project_for, roles_in_project


@dataclass(frozen=True, slots=True)
class Chip:
    label: str | Promise
    url: str
    is_current: bool


@require_safe
def campaign_list(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of the project's campaigns, newest first; one that was just sent is marked."""
    project = project_for(request.user, slug)
    status = request.GET.get("status", "")
    status = status if status in CampaignStatus.values else ""
    search = request.GET.get("q", "").strip()
    before, after = _cursor(request, "before"), _cursor(request, "after")
    page = queries.campaign_list(project, status=status, search=search, before_id=before, after_id=after)
    for_operator = Role.OPERATOR in roles_in_project(request.user, project)
    new = request.GET.get("new", "")
    kept = {name: value for name, value in (("status", status), ("q", search)) if value}
    is_first = before is None and after is None
    held = services.held_by_stop(project) if project.stopped_at is None and for_operator else []
    return render(
        request,
        "campaigns/list.html",
        {
            "project": project,
            # What was just sent stands first, though a draft may have been begun after it.
            "rows": [
                list_row(row, for_operator=for_operator, is_new=str(row.campaign.uuid) == new)
                for row in sorted(page.rows, key=lambda row: str(row.campaign.uuid) != new)
            ],
            "chips": _chips(reverse("campaign-list", args=[slug]), status, search),
            "status": status,
            "q": search,
            "is_filtered": bool(kept) or not is_first,
            "previous": ""
            if is_first or not page.rows
            else f"?{urlencode({**kept, 'after': page.rows[0].campaign.pk})}",
            "following": f"?{urlencode({**kept, 'before': page.next_before})}" if page.next_before else "",
            "next_url": request.get_full_path(),
            "n_held_by_stop": len(held),
            "may_stop": bool(STOPPERS & roles_in_project(request.user, project)),
        },
    )


@require_safe
def campaign_row(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """One row, for a row that moves; 204 when it has not moved since the stamp."""
    campaign = campaign_for(request, slug, uuid)
    row = queries.campaign_row(campaign)
    if row.progress.stamp == request.GET.get("stamp"):
        return HttpResponse(status=204)
    shown = list_row(row, for_operator=is_operator(request, campaign), is_new="new" in request.GET)
    context = {
        "project": campaign.project,
        "row": shown,
        # A button of the row leads back to the list, not to this fragment.
        "next_url": reverse("campaign-list", args=[slug]),
    }
    return render(request, "campaigns/_row.html", context)


def _cursor(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else None


def _chips(url: str, current: str, search: str) -> list[Chip]:
    states = [CampaignStatus.RUNNING, CampaignStatus.SUSPENDED, CampaignStatus.SCHEDULED, CampaignStatus.HELD]
    states += [CampaignStatus.FINISHED, CampaignStatus.CANCELLED, CampaignStatus.DRAFT, CampaignStatus.READY]
    more = {"q": search} if search else {}
    chips = [Chip(_("All"), f"{url}?{urlencode(more)}" if more else url, not current)]
    chips += [
        Chip(state.label, f"{url}?{urlencode({'status': state, **more})}", state == current)
        for state in states
    ]
    return chips
