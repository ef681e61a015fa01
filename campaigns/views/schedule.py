"""When: at once or by schedule, and moving a campaign that has not started."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns import services
from campaigns.errors import AmbiguousTime, CampaignChanged, CampaignsError
from campaigns.forms import MoveForm, WhenForm
from campaigns.queries import Action, allowed_actions
from campaigns.views.lookup import campaign_for, campaign_url, is_htmx, seen_version
from campaigns.views.steps.draft import Refusal
from campaigns.views.steps.page import page_context, steps_response
from campaigns.views.steps.when import hours_warning, schedule_words, time_shown
from projects.errors import ProjectsError

# Pickers report a change for each digit, and who chose the zone is typing the time already: the answer leaves the
# fields alone and says the rest beside them.
TYPED_FIELDS = frozenset({"date", "time", "time_zone"})


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


@require_http_methods(["GET", "HEAD", "POST"])
def campaign_move(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Another time for a campaign that is scheduled, or was stopped before it started."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    there = campaign_url("campaign-detail", campaign)
    if Action.RESCHEDULE not in allowed_actions(campaign):
        messages.error(request, _("Only a campaign that has not started can be moved to another time."))
        return redirect(there)
    form = MoveForm(request.POST or None, initial=time_shown(campaign))
    asks_which_time = is_stale = False
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            moved = services.reschedule_campaign(
                campaign=campaign,
                version=seen_version(request),
                wall=datetime.combine(chosen["date"], chosen["time"]),
                zone=chosen["time_zone"],
                fold=int(chosen["fold"]) if chosen["fold"] else None,
                by=signed_in_person(request),
            )
        except CampaignChanged as error:
            is_stale = True
            form.add_error(None, str(error))
        except (CampaignsError, ProjectsError) as error:
            asks_which_time = isinstance(error, AmbiguousTime)
            form.add_error("time", str(error))
        else:
            messages.success(request, _("It starts %(when)s.") % {"when": schedule_words(moved)})
            if warning := hours_warning(moved):
                messages.warning(request, warning)
            return redirect(there)
    context = {
        "project": campaign.project,
        "campaign": campaign,
        "form": form,
        "asks_which_time": asks_which_time,
        "schedule_words": schedule_words(campaign),
    }
    status = 409 if is_stale else 422 if form.errors else 200
    return render(request, "campaigns/move.html", context, status=status)
