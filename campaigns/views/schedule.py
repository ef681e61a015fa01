"""When: at once or by schedule, and moving a campaign that has not started."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns import services
from campaigns.errors import CampaignChanged, CampaignsError
from campaigns.forms import WhenForm
from campaigns.views.lookup import campaign_for, is_htmx, seen_version
from campaigns.views.steps.draft import Refusal
from campaigns.views.steps.page import page_context, steps_response
from projects.errors import ProjectsError

# Their pickers report a change for each digit: the answer leaves them alone and says the rest beside them.
TYPED_FIELDS = frozenset({"date", "time"})


@require_POST
def campaign_schedule(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Send at once, or on this day and time in this zone. A time that does not exist is refused at its field."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    form = WhenForm(request.POST)
    refusal = None
    if form.is_valid():
        chosen = form.cleaned_data
        version, by = seen_version(request), signed_in_person(request)
        try:
            if chosen["when"] == "now":
                services.clear_schedule(campaign=campaign, version=version, by=by)
            else:
                services.set_schedule(
                    campaign=campaign,
                    version=version,
                    wall=datetime.combine(chosen["date"], chosen["time"]),
                    zone=chosen["time_zone"],
                    fold=int(chosen["fold"]) if chosen["fold"] else None,
                    by=by,
                )
        except CampaignChanged as error:
            refusal = Refusal("", error)
        except (CampaignsError, ProjectsError) as error:
            refusal = Refusal("when_form", error)
    else:
        refusal = Refusal("when_form")
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    if is_htmx(request) and request.headers.get("HX-Trigger-Name") in TYPED_FIELDS:
        context = page_context(
            request, campaign.project, campaign=campaign, stay_open="when", refusal=refusal
        )
        return render(request, "campaigns/_saved.html", {**context, "says_when": True})
    return steps_response(request, campaign, stay_open="when", refusal=refusal)
