"""What a forecast costs when every limit of the project is on: 100 000 recipients against a million numbers' slots."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from campaigns.models import Campaign, Upload
from campaigns.services.forecasts import compute
from campaigns.services.uploads import wanted_checks
from campaigns.statuses import CampaignStatus, UploadStatus
from delivery.limits.frequency import Slot, microseconds, pack
from delivery.models import Gateway
from delivery.statuses import Reason
from projects.models import AllowedCountry, Cap, FrequencyRule, ListedNumber, Project
from projects.statuses import CapPeriod, FrequencyDimension, NumberList
from tests.campaigns import making
from tests.factories import OrganizationFactory, ProjectFactory, member

SMALL = os.environ.get("BENCH_SMALL") == "1"
RECIPIENTS, NUMBERS = (5_000, 20_000) if SMALL else (100_000, 1_000_000)

FILL_RECIPIENTS = """
INSERT INTO campaigns_recipient (upload_id, row_number, msisdn, country, parameters, is_duplicate)
SELECT %(upload)s, i + 1, '+49151' || lpad(i::text, 8, '0'), 'DE', ARRAY['Person ' || i, 'Berlin'], false
FROM generate_series(1, %(n)s) AS i
"""
# Every number has had three messages today.
FILL_SLOTS = """
INSERT INTO delivery_numberslots (project_id, msisdn, slots, touched_at)
SELECT %(project)s, '+49151' || lpad(i::text, 8, '0'), %(slots)s, now() FROM generate_series(1, %(n)s) AS i
"""


def run() -> list[dict[str, Any]]:
    operator = member(organization := OrganizationFactory(), Role.OPERATOR)
    project = ProjectFactory(organization=organization, created_by=operator)
    Gateway.objects.create(slug="forecast", name="Forecast", kind="simulator", rate_per_second=2500)
    _limit(project)
    campaign, upload = _draft(project)
    with connection.cursor() as cursor:
        cursor.execute(FILL_RECIPIENTS, {"upload": upload.pk, "n": RECIPIENTS})
        at = microseconds(timezone.now() - timedelta(minutes=5))
        slots = pack(Slot(at + i, i, i + 1) for i in range(3))
        cursor.execute(FILL_SLOTS, {"project": project.pk, "n": NUMBERS, "slots": slots})
        cursor.execute("VACUUM ANALYZE")
    results = []
    for later in (False, True):
        campaign.scheduled_at = timezone.now() + timedelta(days=1) if later else None
        started = time.perf_counter()
        forecast = compute(campaign, upload)
        seconds = time.perf_counter() - started
        blocked = forecast.limits["blocked"]
        assert blocked[str(Reason.ON_BLACKLIST.value)] == RECIPIENTS // 1_000, blocked
        what = "all rules, now and at its time" if later else "all rules, now"
        results.append(
            {
                "name": f"forecast of {RECIPIENTS:,} recipients, {what}, {NUMBERS:,} numbers known",
                "value": seconds,
                "unit": "s",
                "bound": "≤ 10",
                "ok": seconds <= 10,
            }
        )
    return results


def _limit(project: Project) -> None:
    for dimension in FrequencyDimension:
        seconds = 30 if dimension == FrequencyDimension.SAME_CONTENT else None
        FrequencyRule.objects.create(project=project, dimension=dimension, n_messages=10, n_seconds=seconds)
    for scope in ("all", "international", "DE"):
        for period in CapPeriod:
            Cap.objects.create(project=project, scope=scope, period=period, cap=10 * RECIPIENTS)
    project.limits_countries = True
    project.save(update_fields=["limits_countries"])
    AllowedCountry.objects.create(project=project, country="DE")
    ListedNumber.objects.bulk_create(
        ListedNumber(project=project, msisdn=f"+49151{i:08}", list=NumberList.BLACKLIST)
        for i in range(1_000, RECIPIENTS + 1, 1_000)
    )


def _draft(project: Project) -> tuple[Campaign, Upload]:
    campaign = Campaign.objects.create(
        project=project,
        name="Forecast",
        status=CampaignStatus.READY,
        region="international",
        kind="notification",
        body_template_revision=making.body(project),
        signature_revision=making.signature(project),
        created_by=project.created_by,
    )
    upload = Upload.objects.create(
        campaign=campaign,
        file=ContentFile(b"", name="forecast.csv"),
        original_name="forecast.csv",
        size_bytes=0,
        sha256="",
        status=UploadStatus.READ,
        checked_for=wanted_checks(campaign),
        n_rows=RECIPIENTS,
        n_recipients=RECIPIENTS,
        created_by=project.created_by,
    )
    return campaign, upload
