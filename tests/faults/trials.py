"""Campaigns for the fault stack: files whose rows are known, approved texts, and how far each has come."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts.models import Role
from campaigns import services
from campaigns.models import Campaign, Forecast, Recipient, Upload
from campaigns.services import DraftChanges
from campaigns.statuses import CampaignStatus, UploadStatus
from campaigns.workbooks import write_rows
from delivery.models import Dispatch
from delivery.simulation.ledger import read_ledger
from templates_app.models import Review
from templates_app.statuses import Verdict
from tests.campaigns import making
from tests.factories import member
from tests.faults.stack import FaultStack

# In every hundred rows one is no number and one repeats the row before.
FLAW_EVERY = 100
_REFUSED_AT, _REPEATED_AT = 7, 13
_HEADER = ["Number", "Name", "City"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What an import of a trial file has to find."""

    n_rows: int

    @property
    def n_flaws(self) -> int:
        """Refused rows, and as many duplicates."""
        return self.n_rows // FLAW_EVERY

    @property
    def n_messages(self) -> int:
        return self.n_rows - 2 * self.n_flaws


@cache
def trial_file(kind: str, n_rows: int) -> bytes:
    """A file of `n_rows`, a multiple of a hundred, as csv or xlsx."""
    rows: list[list[str]] = []
    for i, number in enumerate(making.numbers(n_rows)):
        place = i % FLAW_EVERY
        if place == _REPEATED_AT:
            rows.append(rows[-1])
        else:
            rows.append(["no number" if place == _REFUSED_AT else number, f"Person {i}", "Berlin"])
    if kind == "csv":
        return "\n".join(",".join(row) for row in [_HEADER, *rows]).encode()
    stream = io.BytesIO()
    write_rows(stream, headers=_HEADER, rows=rows)
    return stream.getvalue()


class Trials:
    """Makes campaigns in the stack's project, through the services that the pages call."""

    def __init__(self, stack: FaultStack) -> None:
        self._stack = stack
        organization = stack.project.organization
        self.operator = member(organization, Role.OPERATOR)
        reviewer = member(organization, Role.REVIEWER)
        stack.project.created_by = self.operator
        self._texts = DraftChanges(
            body_template_revision=making.body(stack.project),
            signature_revision=making.signature(stack.project),
        )
        for name, revision in self._texts.items():
            Review.objects.create(reviewer=reviewer, verdict=Verdict.APPROVED, **{name: revision})

    def upload(self, n_rows: int, kind: str = "csv") -> Upload:
        """A draft with its file just received; a worker reads it."""
        return self.upload_file(SimpleUploadedFile(f"trial.{kind}", trial_file(kind, n_rows)))

    def upload_file(self, file: SimpleUploadedFile) -> Upload:
        """The same with another file of numbers, names and cities."""
        draft = services.create_draft(project=self._stack.project, by=self.operator)
        draft = services.update_draft(campaign=draft, version=None, changes=self._texts, by=self.operator)
        return services.receive_upload(campaign=draft, file=file, by=self.operator)

    def ready(self, n_rows: int) -> Campaign:
        """A campaign that may be sent."""
        upload = self.upload(n_rows)
        self._stack.wait_for(lambda: self.is_ready(upload), what="the campaign is ready")
        return Campaign.objects.get(pk=upload.campaign_id)

    def is_ready(self, upload: Upload) -> bool:
        upload.refresh_from_db()
        status = Campaign.objects.values_list("status", flat=True).get(pk=upload.campaign_id)
        has_forecast = Forecast.objects.filter(campaign=upload.campaign_id).exists()
        return upload.status == UploadStatus.READ and status == CampaignStatus.READY and has_forecast

    def import_share(self, upload: Upload, expected: Expected) -> float:
        """How much of the file is stored; 1 when it is read."""
        upload.refresh_from_db()
        if upload.status == UploadStatus.READ:
            return 1.0
        return upload.n_rows / expected.n_rows

    def fanout_share(self, dispatch: Dispatch) -> float:
        """How much of the campaign is handed to delivery."""
        dispatch.refresh_from_db()
        return 1.0 if dispatch.fanout_done else dispatch.n_total / dispatch.n_reserved

    def send(self, campaign: Campaign) -> Dispatch:
        """Press *Send*."""
        ledger_end = self._stack.ledger_end()
        sent = services.confirm_send(
            campaign=campaign, version=None, authorization=services.FromShell(), by=self.operator
        ).campaign
        assert sent.dispatch is not None
        self._stack.note_opening(sent.dispatch, ledger_end=ledger_end)
        return sent.dispatch

    def suspend(self, campaign: Campaign) -> None:
        services.suspend_campaign(campaign=campaign, by=self.operator)

    def resume(self, campaign: Campaign) -> None:
        services.resume_campaign(campaign=campaign, by=self.operator)


class LateSubmits(NamedTuple):
    """What left after a suspension: the last of it in seconds after the click, how many after it had committed."""

    seconds: float
    n_after_commit: int


def after_suspending(stack: FaultStack, trials: Trials, campaign: Campaign) -> LateSubmits:
    """Suspend, and see what still left."""
    ledger_end, clicked_at = stack.ledger_end(), datetime.now(UTC)
    trials.suspend(campaign)
    committed_at = datetime.now(UTC)
    time.sleep(1.5)
    times = [line.at for line in read_ledger(stack.ledger, start=ledger_end)]
    return LateSubmits(
        seconds=max([0.0, *((at - clicked_at).total_seconds() for at in times)]),
        n_after_commit=sum(at > committed_at for at in times),
    )


def assert_import_is_whole(upload: Upload, expected: Expected) -> None:
    """Every row became a recipient or a refused row, each once, and the forecast speaks of just these."""
    upload.refresh_from_db()
    assert (upload.n_rows, upload.n_refused, upload.n_duplicates) == (
        expected.n_rows,
        expected.n_flaws,
        expected.n_flaws,
    )
    with transaction.atomic():
        stored = Recipient.objects.filter(upload=upload)
        assert stored.count() == expected.n_rows - expected.n_flaws
        numbers = stored.filter(is_duplicate=False).values_list("msisdn", flat=True)
        assert numbers.distinct().count() == numbers.count() == expected.n_messages
    assert Forecast.objects.get(campaign=upload.campaign_id).n_messages == expected.n_messages
