"""What campaigns need again and again, in the scheduler. Each finds its work in PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from campaigns import services
from campaigns.models import Campaign, Simulation, Upload
from campaigns.services.settling import apply_uncertain_policies
from campaigns.statuses import CampaignStatus, HoldReason, UploadStatus
from delivery.models import Dispatch
from smsconsole.beats import Beat
from smsconsole.queue import enqueue
from templates_app.statuses import RevisionStatus

_LIVE = (CampaignStatus.RUNNING, CampaignStatus.SUSPENDED)


def start_due() -> None:
    """Start scheduled campaigns whose time has come; late ones and those that may not go are held."""
    due = Campaign.objects.filter(status=CampaignStatus.SCHEDULED, scheduled_at__lte=timezone.now())
    for campaign_id in due.order_by("scheduled_at").values_list("pk", flat=True):
        services.start_campaign(campaign_id=campaign_id)


def finish_sent() -> None:
    """Call campaigns finished whose messages have all left."""
    sent = Campaign.objects.filter(status__in=[*_LIVE, CampaignStatus.HELD], dispatch__sent_at__isnull=False)
    for campaign_id in sent.values_list("pk", flat=True):
        services.finish_campaign(campaign_id=campaign_id)


def hold_forbidden() -> None:
    """Hold what runs with a text whose approval was revoked, in a project that was disabled or stopped, or at a cap."""
    live = Campaign.objects.filter(status__in=_LIVE)
    revoked = Q(signature_revision__status=RevisionStatus.REVOKED) | Q(
        body_template_revision__status=RevisionStatus.REVOKED
    )
    for campaign_id in live.filter(revoked).values_list("pk", flat=True):
        services.hold_campaign(campaign_id=campaign_id, reason=HoldReason.TEXT_REVOKED)
    for campaign_id in live.filter(project__disabled_at__isnull=False).values_list("pk", flat=True):
        services.hold_campaign(campaign_id=campaign_id, reason=HoldReason.PROJECT_DISABLED)
    services.hold_stopped()
    services.hold_capped()


def hold_unentitled() -> None:
    """Hold what runs although its organization's activation was taken back, or it was locked."""
    for campaign in Campaign.objects.filter(status__in=_LIVE).select_related("project"):
        if services.standing_problems(campaign):
            services.hold_campaign(campaign_id=campaign.pk, reason=HoldReason.NOT_ACTIVATED)


def ring_unfinished() -> None:
    """Ring for imports, forecasts, deletions and fan-outs that nobody seems to work on.

    A ring is noted as a heartbeat, so that work waiting behind other work is not rung for at every beat.
    """
    silent_since = _silent_since()
    silent = Upload.objects.filter(heartbeat_at__lt=silent_since)
    unread = Q(status__in=[UploadStatus.WAITING, UploadStatus.READING]) | Q(
        status=UploadStatus.READ, campaign__status=CampaignStatus.IMPORTING
    )
    for upload in silent.filter(unread, is_current=True):
        _ring(upload, "campaigns.jobs.import_upload", upload.pk)
    unforeseen = silent.filter(
        Q(campaign__forecast=None) | Q(campaign__forecast__limits={}),
        is_current=True,
        status=UploadStatus.READ,
        n_recipients__gt=F("n_duplicates"),
        campaign__status=CampaignStatus.READY,
        campaign__signature_revision__isnull=False,
        campaign__body_template_revision__isnull=False,
    )
    for upload in unforeseen:
        _ring(upload, "campaigns.jobs.make_forecast", upload.campaign_id)
    for upload in Upload.objects.filter(is_current=False):
        if upload.heartbeat_at is None or upload.heartbeat_at < silent_since:
            _ring(upload, "campaigns.jobs.drop_upload", upload.pk)
    _ring_fanouts()
    _ring_simulations()


def _silent_since() -> datetime:
    """A runner shows itself at every chunk; one that has not since then is gone, or was never rung."""
    return timezone.now() - timedelta(seconds=settings.SILENCE_SECONDS)


def _ring(upload: Upload, job: str, *ids: int) -> None:
    Upload.objects.filter(pk=upload.pk).update(heartbeat_at=timezone.now())
    enqueue(job, *ids)


def _ring_fanouts() -> None:
    silent_since = _silent_since()
    unfinished = Dispatch.objects.filter(fanout_done=False).values("pk")
    silent = Campaign.objects.filter(dispatch__in=unfinished).filter(
        Q(fanout_heartbeat_at=None, started_at__lt=silent_since) | Q(fanout_heartbeat_at__lt=silent_since)
    )
    for campaign_id in silent.values_list("pk", flat=True):
        Campaign.objects.filter(pk=campaign_id).update(fanout_heartbeat_at=timezone.now())
        enqueue("campaigns.jobs.fan_out", campaign_id)


def _ring_simulations() -> None:
    for simulation_id in services.silent_simulations(_silent_since()):
        Simulation.objects.filter(pk=simulation_id).update(heartbeat_at=timezone.now())
        enqueue("campaigns.jobs.simulate", simulation_id)


BEATS = [
    Beat("start-due-campaigns", 1.0, start_due),
    Beat("finish-campaigns", 1.0, finish_sent),
    Beat("hold-forbidden-campaigns", 1.0, hold_forbidden),
    Beat("hold-unentitled-campaigns", 5.0, hold_unentitled),
    Beat("continue-raised-campaigns", 5.0, services.continue_raised),
    Beat("apply-uncertain-policies", 30.0, apply_uncertain_policies),
    Beat("ring-unfinished-campaigns", 5.0, ring_unfinished),
]
