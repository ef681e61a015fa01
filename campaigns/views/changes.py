"""What an operator does to a campaign: suspend, continue, cancel, copy, settle."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns import services
from campaigns.errors import CampaignsError
from campaigns.models import Campaign
from campaigns.statuses import EDITABLE_STATUSES, CampaignStatus
from campaigns.views.lookup import back_to, campaign_for, campaign_url, seen_version
from delivery.errors import DeliveryError
from delivery.services import UncertainChoice
from delivery.statuses import Reason
from projects.errors import ProjectsError
from smsconsole.lib.types import Region

Refusals = (CampaignsError, ProjectsError, DeliveryError)


@require_POST
def campaign_suspend(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Let nothing more leave."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    by = signed_in_person(request)
    return _change(request, campaign, lambda: services.suspend_campaign(campaign=campaign, by=by))


@require_POST
def campaign_resume(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Continue a suspended campaign, or let a held one go on."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    by = signed_in_person(request)
    go_on = services.release_held if campaign.status == CampaignStatus.HELD else services.resume_campaign
    return _change(request, campaign, lambda: go_on(campaign=campaign, by=by))


@require_POST
def campaign_cancel(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Send nothing more of it, for good; a draft is thrown away."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    by = signed_in_person(request)
    if campaign.status not in EDITABLE_STATUSES:
        return _change(request, campaign, lambda: services.cancel_campaign(campaign=campaign, by=by))
    try:
        services.discard_draft(campaign=campaign, version=seen_version(request), by=by)
    except Refusals as error:
        messages.error(request, str(error))
        return redirect(campaign_url("campaign-send", campaign))
    messages.success(request, _("The draft “%(name)s” was thrown away.") % {"name": campaign.name})
    return redirect("campaign-list", slug)


def _change(request: HttpRequest, campaign: Campaign, change: Callable[[], object]) -> HttpResponse:
    """Do it and go back to where the button was; a refusal is said there."""
    try:
        change()
    except Refusals as error:
        messages.error(request, str(error))
    return back_to(request, campaign_url("campaign-detail", campaign))


@require_POST
def campaign_copy(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """A new draft with the same file and texts; for the other region with the rows that were refused for it."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    asked = request.POST.get("region", "")
    region = Region(asked) if asked in frozenset(map(str, Region)) else None
    try:
        copy = services.copy_campaign(campaign=campaign, by=signed_in_person(request), region=region)
    except Refusals as error:
        messages.error(request, str(error))
        return back_to(request, reverse("campaign-list", args=[slug]))
    messages.success(request, _("This is a copy. Look it over; nothing is sent before you press Send."))
    return redirect(campaign_url("campaign-send", copy))


@require_POST
def campaign_again(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """A new draft to those whose message failed or was blocked: all of them, or those of one status or reason."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    asked, reason = request.POST.get("status", ""), request.POST.get("reason", "")
    words = [word for word in services.AGAIN_WORDS if asked in ("", word)]
    known = reason.isascii() and reason.isdigit() and len(reason) < 5 and int(reason) in Reason.values
    try:
        draft = services.send_again_draft(
            campaign=campaign,
            words=words,
            reason=Reason(int(reason)) if known else None,
            by=signed_in_person(request),
        )
    except Refusals as error:
        messages.error(request, str(error))
        return back_to(request, campaign_url("campaign-failures", campaign))
    messages.success(
        request, _("This draft has exactly those rows. Look it over; nothing is sent before you press Send.")
    )
    return redirect(campaign_url("campaign-send", draft))


@require_POST
def campaign_settle(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Decide about the uncertain messages: treat them as sent, or as failed, or send them once more."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    there = campaign_url("campaign-detail", campaign)
    try:
        choice = UncertainChoice(request.POST.get("choice", ""))
    except ValueError:
        messages.error(request, _("Choose what to do with the uncertain messages."))
        return back_to(request, there)
    try:
        n = services.settle_uncertain_messages(campaign=campaign, choice=choice, by=signed_in_person(request))
    except Refusals as error:
        messages.error(request, str(error))
    else:
        words = ngettext("%(n)s uncertain message was settled.", "%(n)s uncertain messages were settled.", n)
        messages.success(request, words % {"n": n} if n else _("None was uncertain any more."))
    return back_to(request, there)
