"""Campaigns: prepare, look at, and list them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from ninja import Query, Router
from pydantic import ConfigDict, Field

from accounts.models import User
from api.access import actor_of
from api.native.campaign_shapes import CampaignOut, CampaignPage, campaign_out
from api.native.cursors import Cursors
from api.native.keys import ApiRequest
from api.native.messages import find_template
from api.native.operations import Terms, operation
from api.native.problems import FieldError, Problem
from api.native.shapes import Given, Line, Moment, Paged
from campaigns import queries, services
from campaigns.errors import CampaignChanged, CampaignsError
from campaigns.models import Campaign
from campaigns.services import DraftChanges
from campaigns.services.drafts import NAME_LENGTH, NOTE_LENGTH
from campaigns.statuses import EDITABLE_STATUSES, CampaignStatus
from projects.models import Project
from projects.statuses import ApiScope
from smsconsole.lib.types import Region
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.queries import usable_body_templates, usable_signatures

router = Router(tags=["Campaigns"])

# Whoever prepares or sends campaigns sees them, and whoever reads messages.
MAY_READ = (ApiScope.CAMPAIGNS_WRITE, ApiScope.CAMPAIGNS_SEND, ApiScope.MESSAGES_READ)
CODES = (
    *(
        "campaign_refused",
        "changed_meanwhile",
        "not_in_this_state",
        "template_unusable",
        "signature_unusable",
    ),
    *("project_disabled", "nobody_behind_key"),
)
_LOADED = ("project", "dispatch", "signature_revision", "body_template_revision__body_template")
_WAITS = frozenset({CampaignStatus.SCHEDULED, CampaignStatus.SUSPENDED, CampaignStatus.HELD})


class CampaignFields(Given):
    name: Line | None = Field(None, max_length=NAME_LENGTH, description="Empty: the console proposes one.")
    note: Line | None = Field(None, max_length=NOTE_LENGTH)
    template_id: Line | None = Field(
        None, max_length=40, description="Id or number of an approved body template."
    )
    signature: Line | None = Field(
        None, max_length=40, description="An approved signature, without brackets."
    )
    sender_id: Line | None = Field(None, max_length=20, description="An approved sender ID; abroad only.")
    scheduled_at: Moment | None = Field(None, description="When it starts; null: when it is started.")


class CampaignChange(CampaignFields):
    """What is left out stays as it is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"note": "Second try", "version": 3}}
    )

    version: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="The version that you have seen. If it is not the present one, nothing is changed.",
    )


class NewCampaign(CampaignFields):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "region": "international",
                "name": "Orders",
                "template_id": "12",
                "signature": "DemoShop",
            }
        },
    )

    region: Region


class CampaignsAsked(Paged):
    status: CampaignStatus | None = None
    name: Line = Field("", max_length=NAME_LENGTH, description="A part of the name.")


@operation(
    router,
    "GET",
    "/campaigns",
    Terms(MAY_READ, "List campaigns", ("cursor_invalid",)),
    gives=CampaignPage,
)
def list_campaigns(request: ApiRequest, asked: Query[CampaignsAsked]) -> CampaignPage:
    """The project's campaigns, newest first, drafts too."""
    project = request.auth.project
    cursors = Cursors("campaigns", project, asked.filters())
    page = queries.campaign_list(
        project,
        status=asked.status or "",
        search=asked.name,
        before_id=cursors.read(asked.cursor),
        limit=asked.limit,
    )
    items = [campaign_out(row.campaign, row.progress) for row in page.rows]
    return CampaignPage(items=items, next_cursor=cursors.make(page.next_before))


@operation(
    router,
    "POST",
    "/campaigns",
    Terms(ApiScope.CAMPAIGNS_WRITE, "Create a campaign", CODES, status=201, once="here"),
    gives=CampaignOut,
)
def create_campaign(request: ApiRequest, body: NewCampaign) -> CampaignOut:
    """Begin a draft. Upload its recipients next, look at the forecast, then start it."""
    by = actor_of(request.key)
    with transaction.atomic():
        campaign = services.create_draft(project=request.auth.project, region=body.region, by=by)
        campaign = _write(campaign, body, version=None, by=by)
    return answer(campaign)


@operation(
    router,
    "GET",
    "/campaigns/{campaign_id}",
    Terms(MAY_READ, "Get a campaign"),
    gives=CampaignOut,
)
def get_campaign(request: ApiRequest, campaign_id: UUID) -> CampaignOut:
    """A campaign, how far it is, and what may be done with it now."""
    return answer(campaign_of(request, campaign_id))


@operation(
    router,
    "PATCH",
    "/campaigns/{campaign_id}",
    Terms(ApiScope.CAMPAIGNS_WRITE, "Change a campaign", CODES, once="here"),
    gives=CampaignOut,
)
def change_campaign(request: ApiRequest, campaign_id: UUID, body: CampaignChange) -> CampaignOut:
    """Change a draft. Of a campaign that was sent and has not started, only `scheduled_at` can be changed.

    With another text the recipients are checked again.
    """
    campaign = campaign_of(request, campaign_id)
    by = actor_of(request.key)
    if campaign.status in EDITABLE_STATUSES:
        with transaction.atomic():
            campaign = _write(campaign, body, version=body.version, by=by)
        return answer(campaign)
    is_move = body.model_fields_set <= {"scheduled_at", "version"} and body.scheduled_at is not None
    if campaign.status not in _WAITS or campaign.dispatch_id is not None or not is_move:
        raise Problem("not_in_this_state", _state_words(campaign))
    _schedule(services.reschedule_campaign, campaign, body.scheduled_at, version=body.version, by=by)
    return answer(campaign)


def campaign_of(request: ApiRequest, uuid: UUID) -> Campaign:
    """The campaign of the caller's project, or `Problem`."""
    project = request.auth.project
    campaign = Campaign.objects.filter(project=project, uuid=uuid).select_related(*_LOADED).first()
    if campaign is None:
        raise Problem("not_found")
    return campaign


def answer(campaign: Campaign) -> CampaignOut:
    """The campaign as it is now."""
    campaign = Campaign.objects.select_related(*_LOADED).get(pk=campaign.pk)
    return campaign_out(campaign, queries.campaign_progress(campaign))


def require_draft(campaign: Campaign) -> None:
    if campaign.status not in EDITABLE_STATUSES:
        raise Problem("not_in_this_state", _state_words(campaign))


def _state_words(campaign: Campaign) -> str:
    return f"The campaign is {campaign.status}, and this can be done with drafts only."


def _write(campaign: Campaign, body: CampaignFields, *, version: int | None, by: User) -> Campaign:
    changes = _changes(campaign, body)
    if changes or version is not None:
        campaign = services.update_draft(campaign=campaign, version=version, changes=changes, by=by)
    if "scheduled_at" in body.model_fields_set:
        if body.scheduled_at is None:
            campaign = services.clear_schedule(campaign=campaign, version=None, by=by)
        else:
            _schedule(services.set_schedule, campaign, body.scheduled_at, version=None, by=by)
    return campaign


def _changes(campaign: Campaign, body: CampaignFields) -> DraftChanges:
    """What the body says, with texts looked up among the approved ones."""
    given = body.model_fields_set
    project, region = campaign.project, Region(campaign.region)
    changes = DraftChanges()
    if "template_id" in given:
        changes["body_template_revision"] = (
            _template(project, region, body.template_id) if body.template_id else None
        )
    if "signature" in given:
        changes["signature_revision"] = (
            _signature(project, region, body.signature) if body.signature else None
        )
    if body.name:
        changes["name"] = body.name
    if body.note is not None:
        changes["note"] = body.note
    if "sender_id" in given:
        changes["sender_id"] = body.sender_id or ""
    return changes


def _template(project: Project, region: Region, written: str) -> BodyTemplateRevision:
    pk = find_template(project, written)
    revision = usable_body_templates(project, region).filter(body_template_id=pk).first()
    if revision is None:
        words = "The project has no approved body template of this id for this region."
        raise Problem(
            "template_unusable", words, errors=[FieldError("template_id", "template_unusable", words)]
        )
    return revision


def _signature(project: Project, region: Region, text: str) -> SignatureRevision:
    revision = usable_signatures(project, region).filter(text=text).first()
    if revision is None:
        words = "The project has no approved signature of this text for this region."
        raise Problem(
            "signature_unusable", words, errors=[FieldError("signature", "signature_unusable", words)]
        )
    return revision


def _schedule(
    service: Any, campaign: Campaign, moment: datetime | None, *, version: int | None, by: User
) -> None:
    """Services know wall clocks; the one of the project's zone shows each moment, twice told apart by its fold."""
    if moment is None:
        return
    zone = campaign.project.zone
    try:
        local = moment.astimezone(zone)
    except (OverflowError, ValueError) as error:
        words = "There is no such time in the project's zone."
        raise Problem("invalid_input", errors=[FieldError("scheduled_at", "range", words)]) from error
    try:
        service(
            campaign=campaign,
            version=version,
            wall=local.replace(tzinfo=None),
            zone=campaign.project.time_zone,
            fold=local.fold,
            by=by,
        )
    except CampaignChanged:
        raise
    except CampaignsError as error:
        errors = [FieldError("scheduled_at", "refused", str(error))]
        raise Problem("campaign_refused", str(error), errors=errors) from error
