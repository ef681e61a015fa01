"""What the scheduler does for campaigns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import django_rq
import pytest
from django.utils import timezone

from accounts.models import User
from campaigns import beats, fanout, services
from campaigns.models import Campaign, Upload
from campaigns.statuses import CampaignStatus, HoldReason
from delivery.models import Dispatch
from projects.models import Project
from projects.services import disable_project
from templates_app.models import BodyTemplateRevision
from templates_app.statuses import RevisionStatus
from tests.campaigns import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway", "empty_queues")]

RunOnCommit = Callable[..., object]
LONG_AGO = timedelta(seconds=16)


def rung() -> list[tuple[str, list[int]]]:
    jobs = django_rq.get_queue("imports").get_jobs()
    return [(job.func_name, list(job.args)) for job in jobs]


@pytest.fixture
def ring(django_capture_on_commit_callbacks: RunOnCommit) -> Callable[[], list[tuple[str, list[int]]]]:
    """Let the beat ring, and say for what."""

    def run() -> list[tuple[str, list[int]]]:
        django_rq.get_queue("imports").empty()
        with django_capture_on_commit_callbacks(execute=True):
            beats.ring_unfinished()
        return rung()

    return run


def test_a_due_campaign_is_started(project: Project, operator: User) -> None:
    due = making.scheduled(project, operator, in_seconds=-1)
    beats.start_due()
    due.refresh_from_db()
    assert due.status == CampaignStatus.RUNNING


def test_a_campaign_to_come_is_left_alone(project: Project, operator: User) -> None:
    later = making.scheduled(project, operator, in_seconds=30)
    beats.start_due()
    later.refresh_from_db()
    assert later.status == CampaignStatus.SCHEDULED


def test_a_sent_campaign_is_finished_at_the_time_it_was_sent(project: Project, operator: User) -> None:
    campaign = making.send(making.ready(project, operator), operator)
    sent_at = timezone.now() - timedelta(minutes=3)
    Dispatch.objects.update(sent_at=sent_at)
    beats.finish_sent()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.finished_at) == (CampaignStatus.FINISHED, sent_at)


def test_a_revoked_text_holds_what_runs_with_it(project: Project, operator: User) -> None:
    campaign = making.send(making.ready(project, operator), operator)
    BodyTemplateRevision.objects.update(status=RevisionStatus.REVOKED)
    beats.hold_forbidden()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.hold_reason) == (CampaignStatus.HELD, HoldReason.TEXT_REVOKED)
    assert campaign.dispatch.state == "held"


def test_a_disabled_project_holds_what_runs_in_it(project: Project, operator: User, admin: User) -> None:
    campaign = making.send(making.ready(project, operator), operator)
    disable_project(project=project, by=admin)
    beats.hold_forbidden()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.hold_reason) == (CampaignStatus.HELD, HoldReason.PROJECT_DISABLED)


def test_what_may_run_goes_on(project: Project, operator: User) -> None:
    campaign = making.send(making.ready(project, operator), operator)
    beats.hold_forbidden()
    beats.finish_sent()
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.RUNNING


def test_a_silent_import_is_rung_for_every_15_seconds(
    project: Project, operator: User, ring: Callable[[], object]
) -> None:
    campaign = making.draft(project, operator)
    upload = services.receive_upload(
        campaign=campaign, file=making.csv_file(making.order_rows(1)), by=operator
    )
    assert ring() == []
    Upload.objects.update(heartbeat_at=timezone.now() - LONG_AGO)
    assert ring() == [("campaigns.jobs.import_upload", [upload.pk])]
    assert ring() == []


def test_an_import_that_died_at_its_end_is_rung_for(
    project: Project, operator: User, ring: Callable[[], object]
) -> None:
    campaign = making.ready(project, operator)
    upload = services.current_upload(campaign)
    Campaign.objects.update(status=CampaignStatus.IMPORTING)
    Upload.objects.update(heartbeat_at=timezone.now() - LONG_AGO)
    assert ring() == [("campaigns.jobs.import_upload", [upload.pk])]


def test_a_missing_forecast_is_rung_for(project: Project, operator: User, ring: Callable[[], object]) -> None:
    campaign = making.ready(project, operator)
    Upload.objects.update(heartbeat_at=timezone.now() - LONG_AGO)
    assert ring() == []
    campaign.forecast.delete()
    assert ring() == [("campaigns.jobs.make_forecast", [campaign.pk])]


def test_a_replaced_upload_is_dropped(project: Project, operator: User, ring: Callable[[], object]) -> None:
    campaign = making.ready(project, operator)
    upload = services.current_upload(campaign)
    services.remove_upload(campaign=campaign, version=None, by=operator)
    Upload.objects.update(heartbeat_at=timezone.now() - LONG_AGO)
    assert ring() == [("campaigns.jobs.drop_upload", [upload.pk])]


def test_a_silent_fanout_is_rung_for_until_it_is_done(
    project: Project, operator: User, ring: Callable[[], object]
) -> None:
    campaign = making.send(making.ready(project, operator), operator)
    assert ring() == []
    Campaign.objects.update(started_at=timezone.now() - LONG_AGO)
    assert ring() == [("campaigns.jobs.fan_out", [campaign.pk])]
    assert ring() == []
    fanout.run(campaign.pk)
    Campaign.objects.update(fanout_heartbeat_at=timezone.now() - LONG_AGO)
    assert ring() == []


def test_each_beat_finds_nothing_in_an_empty_console(db: None) -> None:
    for beat in beats.BEATS:
        beat.function()
    assert rung() == []
