"""Campaigns that a cap holds: they stay held while it is reached, and go on by themselves when it is raised."""

from __future__ import annotations

import logging

from django.utils import timezone

from campaigns.caps import concerned_scopes, is_raised, reached_cap
from campaigns.errors import CampaignsError
from campaigns.models import Campaign, TestSend
from campaigns.services.lifecycle import hold_campaign, release_raised
from campaigns.statuses import CampaignStatus, HoldReason
from delivery.errors import DeliveryError
from delivery.services import resume_dispatch
from delivery.statuses import DispatchState, HoldCause
from projects.limits import limits_of

log = logging.getLogger(__name__)


def hold_capped() -> None:
    """Call those campaigns held whose messages a cap holds already, with the cap. Repeating does nothing."""
    running = Campaign.objects.filter(
        status=CampaignStatus.RUNNING,
        dispatch__state=DispatchState.HELD,
        dispatch__hold_cause=HoldCause.CAP,
    )
    for campaign in running.select_related("project"):
        cap = reached_cap(campaign.project, timezone.now(), scopes=concerned_scopes(campaign))
        hold_campaign(campaign_id=campaign.pk, reason=HoldReason.CAP, detail=cap)


def continue_raised() -> None:
    """Continue what a cap holds that was raised or lifted since, and tests of drafts once there is room again.

    A period that is over continues no campaign by itself: somebody looks first whether it should still go.
    """
    held = Campaign.objects.filter(status=CampaignStatus.HELD, hold_reason=HoldReason.CAP)
    for campaign in held.select_related("project"):
        if is_raised(campaign.hold_detail, limits_of(campaign.project)):
            try:
                release_raised(campaign_id=campaign.pk)
            except (CampaignsError, DeliveryError) as error:
                log.info("campaign=%s stays held after its cap was raised: %s", campaign.uuid, error)
    tests = TestSend.objects.filter(
        dispatch__state=DispatchState.HELD, dispatch__hold_cause=HoldCause.CAP, dispatch__sent_at=None
    )
    for test in tests.select_related("campaign__project"):
        project, scopes = test.campaign.project, concerned_scopes(test.campaign)
        if project.stopped_at is None and reached_cap(project, timezone.now(), scopes=scopes) is None:
            resume_dispatch(dispatch_id=test.dispatch_id)
