"""The send page as a whole, and the answer to everything that is saved on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import signed_in_person
from campaigns.errors import CampaignChanged, CampaignsError
from campaigns.models import Campaign
from campaigns.statuses import EDITABLE_STATUSES
from campaigns.views.lookup import campaign_url, is_htmx, seen_version
from campaigns.views.steps.check import check_step
from campaigns.views.steps.draft import Draft, Refusal, Step
from campaigns.views.steps.what import what_step
from campaigns.views.steps.when import when_step
from campaigns.views.steps.whom import whom_step
from projects.errors import ProjectsError
from projects.models import Project
from smsconsole.lib.types import Region


def page_context(
    request: HttpRequest,
    project: Project,
    *,
    campaign: Campaign | None,
    region: Region | None = None,
    stay_open: str = "",
    refusal: Refusal | None = None,
) -> dict[str, Any]:
    """What the send page shows of this draft; `stay_open` names a step that is open though it is done."""
    draft = Draft(
        request=request,
        user=signed_in_person(request),
        project=project,
        campaign=campaign,
        region=Region(campaign.region) if campaign else region or Region.INTERNATIONAL,
        stay_open=stay_open or request.GET.get("open", ""),
        refusal=refusal,
    )
    steps: list[Step] = []
    context: dict[str, Any] = {}
    parts = [what_step(draft, settings.HOME_COUNTRY), whom_step(draft), when_step(draft), check_step(draft)]
    for step, more in parts:
        steps.append(step)
        context |= more
    conflict = refusal.error if refusal and isinstance(refusal.error, CampaignChanged) else None
    return {
        "project": project,
        "campaign": campaign,
        "steps": steps,
        "conflict": str(conflict) if conflict else "",
        **context,
    }


def steps_response(
    request: HttpRequest, campaign: Campaign, *, stay_open: str = "", refusal: Refusal | None = None
) -> HttpResponse:
    """The steps alone for htmx; otherwise back to the page, or the page itself when something was refused."""
    if campaign.status not in EDITABLE_STATUSES:
        there = campaign_url("campaign-detail", campaign)
        return HttpResponseClientRedirect(there) if is_htmx(request) else redirect(there)
    if not is_htmx(request) and refusal is None:
        return redirect(campaign_url("campaign-send", campaign))
    context = page_context(request, campaign.project, campaign=campaign, stay_open=stay_open, refusal=refusal)
    if is_htmx(request):
        return render(request, "campaigns/_steps.html", context)
    # A fragment is shown whatever it says; a page says in its status whether somebody else was first.
    is_stale = refusal is not None and isinstance(refusal.error, CampaignChanged)
    return render(request, "campaigns/send.html", context, status=409 if is_stale else 422)


def save(
    request: HttpRequest,
    reload: Callable[[], Campaign],
    change: Callable[[int | None], object],
    *,
    step: str,
    form: str,
) -> HttpResponse:
    """Do the change with the version that the page showed, and answer with the steps as they are now.

    A refused change stands at its field with what was typed; a draft that somebody else changed is shown as
    it is now, and says so.
    """
    refusal = None
    try:
        change(seen_version(request))
    except CampaignChanged as error:
        # What was typed belongs to an older draft: the fresh one is shown instead.
        refusal = Refusal("", error)
    except (CampaignsError, ProjectsError) as error:
        refusal = Refusal(form, error)
    return steps_response(request, reload(), stay_open=step, refusal=refusal)
