"""The two ways out of the send page: a test to numbers of one's own, and the campaign itself."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns import services
from campaigns.errors import CampaignChanged, CampaignsError, NotReady, VerificationRefused
from campaigns.forms import SendForm
from campaigns.models import Campaign
from campaigns.services import SendOutcome, VerificationAnswer
from campaigns.statuses import EDITABLE_STATUSES
from campaigns.views.lookup import campaign_for, seen_version
from campaigns.views.steps.check import tests_context
from campaigns.views.steps.draft import Refusal
from campaigns.views.steps.page import steps_response
from projects.errors import ProjectsError


@require_POST
def campaign_confirm(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Send it, or schedule it. However often this is posted, the campaign is sent once.

    Refused while anything is missing, the file first of all, and without the right verification code.
    """
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    try:
        outcome = _confirm(request, campaign)
    except CampaignChanged as error:
        refusal = Refusal("", error)
    except (CampaignsError, ProjectsError) as error:
        refusal = Refusal("send_form", error)
    else:
        _tell(request, outcome)
        return redirect(f"{reverse('campaign-list', args=[slug])}?new={uuid}")
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    return steps_response(request, campaign, stay_open="check", refusal=refusal)


def _confirm(request: HttpRequest, campaign: Campaign) -> SendOutcome:
    form = SendForm(request.POST)
    form.full_clean()
    given = form.cleaned_data
    has_code = given.get("verification") is not None and "verification_code" in given
    if campaign.status in EDITABLE_STATUSES and not has_code:
        # What is missing at the draft itself is said first.
        problems = services.problems_before_sending(campaign)
        if problems:
            raise NotReady([problem.words for problem in problems])
        raise VerificationRefused(_("Type the verification code that the picture shows."))
    return services.confirm_send(
        campaign=campaign,
        version=seen_version(request),
        authorization=VerificationAnswer(
            verification=given.get("verification") or UUID(int=0), answer=given.get("verification_code", "")
        ),
        by=signed_in_person(request),
    )


def _tell(request: HttpRequest, outcome: SendOutcome) -> None:
    campaign = outcome.campaign
    if not outcome.was_first:
        words = _("“%(name)s” had been sent before by %(who)s. It was not sent a second time.")
        messages.info(request, words % {"name": campaign.name, "who": campaign.sent_by or _("somebody")})
    elif campaign.scheduled_at and campaign.started_at is None:
        messages.success(request, _("“%(name)s” is scheduled.") % {"name": campaign.name})
    else:
        messages.success(request, _("“%(name)s” is on its way.") % {"name": campaign.name})


@require_POST
def campaign_test(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Send the text to a few numbers of one's own."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    refusal = None
    try:
        services.send_test(
            campaign=campaign, text=request.POST.get("numbers", ""), by=signed_in_person(request)
        )
    except (CampaignsError, ProjectsError) as error:
        refusal = Refusal("test_form", error)
    return steps_response(request, campaign, stay_open="check", refusal=refusal)


@require_safe
def campaign_tests(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """What became of the tests so far."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    context = {
        "project": campaign.project,
        "campaign": campaign,
        **tests_context(campaign),
    }
    return render(request, "campaigns/_tests.html", context)
