"""The send page: a draft in four steps that save themselves."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns import queries, services
from campaigns.errors import CampaignsError
from campaigns.models import Campaign
from campaigns.services import DraftChanges
from campaigns.statuses import EDITABLE_STATUSES
from campaigns.views.lookup import campaign_for, campaign_url, is_htmx, seen_version
from campaigns.views.steps.draft import Refusal
from campaigns.views.steps.page import page_context, steps_response
from projects.access import project_for
from projects.errors import ProjectsError
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import queries as texts
from templates_app.models import BodyTemplateRevision, SignatureRevision

RevisionType = TypeVar("RevisionType", BodyTemplateRevision, SignatureRevision)

# Saved while somebody may be typing in the next field already: the answer leaves the form alone.
TYPED_FIELDS = frozenset({"name", "note"})
REGIONS = frozenset(str(region) for region in Region)


@require_http_methods(["GET", "HEAD", "POST"])
def campaign_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The first step of a draft that does not exist yet; choosing something makes it."""
    project = project_for(request.user, slug, Role.OPERATOR)
    region = _asked_region(request)
    if request.method == "POST":
        return _make_draft(request, project, region)
    context = page_context(request, project, campaign=None, region=region)
    drafts = queries.own_drafts(project, signed_in_person(request))
    return render(request, "campaigns/send.html", {**context, "drafts": drafts})


@require_safe
def campaign_send(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """The whole page of a draft; a campaign that was sent has a page of its own."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    if campaign.status not in EDITABLE_STATUSES:
        return redirect(campaign_url("campaign-detail", campaign))
    # Sent in another tab this moment: the page says so when it is saved.
    with suppress(CampaignsError):
        services.check_anew(campaign=campaign, by=signed_in_person(request))
    campaign.refresh_from_db(fields=["status", "version"])
    return render(request, "campaigns/send.html", page_context(request, campaign.project, campaign=campaign))


@require_safe
def campaign_steps(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Only the steps, for a page that waits for something."""
    return steps_response(request, campaign_for(request, slug, uuid, Role.OPERATOR))


@require_POST
def campaign_what(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Save template, signature, name, sender ID and note."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    refusal = _save_what(request, campaign, seen_version(request))
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    if not is_htmx(request) and refusal is None and not _is_complete(campaign):
        # "Continue" was pressed: now what is missing is said at its field.
        refusal = Refusal("what_form")
    if not is_htmx(request) and refusal is None:
        return redirect(campaign_url("campaign-send", campaign))
    if refusal is None and request.headers.get("HX-Trigger-Name") in TYPED_FIELDS:
        return _quietly_saved(request, campaign)
    response = steps_response(request, campaign, stay_open="what", refusal=refusal)
    response["HX-Reswap"] = "outerHTML"
    return response


def _make_draft(request: HttpRequest, project: Project, region: Region) -> HttpResponse:
    try:
        campaign = services.create_draft(project=project, region=region, by=signed_in_person(request))
    except ProjectsError as error:
        refusal = Refusal("what_form", error)
        context = page_context(request, project, campaign=None, region=region, refusal=refusal)
        return render(request, "campaigns/send.html", context, status=422)
    refused = _save_what(request, campaign, version=None)
    if refused and not is_htmx(request):
        return steps_response(request, campaign, stay_open="what", refusal=refused)
    there = campaign_url("campaign-send", campaign)
    if is_htmx(request):
        # Whoever has only chosen the first of two things goes on choosing.
        return HttpResponseClientRedirect(f"{there}?open=what")
    return redirect(there)


def _save_what(request: HttpRequest, campaign: Campaign, version: int | None) -> Refusal | None:
    try:
        changes = _posted_changes(request, campaign)
        services.update_draft(
            campaign=campaign, version=version, changes=changes, by=signed_in_person(request)
        )
    except (CampaignsError, ProjectsError) as error:
        return Refusal("what_form", error)
    return None


def _is_complete(campaign: Campaign) -> bool:
    return campaign.body_template_revision is not None and campaign.signature_revision is not None


def _posted_changes(request: HttpRequest, campaign: Campaign) -> DraftChanges:
    """What the form says, as far as it was posted. A revision that is not usable (any more) counts as none."""
    posted = request.POST
    changes = DraftChanges()
    region = Region(campaign.region)
    if posted.get("region") in REGIONS:
        region = Region(posted["region"])
        changes["region"] = region
    is_same_region = region == campaign.region
    if "body_template_revision" in posted and is_same_region:
        bodies: list[BodyTemplateRevision] = list(texts.usable_body_templates(campaign.project, region))
        changes["body_template_revision"] = _by_uuid(bodies, posted["body_template_revision"])
    if "signature_revision" in posted and is_same_region:
        signatures: list[SignatureRevision] = list(texts.usable_signatures(campaign.project, region))
        changes["signature_revision"] = _by_uuid(signatures, posted["signature_revision"])
    for name in ("name", "note"):
        if name in posted:
            changes[name] = posted[name]
    if "sender_id" in posted and is_same_region:
        changes["sender_id"] = posted["sender_id"]
    return changes


def _by_uuid(revisions: Sequence[RevisionType], uuid: str) -> RevisionType | None:
    return next((revision for revision in revisions if str(revision.uuid) == uuid), None)


def _asked_region(request: HttpRequest) -> Region:
    asked = request.POST.get("region") or request.GET.get("region", "")
    return Region(asked) if asked in REGIONS else Region.INTERNATIONAL


def _quietly_saved(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """What follows from a typed field, each part put in its place; the field itself is left alone."""
    context = page_context(request, campaign.project, campaign=campaign, stay_open="what")
    return render(request, "campaigns/_saved.html", context)
