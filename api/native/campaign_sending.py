"""Starting, suspending, continuing and cancelling campaigns, and how far they are."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from ninja import Router
from pydantic import ConfigDict, Field

from api.access import actor_of
from api.native.campaign_shapes import CampaignOut, ProgressOut, progress_out
from api.native.campaigns import MAY_READ, answer, campaign_of
from api.native.keys import ApiRequest
from api.native.operations import Terms, operation
from api.native.problems import Problem
from api.native.shapes import Given
from campaigns import queries, services
from campaigns.errors import CampaignChanged, CampaignsError, NotReady
from campaigns.models import Campaign
from campaigns.services import FromProgram
from campaigns.statuses import EDITABLE_STATUSES, CampaignStatus
from projects.statuses import ApiScope

router = Router(tags=["Campaigns"])

CODES = ("not_in_this_state", "project_disabled", "nobody_behind_key")


class CampaignStart(Given):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"version": 3}})

    version: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="The version that you have seen. If it is not the present one, nothing is sent.",
    )


@operation(
    router,
    "POST",
    "/campaigns/{campaign_id}/start",
    Terms(
        ApiScope.CAMPAIGNS_SEND,
        "Start a campaign",
        (*CODES, "not_ready", "changed_meanwhile", "sandbox_key"),
        once="here",
    ),
    gives=CampaignOut,
)
def start_campaign(request: ApiRequest, campaign_id: UUID, body: CampaignStart) -> CampaignOut:
    """Send the campaign now, or at its time if it has one. However often it is asked for, it is sent once.

    People type a verification code for this; a key with the scope `campaigns:send` needs none. The forecast says
    before what would happen.
    """
    if request.key.is_sandbox:
        raise Problem("sandbox_key")
    campaign = campaign_of(request, campaign_id)
    outcome = services.confirm_send(
        campaign=campaign, version=body.version, authorization=FromProgram(), by=actor_of(request.key)
    )
    if not outcome.was_first and outcome.campaign.status in (
        CampaignStatus.CANCELLED,
        CampaignStatus.FINISHED,
    ):
        raise Problem("not_in_this_state", f"The campaign is {outcome.campaign.status}.")
    return answer(campaign)


@operation(
    router,
    "POST",
    "/campaigns/{campaign_id}/suspend",
    Terms(ApiScope.CAMPAIGNS_SEND, "Suspend a campaign", CODES, once="here"),
    gives=CampaignOut,
)
def suspend_campaign(request: ApiRequest, campaign_id: UUID) -> CampaignOut:
    """Let nothing more leave. What the gateway has at this moment still does: half a second of its rate at most."""
    campaign = campaign_of(request, campaign_id)
    by = actor_of(request.key)
    return _moved(campaign, lambda: services.suspend_campaign(campaign=campaign, by=by))


@operation(
    router,
    "POST",
    "/campaigns/{campaign_id}/continue",
    Terms(ApiScope.CAMPAIGNS_SEND, "Continue a campaign", (*CODES, "not_ready"), once="here"),
    gives=CampaignOut,
)
def continue_campaign(request: ApiRequest, campaign_id: UUID) -> CampaignOut:
    """Go on with a campaign that was suspended, or that the console holds."""
    campaign = campaign_of(request, campaign_id)
    by = actor_of(request.key)
    is_held = campaign.status == CampaignStatus.HELD
    service = services.release_held if is_held else services.resume_campaign
    return _moved(campaign, lambda: service(campaign=campaign, by=by))


@operation(
    router,
    "POST",
    "/campaigns/{campaign_id}/cancel",
    Terms(ApiScope.CAMPAIGNS_SEND, "Cancel a campaign", CODES, once="here"),
    gives=CampaignOut,
)
def cancel_campaign(request: ApiRequest, campaign_id: UUID) -> CampaignOut:
    """Send nothing more of it, for good. A draft is thrown away with its recipients."""
    campaign = campaign_of(request, campaign_id)
    by = actor_of(request.key)

    def cancel() -> None:
        if campaign.status in EDITABLE_STATUSES:
            services.discard_draft(campaign=campaign, version=None, by=by)
        else:
            services.cancel_campaign(campaign=campaign, by=by)

    return _moved(campaign, cancel)


@operation(
    router,
    "GET",
    "/campaigns/{campaign_id}/progress",
    Terms(MAY_READ, "Get the progress of a campaign"),
    gives=ProgressOut,
)
def get_campaign_progress(request: ApiRequest, campaign_id: UUID) -> ProgressOut:
    """How far a campaign is; cheap to ask every few seconds, however large it is."""
    return progress_out(queries.campaign_progress(campaign_of(request, campaign_id)))


def _moved(campaign: Campaign, change: Callable[[], object]) -> CampaignOut:
    """The campaign after `change`; its refusals are about the state that the campaign is in."""
    try:
        change()
    except (NotReady, CampaignChanged):
        raise
    except CampaignsError as error:
        raise Problem("not_in_this_state", str(error)) from error
    return answer(campaign)
